"""The gain test on real flats, from which the camera has subtracted a dark already, adding a pedestal of 100 ADU."""

from __future__ import annotations

import bz2
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

from processing.camera_files import find
from processing.frame import Frame
from processing.isr import remove_signature
from processing.verify.gain import measure_gain
from processing.verify.table import Place, columns, rows
from reconciler.verification.measures import Measures
from reconciler.verification.results import results
from reconciler.verification.tests import of
from tests.processing.build import real_frames

CAMERA = find("SBIG-STL-1001E")
DETECTOR = CAMERA.detector(0)
(TEST,) = [test for test in of("gain") if test.name == "GAIN_FROM_FLAT_PAIR"]


def read(*names: str) -> list[Any]:
    return [fits.getdata(io.BytesIO(bz2.decompress(path.read_bytes()))) for path in map(Path, real_frames(*names))]


@pytest.fixture(scope="module")
def flats() -> list[Any]:
    return read(*(f"flat-expos23s-Neg5-Vis.0000000{n}.FIT" for n in range(2)))


def measured(flats: list[Any], **treatment: Any) -> Measures:
    """The gain of a pair that was corrected so, against the camera's nominal one, 2.06."""
    done = [remove_signature(flat, DETECTOR, CAMERA.segment, **treatment) for flat in flats]
    first, second = (Frame(each.image, each.variance, each.mask, each.unit, each.cards) for each in done)
    found = measure_gain((first, second), DETECTOR)
    assert found["A"]["AMP_GAIN"] == 2.06
    return TEST.measure(results(columns(rows("GAIN", Place(CAMERA.name, 1, 0, 0.0), found)), "gain"))


def test_flats_without_their_pedestal_pass(flats: list[Any]) -> None:
    (difference,) = measured(flats, pedestal_adu=CAMERA.flats.pedestal_adu).value
    assert difference == pytest.approx(2.06 / 2.027 - 1, abs=0.006)
    assert TEST.bound.excess(np.array([difference])) < 0


def test_flats_that_are_taken_for_raw_fail(flats: list[Any]) -> None:
    biases = np.mean(read(*(f"biases-Neg5-Vis.0000000{n}.BIAS.FIT" for n in range(2))), axis=0).astype(np.float32)
    bias = Frame(biases, np.zeros_like(biases), np.zeros(biases.shape, np.int16), "adu", {})
    (difference,) = measured(flats, bias=bias).value
    assert difference == pytest.approx(1 - 1.94 / 2.06, abs=0.01)
    assert TEST.bound.excess(np.array([difference])) > 0
