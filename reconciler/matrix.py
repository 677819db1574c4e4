"""How far each ticket has come at each place: the table that DMTN-222 section 3.4 has kept by hand.

A cell is how what is seen compares with what is wanted of one document at one place. Its fingerprint covers what the
place holds of the ticket's own collections: the same at every place, or somebody has changed something.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from .distribution import Document, destinations
from .known import Known, concerns
from .observation import Observation
from .resolve import reachable
from .seals import digest
from .spec.documents.deployment import Destination, TriedDestination
from .state import Cert, Chain, Change, Gen, Key, Owned, State, Tag, Value
from .words import count

Word: TypeAlias = Literal["absent", "fetched", "certified", "linked", "protected", "drifted", "skipped", "unknown"]
STAGES: tuple[Word, ...] = ("absent", "fetched", "certified", "linked", "protected")


@dataclass(frozen=True, slots=True)
class Cell:
    """How one ticket, or one public chain, stands at one place.

    Attributes
    ----------
    reasons
        What differs from the specs, why a place does without, or why nothing is known.
    fingerprint
        Of what the place holds of it; empty where nothing is, or nothing is known.
    pending
        Whether something is still to be done that the specs ask for.
    """

    place: str
    word: Word
    reasons: tuple[str, ...] = ()
    fingerprint: str = ""
    pending: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A ticket (or a chain), and its cells: the place that makes it first."""

    name: str
    ticket: str
    cells: tuple[Cell, ...]


def table(documents: Iterable[Document], sites: Iterable[Known], places: Iterable[str]) -> tuple[Row, ...]:
    """Return a row for each ticket that is deployed, whichever documents share it, and each other public chain.

    `places` are all there are. Sites are taken one after the other, and of each only its cells are kept: what was seen
    there is large.
    """
    tickets = _tickets(documents)
    found: dict[str, dict[str, Cell]] = {ticket: {} for ticket in tickets}
    chains: defaultdict[str, list[Cell]] = defaultdict(list)
    for site in sites:
        for ticket, shared in tickets.items():
            there = [place for place in _places(shared) if place in site.places]
            found[ticket].update({place: _ticket_cell(shared, place, site) for place in there})
        for key in sorted(site.want.public):
            chains[key.name].append(_chain_cell(key, site))
        del site  # before the next one is looked at
    known = frozenset(places)
    rows = (_ticket_row(shared, found[ticket], known) for ticket, shared in tickets.items())
    others = sorted(chains.keys() - tickets.keys())
    return (*rows, *(Row(name, "", tuple(chains[name])) for name in others))


def _tickets(documents: Iterable[Document]) -> dict[str, list[Document]]:
    """Return ticket chain -> the documents that share it, of those that are deployed."""
    found: dict[str, list[Document]] = {}
    for document in documents:
        if document.deployment is not None:
            found.setdefault(document.naming.ticket_chain, []).append(document)
    return found


def _places(shared: Sequence[Document]) -> tuple[str, ...]:
    """Return the places that make a ticket, and then those that its documents name."""
    return tuple(dict.fromkeys((*(one.origin for one in shared), *(place for one in shared for place in _named(one)))))


def _ticket_row(shared: Sequence[Document], found: Mapping[str, Cell], places: frozenset[str]) -> Row:
    cells = []
    for place in _places(shared):
        if skipped := _skipped(shared, place):
            cells.append(Cell(place, "skipped", skipped))
        elif place in found:
            cells.append(found[place])
        else:
            why = f"the site {place.partition('/')[0]} was not looked at" if place in places else "no site has it"
            cells.append(Cell(place, "unknown", (why,)))
    return Row(shared[0].naming.ticket_chain, shared[0].ticket, _compared(shared, cells))


def _named(document: Document) -> Mapping[str, Destination]:
    return document.deployment.repositories if document.deployment else {}


def _skipped(shared: Iterable[Document], place: str) -> tuple[str, ...]:
    """Return why a place does without all of a ticket; nothing if it is to have some of it."""
    if any(place == one.origin or place in destinations(one) for one in shared):
        return ()
    return tuple(dict.fromkeys(there.skip for one in shared if (there := _named(one).get(place)) and there.skip))


def fingerprint(seen: Observation, chain: str) -> str:
    """Return the digest of what a place holds of a ticket: its collections in order, and what is certified in them.

    Dataset types, data IDs, UUIDs and validities count; where files lie, and what else the place holds, does not.
    """
    names = reachable([chain], lambda name: seen.collections[name].children if name in seen.collections else ())
    there = sorted(n for n in names if n in seen.collections and seen.collections[n].type in ("CHAINED", "CALIBRATION"))
    members = [[n, list(seen.collections[n].children)] for n in there if seen.collections[n].type == "CHAINED"]
    rows = [
        [collection, dataset_type, data_id, [list(row) for row in sorted(found)]]
        for (collection, dataset_type), ids in sorted(seen.certifications.items())
        if collection in there
        for data_id, found in sorted(ids.items())
        if found
    ]
    return digest([members, rows]) if rows else ""


