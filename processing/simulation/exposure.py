"""Expose a sensor: light and darkness become charge, charge is moved and read, and a raw image comes out.

The noise of a frame depends on (seed, exposure, detector) alone, and its sensor on (seed, detector): any subset of
frames can be made again, in any order, bit by bit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from processing.assemble import place, readouts
from processing.camera import Amplifier, Detector, Segment
from processing.observation import SEQUENCES_PER_DAY
from processing.simulation import brighter_fatter, crosstalk, nonlinearity
from processing.simulation.charge_transfer import read_out
from processing.simulation.cosmic_rays import Rays, cosmic_rays, struck
from processing.simulation.electronics import drift
from processing.simulation.full_well import bleed
from processing.simulation.nonlinearity import FULL_SCALE_ADU
from processing.simulation.sensor import Sensor

Image = NDArray[np.float32]


@dataclass(frozen=True)
class Shot:
    """One exposure to simulate. `begin` is ISO 8601 in the camera's time scale; `band` lights a flat."""

    observation_type: str
    day_obs: int
    seq_num: int
    begin: str
    exposure_time: float
    physical_filter: str
    band: str
    electrons: float = 0.0
    reason: str = "simulated"
    program: str = "simulated"

    @property
    def exposure(self) -> int:
        """The exposure id."""
        return self.day_obs * SEQUENCES_PER_DAY + self.seq_num


def expose(
    detector: Detector, segment: Segment, sensor: Sensor, shot: Shot, *, light: Image | None, seed: int
) -> NDArray[np.uint16]:
    """The raw image of one shot, scans included; `light` is what arrives, relative to the shot's; None in the dark."""
    rng = np.random.default_rng([seed, shot.exposure, detector.id])
    charge = sensor.dark_current * np.float32(shot.exposure_time)
    if light is not None:
        charge += light * np.float32(shot.electrons)
    electrons = _collected(charge, sensor, rays_of(detector, segment, sensor, shot, seed=seed), rng)
    signals = _signals(electrons, detector, segment, sensor)
    raw = rng.standard_normal(detector.raw_shape(segment), dtype=np.float32)
    level = sensor.bias_level + drift(len(sensor.bias_level), rng)
    for i, readout in enumerate(readouts(raw, detector, segment)):
        window, data = readout.window, readout.data
        window *= sensor.read_noise[i] / sensor.gain[i]
        window += level[i]
        data += place(sensor.bias_structure, readout.amplifier, segment)
        window += signals[i]
    return np.clip(np.rint(raw), 0, FULL_SCALE_ADU).astype(np.uint16)


def rays_of(detector: Detector, segment: Segment, sensor: Sensor, shot: Shot, *, seed: int) -> Rays:
    """The cosmic rays of one frame."""
    stream = [seed, shot.exposure, detector.id]
    return cosmic_rays(detector.shape(segment), shot.exposure_time, sensor.cosmic_rays, stream)


def _collected(expected: Image, sensor: Sensor, rays: Rays, rng: np.random.Generator) -> Image:
    """What pixels hold at the end of the exposure, of the electrons that are expected."""
    if sensor.kernel is None:
        return struck(_counted(expected, sensor, rng), rays)
    return brighter_fatter.collect(list(_slices(expected, sensor, rays, rng)), sensor.kernel)


def _slices(expected: Image, sensor: Sensor, rays: Rays, rng: np.random.Generator) -> Iterator[Image]:
    """What arrives, part by part in time; the rays in the middle."""
    part = expected / np.float32(brighter_fatter.SLICES)
    for number in range(brighter_fatter.SLICES):
        arriving = _counted(part, sensor, rng)
        yield struck(arriving, rays) if number == brighter_fatter.SLICES // 2 else arriving


def _counted(expected: Image, sensor: Sensor, rng: np.random.Generator) -> Image:
    return rng.poisson(expected).astype(np.float32) if sensor.photon_noise else expected


def _signals(electrons: Image, detector: Detector, segment: Segment, sensor: Sensor) -> Image:
    """What the converters see above bias in ADU, (n_amplifiers, rows, columns) with scans, in readout order."""
    signals = np.stack(
        [_signal(electrons, amplifier, i, segment, sensor) for i, amplifier in enumerate(detector.amplifiers)]
    )
    return signals if sensor.crosstalk is None else crosstalk.mix(signals, sensor.crosstalk)


def _signal(electrons: Image, amplifier: Amplifier, number: int, segment: Segment, sensor: Sensor) -> Image:
    charge: Image = place(electrons, amplifier, segment)
    if sensor.full_well_e is not None:
        charge = bleed(charge, sensor.full_well_e)
    signal = read_out(charge, segment, sensor.parallel, sensor.serial) / sensor.gain[number]
    return signal if sensor.curves is None else nonlinearity.bend(signal, sensor.curves[number])
