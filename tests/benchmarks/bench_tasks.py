"""What the tasks cost: linear in pixels and in frames, in memory bounded by a stated number of frames.

    python -m tests.benchmarks.bench_tasks

Times are processor seconds, the least of some runs; each size takes turns with the others. Memory is measured in fresh
processes: this script starts itself with ``--growth``.
"""

import subprocess
import sys
from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from processing.camera_files import find
from processing.combine_frames import Combination, combine_frames
from processing.frame import Frame, Rows
from processing.isr import Corrected, remove_signature
from tests.benchmarks.harness import Report, fastest, growth_bytes

FRAMES_IN_MEMORY = 20
"""What the tasks hold by default."""
BOUND_FRAMES = FRAMES_IN_MEMORY + 5
"""Frames of image, variance and mask that a combination may take in all: those it holds, its results, a first frame."""
FRAME_BYTES = sum(np.dtype(kind).itemsize for kind in (np.float32, np.float32, np.int16))
SHIFTS = 100
"""By how many columns frames may differ."""
TURNS = 7
LINEAR = 1.25


def main() -> None:
    if sys.argv[1:2] == ["--growth"]:
        print(growth(int(sys.argv[2]), int(sys.argv[3])))
        return
    report = Report("Signature removal and combination, one thread")
    pixels = {f"{n} x 1024^2 pixels": n for n in (1, 2, 4)}
    linear(report, "signature removal", {name: corrected(n) for name, n in pixels.items()})
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
    """Peak memory of a combination, results included, as a number of whole frames."""
    side = 1024
    for n_frames in (20, 80):
        command = [sys.executable, "-m", __spec__.name, "--growth", str(n_frames), str(side)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        frames = int(done.stdout) / (side * side * FRAME_BYTES)
        report.add(f"combining {n_frames} x {side}^2, peak", frames, "frames", at_most=BOUND_FRAMES)


def growth(n_frames: int, side: int) -> int:
    """Peak memory of a combination beyond its inputs, in bytes, once the kernels are loaded."""
    combined(noise(64), n_frames)
    return growth_bytes(partial(combined, noise(side, side), n_frames, _read))


def corrected(times: int) -> Callable[[], Corrected]:
    """Return the signature removal of a bias, dark and flat from a raw with so many times 1024^2 pixels."""
    camera = find("LSSTComCam")
    detector = camera.detectors[0]
    segment = camera.segment_for(detector).scaled_to(128 * times, 512)
    raw = np.random.default_rng(1).integers(20_000, 30_000, detector.raw_shape(segment)).astype(np.uint16)
    shape = detector.shape(segment)
    bias, dark, flat = (_constant(shape, value) for value in (3.0, 0.1, 1.0))
    return partial(remove_signature, raw, detector, segment, dark_time=10.0, bias=bias, dark=dark, flat=flat)


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


def _constant(shape: tuple[int, int], value: float) -> Frame:
    image = np.full(shape, value, np.float32)
    return Frame(image, np.full(shape, 0.01, np.float32), np.zeros(shape, np.int16), "adu", {})


if __name__ == "__main__":
    main()
