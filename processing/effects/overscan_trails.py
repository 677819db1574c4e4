"""What a flat leaves in the overscans, amplifier by amplifier: the measurement that charge transfer is fitted to.

The level without light is the mean of the far half of the serial overscan, beside the data rows. Lines (rows for the
serial trail, columns for the parallel one) count if the last lit pixel is neither a defect nor saturated: what such a
pixel holds is not what was shifted. Pixels that are defects only for their place at an edge do count, for theirs is
the charge that trails.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from processing.assemble import Readout, place, readouts
from processing.camera import Detector, Segment
from processing.defect_boxes import Defects, Reason, reasons_of
from processing.effects.charge_transfer import ChargeTransferError
from processing.effects.linearizer import Correction, linearize
from processing.overscan import level
from processing.table_file import AmplifierTable, Column, Numbers

Bad = NDArray[np.bool_]

LEAST_LINES = 8
"""With fewer lines the error of a mean is no measure."""


@dataclass(frozen=True, eq=False, kw_only=True)
class OverscanTrails(AmplifierTable):
    """The trails of one exposure on one detector; NaN where too few lines count.

    Trails begin with the first pixel read after the data. Transfers are those of the last data pixel.
    """

    exposure: int
    serial_transfers: int
    parallel_transfers: int
    gain: Annotated[Numbers, Column("gain by which electrons were counted", "electron / adu")]
    saturated: Annotated[Numbers, Column("share of the data pixels that is saturated")]
    signal_e: Annotated[Numbers, Column("mean of the good data pixels", "electron", unknown=True)]
    last_column_e: Annotated[Numbers, Column("mean of the last data column read", "electron", unknown=True)]
    last_row_e: Annotated[Numbers, Column("mean of the last data row read", "electron", unknown=True)]
    serial_trail_e: Annotated[Numbers, Column("means of the serial overscan columns", "electron", axes=2, unknown=True)]
    serial_error_e: Annotated[Numbers, Column("their standard errors", "electron", axes=2, unknown=True)]
    parallel_trail_e: Annotated[
        Numbers, Column("means of the parallel overscan rows", "electron", axes=2, unknown=True)
    ]
    parallel_error_e: Annotated[Numbers, Column("their standard errors", "electron", axes=2, unknown=True)]


def base_lags(overscan_columns: int) -> int:
    """How many of the serial lags make the level without light."""
    return (overscan_columns + 1) // 2


def measure_trails(
    raw: NDArray[Any],
    detector: Detector,
    segment: Segment,
    *,
    exposure: int,
    gain: Numbers,
    curves: Sequence[Correction | None] | None = None,
    defects: Defects | None = None,
    header: Mapping[str, str | int | float | bool] | None = None,
) -> OverscanTrails:
    """Measure one raw; `gain` (e-/ADU) and `curves` (None: linear as it is) are in the order of the amplifiers."""
    if min(segment.overscan_columns, segment.overscan_rows) < 2:
        raise ChargeTransferError(
            f"{detector.name} reads {segment.overscan_columns} overscan columns and {segment.overscan_rows} overscan "
            "rows: charge transfer needs at least 2 of each"
        )
    bad = _bad(detector, segment, defects)
    rows = [
        _amplifier(readout, segment, place(bad, readout.amplifier, segment), curves[i] if curves else None)
        for i, readout in enumerate(readouts(raw, detector, segment))
    ]
    adu = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    return OverscanTrails(
        amplifiers=tuple(a.name for a in detector.amplifiers),
        exposure=exposure,
        serial_transfers=segment.prescan_columns + segment.columns,
        parallel_transfers=segment.rows,
        gain=gain,
        saturated=adu["saturated"],
        signal_e=gain * adu["signal"],
        last_column_e=gain * adu["last_column"],
        last_row_e=gain * adu["last_row"],
        serial_trail_e=gain[:, None] * adu["serial_trail"],
        serial_error_e=gain[:, None] * adu["serial_error"],
        parallel_trail_e=gain[:, None] * adu["parallel_trail"],
        parallel_error_e=gain[:, None] * adu["parallel_error"],
        header=header or {},
    )


def _bad(detector: Detector, segment: Segment, defects: Defects | None) -> Bad:
    """Where the charge is not that of the light."""
    if defects is None:
        return np.zeros(detector.shape(segment), np.bool_)
    if defects.shape != detector.shape(segment):
        raise ChargeTransferError(f"the defects are of an image of {defects.shape}, not {detector.shape(segment)}")
    elsewhere: Bad = (reasons_of(defects.flags) & ~np.uint8(Reason.EDGE)) != 0
    return elsewhere


def _amplifier(readout: Readout, segment: Segment, bad: Bad, curve: Correction | None) -> dict[str, Any]:
    """One row of the table, in ADU."""
    saturated = readout.data >= readout.amplifier.saturation_adu
    good = ~(bad | saturated) & np.isfinite(readout.data)
    far = readout.overscan[:, -base_lags(segment.overscan_columns) :]
    base = level(far).mean_adu
    first = segment.prescan_columns
    above = readout.window[segment.rows :, first : first + segment.columns]
    serial = [_mean(readout.overscan[good[:, -1], lag], base) for lag in range(segment.overscan_columns)]
    parallel = [_mean(above[lag, good[-1]], base) for lag in range(segment.overscan_rows)]
    return {
        "saturated": saturated.mean(),
        "signal": _light(readout.data, good, base, curve),
        "last_column": _light(readout.data[:, -1], good[:, -1], base, curve),
        "last_row": _light(readout.data[-1], good[-1], base, curve),
        "serial_trail": [mean for mean, _ in serial],
        "serial_error": [error for _, error in serial],
        "parallel_trail": [mean for mean, _ in parallel],
        "parallel_error": [error for _, error in parallel],
    }


def _mean(pixels: NDArray[Any], base: float) -> tuple[float, float]:
    """Clipped mean above the base and its standard error."""
    number = np.count_nonzero(np.isfinite(pixels))
    if number < LEAST_LINES:
        return np.nan, np.nan
    found = level(pixels)
    # Whole ADU can all be equal: then the step between them is all that is known of their scatter.
    return found.mean_adu - base, max(found.variance_adu2, 1 / (12 * number)) ** 0.5


def _light(pixels: NDArray[Any], good: Bad, base: float, curve: Correction | None) -> float:
    """Linearized clipped mean of the good pixels above the base."""
    if np.count_nonzero(good) < LEAST_LINES:
        return np.nan
    above = pixels[good].astype(np.float32) - np.float32(base)
    if curve is not None:
        above = linearize(above, np.zeros_like(above), curve).signal
    return level(above).mean_adu
