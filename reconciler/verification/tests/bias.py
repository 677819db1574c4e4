"""Tests of a bias, on frames that it was subtracted from (DMTN-101 section 4). Values in electrons."""

from __future__ import annotations

import numpy as np

from ..bound import Bound
from ..measures import Measures, of_amplifiers
from ..results import Results
from ..test import Test


def _mean(results: Results) -> Measures:
    return of_amplifiers(results, np.abs(results.column("BIAS_MEAN")) / results.column("BIAS_NOISE"))


def _noise(results: Results) -> Measures:
    nominal = results.column("BIAS_READ_NOISE")
    return of_amplifiers(results, (results.column("BIAS_NOISE") - nominal) / nominal)


def _cr_noise(results: Results) -> Measures:
    cleaned = results.column("BIAS_CR_NOISE")
    return of_amplifiers(results, np.abs(results.column("BIAS_NOISE") - cleaned) / cleaned)


TESTS = (
    Test(
        product="bias",
        name="MEAN",
        says="|mean| in units of the clipped standard deviation",
        source="DMTN-101 4.2",
        bound=Bound(at_most=1.0),
        columns=("BIAS_MEAN", "BIAS_NOISE"),
        measure=_mean,
    ),
    Test(
        product="bias",
        name="NOISE",
        says="excess of the clipped standard deviation over the read noise of the photon transfer curve, relative",
        source="DMTN-101 4.3; one-sided, as in cp_verify",
        bound=Bound(at_most=0.05),
        columns=("BIAS_NOISE", "BIAS_READ_NOISE"),
        measure=_noise,
    ),
    Test(
        product="bias",
        name="CR_NOISE",
        says="difference of the noise before and after cosmic rays were rejected, relative",
        source="DMTN-101 4.4",
        bound=Bound(at_most=0.05),
        columns=("BIAS_NOISE", "BIAS_CR_NOISE"),
        measure=_cr_noise,
    ),
)
