"""Compiled kernels that combine a stack of frames pixel by pixel.

Pixels are worked on in blocks laid out as ``[frame][pixel]``, small enough for the cache.  Every step is a loop
over the neighbouring pixels of a block, which the compiler turns into SIMD code; sorting is a network of row
minima and maxima, so it is one too.  Values are float32, sums are float64.

Not an interface: `processing.combine` checks the arguments and calls these.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

_BLOCK = 944
"""Pixels per block: long enough for the memory, short enough for the cache; 59 cache lines spread a column over it."""

Pixels = NDArray[np.generic]
Flags = NDArray[np.bool_]
Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Ints = NDArray[np.int32]
Range = tuple[int, int]

_INFINITE = np.float32(np.inf)

_compiled = njit(cache=True, nogil=True, error_model="numpy")


@_compiled
def _load(stack: Pixels, mask: Flags, scale: Doubles, first: int, block: Floats, width: int) -> None:
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
def _about_median(block: Floats, count: Ints, sigma: float, floor: float, centre: Doubles, reach: Doubles) -> None:
    """The interval of the first pass: the median, and ``sigma`` times the spread that the quartiles tell."""
    lower, upper = np.empty(count.size), np.empty(count.size)
    _quartile(block, 1, count, lower)
    _quartile(block, 2, count, centre)
    _quartile(block, 3, count, upper)
    for p in range(count.size):
        reach[p] = sigma * max(0.741 * (upper[p] - lower[p]), floor)


@_compiled
def _rows_kept_whole(block: Floats, centre: Doubles, reach: Doubles) -> Range:
    """The rows ``begin:end`` of a sorted block in which every pixel is within ``reach`` of ``centre``."""
    begin, end = 0, block.shape[0]
    while begin < end and _beyond(block[begin], centre, reach):
        begin += 1
    while end > begin and _beyond(block[end - 1], centre, reach):
        end -= 1
    return begin, end


@_compiled
def _beyond(row: Floats, centre: Doubles, reach: Doubles) -> int:
    """How many pixels of a row are not within ``reach`` of ``centre``."""
    beyond = 0
    for p in range(centre.size):
        beyond += 0 if abs(row[p] - centre[p]) <= reach[p] else 1
    return beyond


@_compiled
def _moments(
    block: Floats, centre: Doubles, reach: Doubles, whole: Range, count: Doubles, mean: Doubles, squares: Doubles
) -> None:
    """Count, mean and summed squared deviations of the values within ``reach`` of ``centre``.

    All values of the rows ``whole[0]:whole[1]`` are known to be so: most rows are, and then cost half.
    """
    width = count.size
    count[:], mean[:], squares[:] = whole[1] - whole[0], 0.0, 0.0
    for j in range(block.shape[0]):
        row = block[j]
        if whole[0] <= j < whole[1]:
            for p in range(width):
                mean[p] += row[p]
        else:
            for p in range(width):
                kept = abs(row[p] - centre[p]) <= reach[p]
                count[p] += 1.0 if kept else 0.0
                mean[p] += np.float64(row[p]) if kept else 0.0
    for p in range(width):
        mean[p] /= count[p]
    for j in range(block.shape[0]):
        row = block[j]
        if whole[0] <= j < whole[1]:
            for p in range(width):
                deviation = row[p] - mean[p]
                squares[p] += deviation * deviation
        else:
            for p in range(width):
                deviation = row[p] - mean[p]
                squares[p] += deviation * deviation if abs(row[p] - centre[p]) <= reach[p] else 0.0


@_compiled
def _count_clippable(
    block: Floats, centre: Doubles, reach: Doubles, whole: Range, mean: Doubles, limit: Doubles, clippable: Doubles
) -> None:
    """Values within ``reach`` of ``centre`` but beyond ``limit`` of the mean."""
    clippable[:] = 0.0
    for j in range(block.shape[0]):
        row = block[j]
        if whole[0] <= j < whole[1]:
            for p in range(mean.size):
                clippable[p] += 1.0 if abs(row[p] - mean[p]) > limit[p] else 0.0
        else:
            for p in range(mean.size):
                kept = abs(row[p] - centre[p]) <= reach[p]
                clippable[p] += 1.0 if kept and abs(row[p] - mean[p]) > limit[p] else 0.0


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
def _clip_about_mean(
    block: Floats,
    centre: Doubles,
    reach: Doubles,
    whole: Range,
    sigma: float,
    passes: int,
    count: Doubles,
    mean: Doubles,
    squares: Doubles,
) -> None:
    """Passes about the mean.  Few pixels lose a value in them: only those are visited one by one."""
    column, limit, clippable = np.empty(block.shape[0]), np.empty(count.size), np.empty(count.size)
    for p in range(count.size):
        limit[p] = sigma * np.sqrt(squares[p] / count[p])
    _count_clippable(block, centre, reach, whole, mean, limit, clippable)
    for p in range(count.size):
        if clippable[p]:
            n = 0
            for j in range(block.shape[0]):
                if abs(block[j, p] - centre[p]) <= reach[p]:
                    column[n] = block[j, p]
                    n += 1
            count[p], mean[p], squares[p] = _clip(column[:n], sigma, passes, mean[p], squares[p])


@_compiled
def _store(
    count: Doubles, mean: Doubles, squares: Doubles, first: int, out_mean: Floats, out_variance: Floats, out_count: Ints
) -> None:
    """Round to the outputs; one value tells no variance."""
    for p in range(count.size):
        n = count[p]
        out_mean[first + p] = mean[p]
        out_variance[first + p] = squares[p] / (n * (n - 1.0)) if n > 1 else np.nan
        out_count[first + p] = n


@_compiled
def meanclip(
    stack: Pixels,
    mask: Flags,
    scale: Doubles,
    network: NDArray[np.intp],
    sigma: float,
    passes: int,
    floor: float,
    first: int,
    last: int,
    out_mean: Floats,
    out_variance: Floats,
    out_count: Ints,
) -> None:
    """MEANCLIP of pixels ``first:last`` of ``stack[frame, pixel]`` into the outputs."""
    block = np.empty((stack.shape[0], _BLOCK), np.float32)
    for start in range(first, last, _BLOCK):
        width = min(_BLOCK, last - start)
        valid = np.empty(width, np.int32)
        centre, reach, count = np.empty(width), np.empty(width), np.empty(width)
        mean, squares = np.empty(width), np.empty(width)
        _load(stack, mask, scale, start, block, width)
        _count_usable(block, valid)
        _sort(block, network, width)
        _about_median(block, valid, sigma, floor, centre, reach)
        begin, end = _rows_kept_whole(block, centre, reach)
        _moments(block, centre, reach, (begin, end), count, mean, squares)
        inner = (begin + 1, end - 1)  # in a sorted pixel only the outermost values can be clipped first
        _clip_about_mean(block, centre, reach, inner, sigma, passes - 1, count, mean, squares)
        _store(count, mean, squares, start, out_mean, out_variance, out_count)


@_compiled
def clip_once(
    stack: Pixels,
    mask: Flags,
    scale: Doubles,
    sigma: float,
    first: int,
    last: int,
    out_mean: Floats,
    out_variance: Floats,
    out_count: Ints,
) -> None:
    """One pass about mean and population standard deviation of pixels ``first:last`` into the outputs."""
    block = np.empty((stack.shape[0], _BLOCK), np.float32)
    for start in range(first, last, _BLOCK):
        width = min(_BLOCK, last - start)
        centre, reach = np.zeros(width), np.full(width, np.finfo(np.float32).max)
        count, mean, squares = np.empty(width), np.empty(width), np.empty(width)
        _load(stack, mask, scale, start, block, width)
        whole = (0, stack.shape[0])
        _moments(block, centre, reach, whole, count, mean, squares)
        if not np.isfinite(mean.sum()):  # rare: some value is masked or not finite, so do not take all of them
            whole = (0, 0)
            _moments(block, centre, reach, whole, count, mean, squares)
        _clip_about_mean(block, centre, reach, whole, sigma, 1, count, mean, squares)
        _store(count, mean, squares, start, out_mean, out_variance, out_count)
