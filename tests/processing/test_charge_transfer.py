"""What traps take they give back: trails, their correction, and the file of the calibration."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.table import QTable
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from processing import table_file
from processing.assemble import GeometryError
from processing.camera import Segment
from processing.effects.charge_transfer import (
    AmplifierTransfer,
    ChargeTransfer,
    ChargeTransferError,
    Transfer,
    charge_transfer,
    correct,
    trail,
)

SEGMENT = Segment(columns=24, rows=32, prescan_columns=3, overscan_columns=40, overscan_rows=40)
POOR = AmplifierTransfer(Transfer(1e-4, 0.8, 1.5, 0.6), Transfer(5e-5, 0.5, 2.0, 0.4), drift_scale=2e-4, drift_time=2.5)
NOTHING = AmplifierTransfer()


def flat(level_e: float, segment: Segment = SEGMENT, seed: int = 0) -> NDArray[np.float64]:
    """A flat with its photon noise, and overscans without charge."""
    rows, columns = segment.rows, segment.columns
    image = np.zeros((rows + segment.overscan_rows, columns + segment.overscan_columns))
    image[:rows, :columns] = np.random.default_rng(seed).poisson(level_e, (rows, columns))
    return image


def transfers() -> st.SearchStrategy[Transfer]:
    """Any transfer that a sensor in use could have, and far worse ones."""
    return st.builds(
        Transfer,
        cti=st.floats(0, 1e-3),
        trap_size_e=st.floats(0, 2),
        emission_time=st.floats(0.2, 20),
        fill_power=st.floats(0.2, 1),
    )


@settings(max_examples=40, deadline=None)
@example(Transfer(), Transfer(trap_size_e=1.0, emission_time=0.5, fill_power=1.0), 0.0, 98974.0, 1)  # at full well
@given(transfers(), transfers(), st.floats(0, 1e-3), st.floats(100, 150_000), st.integers(0, 99))
def test_correction_undoes_trails_to_the_rounding_of_float32(
    serial: Transfer, parallel: Transfer, drift_scale: float, level_e: float, seed: int
) -> None:
    model = AmplifierTransfer(serial, parallel, drift_scale, 2.0)
    image = flat(level_e, seed=seed)[: SEGMENT.rows, : SEGMENT.columns]
    np.testing.assert_allclose(correct(trail(image, model, SEGMENT), model, SEGMENT), image, rtol=6e-8, atol=1e-3)


def test_correction_leaves_less_than_a_thousandth_of_the_trails_in_float32() -> None:
    image = flat(30_000).astype(np.float32)
    read = trail(image, POOR, SEGMENT)
    left = correct(read, POOR, SEGMENT) - image
    assert np.abs(left).max() < np.abs(read - image).max() / 1000


def lost_and_found(serial: Transfer, parallel: Transfer, level_e: float) -> tuple[float, float]:
    """What the data pixels of a flat have less when read, and what the overscans have."""
    image = flat(level_e)
    read = trail(image, AmplifierTransfer(serial, parallel), SEGMENT)
    lost = float(np.sum((image - read)[: SEGMENT.rows, : SEGMENT.columns]))
    return lost, float(np.sum(read) - np.sum(read[: SEGMENT.rows, : SEGMENT.columns]))


@settings(max_examples=30, deadline=None)
@given(transfers(), transfers(), st.floats(100, 150_000))
def test_what_leaves_the_image_arrives_in_the_overscan(serial: Transfer, parallel: Transfer, level_e: float) -> None:
    serial, parallel = (replace(each, emission_time=1.5, fill_power=1.0) for each in (serial, parallel))
    lost, found = lost_and_found(serial, parallel, level_e)
    assert found == pytest.approx(lost, rel=1e-6, abs=1e-4)


@settings(max_examples=30, deadline=None)
@example(Transfer(trap_size_e=2, fill_power=0.2), Transfer(trap_size_e=2, fill_power=0.2), 10_000)  # the latest of all
@given(transfers(), transfers(), st.floats(10_000, 150_000))
def test_traps_that_reach_faint_charge_give_it_back_late(serial: Transfer, parallel: Transfer, level_e: float) -> None:
    serial, parallel = (replace(each, emission_time=1.5) for each in (serial, parallel))
    lost, found = lost_and_found(serial, parallel, level_e)
    assert 0.75 * lost - 1e-4 <= found <= lost + 1e-4


def test_the_first_overscan_column_has_what_each_transfer_left_of_the_last_packet() -> None:
    model = AmplifierTransfer(serial=Transfer(cti=1e-5))
    read = trail(flat(50_000), model, SEGMENT)
    last = flat(50_000)[: SEGMENT.rows, SEGMENT.columns - 1]
    np.testing.assert_allclose(read[: SEGMENT.rows, SEGMENT.columns], last * 27 * 1e-5)


def test_traps_give_back_with_their_emission_time() -> None:
    model = AmplifierTransfer(parallel=Transfer(trap_size_e=2.0, emission_time=3.0))
    column = trail(flat(50_000), model, SEGMENT)[SEGMENT.rows :, 5]
    np.testing.assert_allclose(column[1:10] / column[:9], np.exp(-1 / 3), rtol=1e-6)


def test_traps_hold_no_more_at_twice_full_well() -> None:
    transfer = Transfer(trap_size_e=0.5, full_well_e=100_000)
    assert transfer.held_e(np.array([25_000.0, 100_000.0, 200_000.0]), 10).tolist() == [2.5, 5.0, 5.0]


def test_a_later_pixel_changes_no_earlier_one() -> None:
    image = flat(20_000)
    brighter = image.copy()
    brighter[20, 10] *= 2
    changed = np.argwhere(trail(brighter, POOR, SEGMENT) != trail(image, POOR, SEGMENT))
    assert changed.min(axis=0).tolist() == [20, 10]


def test_the_data_alone_are_corrected_as_with_their_overscans() -> None:
    read = trail(flat(20_000), POOR, SEGMENT)
    data = np.ascontiguousarray(read[: SEGMENT.rows, : SEGMENT.columns])
    whole = correct(read, POOR, SEGMENT)[: SEGMENT.rows, : SEGMENT.columns]
    assert np.array_equal(correct(data, POOR, SEGMENT), whole)


def test_a_perfect_sensor_is_read_as_it_is() -> None:
    image = flat(20_000)
    assert np.array_equal(trail(image, NOTHING, SEGMENT), image)
    assert np.array_equal(correct(image, NOTHING, SEGMENT), image)


@pytest.mark.parametrize("what", [trail, correct])
def test_nothing_that_goes_in_is_changed(what: Any) -> None:
    image = flat(20_000)
    before = image.copy()
    assert what(image, POOR, SEGMENT) is not image
    assert np.array_equal(image, before)


def test_nan_stays_in_its_pixel() -> None:
    image = flat(20_000)
    image[7, 9] = np.nan
    for result in (trail(image, POOR, SEGMENT), correct(image, POOR, SEGMENT)):
        assert np.argwhere(np.isnan(result)).tolist() == [[7, 9]]


def test_an_image_larger_than_the_amplifier_is_refused() -> None:
    with pytest.raises(GeometryError, match=r"\(100, 24\) \(rows, columns\); an amplifier reads 32 by 24"):
        trail(np.zeros((100, 24)), POOR, SEGMENT)


@pytest.mark.parametrize("wrong", [{"cti": -1e-6}, {"cti": 1.0}, {"emission_time": 0.0}, {"trap_size_e": np.inf}])
def test_a_transfer_that_cannot_be_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ChargeTransferError, match="must be"):
        Transfer(**wrong)


def calibration() -> ChargeTransfer:
    """Of two amplifiers: one was measured at two signals, one could not be."""
    nothing = np.full(2, np.nan)
    measured = (np.array([1e4, 5e4]), np.array([2e-6, 1e-6]), np.array([1e-6, 5e-7]))
    return charge_transfer(
        ["C00", "C01"],
        [POOR, NOTHING],
        measured=[measured, (nothing, nothing, nothing)],
        flags=["", "serial: 2 usable exposures, 3 needed"],
        header={"OBSTYPE": "cti", "CPP_INPUT_0": 2024120800001},
    )


def test_a_calibration_comes_back_from_its_file_as_it_was(tmp_path: Path) -> None:
    table_file.write(calibration(), tmp_path / "cti.ecsv")
    assert table_file.read(ChargeTransfer, tmp_path / "cti.ecsv") == calibration()


def test_the_file_says_its_units_to_astropy(tmp_path: Path) -> None:
    table_file.write(calibration(), tmp_path / "cti.ecsv")
    table = QTable.read(tmp_path / "cti.ecsv")
    assert table["serial_trap_size_e"].unit.name == "electron"
    assert table["serial_cti"][0] == 1e-4


def test_a_calibration_gives_the_model_of_each_amplifier() -> None:
    assert calibration().amplifier("C00") == POOR
    assert calibration().amplifier("C01") == NOTHING
