"""What is drawn: where things stand, which colour a value has, and that a plot shows what matters."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from reconciler.render.report import Box, Detector
from reconciler.render.report.axes import axis, days, reach
from reconciler.render.report.focal import focal_map
from reconciler.render.report.histogram import histogram
from reconciler.render.report.judged import Judged, judged
from reconciler.render.report.layout import SIDE, Rectangle, layout
from reconciler.render.report.places import places
from reconciler.render.report.ramp import COLOURS, STEPS, Ramp, ramp
from reconciler.render.report.sparkline import sparklines
from reconciler.render.report.trend import moments, trend
from reconciler.render.styles import lightness
from reconciler.verification.bound import Bound
from tests.reports.cameras import AMPLIFIERS, large_camera, one_raft
from tests.reports.made import exposures, report

WHOLE = Box(0, 0, 1, 1)
PAIR = (Detector(0, "lower", Box(0, 0, 10, 10), {"A": Box(0, 0, 0.5, 1), "B": Box(0.5, 0, 0.5, 1)}),
        Detector(1, "upper", Box(0, 10, 10, 10)))  # fmt: skip


def noise(**changes: object) -> Judged:
    return judged(report(count=6, **changes).examined[0])[1]  # type: ignore[arg-type]


def test_y_grows_upwards_in_the_focal_plane_and_downwards_on_paper() -> None:
    found = layout(PAIR, {0: ("A", "B"), 1: ()})
    assert found.detectors[1] == Rectangle(0, 0, SIDE // 2, SIDE // 2)
    assert found.detectors[0] == Rectangle(0, SIDE // 2, SIDE // 2, SIDE // 2)


def test_amplifiers_stand_inside_their_detector() -> None:
    found = layout(PAIR, {0: ("A", "B")})
    assert found.rectangle(0, "B") == Rectangle(SIDE // 4, SIDE // 2, SIDE // 4, SIDE // 2)
    assert found.rectangle(0, "") == found.detectors[0]


@pytest.mark.parametrize("camera", [one_raft(), large_camera()], ids=["9", "205"])
def test_no_two_amplifiers_overlap_and_none_leaves_its_detector(camera: tuple[Detector, ...]) -> None:
    found = layout(camera, {one.number: AMPLIFIERS for one in camera})
    for one in camera:
        outer = found.detectors[one.number]
        boxes = [found.rectangle(one.number, name) for name in AMPLIFIERS]
        assert sum(box.width * box.height for box in boxes) == outer.width * outer.height
        assert min(box.x for box in boxes) == outer.x
        assert max(box.y + box.height for box in boxes) == outer.y + outer.height


def test_without_geometry_detectors_make_a_grid_in_their_order() -> None:
    found = layout((), dict.fromkeys((7, 3, 12), ("A", "B", "C", "D")))
    assert not found.known
    assert found.detectors[3].y == found.detectors[7].y < found.detectors[12].y
    assert found.rectangle(3, "C").y < found.rectangle(3, "A").y


def test_a_detector_that_the_geometry_does_not_know_makes_it_a_grid() -> None:
    assert not layout(PAIR, {5: ()}).known


def test_amplifiers_of_unknown_place_stand_in_rows() -> None:
    found = layout((Detector(0, "", WHOLE),), {0: ("A", "B", "C")})
    assert [found.rectangle(0, name).x for name in "ABC"] == [0, 667, 1333]


def test_colours_rise_in_lightness_in_equal_steps() -> None:
    levels = np.array([lightness(colour) for colour in COLOURS])
    assert len(COLOURS) == STEPS
    assert np.diff(levels).min() > 6


def test_values_beyond_the_scale_have_the_colour_of_its_end() -> None:
    assert Ramp(0.0, 1.0).steps(np.array([-5.0, 0.0, 0.55, 1.0, 9.0, np.nan])) == [0, 0, 5, 9, 9, -1]


def test_equal_values_have_the_colour_of_the_middle() -> None:
    assert ramp(np.array([3.0, 3.0])).steps(np.array([3.0, np.nan])) == [5, -1]
    assert ramp(np.array([np.nan])).steps(np.array([np.nan])) == [-1]


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0.0, 1.0, [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        (-0.021, 0.012, [-0.02, -0.01, 0.0, 0.01]),
        (7.0, 7.0, [6.5, 7.0, 7.5]),
    ],
)
def test_ticks_are_round(low: float, high: float, ticks: list[float]) -> None:
    assert axis(low, high, 0, 100).ticks() == ticks


def test_a_short_night_has_its_one_date() -> None:
    assert days(axis(60650.93, 60650.95, 0, 100)) == [(50.0, "2024-12-06")]
    assert [text for _, text in days(axis(60650.2, 60653.1, 0, 100))] == ["2024-12-07", "2024-12-08", "2024-12-09"]


def test_a_plot_reaches_to_a_bound_that_is_near() -> None:
    assert reach(0.0, 1.0, Bound(at_most=2.0), 4) == (0.0, 2.0)
    assert reach(0.0, 1.0, Bound(at_most=20.0), 4) == (0.0, 1.0)
    assert reach(0.0, 1.0, Bound(-1.0, 2.0), 4) == (-1.0, 2.0)


def test_a_histogram_draws_both_calibrations_and_the_bound() -> None:
    drawn = histogram(noise(noisy={(4, "C03"): 1.12}))
    assert [drawn.count(f'class="{name}"') for name in ("ours", "theirs", "bound")] == [1, 1, 1]
    assert "864 values" in drawn


def test_every_value_is_counted_in_a_histogram() -> None:
    test = replace(noise(), there=None)
    heights = re.findall(r"v-([\d.]+)h", histogram(test))
    assert heights
    assert 'class="theirs"' not in histogram(test)


def test_a_bound_far_away_is_pointed_at() -> None:
    assert "bound 1 →" in histogram(judged(report(count=3).examined[0])[0])


def test_a_trend_tells_exposures_of_construction_from_others() -> None:
    drawn = trend(noise(), exposures(4))
    assert [drawn.count(f'circle class="{name}"') for name in ("ours", "beside")] == [4, 2]


def test_a_trend_needs_dates() -> None:
    assert trend(replace(noise(), mjd={}), ()) == ""


def test_an_exposure_is_summed_up_over_its_places() -> None:
    first = moments(noise(noisy={(4, "C03"): 1.12}, missing=(2,)))[0]
    assert (first.exposure, first.tested, first.failed) == (exposures(1)[0], 128, 1)
    assert first.low < first.median < first.high < 0.05 < first.worst


def test_a_map_marks_what_failed_by_more_than_its_colour() -> None:
    test = noise(noisy={(4, "C03"): 1.12})
    found = places(test, {})
    drawn = focal_map("NOISE", found, layout(one_raft(), dict.fromkeys(range(9), AMPLIFIERS)))
    assert drawn is not None
    assert drawn.small("NOISE").count('class="mark failed"') == 1
    assert drawn.steps[4 * 16 + 3] == STEPS - 1


def test_sparklines_share_a_scale_and_have_gaps() -> None:
    low, high = sparklines(np.array([[0.0, 0.0, np.nan, 0.0], [1.0, 1.0, 1.0, 1.0]]))
    assert "M2.0 20.0L34.0 20.0M98.0 20.0" in low
    assert "M2.0 2.0L34.0 2.0L66.0 2.0L98.0 2.0" in high
    assert sparklines(np.full((2, 1), 1.0)) == ["", ""]
