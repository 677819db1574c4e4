"""Sensors that are exposed, corrected, measured and judged as verification does it, without any Butler.

A fault is put into one amplifier: its window of each raw is that of a sensor that has the fault and nothing else, or
one calibration is wrong there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from processing.assemble import place, readouts
from processing.camera import Detector, Segment
from processing.camera_files import find
from processing.defect_boxes import Defects, Origin, Reason, boxes_of, flag
from processing.effects.overscan_trails import measure_trails
from processing.frame import Frame, Image
from processing.isr import remove_signature
from processing.simulation import curated
from processing.simulation.effects import Effects
from processing.simulation.exposure import Shot, expose
from processing.simulation.sensor import Sensor, draw, flat_light
from processing.verify.bias import measure_bias
from processing.verify.crosstalk import measure_crosstalk
from processing.verify.cti import measure_cti
from processing.verify.dark import measure_dark
from processing.verify.defects import measure_defects
from processing.verify.flat import measure_flat
from processing.verify.gain import measure_gain
from processing.verify.part import Row
from processing.verify.table import Place, columns, rows
from reconciler.verification.results import Results, results
from reconciler.verification.tests import of
from reconciler.verification.verdict import Judge

CAMERA = find("LSSTComCam")
SEGMENT = Segment(columns=128, rows=256, prescan_columns=3, overscan_columns=64, overscan_rows=24)
DARK_S, FLAT_S = 30.0, 10.0
FLAT_E, SPOT_E = 30_000.0, 50_000.0
SPOT = 6
"""Pixels along a side of the spot that each amplifier has, at a place of its own."""

Raw = NDArray[np.uint16]
Change = Callable[["Bench"], "Bench"]


@dataclass(frozen=True, eq=False)
class Bench:
    """A sensor, the calibrations that it is corrected with, and what light falls on it in the dark, e-."""

    detector: Detector
    sensor: Sensor
    seed: int
    calibrations: Mapping[str, Any]
    leak_e: float = 0.0
    flat_e: float = FLAT_E

    @cached_property
    def raws(self) -> dict[str, Raw]:
        """One of each kind, two flats."""
        light = flat_light(CAMERA, self.detector, SEGMENT, self.sensor, "r", seed=self.seed)
        return {
            "bias": self._expose(1, "bias", 0.0, None, 0.0),
            "dark": self._expose(2, "dark", DARK_S, np.ones_like(light) if self.leak_e else None, self.leak_e),
            "flat": self._expose(3, "flat", FLAT_S, light, self.flat_e),
            "twin": self._expose(4, "flat", FLAT_S, light, self.flat_e),
            "spots": self._expose(5, "spot", FLAT_S, _spots(self.detector), SPOT_E),
        }

    def _expose(self, number: int, kind: str, seconds: float, light: Image | None, electrons: float) -> Raw:
        shot = Shot(kind, 20241208, number, "2024-12-08T18:00:00", seconds, "r_03", "r", electrons)
        return expose(self.detector, SEGMENT, self.sensor, shot, light=light, seed=self.seed)


@dataclass(frozen=True)
class Fault:
    """What is wrong with one amplifier, in the sensor or in a calibration, and the tests by product that notice."""

    noticed: Mapping[str, set[str]]
    sensor: Change = field(default=lambda bench: bench)
    calibration: Callable[[Bench, str], Bench] = field(default=lambda bench, _: bench)


def healthy(detector: int, seed: int = 1) -> Bench:
    """A good sensor, corrected with what is true of it."""
    known = CAMERA.detector(detector)
    sensor = draw(known, SEGMENT, Effects(), seed=seed)
    return Bench(known, sensor, seed, truth(known, sensor, seed))


def truth(detector: Detector, sensor: Sensor, seed: int) -> dict[str, Any]:
    """All that a perfect laboratory would say of a sensor."""
    known: dict[str, Any] = curated.calibrations(detector, sensor, CAMERA.name)
    gains = np.empty(detector.shape(SEGMENT), np.float32)
    for number, amplifier in enumerate(detector.amplifiers):
        place(gains, amplifier, SEGMENT)[:] = sensor.gain[number]
    response = flat_light(CAMERA, detector, SEGMENT, sensor, "r", seed=seed) / gains
    return {
        "photon_transfer": known["ptc"],
        "charge_transfer": known["cti"],
        "crosstalk": known["crosstalk"],
        "bias": exact(sensor.bias_structure, "adu"),
        "dark": exact(sensor.dark_current / gains, "adu/s"),
        "flat": exact(response / np.median(response), ""),
        "defects": listed(sensor),
    }


def listed(sensor: Sensor) -> Defects:
    """Every pixel of it that is a defect."""
    flags = np.where(sensor.defects != 0, flag(Reason.LISTED, Origin.MANUAL), 0).astype(np.uint16)
    return Defects(boxes_of(flags), (flags.shape[0], flags.shape[1]))


def exact(image: NDArray[Any], unit: str) -> Frame:
    """A calibration without an error."""
    pixels = image.astype(np.float32)
    return Frame(pixels, np.zeros_like(pixels), np.zeros(pixels.shape, np.int16), unit, {})


def with_fault(bench: Bench, fault: Fault, amplifier: str) -> tuple[Bench, dict[str, Raw]]:
    """The bench with its calibrations, and its raws with the fault in this amplifier."""
    broken = fault.calibration(bench, amplifier)
    faulty = fault.sensor(bench)
    if faulty is bench:
        return broken, bench.raws
    return broken, {
        kind: _spliced(raw, faulty.raws[kind], bench.detector, amplifier) for kind, raw in bench.raws.items()
    }


def _spliced(raw: Raw, other: Raw, detector: Detector, amplifier: str) -> Raw:
    made = raw.copy()
    for here, there in zip(readouts(made, detector, SEGMENT), readouts(other, detector, SEGMENT), strict=True):
        if here.amplifier.name == amplifier:
            here.window[:] = there.window
    return made


def _spots(detector: Detector) -> Image:
    light = np.zeros(detector.shape(SEGMENT), np.float32)
    for number, amplifier in enumerate(detector.amplifiers):
        row, column = 20 + 8 * number, 20 + 4 * number
        place(light, amplifier, SEGMENT)[row : row + SPOT, column : column + SPOT] = 1
    return light


def corrected(bench: Bench, raw: Raw, *given: str, seconds: float = 0.0, electrons: bool = False) -> Frame:
    """A raw without its signature, by these calibrations."""
    known = {name: bench.calibrations[name] for name in ("photon_transfer", "crosstalk", "defects", "bias", *given)}
    done = remove_signature(
        raw, bench.detector, SEGMENT, dark_time=seconds, shot_noise=seconds > 0, apply_gains=electrons, **known
    )
    return Frame(done.image, done.variance, done.mask, done.unit, done.cards)


def measured(bench: Bench, raws: Mapping[str, Raw]) -> dict[str, Results]:
    """The result tables by product."""
    calib, sensor = bench.calibrations, bench.detector
    darkness = corrected(bench, raws["dark"], "dark", seconds=DARK_S, electrons=True)
    lit = [corrected(bench, raws[kind], "dark", seconds=FLAT_S) for kind in ("flat", "twin")]
    flattened = corrected(bench, raws["flat"], "dark", "flat", "charge_transfer", seconds=FLAT_S)
    gains = calib["photon_transfer"].gain
    trails = measure_trails(raws["flat"], sensor, SEGMENT, exposure=3, gain=gains, defects=calib["defects"])
    found = {
        "bias": [(1, measure_bias(corrected(bench, raws["bias"], electrons=True), sensor, calib["bias"]))],
        "dark": [(2, measure_dark(darkness, sensor, calib["dark"], dark_time=DARK_S))],
        "flat": [(3, measure_flat(flattened, sensor, calib["flat"]))],
        "defects": [(2, measure_defects(darkness, sensor)), (3, measure_defects(lit[0], sensor))],
        "crosstalk": [(5, measure_crosstalk(corrected(bench, raws["spots"]), sensor))],
        "gain": [(3, measure_gain((lit[0], lit[1]), sensor))],
        "cti": [(3, measure_cti(trails, calib["charge_transfer"]))],
    }
    return {product: _table(product, sensor.id, exposures) for product, exposures in found.items()}


def _table(product: str, detector: int, exposures: Sequence[tuple[int, Mapping[str, Row]]]) -> Results:
    every = [
        row
        for exposure, found in exposures
        for row in rows(product.upper(), Place("LSSTComCam", exposure, detector, 60_000.0), found)
    ]
    return results(columns(every), product)


def failures(tables: Mapping[str, Results]) -> dict[str, set[tuple[str, str]]]:
    """The tests that fail anywhere, by product, each with its amplifier."""
    judge, found = Judge("strict"), {}
    for product, table in tables.items():
        verdict = judge.verdict(product, "here", table, of(product))
        failed = {
            (one.test.name, str(amplifier))
            for one in verdict.tests
            for amplifier, number in zip(one.places.amplifier, one.places.failed, strict=True)
            if number
        }
        found |= {product: failed} if failed else {}
    return found


def worse(bench: Bench, **changes: Any) -> Bench:
    """The same sensor but for these properties, exposed to the same light with the same noise."""
    return replace(bench, sensor=replace(bench.sensor, **changes))


def recalibrated(bench: Bench, **changes: Any) -> Bench:
    """The same sensor with other calibrations; its raws are the same."""
    other = replace(bench, calibrations={**bench.calibrations, **changes})
    other.__dict__["raws"] = bench.raws
    return other
