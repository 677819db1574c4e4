"""What the tasks cost: linear in pixels and in frames, in memory bounded by a stated number of frames.

    python -m tests.benchmarks.bench_tasks

Times are processor seconds, the least of some runs; each size takes turns with the others. Memory is measured in fresh
processes: this script starts itself with ``--growth``. Tasks read files there and write what they make.
"""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from processing.combine_frames import Combination, combine_frames
from processing.frame import Frame, Rows
from processing.isr import Corrected, remove_signature
from tests.benchmarks.harness import Report, fastest, growth_bytes
from tests.benchmarks.tasks_alone import DETECTOR, combination, constant, correction, segment_of, tables

FRAMES_IN_MEMORY = 20
"""What the tasks hold by default."""
BOUND_FRAMES = FRAMES_IN_MEMORY + 5
"""Frames of image, variance and mask that a combination may take in all: those it holds, its results, a first frame."""
BOUND_CORRECTION = 10
"""The same of signature removal: three calibrations, the raw, the result, and what the steps take between them."""
FRAME_BYTES = sum(np.dtype(kind).itemsize for kind in (np.float32, np.float32, np.int16))
SHIFTS = 100
"""By how many columns frames may differ."""
TURNS = 7
LINEAR = 1.25


def main() -> None:
    if sys.argv[1:2] == ["--growth"]:
        print(GROWTH[sys.argv[2]](int(sys.argv[3]), int(sys.argv[4])))
        return
    report = Report("Signature removal and combination, one thread")
    pixels = {f"{n} x 1024^2 pixels": n for n in (1, 2, 4)}
    linear(report, "bias, dark and flat", {name: corrected(n) for name, n in pixels.items()})
    linear(report, "everything corrected", {name: corrected(n, everything=True) for name, n in pixels.items()})
    linear(report, "combining 20 frames", {name: partial(combined, noise(1024 * n), 20) for name, n in pixels.items()})
    linear(
        report, "combining 1024 x 512 pixels", {f"{n} frames": partial(combined, noise(512), n) for n in (20, 40, 80)}
    )
    bounded(report)
    report.finish()


def linear(report: Report, what: str, works: dict[str, Callable[[], object]]) -> None:
    """Time works of size 1, 2 and 4: none may cost more per unit of size than the first by more than a little."""
    for work in works.values():
        work()
    turns = [[fastest(work, runs=1).cpu_s for work in works.values()] for _ in range(TURNS)]
    least = [min(times) for times in zip(*turns, strict=True)]
    for name, cpu_s in zip(works, least, strict=True):
        report.add(f"{what}, {name}", cpu_s, "s")
    for size, cpu_s in zip((2, 4), least[1:], strict=True):
        report.add(f"  {size} times the size", cpu_s / (size * least[0]), "x linear", at_most=LINEAR)


def bounded(report: Report) -> None:
    """Peak memory of a combination and of signature removal, results included, as a number of whole frames."""
    side = 1024
    for n_frames in (20, 80):
        for kind, what in (("kernel", "combining"), ("combination", "task that combines files:")):
            frames = _fresh(kind, n_frames, side) / (side * side * FRAME_BYTES)
            report.add(f"{what} {n_frames} x {side}^2, peak", frames, "frames", at_most=BOUND_FRAMES)
    for times in (2, 8):
        frames = _fresh("correction", times, side) / (times * side * side * FRAME_BYTES)
        name = f"task that corrects all of a file: {times} x {side}^2, peak"
        report.add(name, frames, "frames", at_most=BOUND_CORRECTION)


def _fresh(kind: str, number: int, side: int) -> int:
    """The growth of one case in a process of its own."""
    command = [sys.executable, "-m", __spec__.name, "--growth", kind, str(number), str(side)]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def _of_kernel(n_frames: int, side: int) -> int:
    """Peak memory of a combination beyond its inputs, in bytes, once the kernels are loaded."""
    combined(noise(64), n_frames)
    return growth_bytes(partial(combined, noise(side, side), n_frames, _read))


def _of_combination(n_frames: int, side: int) -> int:
    """The same of the task, from its files to its file."""
    with _folders() as (small, large):
        combination(small, n_frames, 64)()
        return growth_bytes(combination(large, n_frames, side))


def _of_correction(times: int, _: int) -> int:
    """Peak memory of signature removal, from the raw's file and its calibrations' to its own."""
    with _folders() as (small, large):
        correction(small, 1)()
        return growth_bytes(correction(large, times))


@contextmanager
def _folders() -> Iterator[tuple[Path, Path]]:
    with TemporaryDirectory() as one, TemporaryDirectory() as other:
        yield Path(one), Path(other)


GROWTH = {"kernel": _of_kernel, "combination": _of_combination, "correction": _of_correction}


def corrected(times: int, *, everything: bool = False) -> Callable[[], Corrected]:
    """Return the signature removal of a raw with so many times 1024^2 pixels: of bias, dark and flat, or of all."""
    segment = segment_of(times)
    raw = np.random.default_rng(1).normal(25_000, 150, DETECTOR.raw_shape(segment)).astype(np.uint16)
    shape = DETECTOR.shape(segment)
    frames = {"bias": (3.0, "adu"), "dark": (0.1, "adu/s"), "flat": (1.0, "")}
    given = {name: constant(shape, *made) for name, made in frames.items()} | (tables(segment) if everything else {})
    return partial(remove_signature, raw, DETECTOR, segment, dark_time=10.0, **given)


def _shifted(frame: NDArray[np.float32], by: int, rows: Rows | None) -> Frame:
    """A frame like any other of the noise, in other columns; it is there already, so that no reading is timed."""
    image = (frame[slice(*rows)] if rows else frame)[:, by : by + frame.shape[1] - SHIFTS]
    variance, mask = np.broadcast_to(np.float32(49), image.shape), np.broadcast_to(np.int16(0), image.shape)
    return Frame(image, variance, mask, "adu", {})


def _read(frame: NDArray[np.float32], by: int, rows: Rows | None) -> Frame:
    """The same in memory of its own, as if it came from a file."""
    shifted = _shifted(frame, by, rows)
    return Frame(shifted.image.copy(), shifted.variance.copy(), shifted.mask.copy(), "adu", {})


def combined(frame: NDArray[np.float32], n_frames: int, read: Callable[..., Frame] = _shifted) -> Combination:
    """Combine frames that are all made of one."""
    readers = [partial(read, frame, i) for i in range(n_frames)]
    scales = [1.0] * n_frames
    return combine_frames(readers, scales, sigma=3.0, max_passes=3, frames_in_memory=FRAMES_IN_MEMORY)


def noise(rows: int, columns: int = 1024) -> NDArray[np.float32]:
    """One bias-like frame, wide enough to be shifted."""
    return np.random.default_rng(1).normal(1000, 7, (rows, columns + SHIFTS)).astype(np.float32)


if __name__ == "__main__":
    main()
