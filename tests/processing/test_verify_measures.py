"""Single measurements of verification: what they take for what, and what they leave alone."""

from __future__ import annotations

import numpy as np
import pytest

from processing.verify.flat_pairs import brighter_fatter_factor, pair_gain
from processing.verify.gain import pairs
from processing.verify.ghosts import ghosts
from processing.verify.moments import moments
from processing.verify.outliers import outliers
from processing.verify.percentiles import percentiles
from processing.verify.rays import noise_without_rays, struck
from processing.verify.table import Place, columns, rows
from tests.processing.laboratory import QUIET, SEGMENT, bench, corrected

RNG = np.random.default_rng(1)
NOISE = RNG.normal(0, 7, (128, 64)).astype(np.float32)
GOOD = np.ones(NOISE.shape, np.bool_)


def test_pixels_that_do_not_count_leave_no_moments() -> None:
    found = moments(np.array([np.nan, 3.0]))
    assert np.isnan([found.mean, found.noise]).all()


def test_a_ray_is_left_out_of_the_noise_with_its_fainter_edges() -> None:
    hit = NOISE.copy()
    hit[40:44, 20:22] += 500
    hit[44, 20:22] += 30
    assert struck(hit, GOOD, moments(hit))[40:45, 20:22].all()
    assert noise_without_rays(hit, GOOD, moments(hit)) == pytest.approx(NOISE.std(), rel=0.01)


def test_a_column_that_is_high_as_a_whole_is_no_ray() -> None:
    hot = NOISE.copy()
    hot[:, 20] += 100
    assert not struck(hot, GOOD, moments(hot))[:, 20].any()
    assert noise_without_rays(hot, GOOD, moments(hot)) > 1.5 * NOISE.std()


def test_noise_alone_has_no_rays() -> None:
    assert not struck(NOISE, GOOD, moments(NOISE)).any()


def test_outliers_are_those_that_chance_does_not_explain_and_defects_do_not_cover() -> None:
    image, covered = NOISE.copy(), np.zeros(NOISE.shape, np.bool_)
    image[3, :20] = 1000
    covered[3, :8] = True
    found = outliers(image, covered, moments(NOISE))
    assert found.improbable - found.unexplained == 8
    assert 12 <= found.unexplained <= 15


def test_ghosts_are_measured_by_victim_and_source_and_hot_pixels_of_the_victim_are_none() -> None:
    images = [RNG.normal(0, 4, (64, 64)).astype(np.float32) for _ in range(3)]
    images[0][10:16, 10:16] += 30_000
    images[1][10:16, 10:16] += 1e-3 * 30_000
    images[2][12, 12] += 2_000
    good = [np.ones((64, 64), np.bool_)] * 3
    found = ghosts(images, good, good, bright_adu=5_000)
    assert found.coefficient[1, 0] == pytest.approx(1e-3, abs=5 * found.error[1, 0])
    assert abs(found.coefficient[2, 0]) < 5 * found.error[2, 0]
    assert np.isnan(found.coefficient[:, 1:]).all()


def test_what_is_bright_in_all_amplifiers_tells_nothing_of_ghosts() -> None:
    flats = [RNG.normal(20_000, 100, (64, 64)).astype(np.float32) for _ in range(2)]
    good = [np.ones((64, 64), np.bool_)] * 2
    assert np.isnan(ghosts(flats, good, good, bright_adu=5_000).coefficient).all()


def test_the_brighter_fatter_effect_is_taken_out_of_a_gain() -> None:
    a00 = 3e-6
    sensor = bench(QUIET.model_copy(update={"brighter_fatter": a00, "photon_noise": True}))
    light = np.ones(corrected(sensor.raw(0)).image.shape, np.float32)
    pair = [corrected(sensor.raw(n, light=light, electrons=50_000)).image for n in (1, 2)]
    found = pair_gain(pair, read_noise_adu=7.24 / 1.662, a00=-a00)
    assert found.apparent > 1.08 * 1.662
    assert found.gain == pytest.approx(1.662, rel=0.02)


def test_where_a00_is_not_known_nothing_is_corrected() -> None:
    assert brighter_fatter_factor(float("nan"), 30_000) == 1.0


def test_a_pair_that_tells_nothing_has_no_gain() -> None:
    dark = [RNG.normal(0, 4, (SEGMENT.rows, SEGMENT.columns)) for _ in range(2)]
    assert np.isnan(pair_gain(dark, read_noise_adu=4.4, a00=0.0).gain)


def test_flats_are_paired_by_what_they_have_in_common_and_an_odd_one_is_left_out() -> None:
    flats = [(5, ("r", 10.0)), (1, ("r", 10.0)), (2, ("g", 10.0)), (3, ("r", 10.0)), (4, ("g", 10.0))]
    assert pairs(flats) == [(1, 3), (2, 4)]


def test_percentiles_of_nothing_are_not_known() -> None:
    found = percentiles("BIAS", np.full((2, 2), np.nan))
    assert list(found)[3] == "BIAS_DIST_50.0_PCT"
    assert np.isnan(list(found.values())).all()


def test_rows_say_where_they_are_from_and_what_was_applied() -> None:
    place = Place("Cam", 101, 4, 60_000.5, "r_03", {"bias": "b-1", "ptc": "p-1"})
    found = columns(rows("FLAT", place, {"C00": {"MEAN": 1.0, "VERIFY_NOISE": True}, "C01": {"MEAN": 2.0}}))
    assert list(found) == [
        "instrument", "exposure", "detector", "amplifier", "mjd", "CALIB_UUID_bias", "CALIB_UUID_ptc",
        "physical_filter", "FLAT_MEAN", "FLAT_VERIFY_NOISE",
    ]  # fmt: skip
    assert found["amplifier"].tolist() == ["C00", "C01"]
    assert found["CALIB_UUID_ptc"].tolist() == ["p-1", "p-1"]
