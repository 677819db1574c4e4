"""The files of a pipeline: the one that a template names and those that it imports, looked for before anything runs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .template import read_yaml
from .variables import unset_in


def missing_files(pipeline: str) -> list[str]:
    """Return what cannot be found of a pipeline and its imports, as sentences; remote ones are not looked for."""
    problems: list[str] = []
    _visit(pipeline, None, set(), problems)
    return problems


def _visit(location: str, by: Path | None, seen: set[Path], problems: list[str]) -> None:
    text = location.split("#", 1)[0]
    whose = f"{by} imports {text}" if by else f"pipelineYaml: {text}"
    if unset := unset_in(text):
        # Of the template's own values, `unresolved` has said so.
        problems.extend(f"{whose}: the environment variable {name} is not set" for name in unset if by)
        return
    name = os.path.expandvars(text)
    if "://" in name or "{" in name:
        return
    path = (by.parent if by else Path.cwd()) / name
    if not path.is_file():
        problems.append(f"{whose}: there is no file {path}")
    elif path not in seen:
        seen.add(path)
        for imported in _imports(read_yaml(path, problems)):
            _visit(imported, path, seen, problems)


def _imports(tree: dict[str, Any]) -> Iterator[str]:
    entries = tree.get("imports") or ()
    for entry in (entries,) if isinstance(entries, str | dict) else entries:
        location = entry.get("location") if isinstance(entry, dict) else entry
        if isinstance(location, str):
            yield location
