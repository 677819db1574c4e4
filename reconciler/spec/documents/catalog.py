"""A catalog: which products an instrument has under a release, how they are made, and what they are called.

The order of the products is the order of making. Three names belong to each product because real collections
use three: the dataset type (`defects`), the generation's stem (`defectGen`) and the certified stem
(`flat-g`).
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from .base import Model, Name, Numbers


class CatalogExamination(Model):
    """A verification: how it is run, what it is called, and the dataset that shows that it has run."""

    leaf: Name
    """Stem of its collection, `{band}` allowed: `verifyBias`, `verifyFlat-{band}`."""
    template: Name
    """File under bps/templates of CP_VERIFY_DIR, `{band}` allowed."""
    selection_variable: Name
    results: Name
    """What completes it: its result table, or a picture for one without tests."""
    dimensions: tuple[Name, ...] = Field(max_length=100)
    """Of `results`; with `exposure` there is one for each that is examined."""
    precursors: tuple[Name, ...] = Field(default=(), max_length=1000)
    """What its pipeline applies beside the product: products of this catalog, or types of the starting calibrations."""
    tests: bool = True
    """False for pictures that only people judge."""
    spot_check: tuple[Name, ...] = ()
    """Dataset types of the output RUN that people look at: residual mosaics."""


class CatalogProduct(Model):
    """One product: names, template, and what must exist before it."""

    dataset_type: Name
    generation: Name
    """Stem of the generated leaf, `{band}` allowed: `biasGen`, `flatGen-{band}`."""
    certified: Name | None
    """Stem of the certified leaf; null for products that are never certified, such as bootstraps."""
    verify: CatalogExamination | None = None
    """None for a product that nothing verifies."""
    template: Name
    """File under bps/templates, `{band}` allowed."""
    selection_variable: Name | None
    """The environment variable that the template reads its data query from; null if it takes no selection."""
    observation_type: Name | None = None
    """What `exposure.observation_type` the inputs must have, if they must have one."""
    dimensions: tuple[Name, ...] = Field(max_length=100)
    precursors: tuple[Name, ...] = Field(default=(), max_length=1000)
    """Products of this catalog, or dataset types that the starting calibrations hold."""
    per_band: bool = False
    joint: bool = False
    """Solved over all detectors at once: comes from one RUN or not at all."""
    spot_check: tuple[Name, ...] = ()
    """Dataset types of the output RUN that people look at: pictures."""
    run: Name | None = None
    """Fixed name of the output RUN under the leaf, such as `run{bootstrap_run}`."""


class Catalog(Model):
    """The products of one instrument for some releases."""

    kind: Literal["Catalog"]
    instrument: Name
    releases: tuple[Name, ...] = Field(min_length=1, max_length=1000)
    """Names of releases; `*` stands for any text, and the most specific catalog wins."""
    detectors: Numbers
    bands: dict[Name, Name] = Field(default_factory=dict, max_length=1000)
    """Band to physical filter."""
    products: dict[Name, CatalogProduct] = Field(min_length=1)
    curated: tuple[Name, ...] = ()
    """Dataset types that are curated, not generated."""
    examinations: dict[Name, CatalogExamination] = Field(default_factory=dict)
    """Verifications of a whole set, such as `science`."""
    smoke: CatalogExamination | None = None
    """What a deployment is tried with: its `results` are corrected exposures, whose headers name what was applied."""
