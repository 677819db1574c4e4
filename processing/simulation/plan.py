"""What to expose: a plan is a list of blocks, each a run of like exposures.

    - {type: bias, night: 20241208, first_seq: 696, count: 20}
    - {type: dark, night: 20241208, first_seq: 720, count: 10, exposure_time: 300}
    - {type: flat, night: 20241110, first_seq: 44, count: 20, exposure_time: 10, band: u}
    - {type: flat, night: 20241111, first_seq: 1, count: 2, exposure_time: 10, band: r, electrons: [1000, 5000, 20000]}
    - {type: flat, night: 20241112, first_seq: 1, count: 2, exposure_time: 10, band: r,
       electrons: {first: 500, last: 100000, levels: 12}}

A ladder of levels, listed or in equal factors, has `count` exposures at each. Its brightest level takes
`exposure_time`, the others less in proportion, as with one steady lamp.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from processing.camera import Camera
from processing.errors import ProcessingError
from processing.simulation.exposure import Shot

SECONDS_BETWEEN = 45.0
"""Exposures begin at least so far apart: at `seq_num` times this after the observing day's begin."""

Level = Annotated[float, Field(gt=0)]
"""Electrons per pixel that a flat of full response collects."""


class PlanError(ProcessingError):
    """A plan that cannot be simulated."""


class Ladder(BaseModel):
    """Levels of light in equal factors."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    first: Level
    last: Level
    levels: int = Field(ge=2)

    @property
    def electrons(self) -> tuple[float, ...]:
        """The levels, to whole electrons."""
        return tuple(float(each) for each in np.rint(np.geomspace(self.first, self.last, self.levels)))


class Block(BaseModel):
    """A run of exposures of one kind on one night."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Literal["bias", "dark", "flat"]
    night: int = Field(ge=19700101, le=21000101)
    first_seq: int = Field(ge=0)
    count: int = Field(ge=1)
    exposure_time: float = Field(default=0.0, ge=0)
    band: str | None = None
    electrons: Level | Annotated[tuple[Level, ...], Field(min_length=1)] | Ladder = 30_000.0
    reason: str | None = None
    program: str = "simulated"

    @property
    def levels(self) -> tuple[float, ...]:
        """Electrons of the levels of a flat; one of 0 for all else."""
        if self.type != "flat":
            return (0.0,)
        if isinstance(self.electrons, Ladder):
            return self.electrons.electrons
        return self.electrons if isinstance(self.electrons, tuple) else (self.electrons,)

    @property
    def length(self) -> int:
        """The number of exposures."""
        return self.count * len(self.levels)

    def seconds(self, electrons: float) -> float:
        """The exposure time of one level."""
        brightest = max(self.levels)
        return self.exposure_time * electrons / brightest if brightest else self.exposure_time


def read_plan(path: Path) -> list[Block]:
    """Read a plan from YAML; every mistake is reported with its place."""
    try:
        return TypeAdapter(list[Block]).validate_python(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError) as broken:
        raise PlanError(f"{path}: cannot be read: {broken}") from broken
    except ValidationError as wrong:
        lines = [f"{path}: {'.'.join(map(str, e['loc']))}: {e['msg']}" for e in wrong.errors()]
        raise PlanError("\n".join(lines)) from None


def simple_plan(
    night: int,
    *,
    first_seq: int,
    bias: int,
    dark: int,
    dark_time: float,
    flats: Sequence[tuple[str, int, tuple[float, ...]]],
) -> list[Block]:
    """Bias frames, darks and flats (band, number at each level, levels) of one night, one after the other."""
    blocks: list[Block] = []

    def then(kind: Literal["bias", "dark", "flat"], count: int, **more: Any) -> None:
        seq_num = first_seq + sum(b.length for b in blocks)
        if count:
            blocks.append(Block(type=kind, night=night, first_seq=seq_num, count=count, **more))

    then("bias", bias)
    then("dark", dark, exposure_time=dark_time)
    for band, count, levels in flats:
        then("flat", count, exposure_time=10.0, band=band, **({"electrons": levels} if levels else {}))
    return blocks


def shots(plan: Iterable[Block], camera: Camera) -> Iterator[Shot]:
    """The exposures of a plan, in order; they never overlap in time within one night."""
    free: dict[int, datetime] = {}
    default = next(iter(camera.filters))
    for block in plan:
        night = datetime.strptime(str(block.night), "%Y%m%d") + timedelta(hours=camera.day_begins_hour)
        name = camera.physical_filter(block.band) if block.band else default
        for seq_num in range(block.first_seq, block.first_seq + block.length):
            electrons = block.levels[(seq_num - block.first_seq) // block.count]
            begin = max(night + timedelta(seconds=seq_num * SECONDS_BETWEEN), free.get(block.night, night))
            shot = _shot(block, seq_num, begin, electrons, name, camera.filters[name])
            free[block.night] = begin + timedelta(seconds=shot.exposure_time + 3)
            yield shot


def _shot(block: Block, seq_num: int, begin: datetime, electrons: float, physical_filter: str, band: str) -> Shot:
    return Shot(
        observation_type=block.type,
        day_obs=block.night,
        seq_num=seq_num,
        begin=begin.isoformat(timespec="milliseconds"),
        exposure_time=block.seconds(electrons),
        physical_filter=physical_filter,
        band=band,
        electrons=electrons,
        reason=block.reason or block.type,
        program=block.program,
    )
