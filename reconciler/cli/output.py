"""Printing: JSON for programs, text for people, progress for those who wait."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..content import Content
from ..ports import Counted, Job, Progress


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


@contextmanager
def progress() -> Iterator[Progress]:
    """Show the quanta of each running job on a terminal; say nothing elsewhere, where a line per step is enough."""
    if not sys.stderr.isatty():
        yield lambda job, done, total: None  # noqa: ARG005  # nobody looks
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

        def report(job: Job, done: int, total: int) -> None:
            name = job.place, job.leaf
            if name not in bar_of:
                bar_of[name] = bars.add_task(f"produce {job.leaf}", total=total)
            bars.update(bar_of[name], completed=done, visible=done < total)

        yield report


@contextmanager
def copying() -> Iterator[Counted]:
    """Show on a terminal how many files and bytes have been copied; say nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda content: None  # noqa: ARG005  # nobody looks
        return
    from rich import progress as rich
    from rich.console import Console

    columns = (rich.TextColumn("  {task.description}"), rich.DownloadColumn(), rich.TransferSpeedColumn())
    with rich.Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        bar = bars.add_task("copied", total=None)
        files = 0

        def report(content: Content) -> None:
            nonlocal files
            files += 1
            bars.update(bar, advance=content.size, description=f"copied {files} files")

        yield report
