"""Extended pixel edge response: what flats leave in the pixels read after them says how charge was transferred.

After Snyder et al. 2021 (JATIS 7, 048002). Trails are means over the lines of an amplifier, in electrons above the
level without light: lag 1 is the first pixel read after the last lit one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from processing.effects.charge_transfer import FULL_WELL_E, ChargeTransferError, Transfer
from processing.table_file import Numbers

EPER_LAGS = 2
"""Deferred charge is counted in so many pixels after the last lit one, as cp_pipe does."""

SIGNIFICANT = 25.0
"""Traps are believed in if they lower chi² by this: 5 sigma."""

_LEAST_TIME = 0.3
_POWERS = (0.1, 1.0)
"""Bounds of emission times in transfers and of fill powers; what is released later than the last lag is not seen."""

_STARTS = ((0.5, 0.3), (0.5, 0.8), (2.0, 0.3), (2.0, 0.8), (8.0, 0.5))
"""Emission time and fill power from which a fit begins: chi² has more than one valley."""


@dataclass(frozen=True, eq=False)
class Trails:
    """Trails of one amplifier in one direction: n exposures, in any order.

    `last_e` (n) is the last lit pixel, `trail_e` and `error_e` (n, lags) what follows it, `transfers` how often a
    packet from there is shifted. The mean of the last `base_lags` lags was subtracted from each trail.
    """

    last_e: Numbers
    trail_e: Numbers
    error_e: Numbers
    transfers: int
    base_lags: int = 0

    def __post_init__(self) -> None:
        """Refuse arrays that do not belong together or are no measurement."""
        if self.trail_e.shape != self.error_e.shape or self.trail_e.shape[:1] != self.last_e.shape:
            shapes = self.last_e.shape, self.trail_e.shape, self.error_e.shape
            raise ChargeTransferError(f"last pixels, trails and errors do not belong together: {shapes}")
        if not (np.isfinite(self.last_e).all() and np.isfinite(self.trail_e).all() and (self.error_e > 0).all()):
            raise ChargeTransferError("trails need finite signals and errors above 0: leave out what was not measured")


@dataclass(frozen=True)
class Drift:
    """The offset of an output amplifier after a bright pixel: `scale` times its charge, decaying in `time` pixels."""

    scale: float
    time: float

    def trail_e(self, signal_e: Numbers, lags: int) -> Numbers:
        """What it adds to the first pixels after signals, (n, lags)."""
        decay = np.exp(-np.arange(1, lags + 1) / self.time)
        return np.asarray(self.scale * np.asarray(signal_e)[:, None] * decay, np.float64)


def eper(trails: Trails, lags: int = EPER_LAGS) -> Numbers:
    """The CTI that each exposure shows by itself: deferred charge / (charge of the last pixel × transfers)."""
    return np.asarray(trails.trail_e[:, :lags].sum(axis=1) / (trails.last_e * trails.transfers), np.float64)


def fit_drift(signal_e: Numbers, trail_e: Numbers, *, first_lag: int = 3, last_lag: int = 13) -> Drift:
    """Fit a drift to lags to which no trap of a good sensor reaches, all errors alike; raises ChargeTransferError."""
    from scipy.optimize import least_squares

    lags = np.arange(first_lag, last_lag + 1)
    seen = trail_e[:, first_lag - 1 : last_lag]
    unit = np.max(signal_e)

    def residuals(parameters: NDArray[np.float64]) -> NDArray[np.float64]:
        size, time = parameters
        return np.asarray(size * (signal_e / unit)[:, None] * np.exp(-lags / time) - seen, np.float64).ravel()

    bounds = [0.0, 0.1], [1e-3 * unit, 4.0]
    found = least_squares(residuals, [2e-4 * unit, 2.4], bounds=bounds, x_scale=[1e-4 * unit, 1.0], xtol=1e-12)
    if not found.success:
        raise ChargeTransferError(f"no drift fits the trails of {len(signal_e)} exposures: {found.message}")
    return Drift(float(found.x[0]) / float(unit), float(found.x[1]))


def model(transfer: Transfer, trails: Trails) -> Numbers:
    """The trails that flats with these last pixels have; what a trail's own traps catch again is not in it."""
    released = _release(transfer.emission_time, trails.trail_e.shape[1])
    trapped = transfer.held_e(trails.last_e, trails.transfers)[:, None] * released
    trapped[:, 0] += transfer.cti * trails.transfers * trails.last_e
    return above_base(trapped, trails.base_lags)


def fit_transfer(trails: Trails, *, full_well_e: float = FULL_WELL_E) -> Transfer:
    """The transfer that explains trails at several levels best; without traps unless these are significant.

    `cti` and `trap_size_e` are the linear part of the least-squares problem and are solved for, not below 0, at each
    emission time and fill power that is tried.
    """
    from scipy.optimize import least_squares

    times = math.log(_LEAST_TIME), math.log(trails.trail_e.shape[1])
    plain = _solved(trails, Transfer(full_well_e=full_well_e), traps=False)
    best = plain
    for start in _STARTS:
        found = least_squares(
            lambda x: _residuals(trails, _solved(trails, _shape(x, full_well_e))),
            [min(math.log(start[0]), 0.9 * times[1]), start[1]],
            bounds=([times[0], _POWERS[0]], [times[1], _POWERS[1]]),
            diff_step=1e-4,
        )
        tried = _solved(trails, _shape(found.x, full_well_e))
        best = min(best, tried, key=lambda each: _chi2(trails, each))
    return best if _chi2(trails, plain) - _chi2(trails, best) > SIGNIFICANT else plain


def _solved(trails: Trails, shape: Transfer, *, traps: bool = True) -> Transfer:
    """The transfer of this emission time and fill power with the best CTI and trap size."""
    from scipy.optimize import nnls

    power, time, full_well = shape.fill_power, shape.emission_time, shape.full_well_e
    parts = [model(Transfer(1e-6, 0.0, time, power, full_well), trails)]
    if traps:
        parts.append(model(Transfer(0.0, 1.0, time, power, full_well), trails))
    design = np.stack([(part / trails.error_e).ravel() for part in parts], axis=1)
    found, _ = nnls(design, (trails.trail_e / trails.error_e).ravel())
    size = float(found[1]) if traps else 0.0
    return Transfer(1e-6 * float(found[0]), size, time, power, full_well)


def _shape(parameters: NDArray[np.float64], full_well_e: float) -> Transfer:
    log_time, power = parameters
    return Transfer(emission_time=math.exp(log_time), fill_power=float(power), full_well_e=full_well_e)


def _residuals(trails: Trails, transfer: Transfer) -> Numbers:
    return np.asarray((model(transfer, trails) - trails.trail_e) / trails.error_e, np.float64).ravel()


def _chi2(trails: Trails, transfer: Transfer) -> float:
    return float(np.sum(_residuals(trails, transfer) ** 2))


def _release(emission_time: float, lags: int) -> Numbers:
    """The part of the held charge that traps give to each lag."""
    stays = math.exp(-1 / emission_time)
    return np.asarray((1 - stays) * stays ** np.arange(lags), np.float64)


def above_base(trails: Numbers, base_lags: int) -> Numbers:
    """Trails as they are measured above the mean of their own last lags."""
    if not base_lags:
        return trails
    return np.asarray(trails - trails[:, -base_lags:].mean(axis=1, keepdims=True), np.float64)
