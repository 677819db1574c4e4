"""A plan that finds nothing to do at a large site which has received everything, on PostgreSQL.

    python -m tests.benchmarks.bench_deployed

Each of 22 sets was fetched from the archive, certified, linked and tagged; each dataset has a file of its own, which is
looked for. The whole command `reconcile plan` is measured. The floor is `bare_queries.py`: import the same middleware,
open the same repository, ask the same queries, take every row, list the same directories, parse the manifests of the
archive; once through Butler, and once by the SQL that Butler sends. What PostgreSQL itself uses is not counted. Though
it looks for every file, the plan is also set against import, opening and queries alone.
"""

from __future__ import annotations

import json
import sys
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from tests.benchmarks.bench_plan import PLAN, against
from tests.benchmarks.harness import Report
from tests.benchmarks.large_repository import large_site
from tests.benchmarks.large_specs import ARCHIVE, TYPES, Size, folder
from tests.benchmarks.processes import Used, apart, in_turns, run
from tests.servers.postgresql import postgresql

ROOT = Path(__file__).parents[2]
PLACE = "summit/cam"
FULL = Size(tickets=22, places=(PLACE,))
HALF = Size(collections=5_000, tickets=11, places=(PLACE,))
FILES = ("list", "parse", "records of all files")
"""How those parts of the floor begin that are no queries of a registry."""
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
    plans = [one.cpu_s for one in used["plan"]]
    without_files(report, "Butler's queries", used["butler"], plans, at_most=2.5)
    without_files(report, "bare SQL", used["sql"], plans)
    report.add("statements of a plan", sent)
    report.add("  of half as many collections and certifications", half)
    # Butler reads documentation, and records of files, of a thousand in one statement.
    thousands = (FULL.collections - HALF.collections + FULL.certifications - HALF.certifications) / 1000
    report.add("  more for each thousand more of them", (sent - half) / thousands, at_most=1.1)


def without_files(
    report: Report, what: str, floor: list[Used], plans: list[float], at_most: float | None = None
) -> None:
    """Tell what the plan takes of a floor that looks for no files."""
    parts = [json.loads(one.output) for one in floor]
    least = median(sum(s for name, s in one.items() if not name.startswith(FILES)) for one in parts)
    report.add(f"plan against import, open and {what} alone", median(plans) / least, "x", at_most=at_most)


def _plan(root: Path) -> Used:
    used = run([*PLAN, *SITE], root)
    assert "Nothing to do" in used.output, used.output
    return used


def statements(root: Path) -> int:
    """Return how many statements a plan sends."""
    return int(run([*COUNTED, "--directory", str(root)], ROOT).output.split()[-1])


if __name__ == "__main__":
    main()
