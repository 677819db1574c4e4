"""Datasets on their way between repositories and the archive: what each is, and how its file is read."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import BinaryIO, TypeAlias

from .content import Content

Opened: TypeAlias = Callable[[], AbstractContextManager[BinaryIO]]
"""Opens a file anew, from its beginning; raises a `ReconcileError` that names it if that cannot be."""


@dataclass(frozen=True, slots=True)
class Definition:
    """How a calibration's dataset type is defined: its dimensions and its storage class."""

    dimensions: tuple[str, ...]
    storage_class: str


@dataclass(frozen=True, slots=True)
class Piece:
    """One dataset and its file.

    Attributes
    ----------
    path
        Where the file stands below the root of the repository that made it, for people and for its extension.
    content
        What the file holds, as whoever offers it says; None if nobody has read it.
    proven
        Whether its stream compares what passes with `content`, and raises if it is something else.
    """

    dataset_type: str
    data_id: str
    uuid: str
    path: str
    open: Opened
    content: Content | None = None
    proven: bool = False

    def __str__(self) -> str:
        return f"{self.dataset_type} {self.data_id} ({self.uuid})"


@dataclass(frozen=True, slots=True)
class File:
    """A file to be put into a RUN as one dataset."""

    dataset_type: str
    storage_class: str
    dimensions: tuple[str, ...]
    data_id: str
    path: str
    sha256: str


Counted: TypeAlias = Callable[[Content], None]
"""Told of each file that was copied."""
