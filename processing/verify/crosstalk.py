"""What is measured of crosstalk: of frames with bright spots, from which ghosts were subtracted. In ADU."""

from __future__ import annotations

import numpy as np

from processing.camera import Detector
from processing.frame import Frame, bit
from processing.verify.ghosts import BRIGHT_ADU, Ghosts, ghosts
from processing.verify.part import Row, parts

SIGMA = 5.0
"""At which a ghost is significant; among 240 pairs of amplifiers chance makes one in 10,000 frames."""

UNKNOWN = bit("SAT", "NO_DATA")
"""Sources with these planes tell nothing; defects do, for what they hold is read like any charge."""


def measure_crosstalk(corrected: Frame, detector: Detector, *, bright_adu: float = BRIGHT_ADU) -> dict[str, Row]:
    """Rows by amplifier that sees ghosts (victim); SOURCE is the one whose ghost is the most significant.

    N_MEASURED counts the sources that are bright somewhere, N_VALID those whose ghost is significant.
    """
    of_frame = parts(corrected, detector)
    found = ghosts(
        [part.image for part in of_frame],
        [part.good for part in of_frame],
        [((part.mask & UNKNOWN) == 0) & np.isfinite(part.image) for part in of_frame],
        bright_adu=bright_adu,
    )
    names = [part.name for part in of_frame]
    return {name: _row(found, victim, names) for victim, name in enumerate(names)}


def _row(found: Ghosts, victim: int, names: list[str]) -> Row:
    significance = found.significance[victim]
    measured = np.isfinite(significance)
    valid = int(np.count_nonzero(significance[measured] > SIGMA))
    row: Row = {"N_MEASURED": int(measured.sum()), "N_VALID": valid, "VERIFY_NO_SIGNIFICANT_DETECTION": valid == 0}
    if not measured.any():
        return row | {"RESIDUAL": np.nan, "ERROR": np.nan, "SOURCE": ""}
    worst = int(np.nanargmax(significance))
    return row | {
        "RESIDUAL": float(found.coefficient[victim, worst]),
        "ERROR": float(found.error[victim, worst]),
        "SOURCE": names[worst],
    }
