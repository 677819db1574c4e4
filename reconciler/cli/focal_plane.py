"""The file that tells where detectors and amplifiers lie in a focal plane, as reports draw it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..errors import ReconcileError
from ..render.report import Box, Detector
from ..spec.nodes import Untrusted, compose
from ..spec.problems import Problem
from ..spec.source import MAX_BYTES, decode

Rectangle = Annotated[tuple[float, float, float, float], Field(strict=False)]
"""Lower left corner, width and height."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Detector(_Part):
    id: int
    name: str
    box: Rectangle
    """In the focal plane, in any unit that all detectors share; y grows upwards."""
    amplifiers: dict[str, Rectangle] = Field(default_factory=dict)
    """As fractions of the detector."""


class _FocalPlane(_Part):
    detectors: tuple[_Detector, ...]


def read(path: Path) -> tuple[Detector, ...]:
    """Return the detectors that a file describes; raise `ReconcileError` with what is wrong with it."""
    try:
        plane = _FocalPlane.model_validate(_values(path))
    except OSError as error:
        raise ReconcileError(f"{path} cannot be read: {error.strerror}") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise ReconcileError(
            f"{path} describes no focal plane: {where}: {first['msg']}",
            hint="`python -m processing camera layout CAMERA` writes one",
        ) from error
    except ValueError as error:  # of a scalar that only looks like a date
        raise ReconcileError(f"{path} describes no focal plane: {error}") from error
    return tuple(
        Detector(one.id, one.name, Box(*one.box), {name: Box(*box) for name, box in one.amplifiers.items()})
        for one in plane.detectors
    )


def _values(path: Path) -> Any:
    """Return what stands in the file, within the limits that every document keeps."""
    with path.open("rb") as file:
        source = decode(str(path), file.read(MAX_BYTES + 1))
    try:
        if isinstance(source, Problem):
            raise Untrusted((source,))
        compose(source)
    except Untrusted as refused:
        raise ReconcileError(f"{path} is no YAML that is read: {refused.problems[0].message}") from None
    return yaml.load(source.text, Loader=yaml.CSafeLoader)
