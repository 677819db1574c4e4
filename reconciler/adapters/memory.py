"""A repository in memory, with Butler's manners; it passes the contract tests of the real ones.

Many repositories of one process may share a `Store`: that is how tests play two operators at one repository.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from ..content import Content
from ..errors import Locked, ReconcileError, Unreachable
from ..holdings import Columns, Exposure, Selected, Taken
from ..observation import Collection, Observation, Scope
from ..parcel import Counted, Definition, File, Piece
from ..ports import Moved
from ..record import Record
from ..resolve import reachable
from ..seals import Claim, Datasets, Seal
from ..state import Cert, Chain, Change, Gen, Key, Owned, Tag, Value
from ..timeline import NOTHING, Source, Timeline, timeline, uuid
from ..validity import Validity
from . import memory_deliveries
from .claims import compare, standing_claim
from .identity import own
from .memory_store import Store

__all__ = ["MemoryRepository", "Store"]


class MemoryRepository:
    """A `Repository` over a `Store`."""

    def __init__(self, place: str, store: Store) -> None:
        self.place = place
        self.store = store

    def observe(self, scope: Scope) -> Observation:
        """Look at the store."""
        if not self.store.reachable:
            raise Unreachable(f"{self.place} cannot be reached")
        with self.store.guard:
            return self._observe(scope)

    def _observe(self, scope: Scope) -> Observation:
        store = self.store
        names = store.types.keys() if scope.collections is None else self._below(scope.collections)
        wanted = {n for n in names if n in store.types}
        return Observation(
            place=self.place,
            collections={
                n: Collection(store.types[n], store.children.get(n, ()), store.docs.get(n)) for n in sorted(wanted)
            },
            certifications={
                key: {data_id: tuple(sorted(r)) for data_id, r in rows.items() if r}
                for key, rows in store.certifications.items()
                if key[0] in wanted and key[1] in scope.dataset_types
            },
            contents={
                key: dict(ids)
                for key, ids in store.contents.items()
                if ids and key[0] in wanted and key[1] in scope.dataset_types
            },
            exposures={e: store.exposures[e].validity for e in scope.exposures if e in store.exposures},
            record=store.record,
            lost=self._sealed(wanted, scope.dataset_types) & store.lost if scope.files else frozenset(),
        )

    def _sealed(self, collections: set[str], dataset_types: frozenset[str]) -> frozenset[str]:
        seals = [doc for name in collections if isinstance(doc := self.store.docs.get(name), Seal)]
        return frozenset(u for s in seals for t in dataset_types for u in s.datasets.get(t, {}).values())

    def _below(self, roots: frozenset[str]) -> frozenset[str]:
        return reachable(sorted(roots), lambda name: self.store.children.get(name, ()))

    def commit(self, changes: tuple[Change, ...]) -> None:
        """Compare everything, then write everything."""
        with self.store.transaction():
            record = self._own()
            self._register(changes)
            for change in changes:
                found = self._value(change.key)
                if (found or None) != (change.before or None):
                    raise Moved(change.key, change.before, found)
            for change in changes:
                self._write(change)
            self.store.record = record.after(changes)

    def _own(self) -> Record:
        """Return the record, and keep it; refuse that of another repository."""
        self.store.record = own(self.place, self.store.record)
        return self.store.record

    def _register(self, changes: tuple[Change, ...]) -> None:
        for change in changes:
            if isinstance(change.key, Chain):
                self.store.register(change.key.name, "CHAINED")
            elif isinstance(change.key, Cert):
                self.store.register(change.key.collection, "CALIBRATION")
            elif isinstance(change.key, Tag):
                self.store.register(change.key.name, "TAGGED")

    def _value(self, key: Key) -> Value | None:
        store = self.store
        if isinstance(key, Chain):
            return store.children.get(key.name, ())
        if isinstance(key, Cert):
            rows = store.certifications.get((key.collection, key.dataset_type), {}).get(key.data_id, [])
            return timeline((b, e, uuid(name)) for b, e, name in rows)
        if isinstance(key, Tag):
            tagged = store.contents.get((key.name, key.dataset_type), {}).get(key.data_id)
            return uuid(tagged) if tagged else None
        if isinstance(key, Owned):
            return store.record.owned.get((key.chain, key.member)) if store.record else None
        raise ReconcileError(f"{key} is no registry edit")

    def _write(self, change: Change) -> None:
        key, after = change.key, change.after
        if isinstance(key, Chain):
            assert isinstance(after, tuple | None)
            self._redefine(key.name, after or ())
        elif isinstance(key, Cert):
            assert isinstance(after, Timeline | None)
            self._recertify(key, after or NOTHING)
        elif isinstance(key, Tag):
            assert isinstance(after, Source | None)
            self._retag(key, after)

    def _redefine(self, chain: str, members: tuple[str, ...]) -> None:
        for member in members:
            if member not in self.store.types:
                raise ReconcileError(f"chain {chain}: member {member} does not exist")
            if chain in self._below(frozenset({member})):
                raise ReconcileError(f"chain {chain}: member {member} would make a cycle")
        self.store.children[chain] = members

    def _recertify(self, key: Cert, after: Timeline) -> None:
        for span in after:
            self._refuse_unknown(key, span.source.name)
        rows = self.store.certifications.setdefault((key.collection, key.dataset_type), {})
        rows[key.data_id] = [(b, e, source.name) for b, e, source in after]

    def _retag(self, key: Tag, after: Source | None) -> None:
        ids = self.store.contents.setdefault((key.name, key.dataset_type), {})
        ids.pop(key.data_id, None)
        if after is not None:
            self._refuse_unknown(key, after.name)
            ids[key.data_id] = after.name

    def _refuse_unknown(self, key: Cert | Tag, name: str) -> None:
        held = (ids for (_, dataset_type), ids in self.store.contents.items() if dataset_type == key.dataset_type)
        if all(ids.get(key.data_id) != name for ids in held):
            raise ReconcileError(f"{key}: dataset {name}, which is to stand there, does not exist")

    def claim(self, leaf: str, claim: Claim) -> Claim:
        """Register the leaf with its claim, or return the claim that stands."""
        with self.store.transaction():
            store = self.store
            self._own()
            if leaf not in store.types:
                store.register(leaf, "RUN" if leaf == claim.run else "CHAINED")
                store.docs[leaf] = claim
                self._link(leaf, claim)
                return claim
            standing = standing_claim(Gen(self.place, leaf), store.docs.get(leaf))
            if standing.recipe == claim.recipe:
                self._link(leaf, standing)
            return standing

    def _link(self, leaf: str, claim: Claim) -> None:
        """Make a leaf that is no RUN a search path of its RUN, if that exists, and its inputs."""
        if leaf != claim.run:
            run = (claim.run,) if claim.run in self.store.types else ()
            self._redefine(leaf, (*run, *claim.inputs))

    def ensure_chain(self, name: str) -> None:
        """Register an empty chain unless the collection exists."""
        with self.store.guard:
            self._own()
            if name not in self.store.types:
                self.store.register(name, "CHAINED")
                self.store.children[name] = ()

    def seal(self, leaf: str, seal: Seal) -> None:
        """Replace the claim by the seal."""
        with self.store.transaction():
            self._own()
            standing = self.store.docs.get(leaf)
            compare(Gen(self.place, leaf), standing, seal)
            if seal.run not in self.store.types:
                raise ReconcileError(f"{leaf} cannot be sealed: its RUN {seal.run} does not exist at {self.place}")
            if isinstance(standing, Claim):
                self._link(leaf, standing)
            self.store.docs[leaf] = self.store.docs[seal.run] = standing if isinstance(standing, Seal) else seal

    def put(self, run: str, files: tuple[File, ...]) -> Datasets:
        """Put those files that are not there yet."""
        with self.store.guard:
            self._own()
            self.store.register(run, "RUN")
            for file in files:
                if file.data_id not in self.store.contents.get((run, file.dataset_type), {}):
                    self.store.add(run, file.dataset_type, file.data_id)
            types = {file.dataset_type for file in files}
            return {t: dict(self.store.contents[run, t]) for t in types}

    def retrieve(self, run: str, dataset_types: tuple[str, ...], into: str) -> tuple[str, ...]:
        """Write a file for each dataset; it holds all that a dataset is here, its UUID."""
        Path(into).mkdir(parents=True, exist_ok=True)
        held = (name for t in dataset_types for name in self.store.contents.get((run, t), {}).values())
        paths = sorted(Path(into, name) for name in held)
        for path in paths:
            path.write_text(path.name, encoding="utf-8")
        return tuple(map(str, paths))

    def tables(self, run: str, dataset_type: str) -> dict[str, Columns]:
        """Return the tables of a type in a RUN, by data ID; a dataset that nobody gave any rows has none."""
        held = self.store.contents.get((run, dataset_type), {})
        return {data_id: self.store.tables.get(name, {}) for data_id, name in sorted(held.items())}

    def applied(self, run: str, dataset_type: str) -> dict[str, frozenset[str]]:
        """Return what tests say that the frames were corrected with."""
        held = self.store.contents.get((run, dataset_type), {})
        return {data_id: self.store.applied.get(data_id, frozenset()) for data_id in sorted(held)}

    def versions(self, runs: tuple[str, ...]) -> dict[str, dict[str, str]]:
        """Return what the store says of these RUNs."""
        return {run: self.store.versions[run] for run in runs if run in self.store.versions}

    def digests(self, run: str, dataset_types: tuple[str, ...]) -> dict[tuple[str, str], Content]:
        """Return what the files hold; by default each its own UUID."""
        found: dict[tuple[str, str], Content] = {}
        for dataset_type in dataset_types:
            for data_id, name in self.store.contents.get((run, dataset_type), {}).items():
                content = self.store.file(name)
                found[dataset_type, data_id] = Content(name, sha256(content).hexdigest(), len(content))
        return found

    def definitions(self, dataset_types: frozenset[str]) -> dict[str, Definition]:
        """Return how these dataset types are defined."""
        return memory_deliveries.definitions(self.store, dataset_types)

    def pieces(self, run: str, datasets: Datasets) -> tuple[Piece, ...]:
        """Return these datasets of a RUN and how their files are read."""
        return memory_deliveries.pieces(self.store, self.place, run, datasets)

    @contextmanager
    def receive(
        self, run: str, definitions: Mapping[str, Definition], pieces: Iterable[Piece], progress: Counted
    ) -> Iterator[memory_deliveries.MemoryArrivals]:
        """Read those of these datasets that a RUN lacks or whose file is lost."""
        with self.store.guard:
            own(self.place, self.store.record)
            arrivals = memory_deliveries.receive(self.store, self.place, run, definitions, pieces, progress)
        yield arrivals

    @contextmanager
    def lock(self, name: str) -> Iterator[None]:
        """Hold a named lock of the store."""
        with self.store.guard:
            if name in self.store.held:
                raise Locked(f"{name} at {self.place} is locked by another process")
            self.store.held.add(name)
        try:
            yield
        finally:
            self.store.held.discard(name)

    def select(self, instrument: str, raws: str, expression: str) -> Selected:  # noqa: ARG002  # one RUN of raws
        """Return every exposure of the instrument; the fake knows no expressions but the empty one."""
        if expression:
            raise ReconcileError(f"the memory repository evaluates no expression: {expression}")
        found = tuple(e for (name, _), e in sorted(self.store.exposures.items()) if name == instrument)
        return Selected(found, {e.id: self.store.detectors for e in found})

    def existing_exposures(
        self, instrument: str, exposures: tuple[int, ...], *, raws: str | None = None
    ) -> frozenset[int]:
        """Return which of these exposures are known; in a raw collection of the fake, all of them have raws."""
        if raws is not None and raws not in self.store.types:
            raise ReconcileError(f"collection {raws} does not exist at {self.place}")
        return frozenset(e for e in exposures if (instrument, e) in self.store.exposures)

    def calibration_types(self, collections: frozenset[str]) -> frozenset[str]:
        """Return the dataset types that these collections hold; to the fake, all are of calibrations."""
        held = (*self.store.certifications, *self.store.contents)
        return frozenset(dataset_type for collection, dataset_type in held if collection in collections)

    def held_types(self) -> frozenset[str]:
        """Return the dataset types that any collection holds."""
        return frozenset(dataset_type for _, dataset_type in (*self.store.certifications, *self.store.contents))

    def exposures_during(
        self, instrument: str, windows: tuple[Validity, ...], filters: frozenset[str] | None = None
    ) -> tuple[Taken, ...]:
        """Return the exposures that overlap a window; the fake reads their day from their number, as Rubin counts."""
        return tuple(
            Taken(e.id, e.id // 100_000, e.physical_filter, e.validity, e.observation_type)
            for (name, _), e in sorted(self.store.exposures.items())
            if name == instrument
            and (filters is None or e.physical_filter in filters)
            and any(e.validity.overlaps(window) for window in windows)
        )

    def nearest_exposures(self, instrument: str, exposure: int) -> tuple[Exposure, ...]:
        """Return the exposure of this number alone, or else its neighbours."""
        taken = [e for (name, _), e in sorted(self.store.exposures.items()) if name == instrument]
        below, above = [e for e in taken if e.id <= exposure], [e for e in taken if e.id >= exposure]
        return tuple(dict.fromkeys((*below[-1:], *above[:1])))

    def remember(self, commit: str) -> None:
        """Write the applied commit into the record."""
        with self.store.guard:
            self.store.record = replace(self._own(), applied=commit)
