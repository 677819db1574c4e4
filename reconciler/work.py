"""The work that would make a wanted generation, in all its kinds: build, put files, pin, fetch; and to publish it.

The wanted state says *that* `biasGen.20250207a` shall be complete with a certain recipe; a `Generation` says *how*: the
template, the locked exposures, the inputs, the precursors. Specs are turned into it, and steps carry it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from .jobs import Job
from .parcel import File
from .seals import Claim, Recipe
from .state import Cert, Chain, Gen
from .timeline import Timeline


@dataclass(frozen=True, slots=True)
class Precursor:
    """A calibration that a product is made with.

    Attributes
    ----------
    source
        The generation that must be picked; None for one that the starting collections hold, which the lock pins.
    collection
        Where it is certified, if a spec of ours certifies it.
    chain
        The chain that must hold `collection` before the work begins; None if inputs name it directly.
    run
        The RUN that inputs name directly, for a precursor that is never certified (a bootstrap); it wins at any date.
    """

    dataset_type: str
    data_ids: tuple[str, ...]
    source: Gen | None = None
    collection: str | None = None
    chain: Chain | None = None
    run: str | None = None


@dataclass(frozen=True, slots=True)
class Start:
    """A starting collection, and the fingerprint over these types that it had when the lock was written."""

    collection: str
    dataset_types: frozenset[str]
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Generation:
    """A product to generate, by running a template on locked exposures.

    Attributes
    ----------
    inputs
        Input collections in search order; chains stay chains until the work is claimed.
    expected
        Dataset type -> data IDs that must exist before the generation is sealed; certified types only.
    fixed_run
        Name of the output RUN if the template fixes it; else `<leaf>/<time>`.
    starts
        The starting collections that hold precursors, as the lock pins them.
    named
        Input collections that the spec names for this product alone; whatever they hold is wanted.
    spot_check
        Dataset types of the output RUN that people look at.
    mixed
        How precursors that other specs make differ from what the lock pins, in words; empty if they do not.
    first
        Generations whose RUNs are searched before `inputs`, in this order: they win at any date.
    """

    key: Gen
    product: str
    instrument: str
    lock_name: str
    recipe: Recipe
    template: str
    release: str
    environment: Mapping[str, str]
    data_query: str
    raws: str
    inputs: tuple[str, ...]
    ticket_chain: str
    exposures: tuple[int, ...]
    expected: Mapping[str, frozenset[str]]
    precursors: tuple[Precursor, ...] = ()
    fixed_run: str | None = None
    overrides: Mapping[str, str] = field(default_factory=dict)
    starts: tuple[Start, ...] = ()
    named: tuple[str, ...] = ()
    spot_check: tuple[str, ...] = ()
    mixed: str = ""
    first: tuple[Gen, ...] = ()

    def job(self, claim: Claim) -> Job:
        """Return what an executor is given: the work, and where its claim says that it goes."""
        return Job(
            place=self.key.place,
            leaf=self.key.leaf,
            run=claim.run,
            template=self.template,
            release=self.release,
            environment=self.environment,
            data_query=self.data_query,
            inputs=claim.inputs,
            submission=claim.submission,
            overrides=self.overrides,
            home=self.home,
            host=claim.host,
            started=claim.started,
        )

    @property
    def home(self) -> str:
        """The variable that names where templates and pipelines are."""
        return "CP_PIPE_DIR"

    @property
    def dataset_types(self) -> frozenset[str]:
        """Every dataset type that must be looked at to know whether the work is done and may begin."""
        starts = frozenset(t for start in self.starts for t in start.dataset_types)
        return frozenset(self.expected) | frozenset(p.dataset_type for p in self.precursors) | starts


@dataclass(frozen=True, slots=True)
class Examination(Generation):
    """A verification: a generation whose datasets are evidence, of what other generations are good for.

    Attributes
    ----------
    kind_of_product
        The product that tests are looked up by, `flat` for `flat-u`.
    examined
        The generations that are judged by the results; none for a verification of a whole set at work, of which every
        row counts.
    dataset_type
        What the rows of the results must have been measured with, one of `examined`'s.
    results
        Dataset type of the result table; None if there is no test.
    """

    kind_of_product: str = ""
    examined: tuple[Gen, ...] = ()
    dataset_type: str = ""
    results: str | None = None

    @property
    def home(self) -> str:
        """The variable that names where templates and pipelines of verifications are."""
        return "CP_VERIFY_DIR"

    @property
    def leaves(self) -> frozenset[str]:
        """Its own leaf, and those of what it examines: whoever judges must see their seals."""
        return frozenset({self.key.leaf, *(key.leaf for key in self.examined)})


@dataclass(frozen=True, slots=True)
class SmokeTest(Generation):
    """What shows that deployed calibrations are in use: exposures corrected with a public chain alone.

    Attributes
    ----------
    chain
        The public chain that they are used through.
    results
        Dataset type of the corrected exposures.
    applied
        The dataset types that the pipeline applies.
    certified
        What the deployment certifies of these types.
    """

    chain: Chain | None = None
    results: str = ""
    applied: frozenset[str] = frozenset()
    certified: Mapping[Cert, Timeline] = field(default_factory=dict)

    @property
    def home(self) -> str:
        """The variable that names where templates and pipelines of verifications are."""
        return "CP_VERIFY_DIR"

    @property
    def dataset_types(self) -> frozenset[str]:
        """What is made, and all that is applied."""
        return frozenset(self.expected) | self.applied


@dataclass(frozen=True, slots=True)
class Curation:
    """Files to be put into one RUN as they are."""

    key: Gen
    lock_name: str
    recipe: Recipe
    files: tuple[File, ...]

    @property
    def dataset_types(self) -> frozenset[str]:
        """The types of the files."""
        return frozenset(file.dataset_type for file in self.files)


@dataclass(frozen=True, slots=True)
class Pin:
    """An existing RUN that a product is certified from: valid while its datasets have the locked digest."""

    key: Gen
    dataset_types: frozenset[str]
    digest: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """A generation that another place has made, to be brought to this one with its UUIDs (DMTN-222 section 3.5).

    Attributes
    ----------
    source
        Where it is taken from: a repository of the same site, or the archive.
    """

    key: Gen
    source: Gen
    recipe: str
    dataset_types: frozenset[str]
    lock_name: str


@dataclass(frozen=True, slots=True)
class Publication:
    """Generations of one ticket, to be put into the archive.

    Attributes
    ----------
    origin
        Where they were made.
    dataset_types
        The types that are certified, and so published.
    """

    instrument: str
    ticket: str
    ticket_chain: str
    origin: str
    dataset_types: frozenset[str]


Work: TypeAlias = Generation | Curation | Pin | Delivery
