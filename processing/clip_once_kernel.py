"""Compiled kernel of the clip in one pass about the mean.

Nearly every pixel keeps all its values.  One sweep over the frames, in SIMD code and where they lie, collects what
tells so: sums of the deviations from the first frame and of their squares, and the extremes.  Only the suspects, the
few pixels with an extreme that may lie beyond the limit, are looked at value by value.

Counted from one of the values themselves, the sum of n squares is at most n times that about their mean: so taking
the difference, which one sweep has to, costs at most log2(n) of the 53 bits (Chan, Golub & LeVeque 1983, The American
Statistician 37, 242, "shifted data").

Not an interface: `processing.combine` checks the arguments and calls this.
"""

import numpy as np
from numba import njit

from processing.combine_kernels import BLOCK, Doubles, Flags, Floats, Ints, Outputs, Pixels, load

Span = tuple[int, int]
"""Pixels ``first:last`` of the frames."""
Scratch = tuple[Doubles, Floats, Ints, Ints, Floats]
"""Sums, extremes, whether suspicious, suspects and their columns.

There are two sums and two extremes of each pixel; the second of each lies ``BLOCK`` behind the first.  They share an
array because of several the compiler has to make sure, at run time, that they do not overlap, and of many it gives up.
"""

_LARGEST = float(np.finfo(np.float32).max)
_MARGIN = 1e-9
"""Far above the rounding of a limit, so that no value beyond it is missed; `_moments` decides."""

_compiled = njit(cache=True, nogil=True, error_model="numpy")


@_compiled
def _sweep(frames: Pixels, span: Span, sums: Doubles, extremes: Floats) -> None:
    """Sums of the deviations from the first frame and of their squares, and smallest and largest values."""
    first, last = span
    n = frames.shape[0]
    origin = frames[0, first:last]
    sums[:], extremes[:BLOCK], extremes[BLOCK:] = 0.0, np.inf, -np.inf
    for j in range(0, n - 3, 4):
        a, b = frames[j, first:last], frames[j + 1, first:last]
        c, d = frames[j + 2, first:last], frames[j + 3, first:last]
        _add_four(origin, a, b, c, d, sums)
        _extend(a, b, c, d, extremes)
    for j in range(n - n % 4, n):
        row = frames[j, first:last]
        _add(origin, row, sums)
        _extend(row, row, row, row, extremes)


@_compiled
def _add_four(origin: Pixels, a: Pixels, b: Pixels, c: Pixels, d: Pixels, sums: Doubles) -> None:
    """Add four frames in their order, so that the sums are those of plain code."""
    for p in range(origin.size):
        zero = np.float64(origin[p])
        u, v, w, x = a[p] - zero, b[p] - zero, c[p] - zero, d[p] - zero
        sums[p] = sums[p] + u + v + w + x
        sums[p + BLOCK] = sums[p + BLOCK] + u * u + v * v + w * w + x * x


@_compiled
def _add(origin: Pixels, row: Pixels, sums: Doubles) -> None:
    for p in range(origin.size):
        deviation = row[p] - np.float64(origin[p])
        sums[p] += deviation
        sums[p + BLOCK] += deviation * deviation


@_compiled
def _extend(a: Pixels, b: Pixels, c: Pixels, d: Pixels, extremes: Floats) -> None:
    """Take four frames into the extremes.  The old ones are chosen from first: last, they would be a masked store."""
    for p in range(a.size):
        u, v, w, x = np.float32(a[p]), np.float32(b[p]), np.float32(c[p]), np.float32(d[p])
        extremes[p] = min(extremes[p], u, v, w, x)
        extremes[p + BLOCK] = max(extremes[p + BLOCK], u, v, w, x)


@_compiled
def _finish(origin: Pixels, n: int, sums: Doubles) -> None:
    """Turn the sums over ``n`` values into mean and summed squared deviations from it."""
    for p in range(origin.size):
        total = sums[p]
        sums[p] = origin[p] + total / n
        sums[p + BLOCK] = sums[p + BLOCK] - total * total / n


