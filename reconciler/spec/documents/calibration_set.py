"""A calibration set: what is built for one construction ticket, from which exposures, for which dates.

The fields carry the words of DMTN-222 sections 2, 6 and 7.
"""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field

from ...names import Naming
from ...validity import END, Validity, tai
from ..ranges import Ranges
from .base import Instant, Model, Name, Numbers, RerunName, Scalar, Text
from .deployment import TriedDeployment
from .verification import RuleName
from .waiver import Waiver


class Certify(Model):
    """The validity of what is certified, in TAI."""

    begin: Instant = "1970-01-01T00:00:00"
    end: Instant | None = None
    """Open if absent: newer calibrations go in front, so an end is rarely needed (DMTN-222 section 3.3)."""

    @property
    def validity(self) -> Validity:
        """The half-open interval in TAI nanoseconds; `ValueError` if the end is not after the begin."""
        return Validity(tai(self.begin), tai(self.end) if self.end else END)


class Product(Model):
    """What the set says of one product of the catalog; everything has a default."""

    select: Name | None = None
    """Name of a selection, `{band}` allowed; by default the product's own name (`flat-u` for a band)."""
    bands: tuple[Name, ...] = Field(default=(), max_length=1000)
    rerun: RerunName | None = None
    reruns: dict[Name, RerunName] = Field(default_factory=dict)
    """Reruns of single bands."""
    cert_rerun: RerunName | None = None
    certify: Certify | None = None
    from_runs: tuple[Name, ...] = Field(default=(), alias="from")
    """Existing RUNs to certify instead of generating anything."""
    overrides: dict[Name, Scalar] = Field(default_factory=dict)
    """Values for the submission's wrapper: configuration of bps and of the pipeline."""
    inputs: tuple[Name, ...] | None = None
    """Input collections, in order, instead of ticket chain, raws and starting calibrations."""

    def rerun_of(self, band: str | None) -> str | None:
        """The rerun of one band, or of a product without bands; None if it is the set's."""
        return self.reruns.get(band or "", self.rerun)


class Excused(Model):
    """A detector that need not be there, and why."""

    detector: int = Field(ge=0)
    reason: Text


class Detectors(Model):
    """Which of the camera's detectors may be missing from the products."""

    allow_missing: tuple[Excused, ...] = ()


class Examination(Model):
    """What a product is verified on."""

    select: Text | None = None
    """Name of a selection (`{band}` allowed), or an expression; by default what the product was made from."""
    rerun: RerunName | None = None
    overrides: dict[Name, Scalar] = Field(default_factory=dict)
    """Values for the submission's wrapper, as those of a product."""


class Verify(Model):
    """How the products are verified: a rerun, by which rule, and per product (or `science`) what to examine."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Examination] = Field(init=False)

    rerun: RerunName | None = None
    rule: RuleName | None = None
    """By which rule tests pass or fail; by default that of the instrument's `Verification`."""

    @property
    def examinations(self) -> dict[str, Examination]:
        """What to examine, by product."""
        return dict(self.__pydantic_extra__)


class AcceptedFailure(Model):
    """A verification test that the board has agreed to see fail, and why."""

    test: Name
    products: tuple[Name, ...] = ()
    """Names of instances, such as `bias` or `flat-u`; all that have the test, if none is named."""
    detectors: Numbers = Field(default_factory=Ranges)
    """All, if none is named."""
    amplifiers: tuple[Name, ...] = ()
    """All, if none is named."""
    reason: Text


class Approval(Model):
    """The board's ticket and what it has accepted."""

    ticket: Name
    accepted_failures: tuple[AcceptedFailure, ...] = ()
    requested: tuple[Text, ...] = ()
    """Further processing that the board has asked for before it decides; told in the report."""


class CalibrationSet(Model):
    """Everything that one construction ticket builds."""

    kind: Literal["CalibrationSet"]
    instrument: Name
    ticket: Name
    tag: Name | Literal[""] = ""
    prefix: Name | Literal[""] = ""
    purpose: Text
    origin: Name
    """The one place (`site/repository`) that constructs the set."""
    raws: Name
    starting_calibs: tuple[Name, ...] = ()
    release: Name
    rerun: RerunName
    cert_rerun: RerunName | None = None
    bootstrap_run: int = Field(default=1, ge=1)
    selections: dict[Name, Text] = Field(default_factory=dict)
    products: dict[Name, Product] = Field(min_length=1)
    certify: Certify = Certify()
    detectors: Detectors = Detectors()
    verify: Verify | None = None
    approval: Approval | None = None
    deployment: TriedDeployment | None = None
    reviewed: Name | None = None
    """The ticket under which a release that is a development branch was reviewed."""
    waive: tuple[Waiver, ...] = ()

    @property
    def naming(self) -> Naming:
        """The words that the set's collections begin with."""
        return Naming(self.prefix, self.instrument, self.ticket, self.tag)
