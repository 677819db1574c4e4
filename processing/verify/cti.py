"""What is measured of charge transfer: the CTI that flats show in their overscans beyond what is corrected."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from processing.effects.charge_transfer import AmplifierTransfer, ChargeTransfer
from processing.effects.eper import Drift
from processing.effects.overscan_trails import OverscanTrails
from processing.effects.solve_transfer import far_level, trails_of, without_drift
from processing.statistics import MAX_SATURATED
from processing.verify.part import Row
from processing.verify.residual_trails import UNKNOWN, Residual, residual

LEAST_SIGNAL_E = 1_000.0
"""Fainter flats leave trails that are lost in the noise; `processing.effects.solve_transfer` leaves them out too."""


def measure_cti(measured: OverscanTrails, calibration: ChargeTransfer | None) -> dict[str, Row]:
    """Rows by amplifier; without a calibration nothing is corrected. A saturated or faint flat tells nothing."""
    return {name: _row(measured, row, name, calibration) for row, name in enumerate(measured.amplifiers)}


def _row(measured: OverscanTrails, row: int, name: str, calibration: ChargeTransfer | None) -> Row:
    corrected = AmplifierTransfer() if calibration is None else calibration.amplifier(name)
    serial, parallel = _residuals(measured, row, corrected) if _tells(measured, row) else (UNKNOWN, UNKNOWN)
    return {
        "SIGNAL": float(measured.signal_e[row]),
        "SERIAL": serial.cti,
        "SERIAL_ERROR": serial.error,
        "PARALLEL": parallel.cti,
        "PARALLEL_ERROR": parallel.error,
    }


def _tells(measured: OverscanTrails, row: int) -> bool:
    """Whether the amplifier is lit, not saturated, and has enough good lines."""
    lines = measured.last_column_e[row], measured.last_row_e[row]
    trails = measured.serial_trail_e[row], measured.parallel_trail_e[row]
    known = all(np.isfinite(each).all() for each in (*lines, *trails))
    return bool(known and measured.signal_e[row] >= LEAST_SIGNAL_E and measured.saturated[row] <= MAX_SATURATED)


def _residuals(measured: OverscanTrails, row: int, corrected: AmplifierTransfer) -> tuple[Residual, Residual]:
    """Serial and parallel; what the serial trail adds to the level without light is taken off the parallel one."""
    serial, parallel = (trails_of([measured], row, direction) for direction in ("serial", "parallel"))
    serial = without_drift(serial, Drift(corrected.drift_scale, corrected.drift_time))
    raised = far_level(corrected.serial, serial)
    parallel = replace(parallel, trail_e=parallel.trail_e + raised)
    return residual(serial, corrected.serial), residual(parallel, corrected.parallel)
