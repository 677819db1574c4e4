"""Levels of flats are split into what belongs to a detector and what to an exposure."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from processing import table_file
from processing.effects.normalisation import FlatLevel, NormalisationError, Scales, normalise

FACTORS = np.array([0.86, 0.94, 1.0, 1.02, 1.03, 0.95, 0.9, 1.1, 1.2])
FACTORS /= FACTORS.mean()
FLUXES = np.array([18_000.0, 20_000, 20_500, 19_000, 22_000])
NAN = float("nan")


def levels(factors: np.ndarray = FACTORS, fluxes: np.ndarray = FLUXES, scatter: float = 0.0) -> np.ndarray:
    """[detector, exposure] of a camera, with a relative scatter."""
    return np.outer(factors, fluxes) * np.random.default_rng(1).normal(1, scatter, (len(factors), len(fluxes)))


def solve(measured: np.ndarray, pixels: int = 1000) -> Scales:
    """The scales of levels[detector, exposure]; detectors count from 0, exposures from 100."""
    return normalise(FlatLevel(d, 100 + e, v, pixels) for (d, e), v in np.ndenumerate(measured))


def factors_of(scales: Scales) -> list[float]:
    return [scales.factor_of(int(d)) for d in np.unique(scales.detector)]


def test_products_of_factors_and_fluxes_are_taken_apart_exactly() -> None:
    scales = solve(levels())
    assert factors_of(scales) == pytest.approx(FACTORS, rel=1e-12)
    assert list(scales.fluxes(3).values()) == pytest.approx(FLUXES, rel=1e-12)
    assert np.abs(scales.deviations).max() < 1e-12


def test_scatter_of_levels_averages_out() -> None:
    scales = solve(levels(scatter=1e-3))
    assert factors_of(scales) == pytest.approx(FACTORS, rel=2e-3)
    assert np.std(scales.deviations) == pytest.approx(1e-3, rel=0.3)


def test_the_flux_of_one_detector_is_its_level() -> None:
    scales = solve(np.array([[19_000.0, 21_000.0]]))
    assert scales.fluxes(0) == pytest.approx({100: 19_000, 101: 21_000}, rel=1e-12)
    assert scales.factor_of(0) == pytest.approx(1, abs=1e-12)


def test_the_mean_of_the_factors_weighted_by_pixels_is_one() -> None:
    scales = normalise([FlatLevel(0, 1, 100.0, 3000), FlatLevel(1, 1, 200.0, 1000)])
    assert 0.75 * scales.factor_of(0) + 0.25 * scales.factor_of(1) == pytest.approx(1, abs=1e-12)
    assert scales.factor_of(1) == pytest.approx(2 * scales.factor_of(0), rel=1e-12)


@pytest.mark.parametrize("nothing", [NAN, 0.0, -5.0, np.inf])
def test_a_level_that_is_none_is_left_out_and_moves_nothing(nothing: float) -> None:
    measured = levels()
    measured[2, 1] = nothing
    scales = solve(measured)
    assert [(d, e) for d, e, _ in scales.left_out] == [(2, 101)]
    assert 101 not in scales.fluxes(2)
    assert factors_of(scales) == pytest.approx(FACTORS, rel=1e-12)


def test_levels_that_only_a_missing_detector_would_share_still_hang_together_through_others() -> None:
    measured = np.full((3, 2), NAN)
    measured[0, 0], measured[1, 0], measured[1, 1], measured[2, 1] = 90.0, 100.0, 200.0, 220.0
    found = factors_of(solve(measured))
    assert found == pytest.approx(np.array([0.9, 1.0, 1.1]), rel=1e-12)


def test_an_outlier_is_rejected_and_named() -> None:
    measured = levels(scatter=1e-4)
    measured[4, 2] *= 0.8
    scales = solve(measured)
    assert [(d, e) for d, e, _ in scales.left_out] == [(4, 102)]
    assert factors_of(scales) == pytest.approx(FACTORS, rel=2e-4)


def test_half_a_percent_is_no_outlier_however_well_the_others_agree() -> None:
    measured = levels()
    measured[4, 2] *= 1.004
    assert solve(measured).left_out == []


def test_a_dead_detector_gets_no_flux_and_harms_no_other() -> None:
    measured = levels()
    measured[5] = NAN
    scales = solve(measured)
    alive = np.delete(FACTORS, 5)
    assert np.delete(factors_of(scales), 5) == pytest.approx(alive / alive.mean(), rel=1e-12)
    with pytest.raises(NormalisationError, match=r"detector 5 has no level that fits .*100: nan.* it gets no flat"):
        scales.fluxes(5)


def test_a_detector_that_was_not_there_is_said() -> None:
    with pytest.raises(NormalisationError, match="detector 7 was not normalised with the others: those are 0, 1"):
        solve(levels(FACTORS[:2])).fluxes(7)


def test_groups_that_share_no_exposure_are_refused_by_name() -> None:
    measured = levels(FACTORS[:4], FLUXES[:3])
    measured[:2, 2] = measured[2:, :2] = NAN
    with pytest.raises(
        NormalisationError, match="detectors 0, 1 in exposures 100, 101; detectors 2, 3 in exposures 102"
    ):
        solve(measured)


@pytest.mark.parametrize("level", [NAN, 0.0])
def test_without_any_light_nothing_is_normalised(level: float) -> None:
    with pytest.raises(NormalisationError, match="no usable level in exposures 100, 101"):
        solve(np.full((2, 2), level))


def test_no_levels_at_all_are_refused() -> None:
    with pytest.raises(NormalisationError, match="no usable level"):
        normalise([])


def test_a_level_that_stands_twice_is_refused() -> None:
    with pytest.raises(NormalisationError, match="detector 1 has two levels in exposure 9"):
        normalise([FlatLevel(1, 9, 10.0, 5), FlatLevel(1, 9, 11.0, 5)])


def test_scales_come_back_from_their_file_as_they_were(tmp_path: Path) -> None:
    measured = levels(scatter=1e-3)
    measured[0, 0] = measured[5] = NAN
    scales = solve(measured)
    table_file.write(scales, tmp_path / "scales.ecsv")
    assert table_file.read(Scales, tmp_path / "scales.ecsv") == scales


def test_two_hundred_detectors_of_which_each_misses_some_exposures_are_solved() -> None:
    rng = np.random.default_rng(4)
    factors, fluxes = rng.normal(1, 0.1, 205), rng.normal(20_000, 500, 20)
    measured = levels(factors, fluxes)
    measured[rng.random(measured.shape) < 0.2] = NAN
    found = np.array(factors_of(solve(measured)))
    assert found / found.mean() == pytest.approx(factors / factors.mean(), rel=1e-10)
