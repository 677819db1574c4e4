"""`reconcile status --all-sites` over a dozen large repositories, against the sum of bare looks at them.

    python -m tests.benchmarks.bench_matrix

Twenty sets are made at one place and deployed to eleven, each a site of its own: 240 cells. The floor is
`bare_queries.py`: one process imports the middleware, and opens, asks and lists each of the dozen (SQLite) in turn;
the archive, which all of them have, it reads once.
"""

from __future__ import annotations

import json
import sys
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from tests.benchmarks.harness import Report
from tests.benchmarks.large_repository import large_site
from tests.benchmarks.large_specs import ARCHIVE, PLACE, TYPES, Size, folder
from tests.benchmarks.processes import Used, apart, in_turns, median_ratio, run

ROOT = Path(__file__).parents[2]
PLACES = ("summit/cam", *(f"site{number:02}/cam" for number in range(1, 11)))
DOZEN = Size(places=PLACES)
ONE = Size(places=PLACES[:1])
TURNS = 3
STATUS = [sys.executable, "-c", "from reconciler.cli.main import main; main()", "status", "--all-sites", "--json"]
BARE = [sys.executable, str(Path(__file__).with_name("bare_queries.py")), "--files", "--archive", ARCHIVE, "ask"]


def main() -> None:
    report = Report(f"reconcile status --all-sites: {len(PLACES) + 1} repositories, each of {DOZEN} (SQLite)")
    with TemporaryDirectory() as scratch:
        roots = {size: Path(scratch, str(len(size.places))) for size in (DOZEN, ONE)}
        for size, root in roots.items():
            apart(partial(large_site, root, ROOT / ".cache", size))
        repos = ",".join(folder(place) for place in (PLACE, *PLACES))
        works = {
            "bare": partial(run, [*BARE, repos, *TYPES], roots[DOZEN]),
            "status": partial(_status, roots[DOZEN], len(PLACES) + 1),
            "two": partial(_status, roots[ONE], 2),
        }
        used = in_turns(works, turns=TURNS)
    against(report, used)
    report.finish()


def _status(root: Path, places: int) -> Used:
    used = run(STATUS, root)
    cells = [cell for row in json.loads(used.output)["rows"] for cell in row["places"].values()]
    assert len(cells) == (DOZEN.tickets + 1) * places, used.output
    assert {cell["word"] for cell in cells} <= {"linked", "protected"}, used.output
    return used


def against(report: Report, used: dict[str, list[Used]]) -> None:
    """Time and memory; of memory, what each further site adds."""
    bare, status, two = (used[name] for name in ("bare", "status", "two"))
    parts = [json.loads(one.output) for one in bare]
    report.add("bare looks, whole process", median(one.cpu_s for one in bare), "s")
    for name in parts[0]:
        report.add(f"  {name}", median(one[name] for one in parts), "s")
    report.add("  peak memory", median(one.peak_bytes for one in bare) / 1e6, "MB")
    report.add("status, whole process", median(one.cpu_s for one in status), "s")
    report.add("  peak memory", median(one.peak_bytes for one in status) / 1e6, "MB")
    report.add("status takes", median_ratio(status, bare, lambda one: one.cpu_s), "x the floor", at_most=2.5)
    report.add("  on the clock", median_ratio(status, bare, lambda one: one.wall_s), "x the floor")
    more = median(a.peak_bytes - b.peak_bytes for a, b in zip(status, two, strict=True))
    report.add("peak memory above that of two repositories", more / 1e6, "MB", at_most=50)


if __name__ == "__main__":
    main()
