"""What tasks do with what they are given: they never change it, and of what tells nothing they make no number."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from processing.amplifiers import in_readout_order
from processing.assemble import readouts
from processing.defect_boxes import Defects, Origin, Reason, boxes_of, flag
from processing.defects import Criteria, border, find_defects, merge
from processing.effects.charge_transfer import ChargeTransferError
from processing.effects.normalisation import FlatLevel, NormalisationError, normalise
from processing.effects.overscan_trails import OverscanTrails, measure_trails
from processing.effects.solve_transfer import Criteria as TransferCriteria
from processing.effects.solve_transfer import left_out, solve
from processing.flat_levels import statistics
from processing.frame import Frame, bit
from processing.tasks.flat import FlatNormalizeConfig, FlatNormalizeTask
from processing.verify.bias import measure_bias
from processing.verify.crosstalk import measure_crosstalk
from processing.verify.cti import measure_cti
from processing.verify.dark import measure_dark
from processing.verify.defects import measure_defects
from processing.verify.flat import measure_flat
from processing.verify.gain import measure_gain
from reconciler.verification.tests import of
from reconciler.verification.verdict import Judge
from tests.processing.examination import (
    CAMERA,
    DARK_S,
    FLAT_S,
    SEGMENT,
    Bench,
    Raw,
    corrected,
    healthy,
    measured,
    recalibrated,
)

LEVELS_E = 5_000.0, 20_000.0, 60_000.0
OF_OVERSCANS = {("bias", "READ_NOISE_CONSISTENT"), ("dark", "READ_NOISE_CONSISTENT"), ("gain", "ISR_NOISE")}
"""Tests that look at no pixel which light reaches: nothing masks an overscan."""


def frozen(value: Any) -> Any:
    """The same, and whoever changes an array of it raises."""
    if isinstance(value, np.ndarray):
        value.setflags(write=False)
    elif is_dataclass(value):
        for each in fields(value):
            frozen(getattr(value, each.name))
    elif isinstance(value, Mapping | list | tuple):
        for each in value.values() if isinstance(value, Mapping) else value:
            frozen(each)
    return value


@dataclass(frozen=True, eq=False)
class Given:
    """What tasks of one detector are given; nothing of it can be written to."""

    bench: Bench
    raws: Mapping[str, Raw]
    frames: Mapping[str, Frame]
    trails: list[OverscanTrails]

    @property
    def calibrations(self) -> Mapping[str, Any]:
        """Those of the bench."""
        return self.bench.calibrations


@pytest.fixture(scope="module")
def bench() -> Bench:
    return healthy(4)


@pytest.fixture(scope="module")
def given(bench: Bench) -> Given:
    raws = frozen(bench.raws)
    frozen(bench.calibrations)
    frames = {
        "bias": corrected(bench, raws["bias"], electrons=True),
        "dark": corrected(bench, raws["dark"], "dark", seconds=DARK_S, electrons=True),
        "flat": corrected(bench, raws["flat"], "dark", seconds=FLAT_S),
        "twin": corrected(bench, raws["twin"], "dark", seconds=FLAT_S),
        "flattened": corrected(bench, raws["flat"], "dark", "flat", "charge_transfer", seconds=FLAT_S),
        "spots": corrected(bench, raws["spots"]),
    }
    return Given(bench, raws, frozen(frames), frozen([trails(replace(bench, flat_e=level)) for level in LEVELS_E]))


def trails(
    bench: Bench, raw: NDArray[Any] | None = None, defects: Defects | None = None, exposure: int = 1
) -> OverscanTrails:
    """The trails of a flat of a bench, or of another raw."""
    shown = bench.raws["flat"] if raw is None else raw
    gain = bench.calibrations["photon_transfer"].gain
    return measure_trails(shown, bench.detector, SEGMENT, exposure=exposure, gain=gain, defects=defects)


def _merged(given: Given) -> object:
    found = [
        find_defects(given.frames[kind], origin, given.bench.detector, Criteria(bad_pixels_to_fill_column=2))
        for kind, origin in (("bias", Origin.BIAS), ("dark", Origin.DARK), ("flattened", Origin.FLAT))
    ]
    flags = frozen([*found, border(found[0].shape, 2, 3)])
    return [merge(flags, mode, 0.5) for mode in ("OR", "AND", "FRACTION")]


def _normalised(given: Given) -> object:
    levels = [MappingProxyType(statistics(given.frames[kind], given.bench.detector)) for kind in ("flat", "twin")]
    task = FlatNormalizeTask(config=FlatNormalizeConfig())
    return task.run(tuple(levels), ((3, 4), (4, 4)), camera=CAMERA)


TASKS: Mapping[str, Callable[[Given], object]] = {
    "signature removal": lambda g: corrected(
        g.bench, g.raws["flat"], "dark", "flat", "charge_transfer", seconds=FLAT_S, electrons=False
    ),
    "finding and merging defects": _merged,
    "measuring trails": lambda g: trails(g.bench, g.raws["flat"], g.calibrations["defects"]),
    "solving for charge transfer": lambda g: solve(tuple(g.trails), TransferCriteria()),
    "normalising flats": _normalised,
    "verifying a bias": lambda g: measure_bias(g.frames["bias"], g.bench.detector, g.calibrations["bias"]),
    "verifying a dark": lambda g: measure_dark(
        g.frames["dark"], g.bench.detector, g.calibrations["dark"], dark_time=DARK_S
    ),
    "verifying a flat": lambda g: measure_flat(g.frames["flattened"], g.bench.detector, g.calibrations["flat"]),
    "verifying defects": lambda g: measure_defects(g.frames["dark"], g.bench.detector),
    "verifying crosstalk": lambda g: measure_crosstalk(g.frames["spots"], g.bench.detector),
    "verifying gains": lambda g: measure_gain((g.frames["flat"], g.frames["twin"]), g.bench.detector),
    "verifying charge transfer": lambda g: measure_cti(g.trails[0], g.calibrations["charge_transfer"]),
}


@pytest.mark.parametrize("task", TASKS)
def test_no_task_changes_its_input(given: Given, task: str) -> None:
    assert TASKS[task](given) is not None  # whoever writes into an array of `given` raises


def all_masked(bench: Bench) -> Bench:
    """A bench whose every pixel is listed as a defect."""
    shape = bench.detector.shape(SEGMENT)
    flags = np.full(shape, flag(Reason.LISTED, Origin.MANUAL), np.uint16)
    return recalibrated(bench, defects=Defects(boxes_of(flags), shape))


BAD: Mapping[str, float] = {"NaN": np.nan, "constant": 1234.0, "saturated": 65_535.0}
"""What every pixel is, scans included."""


def bad(bench: Bench, kind: str) -> tuple[Bench, Mapping[str, Any]]:
    """A bench and its raws, all of which tell nothing."""
    if kind == "masked":
        return all_masked(bench), bench.raws
    if kind == "saturated but for the scans":
        raws = {name: raw.copy() for name, raw in bench.raws.items()}
        for raw in raws.values():
            for readout in readouts(raw, bench.detector, SEGMENT):
                readout.data[:] = 65_535
        return bench, raws
    return bench, {name: np.full(raw.shape, BAD[kind], np.float32) for name, raw in bench.raws.items()}


BAD_INPUTS = [*BAD, "masked", "saturated but for the scans"]


@pytest.mark.parametrize("kind", BAD_INPUTS)
def test_no_verification_passes_on_frames_that_tell_nothing(bench: Bench, kind: str) -> None:
    passed = {
        (product, one.test.name)
        for product, table in measured(*bad(bench, kind)).items()
        for one in Judge("strict").verdict(product, "here", table, of(product)).tests
        if one.outcome == "passed"
    }
    assert passed <= (OF_OVERSCANS if kind in ("masked", "saturated but for the scans") else set())


@pytest.mark.parametrize("kind", BAD_INPUTS)
def test_charge_transfer_is_not_solved_for_from_flats_that_tell_nothing(bench: Bench, kind: str) -> None:
    worse, raws = bad(bench, kind)
    found = [trails(worse, raws["flat"], worse.calibrations["defects"], number) for number in (1, 2, 3)]
    assert [remark.text.partition(" for ")[0] for remark in left_out(found, TransferCriteria())] == [
        f"exposure {number}" for number in (1, 2, 3)
    ]
    with pytest.raises(ChargeTransferError, match="C10: 0 usable exposures, at least 3 needed; take more flats"):
        solve(found, TransferCriteria())


@pytest.mark.parametrize("kind", BAD_INPUTS)
def test_flats_that_tell_nothing_are_not_normalised(bench: Bench, kind: str) -> None:
    worse, raws = bad(bench, kind)
    level = statistics(corrected(worse, raws["flat"], "dark", seconds=FLAT_S), worse.detector)
    assert level["DETECTOR_N"] == 0
    with pytest.raises(NormalisationError, match="no usable level in exposures 3"):
        normalise([FlatLevel(4, 3, float(level["DETECTOR_MEDIAN"]), int(level["DETECTOR_N"]))])


@pytest.mark.parametrize("origin", [Origin.BIAS, Origin.DARK, Origin.FLAT], ids=lambda origin: str(origin.name))
@pytest.mark.parametrize("kind", BAD_INPUTS)
def test_every_pixel_of_a_frame_that_tells_nothing_is_a_defect(bench: Bench, kind: str, origin: Origin) -> None:
    worse, raws = bad(bench, kind)
    assert find_defects(corrected(worse, raws["flat"]), origin, worse.detector, Criteria()).all()


def test_few_finite_lines_are_few_lines(bench: Bench) -> None:
    raw = bench.raws["flat"].astype(np.float32)
    for readout in readouts(raw, bench.detector, SEGMENT):
        readout.window[4 : SEGMENT.rows] = np.nan
    found = trails(bench, raw)
    assert np.isnan(found.last_column_e).all()
    assert np.isnan(found.serial_trail_e).all()


def test_a_last_column_without_light_has_no_trail_to_tell_of(bench: Bench) -> None:
    raw = bench.raws["flat"].copy()
    for readout in readouts(raw, bench.detector, SEGMENT):
        readout.data[:, -1] = readout.overscan[:, -1]
    (remark,) = left_out([trails(bench, raw)], TransferCriteria())
    assert remark.text.endswith(": fainter than 500 e- at an edge")


def test_a_pair_of_flats_that_is_saturated_in_part_tells_no_gain(given: Given) -> None:
    pair = []
    for kind in ("flat", "twin"):
        mask = given.frames[kind].mask.copy()
        for of_amplifier in in_readout_order(mask, given.bench.detector).values():
            of_amplifier[:20] |= np.int16(bit("SAT"))
        pair.append(replace(given.frames[kind], mask=mask))
    rows = measure_gain((pair[0], pair[1]), given.bench.detector)
    assert np.isnan([float(row["GAIN_FROM_FLAT_PAIR"]) for row in rows.values()]).all()
    assert not any(row["VERIFY_GAIN_FROM_FLAT_PAIR"] for row in rows.values())
