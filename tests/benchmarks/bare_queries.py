"""What a plan cannot do without: import the middleware, open `./repo`, ask the queries of a look, take every row.

    python bare_queries.py TYPE...

The same queries as the adapter's, in the same caching context; nothing is made of the rows. Prints as JSON how many
seconds each took.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
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


@contextmanager
def _timed(took: dict[str, float], name: str) -> Iterator[None]:
    began = perf_counter()
    yield
    took[name] = perf_counter() - began


if __name__ == "__main__":
    print(json.dumps(ask(sorted(sys.argv[1:]))))
