"""Result tables of verification, as Butler stores them: what the tasks have measured, and of what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from lsst.daf.butler import DimensionRecord
from lsst.pex.config import Config

from processing.tasks.quantum import QuantumInputs
from processing.verify.part import Row
from processing.verify.table import Place, columns

if TYPE_CHECKING:
    from astropy.table import Table

STORAGE_CLASS = "ArrowAstropy"


def table(rows: Iterable[Row]) -> Table:
    """Rows as a table."""
    from astropy.table import Table

    return Table(columns(list(rows)))


def place(record: DimensionRecord, detector: int, used: Mapping[str, str], *, of_filter: bool = False) -> Place:
    """Of which exposure and detector rows are; with `of_filter` also of which filter."""
    begin, end = record.timespan.begin.tai.mjd, record.timespan.end.tai.mjd
    return Place(
        instrument=record.instrument,
        exposure=record.id,
        detector=detector,
        mjd=(begin + end) / 2,
        physical_filter=record.physical_filter if of_filter else None,
        used=used,
    )


def used(inputs: QuantumInputs, names: Iterable[str], connections: Config) -> dict[str, str]:
    """The UUIDs of the calibrations that these connections have read, by dataset type; empty where there was none."""
    return {
        getattr(connections, name): str(getattr(inputs.refs, name).id) if name in inputs.data else "" for name in names
    }
