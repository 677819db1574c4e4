"""Certified for some of the camera's detectors, or for some of its filters: nothing else says a word."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from ...dataid import data_id, parse
from ...holdings import Taken
from ...spec.documents import LockedExposures
from ...spec.instances import catalog_for
from ...spec.ranges import Ranges, ranges
from ..finding import Finding
from ..view import Fate, Home, Search, View
from ..words import asked, whom


def detectors(view: View) -> Iterator[Finding]:
    """What is certified covers every detector of the catalog but those that are excused."""
    for search in view.searches:
        held: defaultdict[tuple[str, str], list[tuple[Fate, str]]] = defaultdict(list)
        for fate in search.fates:
            for collection, _ in fate.layers:
                held[collection, fate.about] += [(fate, one) for one in fate.data_ids]
        for (collection, about), found in held.items():
            if search.protects(collection):
                continue
            yield from _missing(view, search, collection, about, found)


def _missing(
    view: View, search: Search, collection: str, about: str, held: list[tuple[Fate, str]]
) -> Iterator[Finding]:
    home = view.homes.get(collection)
    known = ranges(int(number) for _, one in held if (number := parse(one).get("detector")) is not None)
    expected = _expected(view, search, home)
    missing = expected - known
    if not known or not missing:
        return
    absent = next(iter(missing))
    fate, one = held[0]
    begin, end, _ = next(found[0] for name, found in fate.layers if name == collection)
    taken = search.log.first(begin, end, fate.physical_filter)
    when = taken.validity.begin if taken else begin
    asker = data_id({**parse(one), "detector": absent})
    instead = _answer(search, fate.dataset_type, asker, when)
    message = f"{about} for {len(known & expected)} of {len(expected)} detectors; {whom(_ids(missing))} lacking"
    document, path = (home.located, home.path) if home else (search.document, search.at(collection))
    case = f"{asked(fate.dataset_type, asker, when, taken)} gets {instead}"
    excuse = ", `detectors: {allow_missing: ...}`," if home else ","
    wanted = f"all detectors{excuse} or a waiver with the reason"
    yield Finding("partial", collection, message, case, wanted, document, path, search.place)


def _ids(numbers: Ranges) -> Iterator[str]:
    return (data_id({"detector": number}) for number in numbers)


def _expected(view: View, search: Search, home: Home | None) -> Ranges:
    """Return the detectors that must be there: of the set's catalog, but for those that the set or its lock excuses."""
    if home is None:
        instrument = search.document.document.instrument
        catalog = catalog_for((one.document for one in view.tree.catalogs), instrument, "*")
        found = [one.document for one in view.tree.catalogs if one.document.instrument == instrument]
        chosen = catalog or (found[0] if found else None)
        return chosen.detectors if chosen else Ranges()
    document = home.located.document
    catalog = view.tree.catalog_of(document)
    lock = view.tree.lock_of(document)
    locked = lock.document.products.get(home.instance.name) if lock else None
    excused = [*document.detectors.allow_missing, *(locked.excused if isinstance(locked, LockedExposures) else ())]
    return catalog.detectors - ranges(one.detector for one in excused) if catalog else Ranges()


def _answer(search: Search, dataset_type: str, asker: str, when: int) -> str:
    for fate in search.fates:
        if fate.dataset_type == dataset_type and asker in fate.data_ids and (giver := fate.given_by(when)):
            return f"that of {giver}"
    return "that of a collection which no spec tells of" if search.opaque else "none"


def filters(view: View) -> Iterator[Finding]:
    """A chain that has a product for some filters has it for every filter.

    With a site, for those that were used, and not only to take the frames that calibrations are made from.
    """
    for search in view.searches:
        if search.opaque:
            continue
        wanted = _filters(view, search)
        held: defaultdict[str, list[Fate]] = defaultdict(list)
        for fate in search.fates:
            held[fate.dataset_type].append(fate)
        for dataset_type, fates in held.items():
            found = {fate.physical_filter for fate in fates}
            lacking = sorted(wanted.get(dataset_type, frozenset()) - found)
            used = [(name, _user(view, search, name)) for name in lacking]
            if counted := [(name, one) for name, one in used if one or not search.place]:
                yield _without(search, fates[0], counted)


def _without(search: Search, like: Fate, lacking: list[tuple[str, Taken | None]]) -> Finding:
    name, one = lacking[0]
    asker = data_id({**parse(like.data_ids[0]), "physical_filter": name})
    chain = search.document.document.name
    return Finding(
        "partial",
        like.dataset_type,
        f"{chain} has it for some filters and not for {', '.join(name for name, _ in lacking)}",
        asked(like.dataset_type, asker, like.effective.spans[0].begin, one),
        "one for every filter of the catalog",
        search.document,
        search.members,
        search.place,
    )


def _user(view: View, search: Search, name: str) -> Taken | None:
    """Return the first exposure through a filter that is no frame for making calibrations."""
    frames = {
        entry.observation_type
        for one in view.tree.catalogs
        if one.document.instrument == search.document.document.instrument
        for entry in one.document.products.values()
    }
    return next((one for one in search.log.through(name) if one.observation_type not in frames), None)


def _filters(view: View, search: Search) -> dict[str, frozenset[str]]:
    """Return the filters that products have by the catalogs of the instrument."""
    found: defaultdict[str, frozenset[str]] = defaultdict(frozenset)
    for one in view.tree.catalogs:
        if one.document.instrument == search.document.document.instrument:
            for entry in one.document.products.values():
                if entry.certified and "physical_filter" in entry.dimensions:
                    found[entry.dataset_type] |= frozenset(one.document.bands.values())
    return found
