"""Putting files into a repository, as a person could have typed it with plain `butler`."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from ..dataid import parse
from ..seals import Seal
from .shell import REPO, Option, command, comment, quoted


class _File(NamedTuple):
    data_id: str
    sha256: str


def ingested(seal: Seal, paths: Mapping[str, str]) -> Iterator[str]:
    """Yield the commands that put the files of a curated RUN there, by dataset type.

    `paths` is sha256 -> path in git; of what is not in specs any more there is no command, and its digest tells which
    file it was.
    """
    kinds: dict[tuple[str, str, tuple[str, ...]], list[_File]] = {}
    for dataset_type, data_id, sha256, storage_class, dimensions in seal.intent["curated"]:
        kinds.setdefault((dataset_type, storage_class, tuple(dimensions)), []).append(_File(data_id, sha256))
    for (dataset_type, storage_class, dimensions), files in kinds.items():
        yield from (line for file in files for line in _described(dataset_type, file, paths))
        if all(file.sha256 in paths for file in files):
            definition = (dataset_type, storage_class, *dimensions, "--is-calibration")
            yield from command("butler", "register-dataset-type", REPO, *definition)
            yield from comment("Paths are those of the git repository of specs:")
            table = f"{dataset_type}.csv"
            yield from _written(table, _rows(dimensions, files, paths))
            yield from command(
                "butler", "ingest-files", REPO, dataset_type, seal.run, table, Option("--transfer", "copy")
            )


def _described(dataset_type: str, file: _File, paths: Mapping[str, str]) -> Iterator[str]:
    path = paths.get(file.sha256, "a file that is not in specs any more")
    yield from comment(f"{dataset_type} {file.data_id}: {path}, sha256 {file.sha256}")


def _rows(dimensions: Sequence[str], files: Sequence[_File], paths: Mapping[str, str]) -> Iterator[str]:
    """Yield the lines of the table that `butler ingest-files` reads."""
    yield _csv("file", *dimensions)
    for file in files:
        values = parse(file.data_id)
        yield _csv(paths[file.sha256], *(str(values.get(name, "")) for name in dimensions))


def _csv(*cells: str) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(cells)
    return text.getvalue()


def _written(table: str, rows: Iterator[str]) -> Iterator[str]:
    yield "printf '%s\\n' \\"
    yield from (f"  {quoted(row)} \\" for row in rows)
    yield f"  > {quoted(table)}"
