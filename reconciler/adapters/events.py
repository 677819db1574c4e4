"""Events of daily verifications, a line of JSON each: what alarms are raised from."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ..errors import ReconcileError

FILE = "events.jsonl"


class Events:
    """A file beside the series. A run that finds what an earlier one has told adds nothing."""

    def __init__(self, series: Path) -> None:
        self._path = series / FILE

    def append(self, lines: Iterable[str]) -> None:
        """Append the lines that are not there yet, in one write."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            told = set(self._path.read_text(encoding="utf-8").splitlines()) if self._path.exists() else set()
            if new := [line for line in lines if line not in told]:
                with self._path.open("a", encoding="utf-8") as file:
                    file.write("".join(f"{line}\n" for line in new))
        except OSError as error:
            raise ReconcileError(
                f"{self._path} cannot be written: {error.strerror or error}",
                hint="make room, or point the site's `series:` to a directory that can be written; then run it again",
            ) from error
