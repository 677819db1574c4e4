"""Effects as people read them; whole plans are golden (tests/cases/plans)."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from reconciler.blast import Blast, Impact
from reconciler.effect import Alike, ChainEffect, Shift
from reconciler.holdings import Taken
from reconciler.render.effect import as_json, labels, lines, sections, verdict
from reconciler.state import Chain
from reconciler.timeline import Source, gen, uuid
from reconciler.validity import BEGINNING, END, NANOSECOND, Validity, tai

OLD, NEW = gen("Cam/calib/DM-1/trial/flatGen.20250207a"), gen("Cam/calib/DM-2/trial/flatGen.20250207a")
NIGHT, LATER = tai("2024-12-06T00:00:00"), tai("2024-12-08T00:00:00")


def alike(*shifts: Shift, detectors: range = range(9), physical_filter: str | None = None) -> Alike:
    ids = [
        f"instrument=Cam,detector={d}" + (f",physical_filter={physical_filter}" if physical_filter else "")
        for d in detectors
    ]
    return Alike("flat", "Cam", physical_filter, tuple(ids), (), (), shifts)


def impact(*group: Alike, **blast: Mapping[str, tuple[Taken, ...]]) -> Impact:
    return Impact(ChainEffect(Chain("usdf/main", "Cam/calib"), group), Blast(**blast))


def taken(day: int, number: int) -> Taken:
    return Taken(day * 100_000 + number, day, "r_03", Validity(number * NANOSECOND, (number + 1) * NANOSECOND))


@pytest.mark.parametrize(
    ("shifts", "words"),
    [
        ([Shift(BEGINNING, END, OLD, NEW)], "always DM-1 -> DM-2"),
        ([Shift(NIGHT, END, OLD, NEW)], "from 2024-12-06T00:00:00 TAI DM-1 -> DM-2; before that unchanged"),
        ([Shift(BEGINNING, NIGHT, OLD, None)], "until 2024-12-06T00:00:00 TAI DM-1 -> nothing; after that unchanged"),
        (
            [Shift(NIGHT, LATER, None, NEW)],
            "2024-12-06T00:00:00 to 2024-12-08T00:00:00 TAI nothing -> DM-2; otherwise unchanged",
        ),
        (
            [Shift(BEGINNING, NIGHT, OLD, NEW), Shift(NIGHT, END, NEW, OLD)],
            "until 2024-12-06T00:00:00 TAI DM-1 -> DM-2; from 2024-12-06T00:00:00 TAI DM-2 -> DM-1",
        ),
        (
            [Shift(BEGINNING, NIGHT, OLD, NEW), Shift(LATER, END, NEW, OLD)],
            "until 2024-12-06T00:00:00 TAI DM-1 -> DM-2; from 2024-12-08T00:00:00 TAI DM-2 -> DM-1; "
            "otherwise unchanged",
        ),
    ],
)  # fmt: skip
def test_a_change_is_told_with_its_time_and_what_stays(shifts: list[Shift], words: str) -> None:
    assert next(lines(impact(alike(*shifts)))) == f"flat detectors 0..8: {words}"


def test_detectors_and_filters_of_one_fate_are_one_line() -> None:
    group = [
        alike(Shift(NIGHT, END, OLD, NEW), detectors=range(189), physical_filter=name) for name in ("g_01", "r_03")
    ]
    first, *others = lines(impact(*group))
    assert first.startswith("flat g_01, r_03, detectors 0..188: from ")
    assert len(others) == 1


def test_what_has_no_detector_is_told_without() -> None:
    camera = Alike("camera", "Cam", None, ("instrument=Cam",), (), (), (Shift(BEGINNING, END, None, NEW),))
    assert next(lines(impact(camera))) == "camera: always nothing -> DM-2"


@pytest.mark.parametrize(
    ("sources", "named"),
    [
        ([OLD, NEW], ["DM-1", "DM-2"]),
        (
            [OLD, gen("Cam/calib/DM-1/trial/flatGen.20250207b")],
            ["DM-1/trial/flatGen.20250207a", "DM-1/trial/flatGen.20250207b"],
        ),
        ([OLD, gen(f"u/jane/{OLD}")], [str(OLD), f"u/jane/{OLD}"]),
        ([uuid("1234"), OLD], ["dataset 1234", "DM-1"]),
        ([gen("theirs/run")], ["theirs/run"]),
    ],
)
def test_sources_are_named_as_shortly_as_keeps_them_apart(sources: list[Source], named: list[str]) -> None:
    assert [labels(sources)[source] for source in sources] == named


def test_the_days_of_the_exposures_that_change_are_counted() -> None:
    changed = {"flat": (taken(20241206, 307), taken(20241206, 308), taken(20241207, 1))}
    said = list(lines(impact(alike(Shift(NIGHT, END, OLD, NEW)), changed=changed)))
    assert said[1] == "3 exposures on 2 days change (flat 20241206: 2, 20241207: 1), first 2024120600307"


def test_very_many_days_are_summed_up() -> None:
    changed = {"flat": tuple(taken(20241201 + day, 1) for day in range(20))}
    said = list(lines(impact(alike(Shift(NIGHT, END, OLD, NEW)), changed=changed)))
    assert said[1] == "20 exposures on 20 days change (flat 20241201..20241220: 20), first 2024120100001"


def test_exposures_that_butler_refuses_to_answer_are_named() -> None:
    one = taken(20241206, 307)
    said = list(lines(impact(alike(Shift(NIGHT, END, OLD, NEW)), changed={"flat": (one,)}, refused={"flat": (one,)})))
    assert said[2] == "1 exposure lies across a boundary, where Butler refuses to give a flat: 2024120600307"


def test_no_exposure_and_no_change_are_told_apart() -> None:
    shift = Shift(NIGHT, END, OLD, NEW)
    assert verdict(impact(alike(shift), changed={"flat": (taken(20241206, 1),)})) == "changes exposures"
    assert verdict(impact(alike(shift))) == "forward-only"
    assert verdict(impact(alike())) == "no effect"
    assert list(lines(impact(alike()))) == ["no effect: every exposure keeps what it gets"]


def test_chains_of_one_fate_are_told_together() -> None:
    shifted, others = alike(Shift(NIGHT, END, OLD, NEW)), alike(Shift(NIGHT, END, OLD, None))
    trial = Impact(ChainEffect(Chain("usdf/main", "u/jane/Cam/calib"), (shifted,)), Blast())
    elsewhere = Impact(ChainEffect(Chain("usdf/embargo", "Cam/calib"), (others,)), Blast())
    headings = [heading for heading, _ in sections([impact(shifted), elsewhere, trial], blocked=False)]
    assert headings == [
        "Effect on Cam/calib (usdf/main), u/jane/Cam/calib (usdf/main)",
        "Effect on Cam/calib (usdf/embargo)",
    ]


def test_open_ends_are_null_in_json() -> None:
    told = as_json(impact(alike(Shift(NIGHT, END, OLD, None))))
    assert told["changes"] == [
        {
            "dataset_type": "flat",
            "physical_filter": None,
            "detectors": "0..8",
            "data_ids": 9,
            "shifts": [{"begin": "2024-12-06T00:00:00", "end": None, "before": str(OLD), "after": None}],
        }
    ]
