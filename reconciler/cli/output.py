"""Printing: JSON for programs, text for people, progress for those who wait."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


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
def progress(title: Callable[[], str]) -> Iterator[Callable[[int, int], None]]:
    """Show the quanta of a running job on a terminal; say nothing elsewhere, where a line per step is enough."""
    if not sys.stderr.isatty():
        yield lambda done, total: None  # noqa: ARG005  # nobody looks
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("  {task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None, visible=False)

        def report(done: int, total: int) -> None:
            bar.update(task, description=title(), completed=done, total=total, visible=done < total)

        yield report
