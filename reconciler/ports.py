"""The seams to the world. Everything that acts goes through one of these; each has a fake that passes the same tests.

    Reader       what a repository holds, now or as a snapshot has it
    Repository   a Butler repository: also edit the registry, claim, seal, put files, select exposures
    Store        the archive: what is distributed, by what its files hold
    Executor     runs a pipeline: build a graph, submit, poll, cancel
    Signatures   signs and verifies, with the SSH keys that people have
    History      the branch that a site trusts, as its remote has it
    Series       what daily verifications measured, by instrument, product and day

Adapters translate every failure that a user can cause into a `ReconcileError`; nothing else may escape them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from .archive import Manifest, Part
from .commits import Commit
from .content import Content
from .errors import ReconcileError
from .holdings import Columns, Exposure, Selected, Taken
from .jobs import Graph, Job, Progress, Status
from .observation import Observation, Scope
from .parcel import Counted, Definition, File, Piece
from .seals import Claim, Datasets, Seal
from .state import Change, Key, Value
from .validity import Validity


class Moved(ReconcileError):
    """A compare-and-set found another value than the one it was given; nothing was written."""

    def __init__(self, key: Key, expected: Value | None, found: Value | None) -> None:
        super().__init__(f"{key} has changed meanwhile: expected {expected}, found {found}")
        self.key, self.expected, self.found = key, expected, found


class Foreign(ReconcileError):
    """A collection that we would make exists already and bears no document of ours."""


class Reader(Protocol):
    """What can be looked at as one repository; `place` is its name in specs and sites, such as `usdf/main`."""

    @property
    def place(self) -> str:
        """Return the name of the repository."""

    def observe(self, scope: Scope) -> Observation:
        """Look at the repository; the number of queries depends on the scope's dataset types only."""

    def calibration_types(self, collections: frozenset[str]) -> frozenset[str]:
        """Return the dataset types of calibrations that these existing collections may hold, by their summaries."""

    def held_types(self) -> frozenset[str]:
        """Return every dataset type that some collection may hold something of, by their summaries."""

    def exposures_during(
        self, instrument: str, windows: tuple[Validity, ...], filters: frozenset[str] | None = None
    ) -> tuple[Taken, ...]:
        """Return the exposures, in order of id, whose time span overlaps any of these windows, by one query.

        With `filters`, only exposures through one of them. Those without a time span get no calibration anyway.
        """


class Repository(Reader, Protocol):
    """One Butler repository."""

    def commit(self, changes: tuple[Change, ...]) -> None:
        """Make all these registry edits (Chain, Cert, Tag, Owned) or none.

        Timelines are in the repository's own words: every source, before and after, is a `uuid` (the caller has
        lowered symbolic sources with `observation.lower`), so an adapter needs to know nothing of seals here.
        Compare-and-set in one transaction that begins by locking the rows of the record and of each chain edited:
        raises `Moved` if a value is not `before` any more. The record is written in the same transaction.
        """

    def claim(self, leaf: str, claim: Claim) -> Claim:
        """Register a leaf with its claim, unless one stands already; return the claim that stands.

        For a leaf that is no RUN: CHAINED with the flattened inputs as children. A claim of the same recipe is
        resumed: its children become `[run, *inputs]` if the RUN exists. Raises `Foreign` if the leaf exists without
        a document of ours.
        """

    def ensure_chain(self, name: str) -> None:
        """Register an empty CHAINED collection unless it exists; an input that is named must exist."""

    def seal(self, leaf: str, seal: Seal) -> None:
        """Replace the leaf's claim by the seal, put the output RUN in front of its children, seal the RUN too.

        A seal that stands already stays as it is, if it names the same datasets.
        """

    def put(self, run: str, files: tuple[File, ...]) -> Datasets:
        """Put those files into the RUN that are not there yet; return all their UUIDs."""

    def retrieve(self, run: str, dataset_types: tuple[str, ...], into: str) -> tuple[str, ...]:
        """Copy the files of these types in a RUN into a directory, over what is there; return their paths.

        A type that the RUN holds nothing of gives no path.
        """

    def tables(self, run: str, dataset_type: str) -> Mapping[str, Columns]:
        """Return the result tables of this type in a RUN, by data ID: name of each column -> its values.

        A type that the RUN holds nothing of gives none.
        """

    def applied(self, run: str, dataset_type: str) -> Mapping[str, frozenset[str]]:
        """Return the UUIDs of the calibrations that corrected frames were made with, as their headers name them.

        By data ID of the frames of this type in a RUN: the values of all keywords `LSST CALIB UUID ...`. A type that
        the RUN holds nothing of gives none; a file that is no FITS file is an error by name.
        """

    def versions(self, runs: tuple[str, ...]) -> Mapping[str, Mapping[str, str]]:
        """Return RUN -> package -> version of what it was made with; RUNs that do not record it are left out."""

    def digests(self, run: str, dataset_types: tuple[str, ...]) -> Mapping[tuple[str, str], Content]:
        """Return (dataset type, data ID) -> what the file of each dataset of a RUN holds, read to its end.

        A type that the RUN holds nothing of is left out; a file that is gone or cannot be read is an error.
        """

    def definitions(self, dataset_types: frozenset[str]) -> Mapping[str, Definition]:
        """Return how these dataset types are defined; one that is not registered is left out."""

    def pieces(self, run: str, datasets: Datasets) -> tuple[Piece, ...]:
        """Return these datasets of a RUN and how their files are read; `content` is not known then.

        A dataset that is not there, whose file is gone, or that is not one file, is an error by name.
        """

    def receive(
        self, run: str, definitions: Mapping[str, Definition], pieces: Iterable[Piece], progress: Counted
    ) -> AbstractContextManager[Arrivals]:
        """Bring the files near of those of these datasets that a RUN lacks or whose file is lost.

        Whoever enters has all of them, and each is what its piece's `content` says; every one that differs is refused
        by name. Nothing is in the repository yet: that is left to `Arrivals.keep`, and does not happen without it.
        Raises `Foreign` if another dataset stands under the same data ID in the RUN.
        """

    def lock(self, name: str) -> AbstractContextManager[None]:
        """Hold the named lock while something starts or is sealed; raise `Locked` if another holds it."""

    def select(self, instrument: str, raws: str, expression: str) -> Selected:
        """Return the exposures of one instrument with raws in `raws` for which the expression holds, all of them."""

    def existing_exposures(
        self, instrument: str, exposures: tuple[int, ...], *, raws: str | None = None
    ) -> frozenset[int]:
        """Return which of these exposures the registry knows at all; with `raws`, which have a raw there."""

    def nearest_exposures(self, instrument: str, exposure: int) -> tuple[Exposure, ...]:
        """Return the exposure of this number alone; if there is none, those with the next numbers below and above."""

    def remember(self, commit: str) -> None:
        """Write into the record which commit was applied last."""


