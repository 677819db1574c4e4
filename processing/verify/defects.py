"""What is measured of defects: of frames in which they are marked, with the marked pixels and without them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from processing.camera import Detector
from processing.frame import Frame, bit
from processing.verify.moments import Moments, moments
from processing.verify.outliers import outliers
from processing.verify.part import Part, Row, parts


def measure_defects(corrected: Frame, detector: Detector) -> dict[str, Row]:
    """Rows by amplifier, in the unit of the frame; UNMASKED_ is of all pixels, UNEXPLAINED is not known to cp_verify.

    Pixels without data count nowhere, and none counts of an amplifier that is saturated for the most part.
    The frame should not have been divided by a flat: that hides the pixels that see less of the light.
    """
    return {part.name: _row(part) for part in parts(corrected, detector)}


def _row(part: Part) -> Row:
    covered = (part.mask & bit("BAD")) != 0
    measured = _measured(part)
    left, every = part.image[measured & ~covered], part.image[measured]
    with_defects, without = moments(every), moments(left)
    found = outliers(np.where(measured, part.image, np.float32(np.nan)), covered, without)
    row: Row = {"DEFECT_PIXELS": int(np.count_nonzero(covered)), "FRAC": float(covered.mean())}
    row |= {"MEDIAN": _median(left)} | _spread("", left, without) | _spread("UNMASKED_", every, with_defects)
    row |= {"STAT_OUTLIERS": found.improbable, "UNEXPLAINED": found.unexplained}
    return row | _said_by_cp_verify(row)


def _measured(part: Part) -> NDArray[np.bool_]:
    """Where there is a value. Single pixels may saturate: they are what defects have to explain."""
    saturated = (part.mask & bit("SAT")) != 0
    measured: NDArray[np.bool_] = np.isfinite(part.image) & ((part.mask & bit("NO_DATA")) == 0)
    return measured if saturated.mean() < 0.5 else np.zeros_like(measured)


def _spread(start: str, values: NDArray[Any], about: Moments) -> Row:
    known = values[np.isfinite(values)]
    low, high = (float(known.min()), float(known.max())) if known.size else (np.nan, np.nan)
    return {
        f"{start}OUTLIERS": about.rejected,
        f"{start}STDEV": about.noise,
        f"{start}MIN": low,
        f"{start}MAX": high,
    }


def _median(values: NDArray[Any]) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if known.size else np.nan


def _said_by_cp_verify(row: Row) -> Row:
    number = {key: float(value) for key, value in row.items()}
    return {
        "VERIFY_OUTLIERS": number["UNMASKED_OUTLIERS"] >= number["OUTLIERS"],
        "VERIFY_STDEV": number["UNMASKED_STDEV"] >= number["STDEV"],
        "VERIFY_MIN": number["UNMASKED_MIN"] <= number["MIN"],
        "VERIFY_MAX": number["UNMASKED_MAX"] >= number["MAX"],
        "VERIFY_PROB_TEST": number["STAT_OUTLIERS"] == number["DEFECT_PIXELS"],
    }
