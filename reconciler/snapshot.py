"""Snapshots: what the repositories of a site were seen to hold, as one file that others can plan from and lint.

The file is canonical JSON: the same contents give the same bytes, whenever and by whom they are written, so that two
snapshots of an unchanged site are equal files. It holds what a plan looks at and every exposure's time span, and
nothing of pixels, files or people. One that is to be signed says also when it was taken (`approval.sighting`); its
signature stands beside it, with `.sig` after its name.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, TypeAlias

from pydantic import ValidationError

from . import record, seals
from .errors import ReconcileError
from .holdings import Taken
from .observation import Collection, Observation
from .shapes import Number, Shape
from .stills import Pairs, Snapshot, Still
from .validity import Validity

FORMAT = "reconcile snapshot 2"
_MARK = "reconcile snapshot "
_TIME = "%Y-%m-%dT%H:%M:%SZ"


def write(snapshot: Snapshot) -> str:
    """Return the file's text: JSON with sorted keys and no blanks, on one line."""
    stills = {place: _place(still) for place, still in snapshot.stills.items()}
    content = {"format": FORMAT, "site": snapshot.site, "places": stills, "unknown": dict(snapshot.unknown)}
    if snapshot.taken is not None:
        content["taken"] = f"{snapshot.taken.astimezone(UTC):{_TIME}}"
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False) + "\n"


def load(path: Path) -> Snapshot:
    """Return the snapshot in a file; raise `ReconcileError` if it is none, or one of another version."""
    return parse(path, path.read_bytes())


def parse(path: Path, text: bytes) -> Snapshot:
    """Return the snapshot of what was read from a file; raise as `load` does."""
    try:
        return read(text.decode())
    except ReconcileError as error:
        raise ReconcileError(f"{path}: {error.message}", hint=_WRITE) from error
    except UnicodeDecodeError as error:
        raise ReconcileError(f"{path}: this is no snapshot: {error}", hint=_WRITE) from error


_WRITE = "write one with `reconcile observe --site SITE --out FILE`"


def read(text: str) -> Snapshot:
    """Return the snapshot of such a text; raise `ReconcileError` if it is none, or one of another version."""
    try:
        content = json.loads(text)
    except ValueError as error:
        raise ReconcileError(f"this is no snapshot: {error}") from error
    except RecursionError as error:
        raise ReconcileError("this is no snapshot: it is nested too deeply") from error
    version = content.get("format") if isinstance(content, dict) else None
    if not isinstance(version, str) or not version.startswith(_MARK):
        raise ReconcileError("this is no snapshot")
    if version != FORMAT:
        raise ReconcileError(f"this is a {version!r}, and only {FORMAT!r} is understood")
    try:
        _Snapshot.check(content)
        stills = {place: _still(place, one) for place, one in content["places"].items()}
        return Snapshot(content["site"], stills, content["unknown"], _taken_at(content.get("taken")))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise ReconcileError(
            f"the snapshot is damaged: {' > '.join(map(str, first['loc']))}: {first['msg']}"
        ) from error
    except ValueError as error:
        raise ReconcileError(f"the snapshot is damaged: {error}") from error


class _Collection(Shape):
    type: Literal["RUN", "TAGGED", "CHAINED", "CALIBRATION"]
    children: list[str]
    doc: dict[str, Any] | None


class _Place(Shape):
    dataset_types: list[str]
    held: list[str]
    calibrations: list[str]
    collections: dict[str, _Collection]
    certifications: dict[str, dict[str, dict[str, list[tuple[Number, Number, str]]]]]
    contents: dict[str, dict[str, dict[str, str]]]
    exposures: dict[str, list[tuple[Number, Number, str, Number, Number, str]]]
    record: dict[str, Any] | None


class _Snapshot(Shape):
    format: str
    site: str
    places: dict[str, _Place]
    unknown: dict[str, str]
    taken: str | None = None


def _taken_at(text: str | None) -> datetime | None:
    return None if text is None else datetime.strptime(text, _TIME).replace(tzinfo=UTC)


def _place(still: Still) -> dict[str, Any]:
    seen = still.observation
    rows = {key: {name: sorted(found) for name, found in ids.items()} for key, ids in seen.certifications.items()}
    return {
        "dataset_types": sorted(still.dataset_types),
        "held": sorted(still.held),
        "calibrations": sorted(still.calibrations),
        "collections": {
            name: {"type": one.type, "children": one.children, "doc": one.doc and seals.as_json(one.doc)}
            for name, one in seen.collections.items()
        },
        "certifications": _nested(rows),
        "contents": _nested(seen.contents),
        "exposures": {name: [_row(one) for one in taken] for name, taken in still.exposures.items()},
        "record": seen.record and json.loads(record.write(seen.record)),
    }


def _still(place: str, content: Mapping[str, Any]) -> Still:
    rows = _flat(content["certifications"])
    observation = Observation(
        place=place,
        collections={name: _collection(one) for name, one in content["collections"].items()},
        certifications={
            key: {name: tuple((b, e, uuid) for b, e, uuid in found) for name, found in ids.items()}
            for key, ids in rows.items()
        },
        contents=_flat(content["contents"]),
        record=_record(content["record"]),
    )
    exposures = {name: tuple(map(_taken, taken)) for name, taken in content["exposures"].items()}
    looked_at, held, calibrations = (frozenset(content[name]) for name in ("dataset_types", "held", "calibrations"))
    return Still(observation, looked_at, held, calibrations, exposures)


def _collection(content: Mapping[str, Any]) -> Collection:
    doc = content["doc"] and seals.from_json(content["doc"])
    return Collection(content["type"], tuple(content["children"]), doc)


def _record(content: Mapping[str, Any] | None) -> record.Record | None:
    return record.from_json(content.get("record", {})) if content else None


_Row: TypeAlias = tuple[int, int, str, int, int, str]


def _row(one: Taken) -> _Row:
    return one.id, one.day_obs, one.physical_filter, one.validity.begin, one.validity.end, one.observation_type


def _taken(row: _Row) -> Taken:
    number, day_obs, physical_filter, begin, end, kind = row
    return Taken(number, day_obs, physical_filter, Validity(begin, end), kind)


def _nested(pairs: Pairs) -> dict[str, dict[str, Mapping[str, Any]]]:
    found: defaultdict[str, dict[str, Mapping[str, Any]]] = defaultdict(dict)
    for (collection, dataset_type), ids in pairs.items():
        found[collection][dataset_type] = ids
    return found


def _flat(nested: Mapping[str, Mapping[str, Any]]) -> dict[tuple[str, str], Any]:
    return {(collection, name): ids for collection, types in nested.items() for name, ids in types.items()}
