"""Defects in a file that needs no software of ours: an ECSV table of boxes, as astropy reads and writes it.

    x0, y0, width, height   integers, in pixels of the assembled image, counted from 0
    reason, origin          names of `processing.defect_boxes`, joined by `|`; without these columns: LISTED, MANUAL

`rows` and `columns` of the image, and the header's cards, are the table's metadata. What is written comes back
as it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntFlag
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Any, TypeVar

from processing.defect_boxes import Box, DefectError, Defects, Origin, Reason

PLACE = ("x0", "y0", "width", "height")
FORMAT = "defects 1"

F = TypeVar("F", bound=IntFlag)


def write(defects: Defects, path: Path) -> None:
    """Write defects; an existing file is replaced."""
    from astropy import units
    from astropy.table import Table

    columns: dict[str, list[Any]] = {name: [getattr(box, name) for box in defects.boxes] for name in PLACE}
    columns["reason"] = [_text(box.reason) for box in defects.boxes]
    columns["origin"] = [_text(box.origin) for box in defects.boxes]
    rows, width = defects.shape
    meta = {"format": FORMAT, "rows": rows, "columns": width, **defects.header}
    table = Table(columns, dtype=["i4"] * len(PLACE) + ["U64"] * 2, meta=meta)
    for name in PLACE:
        table[name].unit = units.pix
    table.write(path, format="ascii.ecsv", overwrite=True)


def read(path: Path) -> Defects:
    """Read defects; raises DefectError for a file that holds none."""
    from astropy.table import Table

    try:
        table = Table.read(path, format="ascii.ecsv")
        meta = dict(table.meta)
        shape = int(meta.pop("rows")), int(meta.pop("columns"))
        boxes = tuple(_box(dict(zip(table.colnames, row, strict=True))) for row in table.iterrows())
    except (OSError, ValueError, KeyError) as broken:
        raise DefectError(
            f"{path}: no table of defects: {broken}; expected columns {', '.join(PLACE)} and metadata rows, columns"
        ) from broken
    meta.pop("format", None)
    return Defects(boxes, shape, meta)


def _box(row: Mapping[str, Any]) -> Box:
    x0, y0, width, height = (int(row[name]) for name in PLACE)
    reason, origin = _parsed(Reason, row.get("reason", "LISTED")), _parsed(Origin, row.get("origin", "MANUAL"))
    return Box(x0, y0, width, height, reason, origin)


def _text(flags: IntFlag) -> str:
    return "|".join(str(each.name) for each in flags)


def _parsed(kind: type[F], text: str) -> F:
    return reduce(or_, (kind[name] for name in str(text).split("|")))
