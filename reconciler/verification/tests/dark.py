"""Tests of a dark, on frames that bias and dark were subtracted from (DMTN-101 section 5). Values in electrons."""

from __future__ import annotations

import numpy as np

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
    charge = np.maximum(results.column("DARK_CHARGE"), 0)
    expected = np.sqrt(results.column("DARK_READ_NOISE") ** 2 + charge)
    return of_amplifiers(results, (results.column("DARK_NOISE") - expected) / expected)


TESTS = (
    Test(
        product="dark",
        name="MEAN",
        says="|mean| in units of the clipped standard deviation",
        source="DMTN-101 5.2",
        bound=Bound(at_most=1.0),
        columns=("DARK_MEAN", "DARK_NOISE"),
        measure=mean("DARK"),
    ),
    Test(
        product="dark",
        name="NOISE",
        says="excess of the clipped standard deviation over read noise and shot noise of the dark current, relative",
        source=(
            "DMTN-101 5.3; one-sided, as in cp_verify, which leaves out the shot noise: 6 electrons of dark current "
            "alone would fail there"
        ),
        bound=Bound(at_most=0.05),
        columns=("DARK_NOISE", "DARK_READ_NOISE", "DARK_CHARGE"),
        measure=_noise,
    ),
    Test(
        product="dark",
        name="CR_NOISE",
        says="difference of the noise before and after cosmic rays were rejected, relative",
        source="DMTN-101 5.4",
        bound=Bound(at_most=0.05),
        columns=("DARK_NOISE", "DARK_CR_NOISE"),
        measure=cr_noise("DARK"),
    ),
    Test(
        product="dark",
        name="PROCESSING",
        says="share of the pixels that count",
        source=SOURCE_PROCESSING,
        bound=Bound(at_least=0.5),
        columns=("DARK_GOOD",),
        measure=good("DARK"),
    ),
    Test(
        product="dark",
        name="READ_NOISE_CONSISTENT",
        says=SAYS_CONSISTENT,
        source=SOURCE_CONSISTENT,
        bound=Bound(at_most=0.05),
        columns=("DARK_READ_NOISE_ADU", "DARK_GAIN", "DARK_READ_NOISE"),
        measure=read_noise_consistent("DARK"),
    ),
)
