"""Snapshots: nothing is lost on the way into a file and back, and equal contents are equal bytes."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from reconciler.holdings import Taken
from reconciler.observation import Collection, Observation, Scope
from reconciler.record import Record
from reconciler.seals import Claim, Seal
from reconciler.snapshot import read, write
from reconciler.stills import Snapshot, Still
from reconciler.validity import Validity

NAMES = st.text(min_size=1, max_size=5)
numbers = st.integers(-(2**63), 2**63 - 1)  # what a column of a database holds
plain = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), NAMES),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=5,
)
intents = st.dictionaries(NAMES, plain, max_size=3)
types = st.sampled_from(["bias", "dark", "flat"])
uuids = st.dictionaries(NAMES, NAMES, max_size=3)
spans = st.tuples(st.integers(0, 99), st.integers(1, 99)).map(lambda pair: Validity(pair[0], pair[0] + pair[1]))
claims = st.builds(Claim, NAMES, intents, NAMES, st.lists(NAMES, max_size=3).map(tuple), numbers, NAMES, NAMES)
docs = st.one_of(st.none(), claims, st.builds(Seal, NAMES, intents, NAMES, st.dictionaries(types, uuids, max_size=2)))
kinds = st.sampled_from(["RUN", "TAGGED", "CHAINED", "CALIBRATION"])
collections = st.builds(Collection, kinds, st.lists(NAMES, max_size=3).map(tuple), docs)
rows = st.lists(st.tuples(numbers, numbers, NAMES), max_size=3).map(lambda found: tuple(sorted(found)))
exposures = st.lists(
    st.builds(Taken, st.integers(0, 99), st.integers(0, 99), NAMES, spans, NAMES),
    unique_by=lambda one: one.id,
    max_size=5,
).map(lambda taken: tuple(sorted(taken, key=lambda one: one.id)))
records = st.builds(
    Record,
    NAMES,
    st.dictionaries(st.tuples(NAMES, NAMES), st.sampled_from(["chain", "set"]), max_size=3),
    st.none() | NAMES,
)


@st.composite
def stills(draw: st.DrawFn, place: str) -> Still:
    """Draw a repository as anybody may have seen it."""
    keys = st.tuples(NAMES, types)
    seen = Observation(
        place,
        draw(st.dictionaries(NAMES, collections, max_size=4)),
        draw(st.dictionaries(keys, st.dictionaries(NAMES, rows, max_size=3), max_size=3)),
        draw(st.dictionaries(keys, uuids, max_size=3)),
        record=draw(st.none() | records),
    )
    looked_at = draw(st.frozensets(types))
    return Still(
        seen, looked_at, looked_at, draw(st.frozensets(types)), draw(st.dictionaries(NAMES, exposures, max_size=2))
    )


@st.composite
def snapshots(draw: st.DrawFn) -> Snapshot:
    """Draw a site of up to two repositories, and others that could not be looked at."""
    places = draw(st.lists(NAMES, max_size=2, unique=True))
    return Snapshot(draw(NAMES), {p: draw(stills(p)) for p in places}, draw(st.dictionaries(NAMES, NAMES, max_size=2)))


@given(snapshots())
def test_what_was_written_is_read(snapshot: Snapshot) -> None:
    assert read(write(snapshot)) == snapshot


@given(snapshots(), st.randoms(use_true_random=False))
def test_the_order_in_which_things_were_found_changes_no_byte(snapshot: Snapshot, dice: random.Random) -> None:
    shuffled = Snapshot(
        snapshot.site,
        {place: _shuffled(snapshot.stills[place], dice) for place in _in_any_order(snapshot.stills, dice)},
        _in_any_order(snapshot.unknown, dice),
    )
    assert write(shuffled) == write(snapshot)


@given(stills("p"), st.lists(spans, max_size=4).map(tuple), st.none() | st.frozensets(NAMES))
def test_exposures_are_those_that_overlap_a_window(
    still: Still, windows: tuple[Validity, ...], filters: frozenset[str] | None
) -> None:
    for instrument, taken in still.exposures.items():
        expected = tuple(
            one
            for one in taken
            if any(map(one.validity.overlaps, windows)) and (filters is None or one.physical_filter in filters)
        )
        assert still.exposures_during(instrument, windows, filters) == expected


@given(stills("p"))
def test_a_look_at_everything_gives_everything(still: Still) -> None:
    seen = still.observe(Scope(None, still.dataset_types))
    before = still.observation
    assert seen.collections == before.collections
    assert seen.certifications == {
        (collection, name): ids
        for (collection, name), ids in before.certifications.items()
        if collection in before.collections and name in still.dataset_types
    }


def _shuffled(still: Still, dice: random.Random) -> Still:
    seen = still.observation
    certified = {
        key: {data_id: tuple(dice.sample(found, len(found))) for data_id, found in _in_any_order(ids, dice).items()}
        for key, ids in _in_any_order(seen.certifications, dice).items()
    }
    contents = {key: _in_any_order(ids, dice) for key, ids in _in_any_order(seen.contents, dice).items()}
    again = Observation(seen.place, _in_any_order(seen.collections, dice), certified, contents, record=seen.record)
    return Still(again, still.dataset_types, still.held, still.calibrations, _in_any_order(still.exposures, dice))


def _in_any_order(found: Any, dice: random.Random) -> dict[Any, Any]:
    return {key: found[key] for key in dice.sample(sorted(found), len(found))}
