"""A snapshot stands for the repositories of a site, tells what it does not know, and is refused by other sites."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from reconciler.errors import ReconcileError, Unreachable
from reconciler.look import look, whole_scope
from reconciler.observation import Scope
from reconciler.plan import make_plan
from reconciler.snapshot import FORMAT, load, read, write
from reconciler.stills import Snapshot, take
from tests.worlds import EXPOSURES, INSTRUMENT, PLACE, TICKET, Ask, calibration_set, chain, in_memory

DOCUMENTS = (*calibration_set([Ask("bias"), Ask("dark")]), chain(TICKET))


def snapshot() -> Snapshot:
    """Return a snapshot of a site where a bias and a dark are built and linked."""
    small = in_memory()
    want, facts = small.want(*DOCUMENTS)
    small.apply(want, facts)
    return Snapshot("usdf", {PLACE: take(small.repository, [INSTRUMENT], frozenset({"bias", "dark"}))})


def test_a_plan_from_a_snapshot_is_the_plan_from_the_repository() -> None:
    small = in_memory()
    want, facts = small.want(*DOCUMENTS)
    still = take(small.repository, [INSTRUMENT], whole_scope(want)(PLACE).dataset_types)
    readers = read(write(Snapshot("usdf", {PLACE: still}))).readers("usdf", [PLACE])
    seen = look(readers.values(), whole_scope(want), want, facts)
    assert make_plan(seen.state, seen.facts, want, seen.unknown) == small.plan(want, facts)
    assert small.plan(want, facts).steps


def test_a_snapshot_holds_dataset_types_that_no_spec_speaks_of() -> None:
    small = in_memory()
    want, facts = small.want(*DOCUMENTS)
    small.apply(want, facts)
    assert take(small.repository, [INSTRUMENT], frozenset()).dataset_types == {"bias", "dark"}


def test_a_snapshot_holds_every_exposure() -> None:
    taken = snapshot().stills[PLACE].exposures[INSTRUMENT]
    assert [one.id for one in taken] == sorted(one.id for kind in EXPOSURES.values() for one in kind)


def test_what_was_not_looked_at_is_unknown_and_not_absent() -> None:
    still = snapshot().stills[PLACE]
    of_somebody = replace(still, held=still.held | {"fringe"})
    with pytest.raises(Unreachable, match="does not tell of fringe"):
        of_somebody.observe(Scope(None, frozenset({"fringe"})))


def test_what_no_collection_held_is_absent() -> None:
    seen = snapshot().stills[PLACE].observe(Scope(None, frozenset({"bias", "fringe"})))
    assert {dataset_type for _, dataset_type in (*seen.certifications, *seen.contents)} == {"bias"}


def test_a_look_at_one_chain_gives_what_is_below_it() -> None:
    seen = snapshot().stills[PLACE].observe(Scope(frozenset({TICKET}), frozenset({"bias"})))
    assert set(seen.collections) == {TICKET, f"{TICKET}/trial/bias.20250207a", f"{TICKET}/trial/dark.20250207a"}
    assert {dataset_type for _, dataset_type in seen.certifications} == {"bias"}


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("site",), 7, "site: Input should be a valid string"),
        (("unknown",), ["usdf/main"], "unknown: Input should be a valid dictionary"),
        (("taken",), "yesterday", "does not match format"),
        (("places", PLACE, "held"), None, "held: Input should be a valid list"),
        (("places", PLACE, "record"), {"place": "x"}, "damaged: place: Field required"),
        (("places", PLACE, "exposures", INSTRUMENT), [[1, 2, "r", 2**70, 2**71, "bias"]], "less than"),
        (("places", PLACE, "exposures", INSTRUMENT), [[1, 2, "r", 9, 8, "bias"]], "empty validity"),
        (("places", PLACE, "exposures", INSTRUMENT), [[1, 2]], "exposures"),
        (("places", PLACE, "collections", TICKET, "children"), [["a"]], "children > 0: Input should be a valid string"),
        (("places", PLACE, "collections", TICKET, "doc"), {"seal": {}}, "damaged"),
    ],
)
def test_a_snapshot_that_was_tampered_with_says_where(path: tuple[str, ...], value: object, message: str) -> None:
    content = json.loads(write(snapshot()))
    at = content
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    with pytest.raises(ReconcileError, match=message):
        read(json.dumps(content))


def test_a_snapshot_without_an_end_of_nesting_is_none() -> None:
    with pytest.raises(ReconcileError, match="nested too deeply"):
        read('{"places":' * 100_000)


def test_a_repository_that_could_not_be_looked_at_stays_unknown() -> None:
    (reader,) = Snapshot("usdf", {}, {PLACE: "the network is down"}).readers("usdf", [PLACE]).values()
    with pytest.raises(Unreachable, match="the network is down"):
        reader.observe(Scope(None))
    with pytest.raises(Unreachable, match="the network is down"):
        reader.calibration_types(frozenset())
    with pytest.raises(Unreachable, match="the network is down"):
        reader.held_types()
    with pytest.raises(Unreachable, match="the network is down"):
        reader.exposures_during(INSTRUMENT, ())


def test_a_repository_that_came_later_is_unknown() -> None:
    (reader,) = Snapshot("usdf", {}).readers("usdf", ["usdf/new"]).values()
    with pytest.raises(Unreachable, match="usdf/new: the snapshot does not tell of this repository"):
        reader.observe(Scope(None))


def test_a_snapshot_of_another_site_is_refused() -> None:
    with pytest.raises(ReconcileError, match="the snapshot is of site usdf, not of summit"):
        snapshot().readers("summit", [PLACE])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no snapshot"),
        ("[]", "no snapshot"),
        ('{"format": "reconcile plan 1"}', "no snapshot"),
        ('{"format": 1}', "no snapshot"),
        ('{"format": "reconcile snapshot 1"}', "'reconcile snapshot 1', and only 'reconcile snapshot 2' is understood"),
        (json.dumps({"format": FORMAT}), "damaged: site: Field required"),
        (
            json.dumps({"format": FORMAT, "places": {PLACE: []}, "site": "usdf", "unknown": {}}),
            "damaged: places > usdf/main: Input",
        ),
    ],
)
def test_other_files_are_refused(text: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "site.json"
    path.write_text(text)
    with pytest.raises(ReconcileError, match=words) as refused:
        load(path)
    assert str(refused.value).startswith(f"{path}: ")


def test_bytes_are_no_snapshot(tmp_path: Path) -> None:
    path = tmp_path / "site.json"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ReconcileError, match="no snapshot"):
        load(path)


@pytest.mark.parametrize(
    "lacking", ["dataset_types", "held", "calibrations", "collections", "certifications", "record"]
)
def test_a_snapshot_that_lacks_anything_is_damaged(lacking: str) -> None:
    content: Any = json.loads(write(snapshot()))
    del content["places"][PLACE][lacking]
    with pytest.raises(ReconcileError, match=f"damaged: places > {PLACE} > {lacking}: Field required"):
        read(json.dumps(content))


def test_an_unchanged_repository_gives_the_same_bytes() -> None:
    small = in_memory()
    want, facts = small.want(*DOCUMENTS)
    small.apply(want, facts)
    first, second = (take(small.repository, [INSTRUMENT], frozenset({"bias"})) for _ in range(2))
    assert write(Snapshot("usdf", {PLACE: first})) == write(Snapshot("usdf", {PLACE: second}))


def test_a_snapshot_that_is_to_be_signed_says_when_it_was_taken() -> None:
    dated = replace(snapshot(), taken=datetime(2026, 6, 1, 12, 30, 5, tzinfo=UTC))
    assert read(write(dated)).taken == dated.taken
    assert "taken" not in json.loads(write(snapshot()))
    damaged = json.dumps({**json.loads(write(dated)), "taken": "yesterday"})
    with pytest.raises(ReconcileError, match="damaged: time data 'yesterday'"):
        read(damaged)


def test_a_snapshot_is_taken_from_a_snapshot_too() -> None:
    still = snapshot().stills[PLACE]
    assert take(still, [INSTRUMENT], still.dataset_types) == still