@_compiled
def _list_suspects(sums: Doubles, extremes: Floats, n: int, sigma: float, suspicious: Ints, suspects: Ints) -> int:
    """List the pixels of which a value may be beyond the limit or does not count at all; how many there are."""
    share = sigma * sigma * (1.0 - _MARGIN) / n
    for p in range(suspicious.size):
        below, above = sums[p] - extremes[p], extremes[p + BLOCK] - sums[p]
        reach = max(below, above)
        suspicious[p] = np.int32(0) if reach * reach <= share * sums[p + BLOCK] else np.int32(1)
    found = 0
    for p in range(suspicious.size):
        suspects[found] = p
        found += suspicious[p]
    return found


@_compiled
def _store(sums: Doubles, n: int, out: Outputs) -> None:
    """Round to the outputs of the block, as if every pixel kept all its ``n`` values."""
    means, variances, counts = out
    means[:] = sums[: means.size]
    for p in range(variances.size):
        variances[p] = sums[p + BLOCK] / (n * (n - 1.0))
    counts[:] = n


@_compiled
def _clip(columns: Floats, suspects: Ints, sigma: float, sums: Doubles, out: Outputs) -> None:
    """Clip each suspect, whose values are in ``columns``, about the mean of those that count; store what is left."""
    for s in range(suspects.size):
        p, column = suspects[s], columns[s]
        n, mean, squares = column.size, sums[p], sums[p + BLOCK]
        if not squares < np.inf:  # some value is masked or not finite
            n, mean, squares = _moments(column, 0.0, _LARGEST)
        n, mean, squares = _moments(column, mean, sigma * np.sqrt(squares / n))
        out[0][p], out[1][p], out[2][p] = mean, squares / (n * (n - 1.0)), n


@_compiled
def _gather(frames: Pixels, span: Span, suspects: Ints, columns: Floats) -> None:
    """Copy the values of all suspects, frame by frame: they lie far apart, and so are waited for together."""
    for j in range(frames.shape[0]):
        row = frames[j, span[0] : span[1]]
        for s in range(suspects.size):
            columns[s, j] = row[suspects[s]]


@_compiled
def _moments(column: Floats, centre: float, reach: float) -> tuple[int, float, float]:
    """Count, mean and summed squared deviations of the values within ``reach`` of ``centre``; NaN of none."""
    n, origin, total, squares = 0, 0.0, 0.0, 0.0
    for single in column:
        value = np.float64(single)
        if abs(value - centre) <= reach:
            origin = value if n == 0 else origin
            total += value - origin
            squares += (value - origin) ** 2
            n += 1
    return n, origin + total / n, squares - total * total / n


@_compiled
def _clip_block(frames: Pixels, span: Span, sigma: float, scratch: Scratch, out: Outputs) -> None:
    """Clip the pixels ``span`` of ``frames``, of which whatever must not count is not finite, into ``out``."""
    sums, extremes, suspicious, suspects, columns = scratch
    n, width = frames.shape[0], span[1] - span[0]
    _sweep(frames, span, sums, extremes)
    _finish(frames[0, span[0] : span[1]], n, sums)
    found = _list_suspects(sums, extremes, n, sigma, suspicious[:width], suspects)
    _store(sums, n, out)
    _gather(frames, span, suspects[:found], columns)
    _clip(columns[:found], suspects[:found], sigma, sums, out)


@_compiled
def clip_once(stack: Pixels, mask: Flags, scale: Doubles, sigma: float, first: int, last: int, out: Outputs) -> None:
    """One pass about mean and population standard deviation of pixels ``first:last`` of ``stack[frame, pixel]``."""
    n = stack.shape[0]
    block = np.empty((n, BLOCK), np.float32)
    ints = np.empty((2, BLOCK), np.int32)
    scratch = np.empty(2 * BLOCK), np.empty(2 * BLOCK, np.float32), ints[0], ints[1], np.empty((BLOCK, n), np.float32)
    for start in range(first, last, BLOCK):
        end = min(start + BLOCK, last)
        part = out[0][start:end], out[1][start:end], out[2][start:end]
        if mask.size or scale.size:
            load(stack, mask, scale, start, block, end - start)
            _clip_block(block, (0, end - start), sigma, scratch, part)
        else:
            _clip_block(stack, (start, end), sigma, scratch, part)
