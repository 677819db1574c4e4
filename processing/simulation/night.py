"""Write simulated nights as FITS raws that ingest reads, with their truth beside.

A plan is a list of blocks, each a run of like exposures:

    - {type: bias, night: 20241208, first_seq: 696, count: 20}
    - {type: dark, night: 20241208, first_seq: 720, count: 10, exposure_time: 300}
    - {type: flat, night: 20241110, first_seq: 44, count: 20, exposure_time: 10, band: u}
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import numpy as np
import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from processing.camera import SEGMENT_KEYS, Camera, Detector, HeaderField, Segment
from processing.errors import ProcessingError
from processing.simulation.effects import Effects, flaws, true_defects
from processing.simulation.exposure import Shot, Truth, expose, flat_truth, flawed, rays_of, truth

SECONDS_BETWEEN = 45.0
"""Exposures begin at least so far apart: at `seq_num` times this after the observing day's begin."""


class Block(BaseModel):
    """A run of exposures of one kind on one night."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Literal["bias", "dark", "flat"]
    night: int = Field(ge=19700101, le=21000101)
    first_seq: int = Field(ge=0)
    count: int = Field(ge=1)
    exposure_time: float = Field(default=0.0, ge=0)
    band: str | None = None
    electrons: float = Field(default=30_000.0, gt=0)
    reason: str | None = None
    program: str = "simulated"


class PlanError(ProcessingError):
    """A plan that cannot be simulated."""


def read_plan(path: Path) -> list[Block]:
    """Read a plan from YAML; every mistake is reported with its place."""
    try:
        return TypeAdapter(list[Block]).validate_python(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError) as broken:
        raise PlanError(f"{path}: cannot be read: {broken}") from broken
    except ValidationError as wrong:
        lines = [f"{path}: {'.'.join(map(str, e['loc']))}: {e['msg']}" for e in wrong.errors()]
        raise PlanError("\n".join(lines)) from None


def parse_effects(given: Sequence[str]) -> Effects | None:
    """Effects from `NAME=VALUE`; None if there are none."""
    values = dict(each.partition("=")[::2] for each in given)
    try:
        return Effects.model_validate(values) if values else None
    except ValidationError as wrong:
        known = ", ".join(f"{name} ({field.description})" for name, field in Effects.model_fields.items())
        lines = [f"effect {'.'.join(map(str, e['loc']))}: {e['msg']}" for e in wrong.errors()]
        raise PlanError("\n".join([*lines, f"known are {known}"])) from None


def simple_plan(
    night: int, *, first_seq: int, bias: int, dark: int, dark_time: float, flats: Sequence[tuple[str, int]]
) -> list[Block]:
    """Bias frames, darks and flats of one night, one after the other."""
    blocks: list[Block] = []

    def then(kind: Literal["bias", "dark", "flat"], count: int, **more: Any) -> None:
        seq_num = first_seq + sum(b.count for b in blocks)
        if count:
            blocks.append(Block(type=kind, night=night, first_seq=seq_num, count=count, **more))

    then("bias", bias)
    then("dark", dark, exposure_time=dark_time)
    for band, count in flats:
        then("flat", count, exposure_time=10.0, band=band)
    return blocks


def shots(plan: Iterable[Block], camera: Camera) -> Iterator[Shot]:
    """The exposures of a plan, in order; they never overlap in time within one night."""
    free: dict[int, datetime] = {}
    default = next(iter(camera.filters))
    for block in plan:
        night = datetime.strptime(str(block.night), "%Y%m%d") + timedelta(hours=camera.day_begins_hour)
        name = camera.physical_filter(block.band) if block.band else default
        for seq_num in range(block.first_seq, block.first_seq + block.count):
            begin = max(night + timedelta(seconds=seq_num * SECONDS_BETWEEN), free.get(block.night, night))
            free[block.night] = begin + timedelta(seconds=block.exposure_time + 3)
            yield _shot(block, seq_num, begin, name, camera.filters[name])


def write(
    directory: Path,
    camera: Camera,
    plan: Sequence[Block],
    *,
    segment: Segment,
    detectors: Sequence[int],
    seed: int,
    effects: Effects | None = None,
) -> list[Path]:
    """Write every exposure on every detector to `directory`, then truth.json and truth/; the raws' paths."""
    directory.mkdir(parents=True, exist_ok=True)
    exposures = list(shots(plan, camera))
    paths, known = [], {}
    for detector in (camera.detector(number) for number in detectors):
        sensor = truth(detector, segment, seed=seed)
        light = {s.band: flat_truth(detector, segment, s.band, seed=seed) for s in exposures if s.electrons}
        more: dict[str, Any] = {}
        if effects is not None:
            sensor, light, more = _with(effects, detector, segment, sensor, light, exposures, seed)
        for shot in exposures:
            image = expose(
                detector,
                segment,
                sensor,
                shot,
                light=light[shot.band] if shot.electrons else None,
                seed=seed,
                effects=effects,
            )
            paths.append(_write_raw(directory, camera, detector, segment, shot, image))
        known[detector.id] = _write_truth(directory / "truth", detector, sensor, light, more)
    _write_summary(directory / "truth.json", camera, segment, seed, known, exposures, effects)
    return paths


