"""Cosmic rays: straight tracks of charge, other ones in every frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]

_STREAM = 2_000_002


@dataclass(frozen=True, eq=False)
class Rays:
    """The charge that cosmic rays left in one frame, pixel by pixel; a pixel may come twice."""

    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    electrons: Image


def cosmic_rays(shape: tuple[int, int], seconds: float, rate: float, seed: list[int]) -> Rays:
    """Tracks in all directions, of about 8 pixels with about 1000 e- each; `rate` per second and million pixels."""
    rng = np.random.default_rng([*seed, _STREAM])
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


def struck(electrons: Image, rays: Rays) -> Image:
    """The charge of a frame with that of its rays."""
    charge = electrons.copy()
    np.add.at(charge, (rays.rows, rays.columns), rays.electrons)
    return charge
