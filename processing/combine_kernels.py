"""Compiled kernels that combine a stack of frames pixel by pixel.

Pixels are worked on in blocks laid out as ``[frame][pixel]``, small enough for the cache.  Every step is a loop
over the neighbouring pixels of a block, which the compiler turns into SIMD code; sorting is a network of row
minima and maxima, so it is one too.  Values are float32, sums are float64.

Not an interface: `processing.combine` checks the arguments and calls these.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

BLOCK = 944
"""Pixels per block: long enough for the memory, short enough for the cache; 59 cache lines spread a column over it."""

Pixels = NDArray[np.generic]
Flags = NDArray[np.bool_]
Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Ints = NDArray[np.int32]
Rows = tuple[int, int]
"""Rows ``begin:end`` of a block."""
Interval = tuple[Doubles, Doubles]
"""Centre and reach of each pixel: a value counts if it is within ``reach`` of ``centre``."""
Moments = tuple[Doubles, Doubles, Doubles]
"""Count, mean and summed squared deviations of the values of each pixel that count."""
Clip = tuple[NDArray[np.intp], float, int, float]
"""Sorting network, sigma, passes and floor."""
Outputs = tuple[Floats, Floats, Ints]
"""Mean, variance of the mean and count of all pixels."""

_INFINITE = np.float32(np.inf)

_compiled = njit(cache=True, nogil=True, error_model="numpy")


@_compiled
def load(stack: Pixels, mask: Flags, scale: Doubles, first: int, block: Floats, width: int) -> None:
    """Copy ``width`` pixels from ``first`` into the block, scaled, with +inf for whatever must not count."""
    for j in range(stack.shape[0]):
        source, row = stack[j, first : first + width], block[j]
        for p in range(width):
            value = np.float32(np.float64(source[p]) * scale[j]) if scale.size else np.float32(source[p])
            row[p] = value if abs(value) < _INFINITE else _INFINITE
        if mask.size:
            bad = mask[j, first : first + width]
            for p in range(width):
                row[p] = _INFINITE if bad[p] else row[p]


@_compiled
def _count_usable(block: Floats, count: Ints) -> None:
    """How many values of each pixel count."""
    count[:] = 0
    for j in range(block.shape[0]):
        row = block[j]
        for p in range(count.size):
            count[p] += np.int32(1) if row[p] < _INFINITE else np.int32(0)


@_compiled
def _sort(block: Floats, network: NDArray[np.intp], width: int) -> None:
    """Sort every pixel of the block upwards along the frames."""
    keys = block.view(np.int32)
    _mirror_negatives(keys, width)
    for c in range(network.shape[0]):
        low, high = keys[network[c, 0]], keys[network[c, 1]]
        for p in range(width):
            a, b = low[p], high[p]
            low[p], high[p] = min(a, b), max(a, b)
    _mirror_negatives(keys, width)


@_compiled
def _mirror_negatives(keys: Ints, width: int) -> None:
    """Turn bits of float32 into integers of the same order, or back: integer minima are single instructions."""
    for j in range(keys.shape[0]):
        row = keys[j]
        for p in range(width):
            row[p] ^= (row[p] >> np.int32(31)) & np.int32(0x7FFFFFFF)


@_compiled
def _quartile(block: Floats, quarter: int, count: Ints, out: Doubles) -> None:
    """Quantile ``quarter``/4 of the first ``count`` sorted values of each pixel, linearly interpolated."""
    if count.min() == count.max():
        below, above, weight = _position(quarter, count[0])
        low, high = block[below], block[above]
        for p in range(count.size):
            out[p] = low[p] + (np.float64(high[p]) - low[p]) * weight
        return
    for p in range(count.size):
        below, above, weight = _position(quarter, count[p])
        out[p] = block[below, p] + (np.float64(block[above, p]) - block[below, p]) * weight


@_compiled
def _position(quarter: int, n: int) -> tuple[int, int, float]:
    """The two indices that a quantile of ``n`` sorted values lies between, and the weight of the second."""
    last = max(n - 1, 0)
    below = quarter * last // 4
    return below, min(below + 1, last), quarter * last % 4 * 0.25


@_compiled
def _about_median(block: Floats, count: Ints, sigma: float, floor: float, interval: Interval) -> None:
    """The interval of the first pass: the median, and ``sigma`` times the spread that the quartiles tell."""
    centre, reach = interval
    lower, upper = np.empty(count.size), np.empty(count.size)
    _quartile(block, 1, count, lower)
    _quartile(block, 2, count, centre)
    _quartile(block, 3, count, upper)
    for p in range(count.size):
        reach[p] = sigma * max(0.741 * (upper[p] - lower[p]), floor)


@_compiled
def _rows_kept_whole(block: Floats, interval: Interval) -> Rows:
    """The rows of a sorted block in which the value of every pixel counts."""
    begin, end = 0, block.shape[0]
    while begin < end and _beyond(block[begin], interval):
        begin += 1
    while end > begin and _beyond(block[end - 1], interval):
        end -= 1
    return begin, end


@_compiled
def _beyond(row: Floats, interval: Interval) -> int:
    """How many values of a row do not count."""
    centre, reach = interval
    beyond = 0
    for p in range(centre.size):
        beyond += 0 if abs(row[p] - centre[p]) <= reach[p] else 1
    return beyond


@_compiled
def _measure(block: Floats, interval: Interval, whole: Rows, moments: Moments) -> None:
    """Moments of the values that count; in the rows ``whole`` all are known to.

    Most rows are whole: they need no look, and go by fours.  Values are added in the order of rows, so that the sums
    are those of plain code.
    """
    count, mean, squares = moments
    n, width, begin = block.shape[0], count.size, whole[0]
    end = whole[1] - (whole[1] - begin) % 4
    count[:], mean[:], squares[:] = end - begin, 0.0, 0.0
    for j in range(begin):
        _add(block[j], interval, count, mean)
    for j in range(begin, end, 4):
        a, b, c, d = block[j], block[j + 1], block[j + 2], block[j + 3]
        for p in range(width):
            mean[p] = mean[p] + a[p] + b[p] + c[p] + d[p]
    for j in range(end, n):
        _add(block[j], interval, count, mean)
    for p in range(width):
        mean[p] /= count[p]
    for j in range(begin):
        _add_squares(block[j], interval, mean, squares)
    for j in range(begin, end, 4):
        a, b, c, d = block[j], block[j + 1], block[j + 2], block[j + 3]
        for p in range(width):
            m = mean[p]
            u, v, w, x = a[p] - m, b[p] - m, c[p] - m, d[p] - m
            squares[p] = squares[p] + u * u + v * v + w * w + x * x
    for j in range(end, n):
        _add_squares(block[j], interval, mean, squares)


@_compiled
def _add(row: Floats, interval: Interval, count: Doubles, total: Doubles) -> None:
    centre, reach = interval
    for p in range(count.size):
        counts = abs(row[p] - centre[p]) <= reach[p]
        count[p] += 1.0 if counts else 0.0
        total[p] += np.float64(row[p]) if counts else 0.0


@_compiled
def _add_squares(row: Floats, interval: Interval, mean: Doubles, squares: Doubles) -> None:
    centre, reach = interval
    for p in range(mean.size):
        deviation = row[p] - mean[p]
        squares[p] += deviation * deviation if abs(row[p] - centre[p]) <= reach[p] else 0.0


@_compiled
def _clip_about_mean(
    block: Floats, interval: Interval, skip: Rows, sigma: float, passes: int, moments: Moments
) -> None:
    """Passes about the mean in the few pixels that may lose a value by them; the rows ``skip`` need no look."""
    count, mean, squares = moments
    column, suspects = np.empty(block.shape[0]), np.zeros(count.size, np.int32)
    # Rounded to float32, a bound is itself suspect: so no value beyond a limit is missed, and `_clip` decides.
    bounds = np.empty((4, count.size), np.float32)
    for p in range(count.size):
        limit = sigma * np.sqrt(squares[p] / count[p])
        bounds[0, p], bounds[1, p] = interval[0][p] - interval[1][p], mean[p] - limit
        bounds[2, p], bounds[3, p] = mean[p] + limit, interval[0][p] + interval[1][p]
    for j in range(block.shape[0]):
        if not skip[0] <= j < skip[1]:
            _count_suspects(block[j], bounds[0], bounds[1], bounds[2], bounds[3], suspects)
    for p in range(count.size):
        if suspects[p]:
            n = _gather(block, interval, p, column)
            count[p], mean[p], squares[p] = _clip(column[:n], sigma, passes, mean[p], squares[p])


@_compiled
def _count_suspects(row: Floats, lowest: Floats, low: Floats, high: Floats, highest: Floats, suspects: Ints) -> None:
    """Count the values from ``lowest`` to ``low`` and from ``high`` to ``highest``."""
    for p in range(suspects.size):
        value = row[p]
        suspect = ((lowest[p] <= value) & (value <= low[p])) | ((high[p] <= value) & (value <= highest[p]))
        suspects[p] += np.int32(1) if suspect else np.int32(0)


@_compiled
def _gather(block: Floats, interval: Interval, p: int, column: Doubles) -> int:
    """Copy the values of one pixel that count into ``column``; how many there are."""
    centre, reach = interval
    n = 0
    for j in range(block.shape[0]):
        if abs(block[j, p] - centre[p]) <= reach[p]:
            column[n] = block[j, p]
            n += 1
    return n


@_compiled
def _clip(column: Doubles, sigma: float, passes: int, mean: float, squares: float) -> tuple[int, float, float]:
    """Passes about the mean over the values of one pixel, ``column``, until nothing changes; it is used up."""
    for _ in range(passes):
        limit = sigma * np.sqrt(squares / column.size)
        n, mean_before = 0, mean
        mean, squares = 0.0, 0.0
        for value in column:
            if abs(value - mean_before) <= limit:
                column[n] = value
                mean += value
                n += 1
        unchanged = n == column.size
        column = column[:n]
        mean /= n
        for value in column:
            squares += (value - mean) ** 2
        if unchanged:
            break
    return column.size, mean, squares


@_compiled
def _store(moments: Moments, first: int, out: Outputs) -> None:
    """Round to the outputs; the variance of fewer than two values is 0/0, so NaN."""
    count, mean, squares = moments
    last = first + count.size
    means, variances, counts = out[0][first:last], out[1][first:last], out[2][first:last]
    means[:] = mean
    for p in range(count.size):
        variances[p] = squares[p] / (count[p] * (count[p] - 1.0))
    counts[:] = count.astype(np.int32)


@_compiled
def meanclip(stack: Pixels, mask: Flags, scale: Doubles, clip: Clip, first: int, last: int, out: Outputs) -> None:
    """MEANCLIP of pixels ``first:last`` of ``stack[frame, pixel]``."""
    network, sigma, passes, floor = clip
    block = np.empty((stack.shape[0], BLOCK), np.float32)
    for start in range(first, last, BLOCK):
        width = min(BLOCK, last - start)
        usable = np.empty(width, np.int32)
        interval = np.empty(width), np.empty(width)
        moments = np.empty(width), np.empty(width), np.empty(width)
        load(stack, mask, scale, start, block, width)
        _count_usable(block, usable)
        _sort(block, network, width)
        _about_median(block, usable, sigma, floor, interval)
        begin, end = _rows_kept_whole(block, interval)
        _measure(block, interval, (begin, end), moments)
        inner = begin + 1, end - 1  # in a sorted pixel the outermost values are the first to be clipped
        _clip_about_mean(block, interval, inner, sigma, passes - 1, moments)
        _store(moments, start, out)
