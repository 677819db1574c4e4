"""What a repository was seen to hold, in its own words (UUIDs), and how that becomes symbolic state.

`lift` is the only place where UUIDs turn into leaves: a certified dataset is `gen(leaf)` if that leaf's seal names it
for this very data ID, else it stays `uuid(...)`, so that a dataset which a person put into our leaf is seen as what it
is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, TypeAlias

from .names import TAGS
from .record import COLLECTION as RECORD
from .record import Record
from .seals import Claim, Doc, Seal, digest
from .state import Cert, Chain, Change, Gen, Key, Owned, Presence, Published, State, Tag, Value
from .timeline import Source, Timeline, gen, timeline, uuid
from .validity import ALWAYS, Validity

CollectionType: TypeAlias = Literal["RUN", "TAGGED", "CHAINED", "CALIBRATION"]


@dataclass(frozen=True, slots=True)
class Collection:
    """One collection: its type, its children if it is a chain, and our claim or seal if it bears one."""

    type: CollectionType
    children: tuple[str, ...] = ()
    doc: Doc | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """What to look at. Everything costs a fixed number of queries, whatever the repository holds.

    Attributes
    ----------
    collections
        Names to look at, with everything below them in chains; None for all collections of the repository.
    dataset_types
        For each: the certifications in the CALIBRATION collections and the contents of the RUN and TAGGED
        collections within the scope.
    exposures
        (instrument, exposure id) whose time spans are wanted.
    files
        Whether the files of what is sealed are looked for, too.
    """

    collections: frozenset[str] | None
    dataset_types: frozenset[str] = frozenset()
    exposures: frozenset[tuple[str, int]] = frozenset()
    files: bool = False


@dataclass(frozen=True)
class Observation:
    """What one look at a repository found.

    Attributes
    ----------
    certifications
        (collection, dataset type) -> data ID -> rows of (begin, end, UUID); times in TAI nanoseconds.
    contents
        (RUN or TAGGED collection, dataset type) -> data ID -> UUID.
    record
        None where the repository has none.
    lost
        UUIDs of sealed datasets whose file is gone, as far as files were looked for.
    published
        Ticket -> the leaves that its manifests name; of the archive only.
    """

    place: str
    collections: Mapping[str, Collection]
    certifications: Mapping[tuple[str, str], Mapping[str, tuple[tuple[int, int, str], ...]]] = field(
        default_factory=dict
    )
    contents: Mapping[tuple[str, str], Mapping[str, str]] = field(default_factory=dict)
    exposures: Mapping[tuple[str, int], Validity] = field(default_factory=dict)
    record: Record | None = None
    lost: frozenset[str] = frozenset()
    published: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @property
    def record_lost(self) -> bool:
        """Whether there are works of ours but no record of which links we made.

        A sealed RUN alone proves nothing: it bears its seal wherever Butler exports or transfers it. Links of ours
        lead to what is certified only.
        """
        if self.record is not None:
            return False
        return any(c.doc and not _is_sealed_run(c) for c in self.collections.values()) or self._certifies_sealed

    @property
    def _certifies_sealed(self) -> bool:
        sealed = {uuid for seal in self.seals.values() for ids in seal.datasets.values() for uuid in ids.values()}
        return bool(sealed) and any(
            uuid in sealed for ids in self.certifications.values() for rows in ids.values() for *_, uuid in rows
        )

    @cached_property
    def seals(self) -> dict[str, Seal]:
        """Leaf -> seal, where a leaf bears one."""
        return {name: c.doc for name, c in self.collections.items() if isinstance(c.doc, Seal)}

    @cached_property
    def claims(self) -> dict[str, Claim]:
        """Leaf -> claim of work that is not complete."""
        return {name: c.doc for name, c in self.collections.items() if isinstance(c.doc, Claim)}


def _is_sealed_run(collection: Collection) -> bool:
    return collection.type == "RUN" and isinstance(collection.doc, Seal)


def lift(seen: Observation, pinned: Mapping[str, Seal] | None = None) -> State:
    """Return the symbolic state of one observation.

    `pinned` are seals that stand in a lock instead of the repository (products made `from` an existing RUN).
    """
    place, seals = seen.place, {**(pinned or {}), **leaves(seen)}
    source, shared = _sources(seals), _shared()
    values: dict[Key, Value] = {}
    for name, collection in seen.collections.items():
        if collection.doc is None and collection.type == "CHAINED" and collection.children and name != RECORD:
            values[Chain(place, name)] = collection.children
    values.update(_presences(seen, seals))
    for (collection_name, dataset_type), by_data in seen.certifications.items():
        for data_id, rows in by_data.items():
            values[Cert(place, collection_name, dataset_type, data_id)] = shared(
                tuple([(begin, end, source(dataset_type, data_id, name)) for begin, end, name in rows])
            )
    values.update(_tags(seen, source))
    if seen.record is not None:
        for (chain, member), by in seen.record.owned.items():
            values[Owned(place, chain, member)] = by
    return State(values)


def _presences(seen: Observation, seals: Mapping[str, Seal]) -> Iterator[tuple[Gen | Published, Presence]]:
    """Yield the generations that are there, and of an archive those that each ticket has there."""
    for leaf, seal in seals.items():
        yield Gen(seen.place, leaf), Presence(seal.recipe, not missing(seal, seen))
    for leaf, claim in seen.claims.items():
        yield Gen(seen.place, leaf), Presence(claim.recipe, False)
    for ticket, named in seen.published.items():
        for leaf in named:
            seal = seen.seals[leaf]
            yield Published(seen.place, ticket, leaf), Presence(seal.recipe, not missing(seal, seen))


def _tags(seen: Observation, source: Callable[[str, str, str], Source]) -> Iterator[tuple[Tag, Source]]:
    for (collection, dataset_type), ids in seen.contents.items():
        if TAGS in collection and seen.collections[collection].type == "TAGGED":
            for data_id, name in ids.items():
                yield Tag(seen.place, collection, dataset_type, data_id), source(dataset_type, data_id, name)


def leaves(seen: Observation) -> dict[str, Seal]:
    """Return the seals by leaf. The copy that an output RUN bears speaks only where its leaf is absent."""
    seals = seen.seals
    runs_of_leaves = {s.run for name, s in seals.items() if s.run != name}
    return {name: seal for name, seal in seals.items() if name not in runs_of_leaves}


def fingerprint(seen: Observation, collection: str, dataset_types: frozenset[str]) -> str | None:
    """Return the digest of what a collection holds of these types (UUIDs, data IDs, validities); None if absent."""
    if collection not in seen.collections:
        return None
    rows = [
        [dataset_type, data_id, *row]
        for dataset_type in sorted(dataset_types)
        for data_id, found in sorted(seen.certifications.get((collection, dataset_type), {}).items())
        for row in sorted(found)
    ]
    held = [
        [dataset_type, data_id, name]
        for dataset_type in sorted(dataset_types)
        for data_id, name in sorted(seen.contents.get((collection, dataset_type), {}).items())
    ]
    return digest([rows, held])


def lower(changes: tuple[Change, ...], seals: Mapping[str, Seal]) -> tuple[Change, ...]:
    """Return the changes with every symbolic source replaced by the UUID that its seal names: the way back of `lift`.

    What comes out the same on both sides is no change and falls away. Raises `KeyError` for a leaf that is not sealed;
    steps that certify need their generations complete.
    """
    lowered = ((c.key, _lowered(c.key, c.before, seals), _lowered(c.key, c.after, seals)) for c in changes)
    return tuple(Change(key, before, after) for key, before, after in lowered if before != after)


def _lowered(key: Key, value: Value | None, seals: Mapping[str, Seal]) -> Value | None:
    if isinstance(key, Tag) and isinstance(value, Source):
        return _concrete(value, key, seals)
    if not isinstance(key, Cert) or not isinstance(value, Timeline):
        return value
    return timeline((begin, end, _concrete(source, key, seals)) for begin, end, source in value)


def _concrete(source: Source, key: Cert | Tag, seals: Mapping[str, Seal]) -> Source:
    if source.kind == "uuid":
        return source
    return uuid(seals[source.name].datasets[key.dataset_type][key.data_id])


def missing(seal: Seal, seen: Observation) -> tuple[tuple[str, str], ...]:
    """Return the (dataset type, data ID) that the seal names and the RUN no longer holds, or only without a file."""
    return tuple(
        (dataset_type, data_id)
        for dataset_type, ids in seal.datasets.items()
        for held in (seen.contents.get((seal.run, dataset_type), {}),)
        for data_id, name in ids.items()
        if held.get(data_id) != name or name in seen.lost
    )


def shelves(seen: Observation, pinned: Mapping[str, Seal] | None = None) -> dict[tuple[str, str], dict[str, Timeline]]:
    """Return what RUN and TAGGED collections answer: (collection, dataset type) -> data ID -> timeline.

    They win at any date, whatever the exposure (Butler's rule).
    """
    seals = {**(pinned or {}), **leaves(seen)}
    source, shared = _sources(seals), _shared()
    return {
        (collection, dataset_type): {
            data_id: shared(((ALWAYS.begin, ALWAYS.end, source(dataset_type, data_id, name)),))
            for data_id, name in ids.items()
        }
        for (collection, dataset_type), ids in seen.contents.items()
    }


def _sources(seals: Mapping[str, Seal]) -> Callable[[str, str, str], Source]:
    """Return (dataset type, data ID, UUID) -> source: the leaf whose seal says just this, else the UUID itself."""
    owner: dict[str, tuple[Source, Seal]] = {}
    for leaf, seal in seals.items():
        for ids in seal.datasets.values():
            owner.update(dict.fromkeys(ids.values(), (gen(leaf), seal)))

    def source(dataset_type: str, data_id: str, name: str) -> Source:
        found = owner.get(name)
        if found is not None and found[1].datasets.get(dataset_type, {}).get(data_id) == name:
            return found[0]
        return uuid(name)

    return source


def _shared() -> Callable[[tuple[tuple[int, int, Source], ...]], Timeline]:
    """Return `timeline`, but equal spans give the same object: the detectors of a generation are mostly alike."""
    known: dict[tuple[tuple[int, int, Source], ...], Timeline] = {}

    def shared(spans: tuple[tuple[int, int, Source], ...]) -> Timeline:
        found = known.get(spans)
        if found is None:
            found = known[spans] = timeline(spans)
        return found

    return shared