def _with(
    effects: Effects,
    detector: Detector,
    segment: Segment,
    sensor: Truth,
    light: dict[str, Any],
    exposures: Sequence[Shot],
    seed: int,
) -> tuple[Truth, dict[str, Any], dict[str, Any]]:
    """The sensor and its flats with its flaws, and the images that the truth then has besides."""
    found = flaws(detector, segment, effects, seed=seed)
    sensor = flawed(sensor, found)
    seen = found.collection * found.transmission
    rays = [(s.exposure, rays_of(detector, segment, s, effects, seed=seed)) for s in exposures]
    struck = [np.stack([np.full(r.rows.size, e), r.rows, r.columns, r.electrons], axis=1) for e, r in rays]
    more = {
        "defects": true_defects(sensor.dark_current, found),
        "transmission": found.transmission,
        "cosmic_rays": np.concatenate(struck),
    }
    return sensor, {band: image * seen for band, image in light.items()}, more


def _shot(block: Block, seq_num: int, begin: datetime, physical_filter: str, band: str) -> Shot:
    return Shot(
        observation_type=block.type,
        day_obs=block.night,
        seq_num=seq_num,
        begin=begin.isoformat(timespec="milliseconds"),
        exposure_time=block.exposure_time,
        physical_filter=physical_filter,
        band=band,
        electrons=block.electrons if block.type == "flat" else 0.0,
        reason=block.reason or block.type,
        program=block.program,
    )


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


def _write_truth(
    directory: Path, detector: Detector, sensor: Truth, light: dict[str, Any], more: dict[str, Any]
) -> dict[str, Any]:
    """Write the images of one sensor's truth as numpy arrays; its numbers per amplifier are returned."""
    directory.mkdir(exist_ok=True)
    path = directory / f"detector_{detector.id:03d}.npz"
    flats = {f"flat_{band}": image for band, image in light.items()}
    np.savez(path, bias_structure=sensor.bias_structure, dark_current=sensor.dark_current, **flats, **more)
    return {
        "images": f"{directory.name}/{path.name}",
        "amplifiers": {
            a.name: {
                "gain_e_per_adu": float(sensor.gain[i]),
                "read_noise_e": float(sensor.read_noise[i]),
                "bias_level_adu": float(sensor.bias_level[i]),
            }
            for i, a in enumerate(detector.amplifiers)
        },
    }


def _write_summary(
    path: Path,
    camera: Camera,
    segment: Segment,
    seed: int,
    known: dict[int, Any],
    exposures: list[Shot],
    effects: Effects | None,
) -> None:
    summary: dict[str, Any] = {
        "camera": camera.name,
        "seed": seed,
        "segment": segment.model_dump(),
        "units": {"bias_structure": "adu", "dark_current": "electron/s", "flat": "relative"},
        "detectors": known,
        "exposures": {s.exposure: {"type": s.observation_type, "electrons": s.electrons} for s in exposures},
    }
    if effects is not None:
        summary["effects"] = effects.model_dump()
        summary["units"] |= {"defects": "bits: 1 hot, 2 cold, 4 column", "transmission": "relative"}
        summary["units"] |= {"cosmic_rays": "exposure, row, column, electron"}
    path.write_text(json.dumps(summary, indent=1) + "\n", encoding="utf-8")
