"""Printing: JSON for programs, text for people, progress for those who wait."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..content import Content
from ..jobs import Job, Progress
from ..parcel import Counted


def write(text: str) -> None:
    """Print text to standard output."""
    sys.stdout.write(text if text.endswith("\n") else text + "\n")


def write_json(value: Any) -> None:
    """Print a value as JSON."""
    write(json.dumps(value, indent=2, ensure_ascii=False))


def replace_file(path: Path, content: str | bytes) -> None:
    """Write a file so that a reader finds the old one or the new one, never half of it."""
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(content.encode() if isinstance(content, str) else content)
    part.replace(path)


@dataclass(frozen=True)
class Shown:
    """What is told while something takes long: quanta of jobs, and files that were copied."""

    job: Progress
    copied: Counted


@contextmanager
def progress() -> Iterator[Shown]:
    """Show on a terminal what is under way; say nothing elsewhere, where a line per step is enough."""
    if not sys.stderr.isatty():
        yield Shown(lambda job, done, total: None, lambda content: None)  # noqa: ARG005  # nobody looks
        return
    from rich import progress as rich
    from rich.console import Console

    columns = (
        rich.TextColumn("  {task.description}"),
        rich.BarColumn(),
        rich.MofNCompleteColumn(),
        rich.TimeRemainingColumn(),
    )
    with rich.Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        bar_of: dict[tuple[str, str], rich.TaskID] = {}
        files = megabytes = 0.0

        def bar(place: str, what: str, total: int | None) -> rich.TaskID:
            if (place, what) not in bar_of:
                bar_of[place, what] = bars.add_task(what, total=total)
            return bar_of[place, what]

        def report(job: Job, done: int, total: int) -> None:
            bars.update(bar(job.place, f"produce {job.leaf}", total), completed=done, visible=done < total)

        def copied(content: Content) -> None:
            nonlocal files, megabytes
            files, megabytes = files + 1, megabytes + content.size / 1e6
            bars.update(bar("", "copied", None), completed=files, description=f"copied {megabytes:.0f} MB in files:")

        yield Shown(report, copied)