def _ticket_cell(shared: Sequence[Document], place: str, site: Known) -> Cell:
    if place in site.unknown:
        return Cell(place, "unknown", (site.unknown[place],))
    document = shared[0]
    chain = document.naming.ticket_chain
    print_ = fingerprint(site.facts.observations[place], chain)
    wanted = list(site.wanted(place, document))
    if not wanted:
        notices = tuple(n for n in site.want.notices if document.ticket in n)
        return Cell(place, "absent", notices or ("nothing of it is planned here",), print_, pending=True)
    changes = [c for c in site.changes(place) if concerns(c.key, document) or _drops(c, document)]
    stage = _stage(wanted, changes, site.seen, site.want.state, chain)
    reasons = (*_told(changes), *(reason for one in shared for reason in _waived(one, place)))
    drifted = site.applied and bool(changes)
    return Cell(place, "drifted" if drifted else stage, reasons, print_, pending=bool(changes))


def _stage(wanted: list[Key], changes: list[Change], seen: State, want: State, own: str) -> Word:
    """Return how far the ticket has come: each stage needs those before it."""
    differing = {change.key for change in changes}
    lines = (want.timeline(key) for key in wanted if isinstance(key, Cert))
    certified = {span.source.name for line in lines for span in line}
    stages: tuple[tuple[Word, list[Key]], ...] = (
        ("fetched", [k for k in wanted if isinstance(k, Gen) and k.leaf in certified]),
        ("certified", [k for k in wanted if isinstance(k, Cert) or _inside(k, own)]),
        ("linked", [k for k in wanted if isinstance(k, Owned) and not _inside(k, own)]),
        ("protected", [k for k in wanted if isinstance(k, Tag)]),
    )
    reached: Word = "absent"
    for word, keys in stages:
        if differing & set(keys) or not all(_stands(key, seen) for key in keys):
            return reached
        reached = word if keys else reached
    return reached


def _stands(key: Key, seen: State) -> bool:
    """Return whether a link is there, whoever made it; of other keys their difference tells."""
    return not isinstance(key, Owned) or key.member in seen.members(Chain(key.place, key.chain))


def _inside(key: Key, chain: str) -> bool:
    match key:
        case Chain(_, name) | Owned(_, name):
            return f"{name}/".startswith(f"{chain}/")
        case _:
            return False


def _waived(document: Document, place: str) -> Iterator[str]:
    """Yield why nothing is processed at a place to see that the calibrations are in use."""
    there = destinations(document).get(place)
    if isinstance(there, TriedDestination) and there.smoke_waived:
        yield f"no smoke test: {there.smoke_waived}"


def _drops(change: Change, document: Document) -> bool:
    """Return whether a chain that leads to the document's collections has lost one of them."""
    if not isinstance(change.key, Chain):
        return False
    lost = set(_members(change.after)) - set(_members(change.before))
    return any(f"{member}/".startswith(f"{document.naming.ticket_chain}/") for member in lost)


def _members(value: Value | None) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else ()


def _told(changes: Iterable[Change]) -> Iterator[str]:
    """Yield what differs, in words, what is alike counted together; what may be cleaned away comes first."""
    tags = Counter(c.key.name for c in changes if isinstance(c.key, Tag))
    yield from (f"URGENT: {count(n, 'dataset')} not protected by {name}" for name, n in tags.items())
    for change in changes:
        match change.key:
            case Gen(_, leaf):
                yield f"{leaf} is {f'not as it was sealed: {change.before}' if change.before else 'not there'}"
            case Chain(_, name):
                before, after = _members(change.before), _members(change.after)
                yield from (f"{member} is not in {name}" for member in after if member not in before)
                yield from (f"{member} is still in {name}" for member in before if member not in after)
                if [m for m in before if m in after] != [m for m in after if m in before]:
                    yield f"{name} is searched in another order"
    certs = Counter((c.key.dataset_type, c.key.collection) for c in changes if isinstance(c.key, Cert))
    yield from (f"{count(n, 'certification')} of {t} in {collection} differ" for (t, collection), n in certs.items())


def _compared(shared: Sequence[Document], cells: list[Cell]) -> tuple[Cell, ...]:
    """Return the cells, those drifted whose fingerprint is not that of the place that made the ticket.

    Where not all of a ticket goes, it is another one.
    """
    origin = shared[0].origin
    everywhere = set.intersection(*({*destinations(one)} for one in shared))
    prints = {cell.place: cell.fingerprint for cell in cells if cell.fingerprint and not cell.pending}
    made = prints.get(origin)
    if made is None:
        return tuple(cells)
    why = f"its fingerprint is not that of {origin}"
    strange = {place for place, found in prints.items() if found != made} & everywhere
    return tuple(
        replace(cell, word="drifted", reasons=(*cell.reasons, why)) if cell.place in strange else cell for cell in cells
    )


def _chain_cell(key: Chain, site: Known) -> Cell:
    if key.place in site.unknown:
        return Cell(key.place, "unknown", (site.unknown[key.place],))
    changes = [
        c for c in site.changes(key.place) if c.key == key or (isinstance(c.key, Owned) and c.key.chain == key.name)
    ]
    members = site.seen.members(key)
    print_ = digest(list(members)) if members else ""
    if not changes:
        return Cell(key.place, "linked" if members else "absent", (), print_)
    word: Word = "drifted" if site.applied else "linked" if members else "absent"
    return Cell(key.place, word, tuple(_told(changes)), print_, pending=True)
