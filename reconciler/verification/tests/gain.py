"""Tests of gains, on pairs of flats: against the gains that frames are corrected with (DMTN-101 section 6)."""

from __future__ import annotations

import numpy as np

from ..bound import Bound
from ..measures import Measures, of_amplifiers
from ..results import Results
from ..test import Test


def _gain(results: Results) -> Measures:
    found = results.column("GAIN_GAIN_FROM_FLAT_PAIR") * results.column("GAIN_GAIN_CORRECTION_FACTOR")
    used = results.column("GAIN_AMP_GAIN")
    return of_amplifiers(results, np.abs(found - used) / used)


def _noise(results: Results) -> Measures:
    used = results.column("GAIN_AMP_NOISE")
    return of_amplifiers(results, np.abs(results.column("GAIN_ISR_NOISE") - used) / used)


TESTS = (
    Test(
        product="gain",
        name="GAIN_FROM_FLAT_PAIR",
        says="|gain of the pair - gain in use| over the gain in use",
        source=(
            "DMTN-101 6.1; cp_verify compares with the camera's nominal gain, not with the photon transfer curve's, "
            "and takes out the brighter-fatter effect by a slope for each vendor, not by the a00 of the curve"
        ),
        bound=Bound(at_most=0.05),
        columns=("GAIN_GAIN_FROM_FLAT_PAIR", "GAIN_GAIN_CORRECTION_FACTOR", "GAIN_AMP_GAIN"),
        measure=_gain,
    ),
    Test(
        product="gain",
        name="ISR_NOISE",
        says="|noise of the overscan - read noise in use| over the read noise in use",
        source="DMTN-101 6.2; cp_verify compares with the camera's nominal read noise",
        bound=Bound(at_most=0.05),
        columns=("GAIN_ISR_NOISE", "GAIN_AMP_NOISE"),
        measure=_noise,
    ),
)
