"""The charge that flats leave in the overscans tells how charge is transferred: numbers of cp_pipe, and laws."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from processing.camera import Amplifier, Detector, Segment
from processing.defect_boxes import Box, Defects, Origin, Reason
from processing.effects.charge_transfer import AmplifierTransfer, ChargeTransferError, Transfer, trail
from processing.effects.eper import Drift, Trails, eper, fit_drift, fit_transfer
from processing.effects.overscan_trails import OverscanTrails, measure_trails
from processing.effects.solve_transfer import Criteria, left_out, solve

SIGNALS_E = np.array([117.810165, 994.811, 12215.778, 36562.082])
TRAILS_E = np.array(
    [
        [0.718039751, 0.212578110, 4.0867248, 15.0365152],
        [0.456550479, 0.107817403, 1.43194193, 4.43178511],
        [0.414261669, -0.122200218, 0.95319573, 2.66550946],
        [0.288099229, -0.0089812368, 0.43219185, 1.67382801],
        [-0.0234310962, -0.067990060, 0.53112239, 1.10997069],
        [-0.0459854975, 0.040077099, 0.28648, 0.889361799],
        [-0.0114491098, -0.021402006, 0.323903486, 0.466469795],
        [0.0519846082, 0.090923088, 0.27622156, 0.610956728],
        [0.205635265, -0.099587158, 0.26031138, 0.667343795],
        [0.0125147207, 0.274797124, 0.144442975, 0.522854805],
        [0.0900449380, -0.016930788, 0.0149878587, -0.115006611],
        [-0.239106059, 0.045007070, 0.062969929, 0.267710119],
        [-0.152413145, -0.00379911056, 0.018541051, 0.205686077],
    ]
).T
"""The trails on which cp_pipe tests its solver: means of the first 13 overscan columns, in electrons."""

SEGMENT = Segment(columns=100, rows=400, prescan_columns=3, overscan_columns=24, overscan_rows=20)
TRUE = AmplifierTransfer(Transfer(2e-5, 0.6, 1.5, 0.6), Transfer(5e-6, 0.2, 2.0, 0.5))
LEVELS_E = (3_000.0, 10_000.0, 25_000.0, 50_000.0, 80_000.0)
GAIN, NOISE_E, SATURATION_ADU = 1.662, 7.24, 60_000
NAMES = ("C00", "C01")


def sensor() -> Detector:
    """Two amplifiers, mirror images of each other."""
    electronics = {"gain_e_per_adu": GAIN, "read_noise_e": NOISE_E, "saturation_adu": SATURATION_ADU}
    return Detector(
        id=0,
        name="S00",
        amplifiers=tuple(Amplifier(name=n, column=i, row=0, flip_x=i == 1, **electronics) for i, n in enumerate(NAMES)),
    )


def raw(level_e: float, *, seed: int, truth: AmplifierTransfer = TRUE) -> NDArray[np.uint16]:
    """A flat as both amplifiers of the sensor read it."""
    rng = np.random.default_rng(seed)
    windows = []
    for _ in NAMES:
        image = np.zeros((SEGMENT.rows + SEGMENT.overscan_rows, SEGMENT.columns + SEGMENT.overscan_columns))
        image[: SEGMENT.rows, : SEGMENT.columns] = rng.poisson(level_e, (SEGMENT.rows, SEGMENT.columns))
        read = np.pad(trail(image, truth, SEGMENT), ((0, 0), (SEGMENT.prescan_columns, 0)))
        windows.append((read + rng.normal(0, NOISE_E, read.shape)) / GAIN + 1000)
    return np.clip(np.rint(np.hstack(windows)), 0, SATURATION_ADU).astype(np.uint16)


def measured(level_e: float, exposure: int, defects: Defects | None = None) -> OverscanTrails:
    """The trails of one flat."""
    frame = raw(level_e, seed=exposure)
    return measure_trails(frame, sensor(), SEGMENT, exposure=exposure, gain=np.full(2, GAIN), defects=defects)


@pytest.fixture(scope="module")
def flats() -> list[OverscanTrails]:
    return [measured(level, number + 1) for number, level in enumerate(LEVELS_E)]


def deferred_e(transfer: Transfer, signal_e: NDArray[np.float64], transfers: int) -> NDArray[np.float64]:
    """All charge that a packet leaves behind on its way."""
    return transfer.cti * transfers * signal_e + transfer.held_e(signal_e, transfers)


def synthetic(transfer: Transfer, *, transfers: int = 512) -> Trails:
    """Trails without noise, of errors of 0.1 e-."""
    last = np.array(LEVELS_E)
    lags = np.arange(15)
    release = (1 - np.exp(-1 / transfer.emission_time)) * np.exp(-lags / transfer.emission_time)
    found = transfer.held_e(last, transfers)[:, None] * release
    found[:, 0] += transfer.cti * transfers * last
    return Trails(last, found, np.full(found.shape, 0.1), transfers)


def test_the_drift_of_cp_pipes_synthetic_trail_is_found_again() -> None:
    drift = fit_drift(SIGNALS_E, TRAILS_E, first_lag=3, last_lag=13)
    assert drift.scale == pytest.approx(1.8105e-4, abs=5e-9)
    assert drift.time == pytest.approx(3.08095, abs=5e-5)


def test_the_global_cti_of_cp_pipes_synthetic_trail_is_found_again() -> None:
    # cp_pipe compares to four decimals, which any CTI passes; this is as good as these trails' noise lets one say.
    drift = fit_drift(SIGNALS_E, TRAILS_E)
    without = TRAILS_E - drift.trail_e(SIGNALS_E, TRAILS_E.shape[1])
    found = fit_transfer(Trails(SIGNALS_E, without, np.full(without.shape, 7 / np.sqrt(2000)), 512))
    assert found.cti == pytest.approx(1e-7, abs=1e-7)


def test_eper_is_deferred_charge_per_signal_and_transfer() -> None:
    trails = Trails(np.array([50_000.0]), np.array([[40.0, 10.0, 5.0]]), np.ones((1, 3)), 500)
    assert eper(trails).tolist() == [50 / (50_000 * 500)]


def test_a_transfer_is_found_in_its_own_trails() -> None:
    true = Transfer(3e-6, 0.04, 2.0, 0.6)
    found = fit_transfer(synthetic(true))
    assert found.cti == pytest.approx(true.cti, rel=1e-3)
    assert found.trap_size_e == pytest.approx(true.trap_size_e, rel=1e-3)
    assert (found.emission_time, found.fill_power) == pytest.approx((2.0, 0.6), rel=1e-3)


def test_trails_without_traps_give_a_transfer_without_traps() -> None:
    found = fit_transfer(synthetic(Transfer(cti=3e-6)))
    assert found.cti == pytest.approx(3e-6)
    assert found.trap_size_e == 0


def test_a_level_without_light_that_holds_the_end_of_the_trail_changes_nothing() -> None:
    true = Transfer(3e-6, 0.04, 4.0, 0.6)
    whole = synthetic(true)
    above = whole.trail_e - whole.trail_e[:, -8:].mean(axis=1, keepdims=True)
    found = fit_transfer(replace(whole, trail_e=above, base_lags=8))
    assert deferred_e(found, whole.last_e, 512) == pytest.approx(deferred_e(true, whole.last_e, 512), rel=1e-3)


def test_all_charges_scaled_give_the_same_transfer_with_traps_scaled() -> None:
    trails = synthetic(Transfer(3e-6, 0.04, 2.0, 0.6))
    twice = Trails(2 * trails.last_e, 2 * trails.trail_e, 2 * trails.error_e, trails.transfers)
    one, two = fit_transfer(trails), fit_transfer(twice, full_well_e=200_000)
    assert two.cti == pytest.approx(one.cti, rel=1e-6)
    assert two.trap_size_e == pytest.approx(2 * one.trap_size_e, rel=1e-6)
    assert two.emission_time == pytest.approx(one.emission_time, rel=1e-6)


def test_trails_with_nan_are_refused() -> None:
    with pytest.raises(ChargeTransferError, match="leave out what was not measured"):
        Trails(np.array([1e4]), np.array([[np.nan, 1.0]]), np.ones((1, 2)), 500)


def test_no_drift_is_no_trail() -> None:
    assert not np.any(Drift(0.0, 1.0).trail_e(SIGNALS_E, 5))


def test_noisy_flats_give_the_deferred_charge_within_five_percent_above_ten_thousand_electrons(
    flats: list[OverscanTrails],
) -> None:
    found = solve(flats, Criteria())
    signal = np.geomspace(10_000, 100_000, 10)
    for name in NAMES:
        serial, parallel = found.amplifier(name).serial, found.amplifier(name).parallel
        np.testing.assert_allclose(deferred_e(serial, signal, 103), deferred_e(TRUE.serial, signal, 103), rtol=0.05)
        np.testing.assert_allclose(deferred_e(parallel, signal, 400), deferred_e(TRUE.parallel, signal, 400), rtol=0.05)


def test_the_order_of_exposures_changes_nothing(flats: list[OverscanTrails]) -> None:
    assert solve(flats[::-1], Criteria()) == solve(flats, Criteria())


def test_saturated_and_faint_flats_are_left_out_by_name(flats: list[OverscanTrails]) -> None:
    odd = [measured(150_000, 11), measured(200, 12)]
    assert [str(each) for each in left_out([*odd, *flats], Criteria())] == [
        "left-out-flats: exposure 11 for C00, C01: saturated",
        "left-out-flats: exposure 12 for C00, C01: fainter than 1000 e-",
    ]


def test_flats_left_out_do_not_change_the_model(flats: list[OverscanTrails]) -> None:
    clean, more = (solve(each, Criteria()) for each in (flats, [*flats, measured(150_000, 11)]))
    assert [more.amplifier(name) for name in NAMES] == [clean.amplifier(name) for name in NAMES]
    assert np.isnan(more.serial_eper[:, -1]).all()


def test_an_amplifier_with_too_few_levels_is_flagged_and_corrects_nothing(flats: list[OverscanTrails]) -> None:
    half = [replace(each, saturated=np.array([0.5, 0.0])) for each in flats[:3]]
    found = solve([*half, *flats[3:]], Criteria())
    assert found.flag == ("2 usable exposures, at least 3 needed", "")
    assert found.amplifier("C00") == AmplifierTransfer()


def test_one_level_is_not_enough_for_any_amplifier() -> None:
    with pytest.raises(ChargeTransferError, match="no amplifier can be measured: C00: signals only from"):
        solve([measured(20_000, n) for n in range(3)], Criteria())


def test_flats_read_differently_are_not_measured_together(flats: list[OverscanTrails]) -> None:
    with pytest.raises(ChargeTransferError, match="exposures 1 and 9 were read differently"):
        solve([*flats, replace(flats[0], exposure=9, serial_transfers=51)], Criteria())


def test_without_flats_nothing_is_solved() -> None:
    with pytest.raises(ChargeTransferError, match="no exposures"):
        solve([], Criteria())


def test_a_drift_is_told_from_fast_traps_where_it_is_asked_for() -> None:
    truth = AmplifierTransfer(Transfer(2e-5, 0.6, 0.4, 0.6), TRUE.parallel, drift_scale=2e-4, drift_time=3.0)
    frames = [raw(level, seed=n, truth=truth) for n, level in enumerate(LEVELS_E)]
    trails = [
        measure_trails(frame, sensor(), SEGMENT, exposure=n, gain=np.full(2, GAIN)) for n, frame in enumerate(frames)
    ]
    assert solve(trails, Criteria()).amplifier("C00").drift_scale == 0
    assert solve(trails, Criteria(drift=True)).amplifier("C00").drift_scale == pytest.approx(2e-4, rel=0.2)


def test_a_sensor_without_overscan_rows_cannot_be_measured() -> None:
    segment = SEGMENT.model_copy(update={"overscan_rows": 0})
    frame = raw(20_000, seed=1)[: SEGMENT.rows]
    with pytest.raises(ChargeTransferError, match="24 overscan columns and 0 overscan rows"):
        measure_trails(frame, sensor(), segment, exposure=1, gain=np.full(2, GAIN))


def test_measuring_changes_no_raw() -> None:
    frame = raw(20_000, seed=1)
    before = frame.copy()
    measure_trails(frame, sensor(), SEGMENT, exposure=1, gain=np.full(2, GAIN))
    assert np.array_equal(frame, before)


def test_lines_that_end_in_a_defect_do_not_count() -> None:
    frame = raw(20_000, seed=1)
    last = SEGMENT.prescan_columns + SEGMENT.columns - 1
    frame[50:60, last] += 30_000
    frame[50:60, last + 1 : last + 5] += 300
    box = Box(SEGMENT.columns - 1, 50, 1, 10, Reason.HOT, Origin.DARK)
    shape = SEGMENT.rows, 2 * SEGMENT.columns
    found = measure_trails(frame, sensor(), SEGMENT, exposure=1, gain=np.full(2, GAIN), defects=Defects((box,), shape))
    assert found.serial_trail_e[0] == pytest.approx(measured(20_000, 1).serial_trail_e[0], abs=0.5)


def test_the_edge_of_a_sensor_counts() -> None:
    shape = SEGMENT.rows, 2 * SEGMENT.columns
    edge = Box(0, 0, shape[1], shape[0], Reason.EDGE, Origin.GEOMETRY)
    assert measured(20_000, 1, Defects((edge,), shape)) == measured(20_000, 1)


def test_an_amplifier_without_good_lines_is_not_measured(flats: list[OverscanTrails]) -> None:
    dead = Defects((Box(0, 0, 100, 400, Reason.NO_DATA, Origin.FLAT),), (SEGMENT.rows, 2 * SEGMENT.columns))
    found = measured(20_000, 1, dead)
    assert np.isnan(found.signal_e).tolist() == [True, False]
    assert left_out([found], Criteria())[0].text == "exposure 1 for C00: too few good lines"
