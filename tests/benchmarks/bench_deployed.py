"""A plan that finds nothing to do at a large site which has received everything, on PostgreSQL.

    python -m tests.benchmarks.bench_deployed

Each of 20 sets was fetched from the archive, certified, linked and tagged; each dataset has a file of its own, which is
looked for. The whole command `reconcile plan` is measured. The floor is `bare_queries.py`: import the same middleware,
open the same repository, ask the same queries, take every row, list the same directories, parse the manifests of the
archive; once through Butler, and once by the SQL that Butler sends. What PostgreSQL itself uses is not counted.
"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks.bench_plan import PLAN, against
from tests.benchmarks.harness import Report
from tests.benchmarks.large_repository import large_site
from tests.benchmarks.large_specs import ARCHIVE, TYPES, Size, folder
from tests.benchmarks.processes import Used, apart, in_turns, run
from tests.servers.postgresql import postgresql

ROOT = Path(__file__).parents[2]
PLACE = "summit/cam"
FULL = Size(places=(PLACE,))
HALF = Size(collections=5_000, tickets=10, places=(PLACE,))
TURNS = 5
SITE = ["--site", "summit"]
BARE = [sys.executable, str(Path(__file__).with_name("bare_queries.py")), "--files", "--archive", ARCHIVE]
COUNTED = [sys.executable, "-m", "tests.benchmarks.statements", "plan", *SITE]


def main() -> None:
    report = Report(f"reconcile plan, nothing to do: {FULL}, all received, tagged (PostgreSQL)")
    with TemporaryDirectory() as scratch:
        half = _half(Path(scratch, "half"))
        full(report, Path(scratch, "full"), half)
    report.finish()


def _half(root: Path) -> int:
    """Return how many statements a plan of half the size sends."""
    with postgresql() as server:
        apart(partial(large_site, root, ROOT / ".cache", HALF, server))
        return statements(root)


def full(report: Report, root: Path, half: int) -> None:
    """Measure a plan of the whole."""
    repo = folder(PLACE)
    with postgresql() as server:
        apart(partial(large_site, root, ROOT / ".cache", FULL, server))
        recorded = str(root.with_name("statements"))
        run([*BARE, "record", recorded, repo, *TYPES], root)
        works = {
            "butler": partial(run, [*BARE, "ask", repo, *TYPES], root),
            "sql": partial(run, [*BARE, "replay", recorded, repo], root),
            "plan": partial(_plan, root),
        }
        used = in_turns(works, turns=TURNS)
        sent = statements(root)
    against(report, "bare Butler queries", used["butler"], used["plan"])
    against(report, "bare SQL", used["sql"], used["plan"])
    report.add("statements of a plan", sent)
    report.add("  of half as many collections and certifications", half)
    # Butler reads documentation, and records of files, of a thousand in one statement.
    thousands = (FULL.collections - HALF.collections + FULL.certifications - HALF.certifications) / 1000
    report.add("  more for each thousand more of them", (sent - half) / thousands, at_most=1.1)


def _plan(root: Path) -> Used:
    used = run([*PLAN, *SITE], root)
    assert "Nothing to do" in used.output, used.output
    return used


def statements(root: Path) -> int:
    """Return how many statements a plan sends."""
    return int(run([*COUNTED, "--directory", str(root)], ROOT).output.split()[-1])


if __name__ == "__main__":
    main()
