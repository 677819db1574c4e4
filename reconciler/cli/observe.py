"""`reconcile observe`."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ..approval.sighting import Sighting
from ..errors import ExitCode, Unreachable
from ..look import whole_scope
from ..snapshot import write as as_text
from ..stills import Snapshot, Still, take
from ..words import count
from .output import write, write_json
from .session import Sight, places, session
from .sightings import put, told_of
from .sightings import sign as sign_with


def run(directory: Path, site: str | None, *, out: Path, sign: Path | None, as_json: bool) -> ExitCode:
    """Write what the repositories of a site hold into one file; those that cannot be reached are unknown there too."""
    with session(directory, site) as open_session:
        begun = datetime.now(UTC).replace(microsecond=0)
        snapshot = replace(seen(open_session), taken=begun if sign else None)
        sighting = _sighting(snapshot, sign)
        # What others would refuse is refused here.
        vouched = told_of(sighting, open_session.line, timedelta.max) if sign else ""
    put(out, sighting)
    if as_json:
        told = {"site": snapshot.site, "file": str(out), "places": [*snapshot.stills], "unknown": snapshot.unknown}
        write_json({**told, **({"vouched": vouched} if vouched else {})})
    else:
        for place, still in snapshot.stills.items():
            write(f"{place}: {_counted(still)}")
        for place, reason in snapshot.unknown.items():
            write(f"{place}: unknown: {reason}")
        write(f"Saved to {out}{vouched and f' ({vouched})'}; `reconcile plan --observed {out}` plans from it.")
    return ExitCode.UNREACHABLE if snapshot.unknown else ExitCode.OK


def seen(sight: Sight) -> Snapshot:
    """Look at all that is certified or tagged at each place of a site, and at every exposure."""
    stills: dict[str, Still] = {}
    unknown: dict[str, str] = {}
    for place, instruments in places(sight.site).items():
        try:
            stills[place] = take(sight.readers[place], instruments, whole_scope(sight.want)(place).dataset_types)
        except Unreachable as error:
            unknown[place] = str(error)
    return Snapshot(sight.site.site, stills, unknown)


def _sighting(snapshot: Snapshot, key: Path | None) -> Sighting:
    text = as_text(snapshot).encode()
    return Sighting(snapshot.site, snapshot.taken, text, sign_with(text, key) if key else None)


def _counted(still: Still) -> str:
    exposures = sum(map(len, still.exposures.values()))
    types = count(len(still.dataset_types), "dataset type")
    return f"{count(len(still.observation.collections), 'collection')}, {types}, {count(exposures, 'exposure')}"
