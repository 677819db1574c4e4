"""A series in files of Parquet: `<root>/<instrument>/<product>/<day>.parquet`, which any tool of tables reads."""

from __future__ import annotations

from pathlib import Path

from ...errors import ReconcileError
from ...holdings import Columns
from .table import TYPES, sorted_by_key

SUFFIX = ".parquet"


class ParquetSeries:
    """A `Series` below one directory; each file is complete or not there."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def write(self, instrument: str, product: str, day: int, metrics: Columns) -> None:
        """Write the file of a day beside its place, and move it there."""
        import pyarrow
        from pyarrow import parquet

        path = self._path(instrument, product, day)
        part = path.with_name(f".{path.name}.part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            parquet.write_table(pyarrow.table(sorted_by_key(metrics)), part)
            part.replace(path)
        except OSError as error:
            raise ReconcileError(
                f"the series in {self._root} cannot be written: {error.strerror or error}",
                hint="make room, or point the site's `series:` to a directory that can be written; then run it again",
            ) from error

    def days(self, instrument: str, product: str) -> tuple[int, ...]:
        """Return the days that have a file, in order."""
        folder = self._root / instrument / product
        return tuple(sorted(int(path.stem) for path in folder.glob(f"[0-9]*{SUFFIX}")))

    def read(self, instrument: str, product: str, day: int) -> Columns:
        """Read the file of a day."""
        from pyarrow import ArrowException, parquet

        path = self._path(instrument, product, day)
        if not path.exists():
            raise KeyError(path)
        try:
            table = parquet.read_table(path, columns=list(TYPES))
            return sorted_by_key({name: table[name].to_numpy() for name in TYPES})
        except (ArrowException, KeyError, OSError) as error:
            raise ReconcileError(
                f"{path} cannot be read: {error}", hint="move it away; the daily run of its day writes it again"
            ) from error

    def _path(self, instrument: str, product: str, day: int) -> Path:
        return self._root / instrument / product / f"{day}{SUFFIX}"
