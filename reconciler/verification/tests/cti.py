"""Tests of charge transfer, on flats: the CTI that their overscans show beyond what is corrected."""

from __future__ import annotations

import numpy as np

from ..bound import Bound
from ..measures import Measures, of_amplifiers
from ..results import Results
from ..test import Test


def _serial(results: Results) -> Measures:
    return of_amplifiers(results, np.abs(results.column("CTI_SERIAL")))


def _parallel(results: Results) -> Measures:
    return of_amplifiers(results, np.abs(results.column("CTI_PARALLEL")))


_SOURCE = "not in cp_verify; the camera's limit without any correction"

TESTS = (
    Test(
        product="cti",
        name="SERIAL_RESIDUAL",
        says="|CTI| along rows by extended pixel edge response, after correction",
        source=_SOURCE,
        bound=Bound(at_most=5e-6),
        columns=("CTI_SERIAL",),
        measure=_serial,
    ),
    Test(
        product="cti",
        name="PARALLEL_RESIDUAL",
        says="|CTI| along columns by extended pixel edge response, after correction",
        source=_SOURCE,
        bound=Bound(at_most=3e-6),
        columns=("CTI_PARALLEL",),
        measure=_parallel,
    ),
)
