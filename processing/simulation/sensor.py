"""A sensor of which everything is known: its electronics, its flaws, and how it collects and moves charge."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from processing.camera import Camera, Detector, Segment
from processing.simulation import brighter_fatter, crosstalk, nonlinearity
from processing.simulation.bias_structure import structure
from processing.simulation.charge_transfer import Register
from processing.simulation.dark_current import dark_current
from processing.simulation.defects import flaws, true_defects
from processing.simulation.dust import dust
from processing.simulation.effects import Effects
from processing.simulation.electronics import PerAmplifier, bias_levels, gains, read_noises
from processing.simulation.pixel_response import pixel_response
from processing.simulation.vignetting import vignetting

Image = NDArray[np.float32]
Numbers = NDArray[np.float64]

PARALLEL_RELEASE_TRANSFERS = 1.5
SERIAL_RELEASE_TRANSFERS = 3.0
"""Time constants of the traps."""


@dataclass(frozen=True, eq=False)
class Sensor:
    """What a sensor really does. Images are assembled (rows, columns), per-amplifier arrays in camera order."""

    gain: PerAmplifier
    """e-/ADU."""
    read_noise: PerAmplifier
    """Electrons."""
    bias_level: PerAmplifier
    """ADU."""
    bias_structure: Image
    """ADU, on top of the level."""
    dark_current: Image
    """e-/s."""
    collection: Image
    """Share of all charge that the pixel gives: 0 in bad columns."""
    transmission: Image
    """Share of the light that the pixel sees: cold pixels and dust."""
    defects: NDArray[np.uint8]
    """By `processing.defect_boxes.Reason`."""
    full_well_e: float | None
    kernel: Numbers | None
    """Of brighter-fatter, per electron."""
    parallel: Register
    serial: Register
    curves: Numbers | None
    """Of the nonlinearity, (n_amplifiers, 3)."""
    crosstalk: Numbers | None
    """[victim, source]."""
    photon_noise: bool
    cosmic_rays: float
    """Tracks per second and million pixels."""


def draw(detector: Detector, segment: Segment, effects: Effects | None = None, *, seed: int) -> Sensor:
    """Draw the sensor that has these effects; without any, a good one of 1 % spread in gain and noise."""
    effects = effects or Effects()
    rng = np.random.default_rng([seed, detector.id])
    n, shape = len(detector.amplifiers), detector.shape(segment)
    gain = gains(detector, rng, spread=effects.gain_spread)
    noise = read_noises(detector, rng, spread=effects.gain_spread, on=effects.read_noise)
    level = bias_levels(n, rng)
    pattern = structure(detector, segment, rng, on=effects.bias_structure)
    found = flaws(detector, segment, effects, seed=seed)
    dark = (dark_current(shape, rng, on=effects.dark_current) + found.dark_current) * found.collection
    return Sensor(
        gain=gain,
        read_noise=noise,
        bias_level=level,
        bias_structure=pattern,
        dark_current=dark,
        collection=found.collection,
        transmission=found.transmission * dust(shape, effects.dust_spots, [seed, detector.id]),
        defects=true_defects(dark, found),
        full_well_e=effects.full_well_e,
        kernel=brighter_fatter.kernel(effects.brighter_fatter) if effects.brighter_fatter else None,
        parallel=Register(effects.parallel_cti, effects.parallel_traps_e, PARALLEL_RELEASE_TRANSFERS),
        serial=Register(effects.serial_cti, effects.serial_traps_e, SERIAL_RELEASE_TRANSFERS),
        curves=nonlinearity.curves(detector.id, n, effects.nonlinearity, seed=seed) if effects.nonlinearity else None,
        crosstalk=crosstalk.couplings(detector, effects.crosstalk, seed=seed) if effects.crosstalk else None,
        photon_noise=effects.photon_noise,
        cosmic_rays=effects.cosmic_rays,
    )


def flat_light(
    camera: Camera,
    detector: Detector,
    segment: Segment,
    sensor: Sensor,
    band: str,
    effects: Effects | None = None,
    *,
    seed: int,
) -> Image:
    """Relative response of each pixel to a flat light of this band."""
    effects = effects or Effects()
    light = np.ones(detector.shape(segment), np.float32)
    if effects.vignetting:
        light = vignetting(camera, detector, segment)
    if effects.pixel_response:
        light = light * pixel_response(light.shape, band, [seed, detector.id])
    seen: Image = light * (sensor.collection * sensor.transmission)
    return seen
