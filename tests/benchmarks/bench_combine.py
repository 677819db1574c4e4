"""Combining 20 frames of 2048 x 2048 float32, one thread, against ccdproc and astropy.

Times are processor seconds, the least of some runs, after a first one has loaded the compiled kernels.  Memory is
measured in fresh processes: this script starts itself with ``--growth``.
"""

import argparse
import importlib.util
import subprocess
import sys
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from astropy.io import fits
from astropy.nddata import CCDData
from astropy.stats import sigma_clip
from numpy.typing import NDArray

from processing.bands import BandReader, combine_bands
from processing.combine import Combined, clip_once, meanclip
from tests.benchmarks.harness import Report, fastest, growth_bytes, taking_turns
from tests.processing import combine_reference as reference

SIDE, N_FRAMES = 2048, 20
CUTOUT = np.s_[:, 700:796, 300:396]
"""Pixels compared with the plain numpy reference, which takes a millisecond for ten of them."""


def stack(n_frames: int = N_FRAMES, side: int = SIDE, seed: int = 1) -> NDArray[np.float32]:
    """Bias-like noise with cosmic rays on one value of two thousand; made frame by frame, without a peak in memory."""
    rng = np.random.default_rng(seed)
    frames = np.empty((n_frames, side, side), np.float32)
    for i in range(n_frames):
        rng.standard_normal(out=frames[i], dtype=np.float32)
        frames[i] *= 7
        frames[i] += 1000
        hits = rng.integers(0, side, (2, side * side // 2000))
        frames[i][hits[0], hits[1]] += 300
    return frames


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--growth", choices=GROWTH, help="print the growth in bytes of one case, for N frames")
    parser.add_argument("--frames", type=int, default=N_FRAMES)
    parser.add_argument("--files", type=Path)
    arguments = parser.parse_args()
    if arguments.growth:
        print(GROWTH[arguments.growth](arguments.frames, arguments.files))
        return
    report = Report(f"Combining {N_FRAMES} x {SIDE}^2 float32, one thread")
    frames = stack()
    against_ccdproc(report, frames)
    against_astropy(report, frames)
    scaling(report)
    del frames
    in_memory(report)
    in_bands(report)
    report.finish()


def against_ccdproc(report: Report, frames: NDArray[np.float32]) -> None:
    """The same clip, the same result."""
    import ccdproc  # a second of imports, which the processes that measure memory need not pay

    images = [CCDData(frame, unit="adu") for frame in frames]
    clip_once(frames[:, :64])
    combine_theirs = partial(ccdproc.combine, images, method="average", sigma_clip=True, dtype="float32")
    theirs, ours = taking_turns(combine_theirs, partial(clip_once, frames))
    report.add("ccdproc.combine, one-pass clip", theirs.cpu_s, "s")
    report.add("clip_once", ours.cpu_s, "s")
    report.add("clip_once is faster by", theirs.cpu_s / ours.cpu_s, "x", at_least=30)
    difference = np.abs(ours.result.mean - theirs.result.data)
    flipped = difference > 0.01  # a value more or less moves a mean of 20 by 1 ADU
    report.add("pixels with a flip at the threshold", np.count_nonzero(flipped), f"of {flipped.size}", at_most=40)
    report.add("largest difference of the other means", difference[~flipped].max(), "ADU of 1000", at_most=5e-4)
    report.add("clip_once differs from numpy", _unequal(ours.result, frames, reference.clip_once), "pixels", at_most=0)


def against_astropy(report: Report, frames: NDArray[np.float32]) -> None:
    """The reference time of MEANCLIP; its definition differs (median in every pass), so results are not compared."""
    assert importlib.util.find_spec("bottleneck") is None, "bottleneck would change astropy's times: uninstall it"
    masked = np.ma.masked_array(frames, np.zeros(frames.shape, dtype=bool))

    def theirs_once() -> np.ma.MaskedArray:
        return sigma_clip(masked, sigma=3, maxiters=3, cenfunc="median", stdfunc="std", axis=0).mean(axis=0)

    meanclip(frames[:, :64])
    theirs, ours = taking_turns(theirs_once, partial(meanclip, frames))
    report.add("astropy sigma_clip(...).mean", theirs.cpu_s, "s")
    report.add("meanclip", ours.cpu_s, "s")
    report.add("meanclip is faster by", theirs.cpu_s / ours.cpu_s, "x", at_least=4)
    report.add("meanclip differs from numpy", _unequal(ours.result, frames, reference.meanclip), "pixels", at_most=0)


def _unequal(combined: Combined, frames: NDArray[np.float32], plain) -> int:
    """Pixels of the cutout in which mean, variance or count is not that of plain numpy, to the bit."""
    found = np.array([combined.mean[CUTOUT[1:]], combined.variance[CUTOUT[1:]], combined.count[CUTOUT[1:]]])
    return int(np.count_nonzero((found != np.array(plain(frames[CUTOUT]))).any(axis=0)))


def scaling(report: Report) -> None:
    """Cost per value: constant where the cost is linear."""
    for combine in (clip_once, meanclip):
        for n_frames, side in [(20, 512), (20, 1024), (20, 2048), (40, 1024), (80, 1024), (200, 512)]:
            frames = stack(n_frames, side)
            cost = fastest(partial(combine, frames), runs=3).cpu_s
            report.add(f"{combine.__name__} of {n_frames} x {side}^2", cost / frames.size * 1e9, "ns per value")


def in_memory(report: Report) -> None:
    floats = N_FRAMES * SIDE * SIDE * 4
    growth = _fresh("loaded", N_FRAMES)
    report.add("meanclip, peak over the loaded stack", growth / 1e6, "MB")
    report.add("the same, of the stack's size", growth / floats, "x", at_most=0.3)


def in_bands(report: Report) -> None:
    with TemporaryDirectory() as directory:
        for i, frame in enumerate(stack(N_FRAMES)):
            fits.writeto(Path(directory) / f"{i}.fits", frame.round().astype(np.uint16))
        for n_frames in (20, 200):
            growth = _fresh("banded", n_frames, Path(directory))
            report.add(f"bands of {n_frames} files, peak", growth / 1e6, "MB", at_most=100)


def _fresh(case: str, n_frames: int, files: Path = Path()) -> int:
    """The growth of one case in a process of its own."""
    command = [sys.executable, "-m", __spec__.name, "--growth", case, "--frames", str(n_frames), "--files", str(files)]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def _loaded(n_frames: int, files: Path) -> int:
    meanclip(stack(n_frames, 64))
    frames = stack(n_frames)
    return growth_bytes(partial(meanclip, frames))


def _banded(n_frames: int, files: Path) -> int:
    paths = sorted(files.glob("*.fits"))
    paths = [paths[i % len(paths)] for i in range(n_frames)]
    meanclip(stack(n_frames, 64))

    def combine() -> Combined:
        with BandReader(paths) as reader:
            return combine_bands(reader, meanclip)

    return growth_bytes(combine)


GROWTH = {"loaded": _loaded, "banded": _banded}

if __name__ == "__main__":
    main()
