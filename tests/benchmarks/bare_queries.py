"""What a plan cannot do without: import the middleware, open `./repo`, ask the queries of a look, take every row.

    python bare_queries.py ask TYPE...             through Butler, as the adapter asks, in the same caching context
    python bare_queries.py record FILE TYPE...     the same, and write down the SQL that Butler sends
    python bare_queries.py replay FILE             that SQL alone, past Butler

Nothing is made of the rows. Prints as JSON how many seconds each part took.
"""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any


def ask(types: list[str]) -> dict[str, float]:
    """Import, open, ask; return how long each took, in seconds."""
    took: dict[str, float] = {}
    with _timed(took, "import lsst.daf.butler"):
        from lsst.daf.butler import Butler
    with _timed(took, "open the repository"):
        butler = Butler.from_config("repo", writeable=False)
    with butler.registry.caching_context():
        with _timed(took, "query_info of all collections, with documentation"):
            infos = list(butler.collections.query_info("*", include_chains=True, include_doc=True))
        with _timed(took, f"queryDatasetTypes of {len(types)} names"):
            list(butler.registry.queryDatasetTypes(types, missing=[]))
        names = [info.name for info in infos if info.type.name != "CHAINED"]
        with _timed(took, "query_info of those that hold datasets, with summaries"):
            held = list(butler.collections.query_info(names, include_summary=True, summary_datasets=types))
        calibrations = [info for info in held if info.type.name == "CALIBRATION"]
        others = [info for info in held if info.type.name != "CALIBRATION"]
        with _timed(took, f"general query of certifications, {len(types)} times"):
            _fetch(butler, types, calibrations, {"dataset_id", "collection", "timespan"})
        with _timed(took, f"general query of datasets in RUNs, {len(types)} times"):
            _fetch(butler, types, others, {"dataset_id", "collection"})
    return took


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


def record(file: Path, types: list[str]) -> dict[str, float]:
    """Ask, and write down every statement with its parameters."""
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    statements: list[tuple[str, Any]] = []
    event.listen(Engine, "before_cursor_execute", lambda *call: statements.append(call[2:4]))
    took = ask(types)
    file.write_text(json.dumps([one for one in statements if one[0].lstrip().startswith(("SELECT", "WITH"))]))
    return took


def replay(file: Path) -> dict[str, float]:
    """Import, open, send the statements that were written down."""
    took: dict[str, float] = {}
    with _timed(took, "import lsst.daf.butler"):
        from lsst.daf.butler import Butler
    with _timed(took, "open the repository"):
        Butler.from_config("repo", writeable=False)
    statements = json.loads(file.read_text())
    connection = sqlite3.connect("repo/gen3.sqlite3")
    with _timed(took, f"{len(statements)} SQL statements"):
        for statement, parameters in statements:
            connection.execute(statement, parameters).fetchall()
    connection.close()
    return took


@contextmanager
def _timed(took: dict[str, float], name: str) -> Iterator[None]:
    began = perf_counter()
    yield
    took[name] = perf_counter() - began


if __name__ == "__main__":
    match sys.argv[1:]:
        case "ask", *names:
            print(json.dumps(ask(names)))
        case "record", file, *names:
            print(json.dumps(record(Path(file), names)))
        case "replay", file:
            print(json.dumps(replay(Path(file))))
