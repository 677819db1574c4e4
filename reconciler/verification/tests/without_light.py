"""What the tests of bias and dark measure alike, on frames without light (DMTN-101 sections 4 and 5). In electrons."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..measures import Measures, of_amplifiers
from ..results import Results

Measure = Callable[[Results], Measures]


def mean(stage: str) -> Measure:
    """Return the measure of MEAN."""

    def measured(results: Results) -> Measures:
        return of_amplifiers(results, np.abs(results.column(f"{stage}_MEAN")) / results.column(f"{stage}_NOISE"))

    return measured


def cr_noise(stage: str) -> Measure:
    """Return the measure of CR_NOISE."""

    def measured(results: Results) -> Measures:
        cleaned = results.column(f"{stage}_CR_NOISE")
        return of_amplifiers(results, np.abs(results.column(f"{stage}_NOISE") - cleaned) / cleaned)

    return measured


def read_noise_consistent(stage: str) -> Measure:
    """Return the measure of READ_NOISE_CONSISTENT."""

    def measured(results: Results) -> Measures:
        nominal = results.column(f"{stage}_READ_NOISE")
        overscan = results.column(f"{stage}_READ_NOISE_ADU") * results.column(f"{stage}_GAIN")
        return of_amplifiers(results, (overscan - nominal) / nominal)

    return measured


def good(stage: str) -> Measure:
    """Return the measure of PROCESSING."""

    def measured(results: Results) -> Measures:
        return of_amplifiers(results, results.column(f"{stage}_GOOD"))

    return measured


SOURCE_PROCESSING = "cp_verify: that signature removal was not told to fail; here that it has left something to judge"
SAYS_CONSISTENT = "excess of the overscan's noise over the read noise of the photon transfer curve, relative"
SOURCE_CONSISTENT = (
    "cp_verify computes it after its own verdict, so that it never counts there; here it does, and an overscan that "
    "says nothing is not tested"
)
