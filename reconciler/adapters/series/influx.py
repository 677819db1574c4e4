"""A series in InfluxDB: one point for each value, of which the tags say whose it is and the time which exposure's.

The same value of the same exposure is the same point, so writing again changes nothing. What was not measured is a
point without a value. Times of InfluxDB are those of Unix.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np

from ...holdings import Columns
from ...validity import from_unix, unix
from .http import Server
from .table import TYPES, sorted_by_key

MEASUREMENT = "calibration_verification"
BATCH = 5000
"""So many points go in one request, as the makers of InfluxDB advise."""

_SPECIAL = str.maketrans({",": r"\,", "=": r"\=", " ": r"\ "})


class InfluxSeries:
    """A `Series` in one database of a server."""

    def __init__(self, server: Server, database: str) -> None:
        self._server = server
        self._database = database

    def write(self, instrument: str, product: str, day: int, metrics: Columns) -> None:
        """Send the points of a day."""
        lines = list(_lines(instrument, product, day, sorted_by_key(metrics)))
        for at in range(0, len(lines), BATCH):
            body = "\n".join(lines[at : at + BATCH]).encode()
            self._server.post("/write", {"db": self._database, "precision": "ns"}, body)

    def days(self, instrument: str, product: str) -> tuple[int, ...]:
        """Return the days that have points, in order."""
        rows = self._rows(f"select distinct(day_obs) as day_obs from {MEASUREMENT} where {_of(instrument, product)}")
        return tuple(sorted(int(row["day_obs"]) for row in rows))

    def read(self, instrument: str, product: str, day: int) -> Columns:
        """Return the points of a day as a table."""
        where = f"{_of(instrument, product)} and day_obs = {day}"
        rows = self._rows(f"select * from {MEASUREMENT} where {where}")
        if not rows:
            raise KeyError((instrument, product, day))
        instants = {row["time"]: from_unix(row["time"]) for row in rows}
        told = [{**row, "time": instants[row["time"]]} for row in rows]
        return sorted_by_key({name: np.array([_cell(name, row) for row in told], dtype=TYPES[name]) for name in TYPES})

    def _rows(self, query: str) -> list[dict[str, Any]]:
        answer = json.loads(self._server.get("/query", {"db": self._database, "epoch": "ns", "q": query}))
        found = [series for result in answer["results"] for series in result.get("series", ())]
        return [dict(zip(one["columns"], row, strict=True)) for one in found for row in one["values"]]


def _lines(instrument: str, product: str, day: int, table: dict[str, Any]) -> Iterator[str]:
    """Yield the line protocol of a table; an empty tag is left out, since there are none."""
    instants = {time: unix(time) for time in set(table["time"].tolist())}
    for test, detector, amplifier, exposure, time, value, calibration in zip(
        *(table[name].tolist() for name in TYPES), strict=True
    ):
        tags = {
            "instrument": instrument,
            "product": product,
            "test": test,
            "detector": str(detector),
            "amplifier": amplifier,
        }
        named = "".join(f",{tag}={text.translate(_SPECIAL)}" for tag, text in tags.items() if text)
        measured = "" if np.isnan(value) else f",value={value!r}"
        fields = f'day_obs={day}i,exposure={exposure}i,calibration="{calibration}"{measured}'
        yield f"{MEASUREMENT}{named} {fields} {instants[time]}"


def _cell(name: str, row: dict[str, Any]) -> Any:
    found = row.get(name)
    if found is None:
        return float("nan") if name == "value" else ""
    return found


def _of(instrument: str, product: str) -> str:
    return f"instrument = {_quoted(instrument)} and product = {_quoted(product)}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
