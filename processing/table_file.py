"""Results with a row per amplifier, in files that need no software of ours: ECSV tables, as astropy reads and writes.

A result is a frozen dataclass on `Table` or `AmplifierTable`. A field whose type is `Annotated[..., Column(...)]` is
a column: its values stand along the rows and may be arrays themselves. Every other field is one value of the whole
table and stands in the metadata by its name, beside

    format    the name of the class, and the version of its layout
    header    the cards as `processing.provenance` makes them

Columns state unit and meaning in the file. What is written comes back as it was, to the bit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from inspect import isabstract
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypeVar, get_type_hints

import numpy as np
from numpy.typing import NDArray

from processing.errors import ProcessingError

if TYPE_CHECKING:
    from astropy.table import Table as AstropyTable

Numbers = NDArray[np.float64]


class TableError(ProcessingError):
    """A result that is none, or a file that holds no such result."""


@dataclass(frozen=True)
class Column:
    """What a column holds: its meaning, its unit as astropy spells it, and the number of its axes, rows included.

    `unknown` says that NaN stands for a value that is not known; elsewhere only finite numbers are taken.
    """

    meaning: str
    unit: str = ""
    axes: int = 1
    kind: type[float] | type[int] | type[bool] | type[str] = float
    unknown: bool = False


@dataclass(frozen=True, eq=False, kw_only=True)
class Table:
    """Columns of equal length, arrays that cannot be written to, and a header. Two are equal if all their values are.

    Columns of text are tuples of str, all others arrays of 64 bit numbers or of booleans.
    """

    version: ClassVar[int] = 1
    header: Mapping[str, str | int | float | bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Bring columns to their one form; raises TableError where they do not make a table."""
        for name, column in columns_of(type(self)).items():
            object.__setattr__(self, name, _canonical(getattr(self, name), column, self._of(name)))
        sizes = {name: len(getattr(self, name)) for name in columns_of(type(self))}
        if len(set(sizes.values())) != 1 or 0 in sizes.values():
            raise TableError(f"{type(self).__name__}: columns need the same number of rows, at least one: {sizes}")

    def __eq__(self, other: object) -> bool:
        """Whether class, all values and header are the same; NaN is equal to NaN."""
        if type(other) is not type(self):
            return NotImplemented
        return all(_same(getattr(self, each.name), getattr(other, each.name)) for each in fields(self))

    def __hash__(self) -> int:
        """Of the shapes alone, which equal results share."""
        return hash((type(self), *(np.shape(getattr(self, name)) for name in columns_of(type(self)))))

    def _of(self, name: str) -> str:
        return f"{type(self).__name__}.{name}"


@dataclass(frozen=True, eq=False)
class AmplifierTable(Table):
    """A table with a row for each amplifier of a detector."""

    amplifiers: Annotated[tuple[str, ...], Column("name of the amplifier", kind=str)]

    def __post_init__(self) -> None:
        """Refuse an amplifier that stands twice."""
        super().__post_init__()
        if repeated := sorted({name for name in self.amplifiers if self.amplifiers.count(name) > 1}):
            raise TableError(f"{type(self).__name__}: amplifiers stand twice: {', '.join(repeated)}")

    def rows_of(self, amplifiers: Sequence[str]) -> NDArray[np.intp]:
        """The rows of these amplifiers, in their order."""
        if missing := [name for name in amplifiers if name not in self.amplifiers]:
            known = ", ".join(self.amplifiers)
            raise TableError(f"{type(self).__name__}: has no amplifier {', '.join(missing)}: it has {known}")
        return np.array([self.amplifiers.index(name) for name in amplifiers], np.intp)


T = TypeVar("T", bound=Table)


def columns_of(kind: type[Table]) -> dict[str, Column]:
    """The columns of a result, by the name of their field."""
    return dict(_annotated(kind))


def write(result: Table, path: Path) -> None:
    """Write a result; an existing file is replaced."""
    from astropy.table import Column as AstropyColumn
    from astropy.table import Table as AstropyTable

    kind = type(result)
    stored = [
        AstropyColumn(getattr(result, name), name, unit=column.unit or None, description=column.meaning)
        for name, column in columns_of(kind).items()
    ]
    values = {name: getattr(result, name) for name in _values_of(kind)}
    meta = {"format": _format(kind), **values, "header": dict(result.header)}
    AstropyTable(stored, meta=meta).write(path, format="ascii.ecsv", overwrite=True)


def read(kind: type[T], path: Path) -> T:
    """Read a result of this class or of a subclass; raises TableError for a file that holds none."""
    from astropy.table import Table as AstropyTable

    try:
        table = AstropyTable.read(path, format="ascii.ecsv")
        kind = _said(kind, table)
        columns = {name: _stored(table, name, column) for name, column in columns_of(kind).items()}
        values = {name: table.meta[name] for name in _values_of(kind)}
        return kind(**columns, **values, header=dict(table.meta.get("header", {})))
    except (OSError, ValueError, TypeError, KeyError, TableError) as broken:
        expected = ", ".join([*columns_of(kind), *_values_of(kind)])
        raise TableError(f"{path}: no {kind.__name__}: {broken}; expected columns and metadata {expected}") from broken


def _annotated(kind: type[Table]) -> Iterator[tuple[str, Column]]:
    hints = get_type_hints(kind, include_extras=True)
    for each in fields(kind):
        for said in getattr(hints[each.name], "__metadata__", ()):
            if isinstance(said, Column):
                yield each.name, said


def _values_of(kind: type[Table]) -> list[str]:
    columns = columns_of(kind)
    return [each.name for each in fields(kind) if each.name not in columns and each.name != "header"]


def _format(kind: type[Table]) -> str:
    return f"{kind.__name__} {kind.version}"


def _canonical(given: Any, column: Column, name: str) -> tuple[str, ...] | NDArray[Any]:
    if column.kind is str:
        return tuple(str(each) for each in given)
    array = np.array(given, dtype=column.kind, order="C")  # a copy: nobody else holds what cannot be written to
    if array.ndim != column.axes or 0 in array.shape:
        raise TableError(f"{name}: {column.axes} axes expected, none of them empty, found shape {array.shape}")
    _refuse_not_finite(array, column, name)
    array.setflags(write=False)
    return array


def _refuse_not_finite(array: NDArray[Any], column: Column, name: str) -> None:
    allowed = np.isfinite(array) | (np.isnan(array) & column.unknown)
    if not allowed.all():
        first = np.argwhere(~allowed)[0].tolist()
        raise TableError(f"{name}: {array[tuple(first)]} at {first}, expected a finite number")


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray):
        return np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
    return bool(one == other)


def _said(kind: type[T], table: AstropyTable) -> type[T]:
    """The class that a table says it is of; one made by hand need not say it if there is no choice."""
    concrete = {_format(each): each for each in (*kind.__subclasses__(), kind) if not isabstract(each)}
    said = table.meta.get("format", next(iter(concrete)) if len(concrete) == 1 else "nothing")
    if said not in concrete:
        raise TableError(f"it says that it is {said!r}, expected {' or '.join(map(repr, concrete))}")
    return concrete[said]


def _stored(table: AstropyTable, name: str, column: Column) -> Any:
    from astropy.units import Unit

    stored = table[name]
    if stored.unit is not None and Unit(stored.unit) != Unit(column.unit):
        raise TableError(f"{name} is in {stored.unit}, expected {column.unit or 'a plain number'}")
    if np.any(getattr(stored, "mask", False)) and column.kind is not str:
        raise TableError(f"{name} misses values; write nan for what is not known")
    return stored.filled("") if hasattr(stored, "filled") else stored