class Arrivals(Protocol):
    """Datasets whose files have come, all of them, and are what they should be."""

    def keep(self) -> None:
        """Put them into the RUN under their own UUIDs, those beside that came meanwhile by another way excepted.

        A kill leaves whole datasets. Nothing else in the repository changes; files are readable for everybody.
        """


class Store(Protocol):
    """The archive: files by the sha256 of what they hold, and manifests that name them. Nothing in it ever changes."""

    def manifests(self, tickets: frozenset[str]) -> tuple[Manifest, ...]:
        """Return the manifests of these tickets; one that cannot be believed is an error by name."""

    def sizes(self, digests: frozenset[str]) -> Mapping[str, int]:
        """Return which of these objects are there, and how many bytes each has."""

    def keep(self, pieces: Iterable[Piece], progress: Counted) -> tuple[Content, ...]:
        """Copy the files of these pieces, in their order, and return what they hold; each is read once.

        An object that is there already stays as it is, and is not read if its piece says what it holds; one whose
        size is wrong was damaged, and the right bytes take its place. If a piece says what its file holds and it does
        not, that is an error by name. What was copied before an error stays, and is not copied again.
        """

    def publish(self, manifest: Manifest) -> None:
        """Write a manifest, whole or not at all; everything that it names must be there. The same again is nothing."""

    def pieces(self, part: Part) -> tuple[Piece, ...]:
        """Return the datasets of a part and how their files are read; `content` is what the manifest says."""


class Executor(Protocol):
    """Runs pipelines. Exit codes of batch systems prove nothing: completeness is read from the repository."""

    def build(self, job: Job) -> Graph:
        """Build the graph of what is still missing; raises `Locked` if the same submission is running."""

    def submit(self, graphs: Sequence[Graph], progress: Progress) -> tuple[ReconcileError | None, ...]:
        """Start the graphs side by side; an engine in this process runs all of them to their end.

        Returns for each graph, in their order, what kept it from being run; that does not keep the others. Quanta
        that fail do not count here: `poll` tells of them.
        """

    def poll(self, job: Job) -> Status:
        """Return what is known of a job, also of one that another process submitted."""

    def cancel(self, job: Job) -> None:
        """End a running job; nothing that it made is removed. What the same process runs beside it may end with it."""


class Signatures(Protocol):
    """Signatures in our own namespace: what a key signed for anything else does not verify."""

    def sign(self, text: bytes, key_file: str) -> str:
        """Return the signature of a text by the private key in a file, or by the agent that holds the public one."""

    def public(self, key_file: str) -> str:
        """Return the public key of a private key's file, its kind and its text without a comment."""

    def signer(self, text: bytes, signature: str, keys: tuple[str, ...]) -> str | None:
        """Return which of these public keys signed exactly this text; None if none of them did."""


class History(Protocol):
    """The first parents of the trusted branch, from the root commit on; the root changes everything that it holds."""

    def commits(self) -> tuple[Commit, ...]:
        """Return the line, root first; raise `PolicyRefused` if the branch does not descend from the root so."""

    def earlier(self) -> frozenset[str]:
        """Return every commit that the root descends from: what was applied before anybody asked for trust."""

    def read(self, blobs: tuple[str, ...]) -> Mapping[str, bytes]:
        """Return the contents of these blobs, all at once."""


class Series(Protocol):
    """What daily verifications measured (see `daily.metrics`): a table for each instrument, product and day."""

    def write(self, instrument: str, product: str, day: int, metrics: Columns) -> None:
        """Put the table of a day; one that is there already is replaced, and nothing is ever there twice."""

    def days(self, instrument: str, product: str) -> tuple[int, ...]:
        """Return the days that have a table, in order."""

    def read(self, instrument: str, product: str, day: int) -> Columns:
        """Return the table of a day, in the order of its keys; raise `KeyError` if there is none."""
