"""A simulated sensor calibrated as the pipelines do it, each product corrected with those before it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from processing.defect_boxes import Defects, Origin, boxes_of
from processing.defects import Criteria, find_defects, merge
from processing.effects.charge_transfer import ChargeTransfer
from processing.effects.cosmic_rays import RayCriteria
from processing.effects.linearizer import corrections
from processing.effects.overscan_trails import OverscanTrails, measure_trails
from processing.effects.photon_transfer import electronics
from processing.effects.solve_transfer import Criteria as TrailCriteria
from processing.effects.solve_transfer import solve
from processing.frame import Frame
from processing.provenance import UNITS
from processing.simulation.curated import dead_columns
from processing.simulation.effects import Effects
from tests.processing.laboratory import DETECTOR, SEGMENT, SHAPE, Bench, bench, combined, corrected

FRAMES = 12
"""Of each kind that are combined."""

DARK_S, FLAT_E = 300.0, 40_000.0
TRAIL_LEVELS_E = np.linspace(5_000, 80_000, 8)


@dataclass(frozen=True)
class Calibrated:
    """A sensor with its truth, and what was measured with it: all but gains, crosstalk, linearizer and kernel."""

    bench: Bench
    bias: Frame
    dark: Frame
    flat: Frame
    """Of frames in electrons."""
    defects: Defects
    charge_transfer: ChargeTransfer
    flat_level_e: float
    """What an even light of `FLAT_E` gives in a frame that this flat divides."""

    def known(self, without: str = "") -> dict[str, Any]:
        """What corrects a frame, in electrons; without one calibration, if wanted."""
        measured = ("bias", "dark", "flat", "defects", "charge_transfer")
        given: dict[str, Any] = {**self.bench.truth, **{name: getattr(self, name) for name in measured}}
        return {name: calib for name, calib in given.items() if name != without} | {"apply_gains": True}


def calibrated(effects: Effects) -> Calibrated:
    """Calibrate a sensor that has these effects. Products know no kernel, as in the pipelines: it comes after them."""
    real = bench(effects)
    known: dict[str, Any] = real.only("photon_transfer", "crosstalk", "linearizer")
    known["charge_transfer"] = _charge_transfer(real)
    numbers = range(FRAMES)
    known["bias"] = combined([corrected(real.raw(n), shot_noise=False, **known) for n in numbers])
    darks = [corrected(real.raw(100 + n, seconds=DARK_S), **known) for n in numbers]
    known["dark"] = combined(darks, scale=DARK_S, rays=RayCriteria())
    flats = [corrected(real.flat(200 + n, FLAT_E), apply_gains=True, **known) for n in numbers]
    level = float(np.median(flats[0].image))
    known["flat"] = replace(combined(flats, scale=level), header={UNITS: "electron"})
    measured = {name: known[name] for name in ("bias", "dark", "flat", "charge_transfer")}
    defects = _defects(known["bias"], known["dark"], known["flat"])
    return Calibrated(bench=real, **measured, defects=defects, flat_level_e=level)


def _charge_transfer(real: Bench) -> ChargeTransfer:
    """Fitted to the trails of flats of several levels."""
    raws = [real.flat(300 + n, electrons) for n, electrons in enumerate(TRAIL_LEVELS_E)]
    return solve([_trails(real, n, raw) for n, raw in enumerate(raws)], TrailCriteria())


def _trails(real: Bench, number: int, raw: Any) -> OverscanTrails:
    curves = real.truth["linearizer"]
    assert curves is not None
    return measure_trails(
        raw,
        DETECTOR,
        SEGMENT,
        exposure=number,
        gain=electronics(DETECTOR, None).gain,
        curves=corrections(curves, [amplifier.name for amplifier in DETECTOR.amplifiers]),
        defects=dead_columns(real.sensor, {}),
    )


def _defects(bias: Frame, dark: Frame, flat: Frame) -> Defects:
    """Whatever of the three shows, at the thresholds of the simulator's truth."""
    criteria = Criteria(dark_e_per_s=3.0, flat_fraction=0.9)
    seen = {Origin.BIAS: bias, Origin.DARK: dark, Origin.FLAT: flat}
    return Defects(
        boxes_of(merge([find_defects(f, kind, DETECTOR, criteria) for kind, f in seen.items()], "OR")), SHAPE
    )
