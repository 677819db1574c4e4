"""Statements about edits that science would see, made from a plan: whatever it does, whichever file asked for it.

What is bound are contents by UUID, not names: a dataset that is swapped in a collection makes another statement, and a
collection that others put into ours is part of it. A retraction and a reordering bind what the public chains give
before and after; they count only together with the other edits of the same chain, with which they were judged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from .. import curation, generation
from ..effect import Side, sides
from ..facts import Approval, Facts
from ..gates import is_public
from ..intent import Desired
from ..names import is_release
from ..resolve import Calendar, children_at, reachable
from ..revealed import revealed
from ..seals import Seal, digest
from ..spec.documents import CalibrationSet
from ..spec.load import Tree
from ..state import Cert, Chain, State
from ..steps import Step
from ..steps.base import sources
from ..steps.certify import Certify
from ..steps.chains import Link, Reorder, Unlink, types_below
from ..timeline import Source, Timeline
from .evidence import evidence
from .statement import Statement


@dataclass(frozen=True)
class Asked:
    """A statement that somebody has to say yes to, before the edits of some steps.

    Attributes
    ----------
    grants
        What a yes opens.
    seals
        Leaf -> seal, of what the statement binds the files of; their digests are filled in where they are read.
    at
        Leaf -> where its files are read, if that is another place.
    chain
        The chain that is edited, if the yes counts only together with those to its other edits.
    revealed
        What a link lets science see, as it was judged; to be compared when it is made.
    open
        Why the statement cannot be made yet; empty if it can.
    """

    statement: Statement
    grants: frozenset[Approval]
    place: str
    seals: Mapping[str, Seal] = field(default_factory=dict)
    at: Mapping[str, str] = field(default_factory=dict)
    chain: str = ""
    edits: frozenset[str] = frozenset()
    revealed: str = ""
    open: str = ""

    def with_files(self, roots: Mapping[str, str]) -> Statement:
        """Return the statement with the digests of files: leaf -> content root."""
        parts = {files_of(leaf): roots[leaf] for leaf in self.seals}
        return replace(self.statement, parts={**self.statement.parts, **parts})


def files_of(leaf: str) -> str:
    """Return the name of the part that binds the bytes of a generation."""
    return f"the files of {leaf}"


@dataclass(frozen=True)
class Scene:
    """What statements are made from: what is seen, what is wanted, and who asks."""

    seen: State
    goal: State
    facts: Facts
    want: Desired
    tree: Tree
    root: str

    def both(self, place: str) -> tuple[Side, Side]:
        """Return what a search at a place goes through, before and after."""
        return sides(place, self.seen, self.goal, self.want, self.facts)

    def uuid(self, source: Source, dataset_type: str, data_id: str) -> str:
        """Return the UUID behind a source; a generation that is not sealed yet has none."""
        return source.name if source.kind == "uuid" else str(self.facts.names(source.name, dataset_type, data_id))

    def line(self, line: Timeline, dataset_type: str, data_id: str) -> list[list[object]]:
        """Return a timeline as it is bound: times and UUIDs."""
        return [[begin, end, self.uuid(source, dataset_type, data_id)] for begin, end, source in line]


def asked(steps: Iterable[Step], scene: Scene) -> Iterator[Asked]:
    """Yield a statement for each step that edits what science sees, as the plan stands before it.

    (Those that deploy are in `deployments`.)
    """
    state = scene.seen
    for step in steps:
        after = step.advance(state)
        if step.verb != "deploy" and is_public(step, state, after, scene.facts):
            yield _asked(step, after, scene)
        state = after


def _asked(step: Step, after: State, scene: Scene) -> Asked:
    parts, seals = _parts(step, after, scene)
    statement = Statement(step.verb, step.subject, _scope(step, scene), step.place, scene.root, parts)
    unsealed = sorted(leaf for leaf, seal in seals.items() if seal is None)
    return Asked(
        statement,
        frozenset({Approval(step.verb, step.subject, step.place)}),
        step.place,
        {leaf: seal for leaf, seal in seals.items() if seal is not None},
        chain=step.chain.name if isinstance(step, Unlink | Reorder) else "",
        edits=step.edits,
        revealed=revealed(step, after, scene.facts) if isinstance(step, Link) else "",
        open=_not_yet(step, unsealed, scene.tree),
    )


def _not_yet(step: Step, unsealed: list[str], tree: Tree) -> str:
    """Return why nobody can say yes to a step yet; empty if anybody can."""
    if unsealed:
        return f"{unsealed[0]} is not built yet"
    branches = [one for one in _sets(step.subject, tree) if not (is_release(one.release) or one.reviewed)]
    if isinstance(step, Link) and branches:
        made = f"{branches[0].ticket} is built with {branches[0].release}, a development branch"
        return f"{made}; `reviewed:` names the ticket of its review"
    return ""


def _sets(collection: str, tree: Tree) -> list[CalibrationSet]:
    return [one.document for one in tree.sets if generation.belongs(collection, one.document)]


def _software(document: CalibrationSet) -> str:
    return f"{document.release}, reviewed in {document.reviewed}" if document.reviewed else document.release


Parts = tuple[dict[str, str], dict[str, Seal | None]]


def _parts(step: Step, after: State, scene: Scene) -> Parts:
    match step:
        case Link():
            return _adopted(step, after, scene)
        case Certify():
            return _timelines(step, scene)
        case Unlink():
            return _calendars(step.chain, types_below(step.member, step.place, scene.seen), scene), {}
        case Reorder():
            below = (types_below(name, step.place, scene.goal) for name in step.ours)
            return _calendars(step.chain, frozenset().union(*below), scene), {}
    return {"step": step.title}, {}


def _adopted(step: Link, after: State, scene: Scene) -> Parts:
    """Return all that science sees through a new link, and where the link stands."""
    names = reachable([step.member], children_at(after, step.place))
    seals = _seals(names, after, step.place, scene)
    order = _order(step.chain, types_below(step.member, step.place, after), after)
    parts = {f"its place in {step.chain.name}": order, **_contents(names, after, step.place, scene)}
    for leaf, seal in sorted(seals.items()):
        parts |= made_by(leaf, seal)
    results = _results(step, scene)
    parts |= evidence(step.member, step.place, scene.want, scene.facts)
    parts |= {f"the software of {one.ticket}": _software(one) for one in _sets(step.member, scene.tree)}
    return parts, seals | results


def _results(step: Link, scene: Scene) -> dict[str, Seal | None]:
    """Return the seals of the verifications that are there: their tables are bound too, byte by byte."""
    seals = scene.facts.seals(step.place)
    rests_on = scene.want.evidence_of(step.place, step.member)
    return {key.leaf: seals[key.leaf] for one in rests_on for key in one.examinations if key.leaf in seals}


def _contents(names: frozenset[str], state: State, place: str, scene: Scene) -> dict[str, str]:
    """Return what collections hold: members, certifications, datasets."""
    members = {name: state.members(Chain(place, name)) for name in sorted(names)}
    parts = {f"the members of {name}": ", ".join(below) for name, below in members.items() if below}
    lines: dict[tuple[str, str], dict[str, list[list[object]]]] = {}
    for cert, line in _certified(names, state, place):
        bound = scene.line(line, cert.dataset_type, cert.data_id)
        lines.setdefault((cert.dataset_type, cert.collection), {})[cert.data_id] = bound
    for (dataset_type, collection), certified in sorted(lines.items()):
        parts[f"{dataset_type} certified in {collection}"] = digest(certified)
    for (collection, dataset_type), held in sorted(scene.facts.observations[place].contents.items()):
        if collection in names:
            parts[f"{dataset_type} in {collection}"] = digest(held)
    return parts


def _certified(names: frozenset[str], state: State, place: str) -> Iterator[tuple[Cert, Timeline]]:
    for key, value in state.values.items():
        if isinstance(key, Cert) and key.place == place and key.collection in names and isinstance(value, Timeline):
            yield key, value


def made_by(leaf: str, seal: Seal | None) -> dict[str, str]:
    """Return what a generation was made by, and its datasets."""
    if seal is None:
        return {f"the recipe of {leaf}": "not built yet"}
    datasets = {f"the datasets of {leaf} ({name})": digest(ids) for name, ids in sorted(seal.datasets.items())}
    return {f"the recipe of {leaf}": seal.recipe, **datasets}


def _seals(names: frozenset[str], state: State, place: str, scene: Scene) -> dict[str, Seal | None]:
    """Return the seals of the generations that are certified in these collections, or are among them."""
    known = {**scene.facts.seals(place), **scene.facts.pinned.get(place, {})}
    made = sources(line for _, line in _certified(names, state, place))
    return {leaf: known.get(leaf) for leaf in sorted(made | (names & known.keys()))}


def _order(chain: Chain, types: frozenset[str], state: State) -> str:
    """Return the members of a chain that give one of these dataset types, in order of search."""
    sharing = (name for name in state.members(chain) if types_below(name, chain.place, state) & types)
    return ", ".join(sharing) or "nothing else of the kind"


def _timelines(step: Certify, scene: Scene) -> Parts:
    """Return what is certified before and after, by dataset type."""
    found: dict[str, dict[str, list[list[object]]]] = {}
    for change in step.changes:
        assert isinstance(change.key, Cert)
        key = change.key
        for when, value in (("before", change.before), ("after", change.after)):
            bound = scene.line(value, key.dataset_type, key.data_id) if isinstance(value, Timeline) else []
            found.setdefault(f"{key.dataset_type} in {key.collection} {when}", {})[key.data_id] = bound
    leaves = sources(change.after for change in step.changes)
    known = {**scene.facts.seals(step.place), **scene.facts.pinned.get(step.place, {})}
    return {name: digest(lines) for name, lines in sorted(found.items())}, {leaf: known.get(leaf) for leaf in leaves}


def _calendars(chain: Chain, types: frozenset[str], scene: Scene) -> dict[str, str]:
    """Return what every public chain that leads to a chain gives of these types, before and after."""
    parts: dict[str, str] = {}
    before, after = scene.both(chain.place)
    for when, (state, shelves) in (("before", before), ("after", after)):
        parts[f"the order of {chain.name} {when}"] = _order(chain, types, state)
        for root in _leading(chain.name, chain.place, scene):
            calendar = Calendar(state, chain.place, [root], shelves)
            for name, lines in _given(calendar, types, scene).items():
                parts[f"{name} through {root} {when}"] = digest(lines)
    return parts


def _given(calendar: Calendar, types: frozenset[str], scene: Scene) -> dict[str, dict[str, list[list[object]]]]:
    found: dict[str, dict[str, list[list[object]]]] = {}
    for dataset_type, data_id in sorted(calendar.holdings()):
        if dataset_type in types:
            line = scene.line(calendar.timeline(dataset_type, data_id), dataset_type, data_id)
            found.setdefault(dataset_type, {})[data_id] = line
    return found


def _leading(name: str, place: str, scene: Scene) -> list[str]:
    """Return the public chains from which a collection is reached, before or after."""
    below = {
        root: reachable([root], children_at(scene.seen, place)) | reachable([root], children_at(scene.goal, place))
        for root in sorted(scene.facts.public)
    }
    return [root for root, names in below.items() if name in names]


def _scope(step: Step, scene: Scene) -> tuple[str, ...]:
    """Return what rules are matched with: who asks, what it is about, and the public chains that it reaches."""
    chains = {root for name in step.edits for root in _leading(name, step.place, scene)}
    about = {step.subject, *step.edits}
    makers = {path for name in about for path in asking(name, scene.tree)}
    return tuple(sorted({*makers, *about, *chains}))


def asking(collection: str, tree: Tree) -> Iterator[str]:
    """Yield the documents that ask for a collection: the set that makes it, or the chain that it is."""
    yield from (one.path for one in tree.sets if generation.belongs(collection, one.document))
    yield from (one.path for one in tree.curated if collection in curation.collections(one.document))
    yield from (one.path for one in tree.chains if one.document.name == collection)
