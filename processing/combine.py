"""Combining a stack of frames into one calibration: MEANCLIP, and a plain one-pass clip.

Arrays in, results out: ``stack[frame, row, column]``, of float32 or of integers of at most 16 bits, is never
changed.  Masked values (``mask`` True = bad) and values that are not finite never count.  The decisions and sums are
those of float64 arithmetic on the float32 values; only the results are rounded to float32.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from processing import clip_once_kernel
from processing import combine_kernels as kernels
from processing.sorting_network import sorting_network

Stack = NDArray[np.float32] | NDArray[np.integer]


@dataclass(frozen=True, eq=False)
class Combined:
    """A combined frame; a pixel without a usable value has count 0 and mean and variance NaN."""

    mean: NDArray[np.float32]
    """Mean of the values kept, in the stack's units (times ``scale``)."""
    variance: NDArray[np.float32]
    """Variance of that mean, from the scatter of the values kept (ddof 1); NaN where fewer than two were kept."""
    count: NDArray[np.int32]
    """Number of values kept."""
    too_few_to_clip: bool
    """True when the clip about the mean could reject nothing whatever the data (see `fewest_frames`): warn."""

    @property
    def empty_pixels(self) -> int:
        """How many pixels had no usable value."""
        return int(np.count_nonzero(self.count == 0))


def fewest_frames(sigma: float) -> int:
    """Fewest frames of which one can deviate by more than ``sigma`` population standard deviations from their mean.

    Among n values the largest deviation is sqrt(n - 1) standard deviations: at 3 sigma it takes 11.
    """
    return int(np.floor(sigma**2)) + 2


def meanclip(
    stack: Stack,
    mask: NDArray[np.bool_] | None = None,
    *,
    sigma: float = 3.0,
    max_passes: int = 3,
    floor: float = 1.0,
    scale: Sequence[float] | NDArray[np.float64] | None = None,
    threads: int = 1,
) -> Combined:
    """Clipped mean along the frames.

    The first pass keeps ``|x - median| <= sigma * max(0.741 * IQR, floor)``; later passes keep
    ``|x - mean| <= sigma * std`` (ddof 0) of what is left, until nothing changes or ``max_passes`` were made in all.
    ``floor`` is one quantisation step in the units of the scaled values: the IQR of quantised data can be 0.
    ``scale`` multiplies each frame (1/dark time, 1/level).  With up to three frames nothing is ever rejected.
    """
    if max_passes < 1:
        raise ValueError(f"max_passes is {max_passes}; at least one pass is needed")
    if not (np.isfinite(floor) and floor >= 0):
        raise ValueError(f"floor is {floor}; expected one quantisation step (ADU x scale), or 0 for none")
    clip = sorting_network(len(stack)), float(sigma), max_passes, float(floor)

    def kernel(
        pixels: NDArray[np.generic], bad: NDArray[np.bool_], factors: NDArray[np.float64], *rest: object
    ) -> None:
        kernels.meanclip(pixels, bad, factors, clip, *rest)

    return _combine(kernel, stack, mask, scale, sigma, threads)


def clip_once(
    stack: Stack,
    mask: NDArray[np.bool_] | None = None,
    *,
    sigma: float = 3.0,
    scale: Sequence[float] | NDArray[np.float64] | None = None,
    threads: int = 1,
) -> Combined:
    """Mean along the frames after one pass that keeps ``|x - mean| <= sigma * std`` (ddof 0).

    What ``ccdproc.combine(method='average', sigma_clip=True)`` computes.  Look at ``too_few_to_clip``: below
    `fewest_frames` frames this rejects nothing, however wild a value is.
    """

    def kernel(
        pixels: NDArray[np.generic], bad: NDArray[np.bool_], factors: NDArray[np.float64], *rest: object
    ) -> None:
        clip_once_kernel.clip_once(pixels, bad, factors, float(sigma), *rest)

    return _combine(kernel, stack, mask, scale, sigma, threads)


def _combine(
    kernel: Callable[..., None],
    stack: Stack,
    mask: NDArray[np.bool_] | None,
    scale: ArrayLike | None,
    sigma: float,
    threads: int,
) -> Combined:
    if not sigma > 0:
        raise ValueError(f"sigma is {sigma}; expected a positive threshold in standard deviations")
    if threads < 1:
        raise ValueError(f"threads is {threads}; expected at least 1")
    frames = _checked(stack)
    shape = frames.shape[1:]
    pixels = frames.reshape(len(frames), -1)
    bad = _checked_mask(mask, frames.shape).reshape(-1, pixels.shape[1])
    factors = _checked_scale(scale, len(frames))
    mean, variance = np.empty(pixels.shape[1], np.float32), np.empty(pixels.shape[1], np.float32)
    count = np.empty(pixels.shape[1], np.int32)

    def work(first: int, last: int) -> None:
        kernel(pixels, bad, factors, first, last, (mean, variance, count))

    _share_out(work, pixels.shape[1], threads)
    too_few = len(frames) < fewest_frames(sigma)
    return Combined(mean.reshape(shape), variance.reshape(shape), count.reshape(shape), too_few)


def _share_out(work: Callable[[int, int], None], size: int, threads: int) -> None:
    """Do ``work(first, last)`` on equal parts of ``range(size)``, each in a thread; the kernels release the GIL."""
    if threads == 1:
        work(0, size)
        return
    bounds = [size * t // threads for t in range(threads + 1)]
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, bounds[:-1], bounds[1:]))


def _checked(stack: Stack) -> NDArray[np.generic]:
    """The stack in native byte order; copied only where the kernels could not read it in place."""
    frames = np.asarray(stack)
    if frames.ndim < 2 or frames.size == 0:
        raise ValueError(f"stack has shape {frames.shape}; expected [frame, row, column] with at least one of each")
    small_integer = frames.dtype.kind in "iu" and frames.dtype.itemsize <= 2
    if not small_integer and frames.dtype.newbyteorder("=") != np.float32:
        raise TypeError(
            f"stack has dtype {frames.dtype}; expected float32 or integers of at most 16 bits. "
            "Convert with .astype(np.float32) if its precision suffices"
        )
    return np.ascontiguousarray(frames, dtype=frames.dtype.newbyteorder("="))


def _checked_mask(mask: NDArray[np.bool_] | None, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """The mask, or an empty one for none."""
    if mask is None:
        return np.empty((0, *shape[1:]), dtype=np.bool_)
    if mask.shape != shape or mask.dtype != np.bool_:
        raise ValueError(f"mask is {mask.dtype} {mask.shape}; expected bool {shape} like the stack, True = bad")
    return np.ascontiguousarray(mask)


def _checked_scale(scale: ArrayLike | None, n_frames: int) -> NDArray[np.float64]:
    """The factors, or an empty array for none."""
    if scale is None:
        return np.empty(0)
    factors = np.array(scale, dtype=np.float64)
    if factors.shape != (n_frames,):
        raise ValueError(f"scale has shape {factors.shape}; expected one factor for each of {n_frames} frames")
    unusable = np.flatnonzero(~(np.isfinite(factors) & (factors > 0)))
    if unusable.size:
        raise ValueError(f"scale of frame {unusable[0]} is {factors[unusable[0]]}; expected a positive number")
    return factors
