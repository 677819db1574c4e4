"""What a plan cannot do without: import the middleware, open a repository, ask the queries of a look, take every row.

    python bare_queries.py ask REPO[,REPO...] TYPE...     through Butler, as the adapter asks, in one caching context
    python bare_queries.py record FILE REPO TYPE...       the same, and write down the SQL that Butler sends
    python bare_queries.py replay FILE REPO               that SQL alone, past Butler

Nothing is made of the rows. With `--files` in front, every file on record is looked for by a listing of its directory;
with `--archive DIRECTORY`, its manifests are parsed and its objects listed. Prints as JSON how many seconds each part
took, and how many statements were recorded.
"""

from __future__ import annotations

import argparse
import json
import os
import pickle
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

import yaml


class Bare:
    """The parts of one floor, and how long each took, in seconds."""

    def __init__(self, *, files: bool, archive: str | None) -> None:
        self.took: dict[str, float] = {}
        self._files, self._archive = files, archive

    def ask(self, repos: list[str], types: list[str]) -> None:
        """Import once, and open and ask each repository."""
        with self._timed("import lsst.daf.butler"):
            from lsst.daf.butler import Butler
        for repo in repos:
            with self._timed("open the repository"):
                butler = Butler.from_config(repo, writeable=False)
            self._ask(butler, types)
            if self._files:
                with self._timed("records of all files"):
                    paths = [row["path"] for row in butler._datastore._table.fetch()]
                self._list(Path(repo), paths)
            butler.close()
        self._read_archive()

    def _ask(self, butler: Any, types: list[str]) -> None:
        with butler.registry.caching_context():
            with self._timed("query_info of all collections, with documentation"):
                infos = list(butler.collections.query_info("*", include_chains=True, include_doc=True))
            with self._timed(f"queryDatasetTypes of {len(types)} names"):
                list(butler.registry.queryDatasetTypes(types, missing=[]))
            names = [info.name for info in infos if info.type.name != "CHAINED"]
            with self._timed("query_info of those that hold datasets, with summaries"):
                held = list(butler.collections.query_info(names, include_summary=True, summary_datasets=types))
            calibrations = [info for info in held if info.type.name == "CALIBRATION"]
            others = [info for info in held if info.type.name != "CALIBRATION"]
            with self._timed(f"general query of certifications, {len(types)} times"):
                _fetch(butler, types, calibrations, {"dataset_id", "collection", "timespan"})
            with self._timed(f"general query of datasets in RUNs, {len(types)} times"):
                _fetch(butler, types, others, {"dataset_id", "collection"})

    def replay(self, repo: str, file: Path) -> None:
        """Import, open, send the statements that were written down; list the same files."""
        with self._timed("import lsst.daf.butler"):
            from lsst.daf.butler import Butler
        with self._timed("open the repository"):
            Butler.from_config(repo, writeable=False)
        statements, paths = pickle.loads(file.read_bytes())
        with closing(_connected(Path(repo))) as connection, self._timed(f"{len(statements)} SQL statements"):
            for statement, parameters in statements:
                connection.execute(statement, parameters).fetchall()
        if self._files:
            self._list(Path(repo), paths)
        self._read_archive()

    def _list(self, repo: Path, paths: Iterable[str]) -> None:
        with self._timed("list their directories, with sizes"):
            for folder in {repo / path.rpartition("/")[0] for path in paths}:
                _sizes(folder)

    def _read_archive(self) -> None:
        if self._archive is None:
            return
        with self._timed("parse the manifests of the archive"):
            for path in Path(self._archive).glob("sets/*/*/manifest.json"):
                json.loads(path.read_text())
        with self._timed("list its objects, with sizes"):
            _sizes(Path(self._archive, "objects"))

    @contextmanager
    def _timed(self, name: str) -> Iterator[None]:
        began = perf_counter()
        yield
        self.took[name] = self.took.get(name, 0.0) + perf_counter() - began


def _fetch(butler: Any, types: list[str], infos: Iterable[Any], fields: set[str]) -> None:
    """Take every row, type by type."""
    for name in types:
        dimensions = butler.get_dataset_type(name).dimensions.required
        collections = [info.name for info in infos if name in info.dataset_types]
        with butler.query() as query:
            for _ in query.join_dataset_search(name, collections).general(
                dimensions, dataset_fields={name: fields}, find_first=False
            ):
                pass


def _sizes(folder: Path) -> dict[str, int]:
    with os.scandir(folder) as entries:
        return {entry.name: entry.stat().st_size for entry in entries}


def _connected(repo: Path) -> Any:
    address = yaml.safe_load((repo / "butler.yaml").read_text()).get("registry", {}).get("db", "")
    if not address.startswith("postgresql"):
        return sqlite3.connect(repo / "gen3.sqlite3")
    import psycopg

    return psycopg.connect(address.replace("postgresql+psycopg", "postgresql"))


def record(bare: Bare, file: Path, repo: str, types: list[str]) -> int:
    """Ask, and write down every statement with its parameters, and the paths of files; return how many there are."""
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    statements: list[tuple[str, Any]] = []
    event.listen(Engine, "before_cursor_execute", lambda *call: statements.append(call[2:4]))
    bare.ask([repo], types)
    asked = [one for one in statements if one[0].lstrip().startswith(("SELECT", "WITH"))]
    root = Path(repo)
    paths = [str(path.relative_to(root)) for path in root.glob("**/*.yaml") if path.parent != root]
    file.write_bytes(pickle.dumps((asked, paths)))
    return len(asked)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--files", action="store_true")
    parser.add_argument("--archive")
    parser.add_argument("words", nargs="+")
    given = parser.parse_args()
    bare = Bare(files=given.files, archive=given.archive)
    match given.words:
        case "ask", repos, *names:
            bare.ask(repos.split(","), names)
        case "record", file, repo, *names:
            bare.took["statements"] = record(bare, Path(file), repo, names)
        case "replay", file, repo:
            bare.replay(repo, Path(file))
    print(json.dumps(bare.took))


if __name__ == "__main__":
    main()
