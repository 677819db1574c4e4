"""Tests of a bias, on frames that it was subtracted from (DMTN-101 section 4). Values in electrons."""

from __future__ import annotations

from ..bound import Bound
from ..measures import Measures, of_amplifiers
from ..results import Results
from ..test import Test
from .without_light import (
    SAYS_CONSISTENT,
    SOURCE_CONSISTENT,
    SOURCE_PROCESSING,
    cr_noise,
    good,
    mean,
    read_noise_consistent,
)


def _noise(results: Results) -> Measures:
    nominal = results.column("BIAS_READ_NOISE")
    return of_amplifiers(results, (results.column("BIAS_NOISE") - nominal) / nominal)


TESTS = (
    Test(
        product="bias",
        name="MEAN",
        says="|mean| in units of the clipped standard deviation",
        source="DMTN-101 4.2",
        bound=Bound(at_most=1.0),
        columns=("BIAS_MEAN", "BIAS_NOISE"),
        measure=mean("BIAS"),
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
        measure=cr_noise("BIAS"),
    ),
    Test(
        product="bias",
        name="PROCESSING",
        says="share of the pixels that count",
        source=SOURCE_PROCESSING,
        bound=Bound(at_least=0.5),
        columns=("BIAS_GOOD",),
        measure=good("BIAS"),
    ),
    Test(
        product="bias",
        name="READ_NOISE_CONSISTENT",
        says=SAYS_CONSISTENT,
        source=SOURCE_CONSISTENT,
        bound=Bound(at_most=0.05),
        columns=("BIAS_READ_NOISE_ADU", "BIAS_GAIN", "BIAS_READ_NOISE"),
        measure=read_noise_consistent("BIAS"),
    ),
)
