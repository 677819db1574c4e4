"""What is measured of gains: from pairs of flats in ADU, beside the gains that signature removal has used."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from processing.camera import Detector
from processing.frame import Frame, bit
from processing.provenance import A00
from processing.statistics import MAX_SATURATED
from processing.verify.flat_pairs import UNKNOWN, PairGain, pair_gain
from processing.verify.part import Part, Row, parts

TOLERANCE_PERCENT = 5.0
"""Of gain and noise, as cp_verify has it."""

Like = TypeVar("Like", bound=Hashable)


def pairs(flats: Iterable[tuple[int, Like]]) -> list[tuple[int, int]]:
    """Pair exposures of the same filter and time, or whatever stands beside their numbers, in order of exposure.

    An odd one at the end is left out.
    """
    alike: dict[Like, list[int]] = {}
    for exposure, kind in sorted(flats, key=lambda flat: flat[0]):
        alike.setdefault(kind, []).append(exposure)
    return sorted(pair for of in alike.values() for pair in zip(of[0::2], of[1::2], strict=False))


def measure_gain(pair: tuple[Frame, Frame], detector: Detector) -> dict[str, Row]:
    """Rows by amplifier of two corrected flats in ADU, whose headers name gains, noises and a00."""
    first, second = (parts(frame, detector) for frame in pair)
    header = pair[0].header
    return {
        one.name: _row(one, other, float(header.get(f"{A00} {one.name}", np.nan)))
        for one, other in zip(first, second, strict=True)
    }


def _row(one: Part, other: Part, a00: float) -> Row:
    pair = [_good(part) for part in (one, other)]
    found = UNKNOWN
    if max(_saturated(part) for part in (one, other)) <= MAX_SATURATED:
        found = pair_gain(pair, read_noise_adu=one.read_noise_e / one.gain, a00=a00)
    noise = one.overscan_noise_adu * one.gain
    row: Row = {
        "MEAN_FLUX_FLAT_PAIR": found.mean_adu,
        "GAIN_FROM_FLAT_PAIR": found.apparent,
        "GAIN_ERROR": found.error,
        "GAIN_CORRECTION_FACTOR": found.factor,
        "AMP_GAIN": one.gain,
        "ISR_NOISE": noise,
        "AMP_NOISE": one.read_noise_e,
    }
    return row | _said_by_cp_verify(found, noise, one)


def _good(part: Part) -> NDArray[np.float32]:
    """In ADU, NaN where nothing counts."""
    return np.where(part.good, part.image, np.float32(np.nan))


def _saturated(part: Part) -> float:
    """The share of saturated pixels among those that are no defects: what is left below them is no Gaussian."""
    no_defect = (part.mask & bit("BAD")) == 0
    saturated = no_defect & ((part.mask & bit("SAT")) != 0)
    return float(saturated.sum() / no_defect.sum()) if no_defect.any() else 0.0


def _said_by_cp_verify(found: PairGain, noise: float, part: Part) -> Row:
    return {
        "VERIFY_GAIN_FROM_FLAT_PAIR": _percent(found.gain, part.gain) < TOLERANCE_PERCENT,
        "VERIFY_ISR_NOISE": _percent(noise, part.read_noise_e) < TOLERANCE_PERCENT,
    }


def _percent(value: float, nominal: float) -> float:
    return abs(value - nominal) / nominal * 100 if nominal else np.nan
