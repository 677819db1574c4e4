"""What claims, seals and records must look like to be taken for ours: their places in a repository anybody can write.

Only looked at, never converted: what fits is read as it stands. Every `check` raises `ValueError`.
"""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

Pair: TypeAlias = tuple[str, Any]
"""A leaf or a collection, and a digest."""
Number: TypeAlias = Annotated[int, Field(strict=True, ge=-(2**63), lt=2**63)]


class Shape(BaseModel):
    """Fields of the names and types that this version writes, and no others."""

    model_config = ConfigDict(extra="forbid")

    @classmethod
    def check(cls, content: object) -> None:
        """Raise `ValueError` with the first field that is not as it is written."""
        cls.model_validate(content)


class _Intent(BaseModel):
    """What is told of an intent; more may stand there."""

    model_config = ConfigDict(extra="allow")

    exposures: list[Number | str] = Field(default_factory=list)
    precursors: list[Pair] = Field(default_factory=list)
    starting: list[Pair] = Field(default_factory=list)
    curated: list[tuple[str, str, str, str, list[str]]] = Field(default_factory=list)
    overrides: dict[str, Any] = Field(default_factory=dict)


class Claim(Shape):
    """Of `seals.Claim`."""

    recipe: str
    intent: _Intent
    run: str
    inputs: list[str]
    attempt: Number
    host: str
    submission: str
    started: str = ""


class _Construction(Shape):
    template: str = ""
    home: str = ""
    variables: dict[str, str] = Field(default_factory=dict)
    inputs: list[str]
    started: str = ""
    finished: str = ""
    host: str = ""
    submission: str = ""
    versions: dict[str, str] = Field(default_factory=dict)
    failures: list[str]


class Seal(Shape):
    """Of `seals.Seal`."""

    recipe: str
    intent: _Intent
    run: str
    datasets: dict[str, dict[str, str]]
    construction: _Construction | None = None


class Record(Shape):
    """Of `record.Record`."""

    place: str
    owned: list[tuple[str, str, Annotated[str, Field(pattern="^(chain|set)$")]]]
    applied: str | None
