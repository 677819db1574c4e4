"""Write simulated nights as FITS raws that ingest reads, with their truth beside."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from processing.camera import SEGMENT_KEYS, Camera, Detector, HeaderField, Segment
from processing.simulation import truth
from processing.simulation.effects import Effects
from processing.simulation.exposure import Shot, expose, rays_of
from processing.simulation.plan import Block, shots
from processing.simulation.sensor import Sensor, draw, flat_light


def write(
    directory: Path,
    camera: Camera,
    plan: Sequence[Block],
    *,
    detectors: Sequence[int],
    seed: int,
    amplifier_size: tuple[int, int] | None = None,
    effects: Effects | None = None,
) -> list[Path]:
    """Write every exposure on every detector to `directory`, then truth.json and truth/; the raws' paths.

    `amplifier_size` is in pixels (columns, rows), for sensors of another size than the real ones.
    """
    directory.mkdir(parents=True, exist_ok=True)
    effects = effects or Effects()
    exposures = list(shots(plan, camera))
    paths, known = [], {}
    for detector in (camera.detector(number) for number in detectors):
        segment = camera.segment_for(detector)
        if amplifier_size is not None:
            segment = segment.scaled_to(*amplifier_size)
        sensor = draw(detector, segment, effects, seed=seed)
        bands = {s.band for s in exposures if s.electrons}
        light = {b: flat_light(camera, detector, segment, sensor, b, effects, seed=seed) for b in sorted(bands)}
        for shot in exposures:
            lit = light[shot.band] if shot.electrons else None
            image = expose(detector, segment, sensor, shot, light=lit, seed=seed)
            paths.append(_write_raw(directory, camera, detector, segment, shot, image))
        rays = _rays(detector, segment, sensor, exposures, seed)
        known[detector.id] = truth.write_images(directory, detector, segment, sensor, light, rays)
    truth.write_summary(directory, camera, seed, effects, known, exposures)
    return paths


def _rays(
    detector: Detector, segment: Segment, sensor: Sensor, exposures: Sequence[Shot], seed: int
) -> NDArray[np.float64]:
    """Exposure, row, column and electrons of each pixel that a ray has struck."""
    struck = [(s.exposure, rays_of(detector, segment, sensor, s, seed=seed)) for s in exposures]
    rows = [np.stack([np.full(r.rows.size, e), r.rows, r.columns, r.electrons], axis=1) for e, r in struck]
    return np.concatenate([np.empty((0, 4)), *rows])


def _write_raw(directory: Path, camera: Camera, detector: Detector, segment: Segment, shot: Shot, image: Any) -> Path:
    from astropy.io import fits

    header = fits.Header()
    for key, value in _cards(camera, detector, segment, shot):
        header[key] = value
    path = directory / f"{camera.name}_{shot.exposure}_{shot.observation_type}_{detector.id:03d}.fits"
    fits.PrimaryHDU(image, header=header).writeto(path, overwrite=True)
    return path


def _cards(camera: Camera, detector: Detector, segment: Segment, shot: Shot) -> Iterator[tuple[str, str | int | float]]:
    """What the camera's own header map will read back, under its own keywords and values."""
    where = camera.header
    said: list[tuple[HeaderField | None, str | int | float]] = [
        (where.camera, camera.name),
        (where.detector, detector.id),
        (where.observation_type, shot.observation_type),
        (where.begin, shot.begin),
        (where.exposure_time, shot.exposure_time),
        (where.dark_time, shot.exposure_time),
        (where.filter, shot.physical_filter),
        (where.day_obs, str(shot.day_obs)),
        (where.seq_num, shot.seq_num),
        (where.obs_id, f"{shot.day_obs}_{shot.seq_num:06d}"),
        (where.group, f"{shot.day_obs}_{shot.seq_num:06d}"),
        (where.reason, shot.reason),
        (where.program, shot.program),
    ]
    for field, value in said:
        if field and field.key:
            back = {v: k for k, v in field.values.items()}
            yield field.key, back.get(str(value), value)
    for name, key in SEGMENT_KEYS.items():
        yield key, getattr(segment, name)
    yield "SIMULATE", True
