"""Tests of crosstalk, on frames with bright spots that were corrected for it."""

from __future__ import annotations

import numpy as np

from ..bound import Bound
from ..measures import Measures, of_amplifiers
from ..results import Results
from ..test import Test

SIGMA = 5.0
"""Errors that are taken off a coefficient before it is held against anybody."""


def _detection(results: Results) -> Measures:
    certain = np.abs(results.column("CROSSTALK_RESIDUAL")) - SIGMA * results.column("CROSSTALK_ERROR")
    return of_amplifiers(results, np.where(np.isnan(certain), np.nan, np.maximum(certain, 0)))


TESTS = (
    Test(
        product="crosstalk",
        name="NO_SIGNIFICANT_DETECTION",
        says="share of a source's signal that is left in the amplifier beyond 5 errors of the measurement",
        source=(
            "cp_verify wants no significant coefficient in a detector, however small; here a ghost that is certain may "
            "be as large as 1e-5, which no noise shows"
        ),
        bound=Bound(at_most=1e-5),
        columns=("CROSSTALK_RESIDUAL", "CROSSTALK_ERROR"),
        measure=_detection,
    ),
)
