"""What verification costs: measuring is linear in detectors and exposures, judging in rows.

    python -m tests.benchmarks.bench_verify

Measured are corrected biases and flats of a detector of 16 amplifiers, 1, 2 and 4 of them, as the pipelines do it frame
by frame. Judged is a table of 205 detectors of 16 amplifiers, at 5, 10 and 20 exposures, and 50, 100 and 200 of them.
Times are processor seconds, the least of some runs; each size takes turns with the others.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from processing.camera_files import find
from processing.frame import Frame
from processing.verify.bias import measure_bias
from processing.verify.flat import measure_flat
from reconciler.verification.results import Results, results
from reconciler.verification.tests import of
from reconciler.verification.verdict import Judge, Verdict
from tests.benchmarks.bench_tasks import linear
from tests.benchmarks.harness import Report

AMPLIFIERS = tuple(f"C{row}{column}" for row in (0, 1) for column in range(8))
DETECTORS, EXPOSURES = 205, 20


def main() -> None:
    report = Report("Verification, one thread")
    for name, measure, level in (("biases", measure_bias, 0.0), ("flats", measure_flat, 30_000.0)):
        linear(report, f"measuring {name}", {f"{n} frames": partial(measured, measure, level, n) for n in (1, 2, 4)})
    linear(report, "judging", {f"{n} exposures": partial(judged, table(DETECTORS, n)) for n in (5, 10, 20)})
    linear(report, "judging", {f"{n} detectors": partial(judged, table(n, EXPOSURES)) for n in (50, 100, 200)})
    report.finish()


def measured(measure: Callable[..., object], level: float, times: int) -> None:
    """Measure so many corrected frames of a detector of 16 amplifiers of 256 x 512 pixels."""
    camera = find("LSSTComCam")
    detector = camera.detectors[0]
    shape = detector.shape(camera.segment_for(detector).scaled_to(256, 512))
    calibration = _frame(shape, level and 1.0, noise=0.001)
    for number in range(times):
        measure(_frame(shape, level, noise=max(5.0, level**0.5), seed=number), detector, calibration)


def _frame(shape: tuple[int, int], level: float, *, noise: float, seed: int = 1) -> Frame:
    image = np.random.default_rng(seed).normal(level, noise, shape).astype(np.float32)
    variance = np.full(shape, noise**2, np.float32)
    return Frame(image, variance, np.zeros(shape, np.int16), "electron", {})


def table(detectors: int, exposures: int) -> Results:
    """Return a table of biases without a fault."""
    exposure, detector, amplifier = (
        grid.ravel() for grid in np.meshgrid(np.arange(exposures), np.arange(detectors), AMPLIFIERS, indexing="ij")
    )
    noise = np.random.default_rng(1).normal(5.0, 0.02, len(detector))
    measures = {"MEAN": noise - 5, "NOISE": noise, "CR_NOISE": noise, "READ_NOISE_ADU": noise, "GAIN": noise / noise}
    measures |= {"READ_NOISE": np.full(len(detector), 5.0), "GOOD": noise / noise}
    columns = {f"BIAS_{name}": values for name, values in measures.items()}
    used = np.char.add("uuid-", detector.astype(np.str_))
    keys = {"exposure": exposure, "detector": detector, "amplifier": amplifier, "CALIB_UUID_bias": used}
    return results({**keys, **columns}, "bias", {number: f"uuid-{number}" for number in range(detectors)})


def judged(rows: Results) -> Verdict:
    verdict = Judge("strict").verdict("bias", "verifyBias", rows, of("bias"))
    assert verdict.outcome == "passed", verdict.outcome
    return verdict


if __name__ == "__main__":
    main()
