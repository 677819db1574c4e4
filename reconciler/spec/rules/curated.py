"""Curated files: that they are there, and that no two are for the same detector at the same time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..documents import CuratedFile, CuratedSet
from ..located import FieldPath, Located
from ..problems import Problem
from .context import Context


def files_exist(context: Context) -> Iterator[Problem]:
    """Every file is inside the tree, where the commit pins it."""
    root = context.tree.root.resolve()
    for one in context.tree.curated:
        folder = context.tree.root / Path(one.path).parent
        for path, curated in _files(one.document):
            wrong = _refusal(root, folder, curated.file)
            if wrong:
                yield one.problem("curated-file", (*path, "file"), wrong, "a file inside the repository")


def data_ids(context: Context) -> Iterator[Problem]:
    """A file says what its dataset type's dimensions ask for; data IDs do not repeat, nor mix dated with undated."""
    for one in context.tree.curated:
        yield from _wrong_dimensions(one)
        yield from _repeated(one)


def _wrong_dimensions(one: Located[CuratedSet]) -> Iterator[Problem]:
    for path, curated in _files(one.document):
        dimensions = one.document.datasets[str(path[1])].dimensions
        for dimension in ("detector", "physical_filter"):
            given = getattr(curated, dimension) is not None
            if given and dimension not in dimensions:
                found = f"{path[1]} has no dimension {dimension}"
                yield one.problem("curated-dimension", (*path, dimension), found, f"only {', '.join(dimensions)}")
            if not given and dimension in dimensions:
                yield one.problem(
                    "curated-dimension", path, f"{curated.file} is for no {dimension}", f"its {dimension}"
                )


def _repeated(one: Located[CuratedSet]) -> Iterator[Problem]:
    dates: dict[tuple[object, ...], set[str | None]] = {}
    for path, curated in _files(one.document):
        earlier = dates.setdefault((path[1], curated.detector, curated.physical_filter), set())
        if curated.from_date in earlier:
            found = f"{curated.file} is for the same data ID and date as another file"
            yield one.problem("curated-twice", path, found, "one file per data ID and date")
        elif earlier and (None in earlier) != (curated.from_date is None):
            found = f"{curated.file}: some files of this data ID have a date and some have none"
            yield one.problem("curated-twice", path, found, "dates for all, or one file without")
        earlier.add(curated.from_date)


def _files(document: CuratedSet) -> Iterator[tuple[FieldPath, CuratedFile]]:
    for dataset_type, dataset in document.datasets.items():
        for index, curated in enumerate(dataset.files):
            yield ("datasets", dataset_type, "files", index), curated


def _refusal(root: Path, folder: Path, file: str) -> str:
    """Return why the file cannot be used; empty if it can."""
    try:
        real = (folder / file).resolve(strict=True)
        if not real.is_relative_to(root):
            return f"{file} leads out of the repository"
        return "" if real.is_file() else f"{file} is no file"
    except (OSError, RuntimeError, ValueError):
        return f"{file} does not exist or cannot be reached"
