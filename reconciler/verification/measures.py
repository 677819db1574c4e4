"""What a test measured: one value for each thing that it judges."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .results import Results

Numbers = NDArray[np.float64]


@dataclass(frozen=True, eq=False, slots=True)
class Measures:
    """Values, and of what; NaN is not tested: not measured, or measured with another calibration.

    Attributes
    ----------
    detector
        -1 where an exposure is judged as a whole.
    amplifier
        Empty where a detector is judged as a whole.
    exposure
        0 where the calibration itself is judged.
    """

    detector: NDArray[np.int64]
    amplifier: NDArray[np.str_]
    exposure: NDArray[np.int64]
    value: Numbers


def of_amplifiers(results: Results, value: Numbers) -> Measures:
    """Return one value for each row."""
    return Measures(results.detector, results.amplifier, results.exposure, np.where(results.tested, value, np.nan))


def scatter_of_amplifiers(results: Results, value: Numbers) -> Measures:
    """Return std / mean over the amplifiers of each detector in each exposure (ddof 0)."""
    keys = np.stack([results.exposure, results.detector])
    (exposure, detector), scatter = _scatter(keys, _tested(results, value))
    return Measures(detector, np.full(len(detector), "", dtype=np.str_), exposure, scatter)


def scatter_of_detectors(results: Results, value: Numbers) -> Measures:
    """Return std / mean over the detectors' means in each exposure (ddof 0)."""
    keys = np.stack([results.exposure, results.detector])
    (exposure, _), means, _ = _moments(keys, _tested(results, value))
    (exposures,), scatter = _scatter(exposure[np.newaxis], means)
    count = len(exposures)
    return Measures(np.full(count, -1, dtype=np.int64), np.full(count, "", dtype=np.str_), exposures, scatter)


def _tested(results: Results, value: Numbers) -> Numbers:
    return np.where(results.tested, value, np.nan)


def _scatter(keys: NDArray[np.int64], value: Numbers) -> tuple[NDArray[np.int64], Numbers]:
    groups, mean, std = _moments(keys, value)
    with np.errstate(divide="ignore", invalid="ignore"):
        return groups, std / mean


def _moments(keys: NDArray[np.int64], value: Numbers) -> tuple[NDArray[np.int64], Numbers, Numbers]:
    """Return the groups of equal keys (columns), with mean and standard deviation; NaN if any member is NaN."""
    groups, member = np.unique(keys, axis=1, return_inverse=True)
    member = member.reshape(-1)
    size = np.bincount(member, minlength=groups.shape[1])
    mean = np.bincount(member, weights=value, minlength=groups.shape[1]) / size
    variance = np.bincount(member, weights=(value - mean[member]) ** 2, minlength=groups.shape[1]) / size
    return groups, mean, np.sqrt(variance)
