"""The clips of `processing.combine` in plain numpy, one pixel at a time: slow, and easy to check by eye."""

import numpy as np
from numpy.typing import NDArray

Columns = NDArray[np.float64]


def usable(stack, mask=None, scale=None) -> Columns:
    """The float32 values that count, as float64; NaN for the others."""
    values = np.asarray(stack, dtype=np.float64)
    if scale is not None:
        factors = np.asarray(scale, dtype=np.float64).reshape(-1, *[1] * (values.ndim - 1))
        values = (values * factors).astype(np.float32).astype(np.float64)
    bad = ~np.isfinite(values) if mask is None else mask | ~np.isfinite(values)
    return np.where(bad, np.nan, values)


def meanclip(stack, mask=None, *, sigma=3.0, max_passes=3, floor=1.0, scale=None):
    """Mean, variance of the mean and count of each pixel."""
    values = usable(stack, mask, scale)
    return _each_pixel(values, lambda column: _meanclip(np.sort(column), sigma, max_passes, floor), _in_two_sweeps)


def clip_once(stack, mask=None, *, sigma=3.0, scale=None):
    """Mean, variance of the mean and count of each pixel."""
    values = usable(stack, mask, scale)
    return _each_pixel(values, lambda column: _clip_about_mean(column, sigma, _in_one_sweep), _in_one_sweep)


def _each_pixel(values, clip, moments):
    columns = values.reshape(len(values), -1).T
    results = np.array([_summary(clip(column[~np.isnan(column)]), moments) for column in columns])
    mean, variance, count = results.T.reshape(3, *values.shape[1:])
    return mean.astype(np.float32), variance.astype(np.float32), count.astype(np.int32)


def _meanclip(column, sigma, max_passes, floor):
    if not column.size:
        return column
    lower, median, upper = np.percentile(column, [25, 50, 75])
    column = column[np.abs(column - median) <= sigma * max(0.741 * (upper - lower), floor)]
    for _ in range(max_passes - 1):
        column = _clip_about_mean(column, sigma, _in_two_sweeps)
    return column


def _clip_about_mean(column, sigma, moments):
    if not column.size:
        return column
    mean, squares = moments(column)
    return column[np.abs(column - mean) <= sigma * np.sqrt(squares / column.size)]


def _summary(column, moments):
    n = column.size
    if n == 0:
        return np.nan, np.nan, 0
    mean, squares = moments(column)
    return mean, squares / (n * (n - 1)) if n > 1 else np.nan, n


def _in_two_sweeps(column):
    """Mean, and summed squared deviations from it."""
    mean = _sum(column) / column.size
    return mean, _sum((column - mean) ** 2)


def _in_one_sweep(column):
    """The same, by sums of the deviations from the first value."""
    deviations = column - column[0]
    total = _sum(deviations)
    return column[0] + total / column.size, _sum(deviations**2) - total * total / column.size


def _sum(column):
    """In order, as one adds by hand: where a value lies on the threshold the last bit of a sum decides."""
    return np.cumsum(column)[-1]
