"""Looking at a large repository against the bare Butler queries that bring the same facts.

    python -m tests.benchmarks.bench_plan

Each measurement is a process of its own: importing, opening and asking all count, as they do for who types `plan`.
The bare process asks the same queries in the same caching context, takes every row, and makes nothing of it.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.benchmarks.harness import Report, memory
from tests.benchmarks.large_repository import PLACE, TYPES, Size, large_repository

CACHE = Path(__file__).parents[2] / ".cache"
SIZES = (Size(), Size(collections=5_000), Size(tickets=10))
ROUNDS = 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--child", choices=CHILDREN)
    parser.add_argument("--root", type=Path)
    arguments = parser.parse_args()
    if arguments.child:
        CHILDREN[arguments.child](str(arguments.root))
        return
    report = Report("Looking at a large repository (SQLite)")
    for size in SIZES:
        _compare(report, size)
    report.finish()


def bare(root: str) -> None:
    """Import, open, ask; print what each query took."""
    with _named("import"):
        from lsst.daf.butler import Butler
    with _named("open"):
        butler = Butler.from_config(root, writeable=False)
    with butler.registry.caching_context():
        with _named("query_info, docs"):
            infos = list(butler.collections.query_info("*", include_chains=True, include_doc=True))
        names = [info.name for info in infos if info.type.name != "CHAINED"]
        with _named("query_info, summaries"):
            held = list(butler.collections.query_info(names, include_summary=True, summary_datasets=TYPES))
        calibrations = [info for info in held if info.type.name == "CALIBRATION"]
        shelves = [info for info in held if info.type.name != "CALIBRATION"]
        with _named("certifications of 10 types"):
            rows = _rows(butler, calibrations, {"dataset_id", "collection", "timespan"})
        with _named("contents of 10 types"):
            rows += _rows(butler, shelves, {"dataset_id", "collection"})
    print("rows", rows)


def ours(root: str) -> None:
    """Observe everything, and lift it to a state."""
    with _named("import"):
        from reconciler.adapters.butler import ButlerRepository
        from reconciler.observation import Scope, lift
    with ButlerRepository(PLACE, root) as repository:
        with _named("observe"):
            seen = repository.observe(Scope(None, frozenset(TYPES)))
        with _named("lift"):
            state = lift(seen)
    print("keys", len(state.values))


CHILDREN: dict[str, Callable[[str], None]] = {"bare": bare, "ours": ours}


def _rows(butler: Any, infos: list[Any], fields: set[str]) -> int:
    """Fetch and keep every row, type by type; return how many there are."""
    count = 0
    for name in TYPES:
        collections = [info.name for info in infos if name in info.dataset_types]
        with butler.query() as query:
            found = query.join_dataset_search(name, collections).general(
                ["instrument", "detector"], dataset_fields={name: fields}, find_first=False
            )
            count += len(list(found))
    return count


@contextmanager
def _named(name: str) -> Iterator[None]:
    began = time.perf_counter()
    yield
    print(f"{name}: {time.perf_counter() - began:.2f} s, peak {memory().peak_bytes / 1e6:.0f} MB", flush=True)


def _compare(report: Report, size: Size) -> None:
    root = large_repository(CACHE, size)
    theirs, our_own = _best("bare", root), _best("ours", root)
    for who, (seconds, peak, said) in (("bare queries", theirs), ("observe and lift", our_own)):
        report.add(f"{who}, {size}", seconds, "s of processor")
        report.add("  peak memory", peak / 1e6, "MB")
        print(f"{who}, {size}:\n  " + said.replace("\n", "\n  "))
    report.add("  ratio", our_own[0] / theirs[0], "x", at_most=2.5)
    report.add("  more memory", (our_own[1] - theirs[1]) / 1e6, "MB", at_most=150)


def _best(child: str, root: Path) -> tuple[float, int, str]:
    """Return the least processor time, the peak memory in bytes and the words of some runs of a child."""
    return min(_run(child, root) for _ in range(ROUNDS))


def _run(child: str, root: Path) -> tuple[float, int, str]:
    command = [sys.executable, "-m", "tests.benchmarks.bench_plan", "--child", child, "--root", str(root)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = process.stdout.read().strip()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{child} failed:\n{said}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, said


if __name__ == "__main__":
    main()
