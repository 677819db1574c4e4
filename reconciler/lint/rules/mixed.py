"""Mixed generations: made from calibrations that specs make otherwise now than when the lock was written."""

from __future__ import annotations

from collections.abc import Iterator

from ..finding import Finding
from ..view import View


def generations(view: View) -> Iterator[Finding]:
    """What a set starts from is what its lock pins."""
    for work in view.works:
        home = view.homes.get(work.key.leaf)
        if work.mixed and home is not None:
            case = f"exposure {work.exposures[0]}" if work.exposures else "every data ID"
            yield Finding(
                "mixed",
                work.key.leaf,
                f"mixed generations: {work.mixed}",
                f"{case}, of which it is made",
                "a new lock and a new rerun",
                home.located,
                home.path,
            )
