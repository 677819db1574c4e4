"""The journal: one line of JSON for each step that was settled, for people. Nothing is ever decided from it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from ..errors import ReconcileError


class Journal:
    """A file of the month in the site's work directory; it may be deleted at any time."""

    def __init__(self, work: Path, site: str, commit: str) -> None:
        self._folder, self._site, self._commit = work / "journal", site, commit

    def write(self, entry: Mapping[str, object]) -> None:
        """Append one line; an unwritable journal is an error, since the record of what was done would be lost."""
        now = datetime.now(UTC)
        line = json.dumps({"at": now.isoformat(), "site": self._site, "commit": self._commit, **entry})
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with (self._folder / f"{now:%Y-%m}.jsonl").open("a", encoding="utf-8") as file:
                file.write(line + "\n")
        except OSError as error:
            raise ReconcileError(
                f"the journal in {self._folder} cannot be written: {error.strerror}",
                hint="make room, or point the site's `work:` to a directory that can be written",
            ) from error
