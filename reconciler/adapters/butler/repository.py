"""The port, composed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from types import TracebackType

from ...content import Content
from ...holdings import Columns, Exposure, Selected, Taken
from ...observation import Observation, Scope
from ...parcel import Counted, Definition, File, Piece
from ...seals import Claim, Datasets, Seal
from ...state import Change
from ...validity import Validity
from . import applied, artifacts, commit, digests, generations, locks, observe, select
from .connect import Connection, told
from .definitions import definitions
from .deliveries import pieces
from .editing import editing, register, write_record
from .exposures import during, existing
from .files import put
from .receiving import Arrivals, receive
from .tables import tables
from .versions import versions


class ButlerRepository:
    """A Butler repository, opened when it is first used.

    Parameters
    ----------
    place
        Its name in specs and sites.
    address
        Path or URI of the repository, as `Butler.from_config` takes it.
    """

    def __init__(self, place: str, address: str) -> None:
        self._connection = Connection(place, address)

    @property
    def place(self) -> str:
        """Return the name of the repository."""
        return self._connection.place

    def close(self) -> None:
        """Close the connections to the database."""
        self._connection.close()

    def __enter__(self) -> ButlerRepository:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def observe(self, scope: Scope) -> Observation:
        """Look at the repository (see `ports.Repository`)."""
        with told(self.place):
            return self._connection.look(lambda butler: observe.observe(butler, self.place, scope))

    def commit(self, changes: tuple[Change, ...]) -> None:
        """Make all these registry edits, or none."""
        with told(self.place):
            commit.commit(self._connection, changes)

    def claim(self, leaf: str, claim: Claim) -> Claim:
        """Register a leaf with its claim, unless one stands already; return the claim that stands."""
        with told(self.place):
            return generations.claim(self._connection, leaf, claim)

    def ensure_chain(self, name: str) -> None:
        """Register an empty CHAINED collection unless a collection of that name exists."""
        with told(self.place), editing(self._connection) as (butler, _):
            if generations.find(butler, name) is None:
                register(butler, name, "CHAINED")

    def seal(self, leaf: str, seal: Seal) -> None:
        """Replace the leaf's claim by the seal, put the output RUN in front of its children, seal the RUN too."""
        with told(self.place):
            generations.seal(self._connection, leaf, seal)

    def put(self, run: str, files: tuple[File, ...]) -> Datasets:
        """Put those files into the RUN that are not there yet; return all their UUIDs."""
        with told(self.place):
            return put(self._connection, run, files)

    def retrieve(self, run: str, dataset_types: tuple[str, ...], into: str) -> tuple[str, ...]:
        """Copy the files of these types in a RUN into a directory."""
        with told(self.place), self._connection.another() as butler:
            return artifacts.retrieve(butler, run, dataset_types, into)

    def tables(self, run: str, dataset_type: str) -> dict[str, Columns]:
        """Return the result tables of this type in a RUN, by data ID."""
        with told(self.place), self._connection.another() as butler:
            return tables(butler, run, dataset_type)

    def applied(self, run: str, dataset_type: str) -> dict[str, frozenset[str]]:
        """Return the UUIDs of the calibrations that corrected frames were made with, as their headers name them."""
        with told(self.place):
            return self._connection.look(lambda butler: applied.applied(butler, run, dataset_type))

    def versions(self, runs: tuple[str, ...]) -> dict[str, dict[str, str]]:
        """Return RUN -> package -> version, of the RUNs that record it."""
        with told(self.place), self._connection.another() as butler:
            return {run: found for run in runs if (found := versions(butler, run)) is not None}

    def digests(self, run: str, dataset_types: tuple[str, ...]) -> dict[tuple[str, str], Content]:
        """Return what the file of each dataset of a RUN holds."""
        with told(self.place):
            return self._connection.look(lambda butler: digests.digests(butler, run, dataset_types))

    def definitions(self, dataset_types: frozenset[str]) -> dict[str, Definition]:
        """Return how these dataset types are defined; one that is not registered is left out."""
        with told(self.place):
            return self._connection.look(lambda butler: definitions(butler, dataset_types))

    def pieces(self, run: str, datasets: Datasets) -> tuple[Piece, ...]:
        """Return these datasets of a RUN and how their files are read."""
        with told(self.place):
            return self._connection.look(lambda butler: pieces(butler, self.place, run, datasets))

    @contextmanager
    def receive(
        self, run: str, definitions: Mapping[str, Definition], pieces: Iterable[Piece], progress: Counted
    ) -> Iterator[Arrivals]:
        """Bring the files near of those of these datasets that a RUN lacks or whose file is lost."""
        with told(self.place), receive(self._connection, run, definitions, pieces, progress) as arrivals:
            yield arrivals

    def lock(self, name: str) -> AbstractContextManager[None]:
        """Hold the named lock while something starts or is sealed; raise `Locked` if another holds it."""
        return locks.held(self._connection, name)

    def select(self, instrument: str, raws: str, expression: str) -> Selected:
        """Return the exposures of one instrument with raws in `raws` for which the expression holds, all of them."""
        with told(self.place):
            return self._connection.look(lambda butler: select.select(butler, self.place, instrument, raws, expression))

    def existing_exposures(
        self, instrument: str, exposures: tuple[int, ...], *, raws: str | None = None
    ) -> frozenset[int]:
        """Return which of these exposures the registry knows at all."""
        with told(self.place):
            return self._connection.look(lambda butler: existing(butler, instrument, exposures, raws))

    def calibration_types(self, collections: frozenset[str]) -> frozenset[str]:
        """Return the dataset types of calibrations that these existing collections may hold, by their summaries."""
        with told(self.place):
            return self._connection.look(lambda butler: observe.calibration_types(butler, collections))

    def held_types(self) -> frozenset[str]:
        """Return every dataset type that some collection may hold something of, by their summaries."""
        with told(self.place):
            return self._connection.look(lambda butler: observe.held_types(butler, "*"))

    def exposures_during(
        self, instrument: str, windows: tuple[Validity, ...], filters: frozenset[str] | None = None
    ) -> tuple[Taken, ...]:
        """Return the exposures, in order of id, whose time span overlaps any of these windows, by one query."""
        with told(self.place):
            return self._connection.look(lambda butler: during(butler, instrument, windows, filters))

    def nearest_exposures(self, instrument: str, exposure: int) -> tuple[Exposure, ...]:
        """Return the exposure of this number alone; if there is none, its neighbours."""
        with told(self.place):
            return self._connection.look(lambda butler: select.nearest(butler, instrument, exposure))

    def remember(self, commit: str) -> None:
        """Write into the record which commit was applied last."""
        with told(self.place), editing(self._connection) as (butler, record):
            if record.applied != commit:
                write_record(butler, replace(record, applied=commit))
