"""Flaws of sensors and frames that the simulator can switch on; all are off unless asked for.

Each draws from random streams of its own: switching one on or off moves no other flaw, and a frame in which it is
not seen stays the same to the bit; where charge differs, the photon noise is drawn anew. The flaws of a sensor
depend on (seed, detector), cosmic rays on (seed, exposure, detector).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from processing.camera import Detector, Segment
from processing.defect_boxes import Reason

Image = NDArray[np.float32]

HOT_E_PER_S = 3.0
"""A pixel with more dark current is a defect in the truth, as it is for LSSTCam."""

COLD_RESPONSE = 0.9
"""And so is one that sees less of the light."""

_SENSOR_STREAM, _DUST_STREAM, _RAY_STREAM = 2_000_000, 2_000_001, 2_000_002


class Effects(BaseModel):
    """What is simulated beyond gain, noise, bias structure, dark current and flat response."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    hot_pixels: float = Field(default=0.0, ge=0, le=0.1, description="share of pixels; 20 to 100 e-/s")
    cold_pixels: float = Field(default=0.0, ge=0, le=0.1, description="share of pixels; see 10 to 70 % of the light")
    bad_columns: int = Field(default=0, ge=0, description="columns of amplifiers, per detector, that give no charge")
    dust_spots: int = Field(default=0, ge=0, description="round shadows per detector, up to 4 % deep")
    cosmic_rays: float = Field(default=0.0, ge=0, description="tracks per second and million pixels; real: 0.02")
    full_well_e: float | None = Field(default=None, gt=0, description="charge beyond it bleeds along the column")


@dataclass(frozen=True, eq=False)
class Flaws:
    """What is wrong with one sensor; images are assembled (rows, columns)."""

    dark_current: Image
    """e-/s on top of that of a good sensor."""
    collection: Image
    """Share of all charge that the pixel gives: 0 in bad columns."""
    transmission: Image
    """Share of the light that the pixel sees: cold pixels and dust."""


@dataclass(frozen=True, eq=False)
class Rays:
    """The charge that cosmic rays left in one frame, pixel by pixel; a pixel may come twice."""

    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    electrons: Image


def flaws(detector: Detector, segment: Segment, effects: Effects, *, seed: int) -> Flaws:
    """Draw the flaws of one sensor."""
    rng = np.random.default_rng([seed, detector.id, _SENSOR_STREAM])
    shape = detector.shape(segment)
    hot, cold = rng.random((2, *shape), dtype=np.float32)
    rates, responses = rng.uniform(20, 100, shape), rng.uniform(0.1, 0.7, shape)
    return Flaws(
        dark_current=np.where(hot < effects.hot_pixels, rates, 0).astype(np.float32),
        collection=_columns(detector, segment, effects.bad_columns, rng),
        transmission=np.where(cold < effects.cold_pixels, responses, 1).astype(np.float32)
        * _dust(shape, effects.dust_spots, np.random.default_rng([seed, detector.id, _DUST_STREAM])),
    )


def true_defects(dark_current: Image, known: Flaws) -> NDArray[np.uint8]:
    """The pixels that a calibration should find, by `Reason`, of a sensor with this dark current in all (e-/s)."""
    reasons = np.zeros(dark_current.shape, np.uint8)
    reasons[dark_current > HOT_E_PER_S] |= Reason.HOT.value
    reasons[known.transmission < COLD_RESPONSE] |= Reason.COLD.value
    reasons[known.collection == 0] = Reason.COLUMN.value
    return reasons


def cosmic_rays(shape: tuple[int, int], seconds: float, rate: float, seed: list[int]) -> Rays:
    """Straight tracks in all directions, of about 8 pixels with about 1000 e- each; `rate` as in `Effects`."""
    rng = np.random.default_rng([*seed, _RAY_STREAM])
    tracks = rng.poisson(rate * seconds * shape[0] * shape[1] / 1e6)
    pixels = 1 + rng.exponential(8, tracks).astype(np.int64)
    starts, angles = rng.uniform((0, 0), shape, (tracks, 2)), rng.uniform(0, 2 * np.pi, tracks)
    along = np.concatenate([np.arange(n) for n in pixels]) if tracks else np.zeros(0)
    of = np.repeat(np.arange(tracks), pixels)
    rows = np.floor(starts[of, 0] + along * np.sin(angles[of])).astype(np.int64)
    columns = np.floor(starts[of, 1] + along * np.cos(angles[of])).astype(np.int64)
    charge = rng.lognormal(np.log(1000), 0.5, of.size).astype(np.float32)
    inside = (rows >= 0) & (rows < shape[0]) & (columns >= 0) & (columns < shape[1])
    return Rays(rows[inside], columns[inside], charge[inside])


def bleed(charge: Image, full_well_e: float) -> Image:
    """The charge of one amplifier once what exceeds full well has run half up, half down its column.

    What reaches the end of the column is lost.
    """
    full = np.flatnonzero((charge > full_well_e).any(axis=0))
    result = np.minimum(charge, np.float32(full_well_e))
    excess, held = (charge[:, full] - result[:, full]) / 2, result[:, full]
    for rows in (range(len(charge)), reversed(range(len(charge)))):
        running = np.zeros(full.size, np.float32)
        for row in rows:
            running += excess[row]
            taken = np.minimum(running, full_well_e - held[row])
            held[row] += taken
            running -= taken
    result[:, full] = held
    return result


def _columns(detector: Detector, segment: Segment, number: int, rng: np.random.Generator) -> Image:
    """1, and 0 in so many columns, each of one amplifier; no two are the same."""
    collection = np.ones(detector.shape(segment), np.float32)
    rows, columns = detector.grid[0], collection.shape[1]
    for chosen in rng.choice(rows * columns, number, replace=False):
        row, column = divmod(int(chosen), columns)
        collection[row * segment.rows : (row + 1) * segment.rows, column] = 0
    return collection


def _dust(shape: tuple[int, int], number: int, rng: np.random.Generator) -> Image:
    """Shadows of 2 to 6 pixels' radius, deepest in the middle; the deepest wins where they overlap."""
    light = np.ones(shape, np.float32)
    y, x = np.ogrid[: shape[0], : shape[1]]
    for _ in range(number):
        row, column, radius, depth = rng.uniform((0, 0, 2, 0.01), (*shape, 6, 0.04))
        distance = ((y - row) ** 2 + (x - column) ** 2) / radius**2
        light = np.minimum(light, 1 - depth * np.clip(1 - distance, 0, 1)).astype(np.float32)
    return light
