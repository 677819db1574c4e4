"""Simulate raws of a camera whose truth is known: what a calibration should find is written beside the frames.

The truth of a sensor depends on (seed, detector) alone and the noise of a frame on (seed, exposure, detector),
so any subset of frames can be made again, in any order, bit by bit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from processing.assemble import place, readouts
from processing.camera import Detector, Segment
from processing.observation import SEQUENCES_PER_DAY
from processing.simulation.effects import Effects, Flaws, Rays, bleed, cosmic_rays

Image = NDArray[np.float32]

FULL_SCALE_ADU = 65535
"""The converter has 16 bits: brighter pixels stand at this value."""

_FLAT_STREAM = 1_000_000
"""Keeps the random stream of a band's flat apart from those of other truths of the same sensor."""


@dataclass(frozen=True, eq=False)
class Truth:
    """What a sensor really does. Images are assembled (rows, columns), per-amplifier arrays in camera order.

    gain in e-/ADU, read noise in e-, bias level in ADU, bias structure in ADU on top of it,
    dark current in e-/s.
    """

    gain: Image
    read_noise: Image
    bias_level: Image
    bias_structure: Image
    dark_current: Image


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


def truth(detector: Detector, segment: Segment, *, seed: int) -> Truth:
    """Draw the sensor: 1 % spread of gain and noise, a bias pattern, dark current with hot pixels."""
    rng = np.random.default_rng([seed, detector.id])
    n, shape = len(detector.amplifiers), detector.shape(segment)
    gain = np.array([a.gain_e_per_adu for a in detector.amplifiers]) * rng.normal(1, 0.01, n)
    noise = np.array([a.read_noise_e for a in detector.amplifiers]) * rng.normal(1, 0.01, n)
    return Truth(
        gain=gain.astype(np.float32),
        read_noise=noise.astype(np.float32),
        bias_level=rng.normal(1000, 50, n).astype(np.float32),
        bias_structure=_bias_structure(detector, segment, rng),
        dark_current=_dark_current(shape, rng),
    )


def flawed(known: Truth, flaws: Flaws) -> Truth:
    """The same sensor with flaws: hot pixels, and columns that give no charge."""
    return replace(known, dark_current=(known.dark_current + flaws.dark_current) * flaws.collection)


def flat_truth(detector: Detector, segment: Segment, band: str, *, seed: int) -> Image:
    """Relative response to a flat light: vignetting across the focal plane times 1 % between pixels."""
    rng = np.random.default_rng([seed, detector.id, _FLAT_STREAM + ord(band[0])])
    rows, columns = detector.shape(segment)
    y = np.linspace(-0.5, 0.5, rows, dtype=np.float32)[:, None] + detector.position[1] - 1
    x = np.linspace(-0.5, 0.5, columns, dtype=np.float32)[None, :] + detector.position[0] - 1
    pixels = rng.standard_normal((rows, columns), dtype=np.float32)
    return (1 - np.float32(0.05) * (x * x + y * y)) * (1 + np.float32(0.01) * pixels)


def expose(
    detector: Detector,
    segment: Segment,
    known: Truth,
    shot: Shot,
    *,
    light: Image | None,
    seed: int,
    effects: Effects | None = None,
) -> NDArray[np.uint16]:
    """The raw image of one shot, scans included; `light` is the relative response, None in the dark.

    Of `effects` only those of a frame act here, cosmic rays and full well: `known` and `light` have the sensor's.
    """
    rng = np.random.default_rng([seed, shot.exposure, detector.id])
    charge = known.dark_current * np.float32(shot.exposure_time)
    if light is not None:
        charge += light * np.float32(shot.electrons)
    electrons = rng.poisson(charge).astype(np.float32)
    if effects is not None:
        electrons = _struck(electrons, rays_of(detector, segment, shot, effects, seed=seed))
    raw = rng.standard_normal(detector.raw_shape(segment), dtype=np.float32)
    level = known.bias_level + rng.normal(0, 3, len(known.bias_level)).astype(np.float32)
    for i, readout in enumerate(readouts(raw, detector, segment)):
        window, data = readout.window, readout.data
        window *= known.read_noise[i] / known.gain[i]
        window += level[i]
        data += place(known.bias_structure, readout.amplifier, segment)
        collected = place(electrons, readout.amplifier, segment)
        if effects is not None and effects.full_well_e is not None:
            collected = bleed(collected, effects.full_well_e)
        data += collected / known.gain[i]
    return np.clip(np.rint(raw), 0, FULL_SCALE_ADU).astype(np.uint16)


def rays_of(detector: Detector, segment: Segment, shot: Shot, effects: Effects, *, seed: int) -> Rays:
    """The cosmic rays of one frame."""
    stream = [seed, shot.exposure, detector.id]
    return cosmic_rays(detector.shape(segment), shot.exposure_time, effects.cosmic_rays, stream)


def _struck(electrons: Image, rays: Rays) -> Image:
    np.add.at(electrons, (rays.rows, rays.columns), rays.electrons)
    return electrons


def _bias_structure(detector: Detector, segment: Segment, rng: np.random.Generator) -> Image:
    """Columns that differ by about 2 ADU, and a glow of 5 ADU where each amplifier reads out."""
    image = np.empty(detector.shape(segment), np.float32)
    glow = 5 * np.exp(-np.arange(segment.columns, dtype=np.float32) / (segment.columns / 8))
    for amplifier in detector.amplifiers:
        place(image, amplifier, segment)[:] = glow + rng.normal(0, 2, segment.columns).astype(np.float32)
    return image


def _dark_current(shape: tuple[int, int], rng: np.random.Generator) -> Image:
    """About 0.2 e-/s, rising by a third along the rows; one pixel in a thousand is hot (5 to 20 e-/s)."""
    dark = np.full(shape, 0.2, np.float32)
    dark *= np.linspace(0.85, 1.15, shape[0], dtype=np.float32)[:, None]
    hot = rng.random(shape, dtype=np.float32) < 0.001
    dark[hot] = rng.uniform(5, 20, int(hot.sum()))
    return dark
