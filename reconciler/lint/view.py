"""What the rules look at: every public search, as the specs alone have it or as a site really has it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple, TypeAlias

from ..dataid import parse
from ..facts import Facts
from ..holdings import Taken
from ..intent import Desired
from ..resolve import Calendar, children_at, reachable
from ..spec.documents import CalibrationSet
from ..spec.documents import Chain as ChainDocument
from ..spec.instances import Instance, instances
from ..spec.load import Tree
from ..spec.located import FieldPath, Located
from ..state import Cert, Chain, Key, State, Value
from ..timeline import NOTHING, Span, Timeline, constant, gen, timeline
from ..validity import ALWAYS
from ..work import Curation, Generation
from .exposures import Log

Layers: TypeAlias = tuple[tuple[str, tuple[Span, ...]], ...]
"""The collections that answer for a data ID, with their ranges, in search order."""
SPECS = "specs"
"""The place of everything that specs ask for, wherever it is built: a collection is made at one place only."""


class Fate(NamedTuple):
    """Data IDs of one dataset type and filter that are answered alike."""

    dataset_type: str
    physical_filter: str | None
    layers: Layers
    data_ids: tuple[str, ...]

    @property
    def about(self) -> str:
        """Return dataset type and filter as a finding names them."""
        return f"{self.dataset_type} {self.physical_filter}" if self.physical_filter else self.dataset_type

    def visible(self) -> Iterator[tuple[str, tuple[Span, ...], Timeline, Timeline]]:
        """Yield each collection with its ranges, the part of them that is ever given, and what is given before it."""
        covered = NOTHING
        for collection, ranges in self.layers:
            line = timeline(ranges)
            yield collection, ranges, line.outside(covered), covered
            covered = covered.over(line)

    def given_by(self, instant: int) -> str | None:
        """Return the collection that answers at an instant; None if none does."""
        return next((name for name, held in self.layers if any(b <= instant < e for b, e, _ in held)), None)

    @property
    def effective(self) -> Timeline:
        """Return what is given in the end."""
        answer = NOTHING
        for _, ranges in self.layers:
            answer = answer.over(timeline(ranges))
        return answer


@dataclass(frozen=True)
class Search:
    """One public chain: at a repository, or as the specs have it.

    Attributes
    ----------
    members
        Where in the document its members stand.
    place
        Empty if specs and locks alone say what it holds.
    opaque
        Collections of the path of which nothing is known: with one of them no gap can be proven.
    kinds
        Types of the collections; empty for specs.
    """

    document: Located[ChainDocument]
    members: FieldPath
    place: str
    calendar: Calendar
    below: Mapping[str, str]
    """Collection -> the member of the chain that it was reached by."""
    opaque: tuple[str, ...] = ()
    kinds: Mapping[str, str] = field(default_factory=dict)
    log: Log = field(default_factory=Log)

    @cached_property
    def fates(self) -> tuple[Fate, ...]:
        """Return all data IDs, those that are answered alike together."""
        together: defaultdict[tuple[str, str | None, Layers], list[str]] = defaultdict(list)
        for (dataset_type, data_id), held in sorted(self.calendar.holdings().items()):
            through = parse(data_id).get("physical_filter")
            together[dataset_type, None if through is None else str(through), tuple(held)].append(data_id)
        return tuple(Fate(t, name, layers, tuple(ids)) for (t, name, layers), ids in together.items())

    def protects(self, collection: str) -> bool:
        """Return whether a collection is TAGGED: it should not be searched at all, and that is said once."""
        return self.kinds.get(collection) == "TAGGED"

    def at(self, collection: str) -> FieldPath:
        """Return where the document names the member through which a collection is searched."""
        member = self.below.get(collection, collection)
        listed = self._listed
        return (*self.members, listed.index(member)) if member in listed else self.members

    @property
    def _listed(self) -> tuple[str, ...]:
        document = self.document.document
        return document.members if len(self.members) == 1 else document.exceptions[str(self.members[1])].members


class Home(NamedTuple):
    """The calibration set that certifies a collection, and its product."""

    located: Located[CalibrationSet]
    instance: Instance

    @property
    def path(self) -> FieldPath:
        """Return where the product stands."""
        return ("products", self.instance.product)


@dataclass(frozen=True)
class View:
    """Everything that rules look at."""

    tree: Tree
    searches: tuple[Search, ...]
    works: tuple[Generation, ...]

    @cached_property
    def homes(self) -> dict[str, Home]:
        """Collection, certified or generated -> the set that makes it."""
        found: dict[str, Home] = {}
        for located in self.tree.sets:
            catalog = self.tree.catalog_of(located.document)
            for instance in instances(located.document, catalog) if catalog else ():
                for name in (instance.certified, instance.leaf):
                    if name:
                        found.setdefault(name, Home(located, instance))
        return found


def of_specs(tree: Tree, wants: Iterable[Desired]) -> View:
    """Return what specs and locks ask for, at all sites together; `wants` are those of every site."""
    wants = tuple(wants)
    state, shelves = _asked(tree, wants)
    known = {key.name for key in state.values if isinstance(key, Chain)} | {run for run, _ in shelves}
    known |= {key.collection for key in state.values if isinstance(key, Cert)}
    searches = []
    for document, path, members in _variants(tree):
        own = state.put({Chain(SPECS, document.document.name): members})
        calendar = Calendar(own, SPECS, [document.document.name], shelves)
        opaque = tuple(name for name in calendar.path if name not in known)
        searches.append(Search(document, path, "", calendar, _below(own, SPECS, members), opaque))
    return View(tree, tuple(searches), _works(wants))


def of_site(
    tree: Tree, want: Desired, state: State, facts: Facts, exposures: Mapping[str, Mapping[str, Iterable[Taken]]]
) -> View:
    """Return what the repositories of one site hold; `exposures` by place and instrument."""
    searches = []
    for chain in sorted(want.public):
        seen = facts.observations.get(chain.place)
        document = _document(tree, chain)
        if seen is None or document is None or chain.name not in seen.collections:
            continue
        leaves: dict[Key, Value | None] = {
            Chain(seen.place, n): c.children for n, c in seen.collections.items() if c.doc and c.children
        }
        whole = state.put(leaves)
        below = _below(whole, chain.place, whole.members(chain))
        kinds = {name: one.type for name, one in seen.collections.items()}
        log = Log(exposures.get(chain.place, {}).get(document.document.instrument, ()))
        calendar = facts.calendar(whole, chain.place, [chain.name])
        path = _members_at(document.document, chain.place)
        searches.append(Search(document, path, chain.place, calendar, below, (), kinds, log))
    return View(tree, tuple(searches), _works([want]))


def _asked(tree: Tree, wants: Iterable[Desired]) -> tuple[State, dict[tuple[str, str], dict[str, Timeline]]]:
    """Return what specs make, at one place, and what the RUNs of curated files will answer."""
    values: dict[Key, Value] = {}
    shelves: defaultdict[tuple[str, str], dict[str, Timeline]] = defaultdict(dict)
    for want in wants:
        for key, value in want.state.values.items():
            match key:
                case Cert(_, collection, dataset_type, data_id):
                    values[Cert(SPECS, collection, dataset_type, data_id)] = value
                case Chain(_, name):
                    values.setdefault(Chain(SPECS, name), value)
        for work in want.works.values():
            if isinstance(work, Curation):
                for file in work.files:
                    shelves[work.key.leaf, file.dataset_type][file.data_id] = constant(ALWAYS, gen(work.key.leaf))
    values |= {Chain(SPECS, one.document.name): one.document.members for one in tree.chains}
    return State(values), shelves


def _variants(tree: Tree) -> Iterator[tuple[Located[ChainDocument], FieldPath, tuple[str, ...]]]:
    """Yield the members of every public chain, and those that are others at one place."""
    for one in tree.chains:
        if not one.document.name.startswith("u/"):
            yield one, ("members",), one.document.members
            for place, odd in one.document.exceptions.items():
                yield one, ("exceptions", place, "members"), odd.members


def _document(tree: Tree, chain: Chain) -> Located[ChainDocument] | None:
    return next(
        (
            one
            for one in tree.chains
            if one.document.name == chain.name and chain.place in (one.document.repositories or (chain.place,))
        ),
        None,
    )


def _members_at(document: ChainDocument, place: str) -> FieldPath:
    return ("exceptions", place, "members") if place in document.exceptions else ("members",)


def _below(state: State, place: str, members: tuple[str, ...]) -> dict[str, str]:
    """Return for each collection the first member that leads to it."""
    found: dict[str, str] = {}
    for member in members:
        for name in reachable([member], children_at(state, place)):
            found.setdefault(name, member)
    return found


def _works(wants: Iterable[Desired]) -> tuple[Generation, ...]:
    return tuple(work for want in wants for work in want.works.values() if isinstance(work, Generation))
