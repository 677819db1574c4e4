"""A series in memory; it passes the contract tests of the real ones."""

from __future__ import annotations

from dataclasses import dataclass, field

from ...holdings import Columns
from .table import sorted_by_key


@dataclass
class MemorySeries:
    """A `Series` that ends with its process."""

    tables: dict[tuple[str, str, int], Columns] = field(default_factory=dict)

    def write(self, instrument: str, product: str, day: int, metrics: Columns) -> None:
        """Keep the table of a day."""
        self.tables[instrument, product, day] = sorted_by_key(metrics)

    def days(self, instrument: str, product: str) -> tuple[int, ...]:
        """Return the days that have a table, in order."""
        return tuple(sorted(day for *whose, day in self.tables if whose == [instrument, product]))

    def read(self, instrument: str, product: str, day: int) -> Columns:
        """Return the table of a day."""
        return self.tables[instrument, product, day]
