"""Commits of the trusted branch, and what each changed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Edit:
    """One path that a commit changed: git's mode and name of its new content; both empty if it is gone."""

    path: str
    mode: str
    blob: str


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit of the trusted line, and all that it changed compared with its first parent."""

    name: str
    edits: tuple[Edit, ...]
