"""Tests of a flat, on frames that it has divided (DMTN-101 section 10, which is not written; as cp_verify has it)."""

from __future__ import annotations

from ..bound import Bound
from ..measures import Measures, of_amplifiers, scatter_of_amplifiers, scatter_of_detectors
from ..results import Results
from ..test import Test


def _noise(results: Results) -> Measures:
    return of_amplifiers(results, results.column("FLAT_NOISE") / results.column("FLAT_EXPECTED_NOISE"))


def _saturation(results: Results) -> Measures:
    return of_amplifiers(results, results.column("FLAT_SATURATED"))


def _scatter(results: Results) -> Measures:
    return scatter_of_amplifiers(results, results.column("FLAT_MEAN"))


def _exposure_scatter(results: Results) -> Measures:
    return scatter_of_detectors(results, results.column("FLAT_MEAN"))


TESTS = (
    Test(
        product="flat",
        name="NOISE",
        says="clipped standard deviation in units of what photons, readout and the flat's own error explain",
        source=(
            "cp_verify asks for no more than the root of the mean, which read noise alone exceeds, and which holds "
            "only where the flat is 1; the tolerance is ours"
        ),
        bound=Bound(at_most=1.02),
        columns=("FLAT_NOISE", "FLAT_EXPECTED_NOISE"),
        measure=_noise,
    ),
    Test(
        product="flat",
        name="SATURATION",
        says="share of saturated pixels",
        source="not in cp_verify, whose means of saturated flats are as even as can be; twice the defects of a sensor",
        bound=Bound(at_most=0.01),
        columns=("FLAT_SATURATED",),
        measure=_saturation,
    ),
    Test(
        product="flat",
        name="SCATTER",
        says="standard deviation over mean of the amplifiers' means, by detector",
        source="cp_verify, there of the detector (DET)",
        bound=Bound(at_most=0.05),
        columns=("FLAT_MEAN",),
        measure=_scatter,
    ),
    Test(
        product="flat",
        name="EXPOSURE_SCATTER",
        says="standard deviation over mean of the detectors' means, by exposure",
        source="cp_verify's SCATTER of the exposure, which is not divided by the mean there: 0.05 electrons",
        bound=Bound(at_most=0.05),
        columns=("FLAT_MEAN",),
        measure=_exposure_scatter,
    ),
)
