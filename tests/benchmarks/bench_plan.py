"""A plan that finds nothing to do at a large site, against the bare queries that bring the same facts.

    python -m tests.benchmarks.bench_plan

The whole command `reconcile plan` is measured: imports, specs, git, the look, the lifting of 38,000 certifications,
whether each of 37,800 sealed datasets still exists. The floor is `bare_queries.py`: import the same middleware, open
the same repository, ask the same queries, take every row; once through Butler, and once by the SQL that Butler sends,
which leaves out what Butler makes of the rows.
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
from tests.benchmarks.large_specs import TYPES, Size
from tests.benchmarks.processes import Used, apart, in_turns, median_ratio, run

ROOT = Path(__file__).parents[2]
SIZES = {"full": Size(), "half": Size(collections=5_000, tickets=10), "least": Size(collections=200, tickets=1)}
TURNS = 5
PLAN = [sys.executable, "-c", "from reconciler.cli.main import main; main()", "plan"]
BARE = [sys.executable, str(Path(__file__).with_name("bare_queries.py"))]


def main() -> None:
    report = Report(f"reconcile plan, nothing to do: {SIZES['full']} (SQLite)")
    with TemporaryDirectory() as scratch:
        roots = {name: Path(scratch, name) for name in SIZES}
        for name, size in SIZES.items():
            apart(partial(large_site, roots[name], ROOT / ".cache", size))
        statements = str(Path(scratch, "statements"))
        run([*BARE, "record", statements, "repo", *TYPES], roots["full"])
        works = {
            "butler": partial(run, [*BARE, "ask", "repo", *TYPES], roots["full"]),
            "sql": partial(run, [*BARE, "replay", statements, "repo"], roots["full"]),
        }
        used = in_turns(works | {name: partial(_plan, root) for name, root in roots.items()}, turns=TURNS)
    against(report, "bare Butler queries", used["butler"], used["full"])
    against(report, "bare SQL", used["sql"], used["full"])
    linear(report, used)
    report.finish()


def _plan(root: Path) -> Used:
    used = run(PLAN, root)
    assert "Nothing to do" in used.output, used.output
    return used


def against(report: Report, floor: str, theirs: list[Used], ours: list[Used]) -> None:
    """Time and memory, and what each part of the floor takes."""
    parts = [json.loads(one.output) for one in theirs]
    report.add(f"{floor}, whole process", median(map(_cpu_s, theirs)), "s")
    for name in parts[0]:
        report.add(f"  {name}", median(one[name] for one in parts), "s")
    report.add("  peak memory", median(map(_peak_bytes, theirs)) / 1e6, "MB")
    report.add("plan, whole process", median(map(_cpu_s, ours)), "s")
    report.add("plan takes", median_ratio(ours, theirs, _cpu_s), "x the floor", at_most=2.5)
    report.add("  on the clock", median_ratio(ours, theirs, lambda one: one.wall_s), "x the floor")
    more = median(a.peak_bytes - b.peak_bytes for a, b in zip(ours, theirs, strict=True))
    report.add("plan's peak memory above it", more / 1e6, "MB", at_most=150)


def linear(report: Report, used: dict[str, list[Used]]) -> None:
    """Twice as many collections and certifications take twice as much, beyond what the least site takes.

    The least time of each size, which the neighbours disturbed least: differences of medians would be mostly noise.
    """
    for name, size in SIZES.items():
        report.add(f"plan of {size}", median(one.cpu_s for one in used[name]), "s")
        report.add("  peak memory", median(one.peak_bytes for one in used[name]) / 1e6, "MB")
    full, half, least = (SIZES[name].certifications for name in ("full", "half", "least"))
    for what, of in (("time", _cpu_s), ("memory", _peak_bytes)):
        a, b, c = (min(map(of, used[name])) for name in ("full", "half", "least"))
        growth = ((a - c) / (b - c)) / ((full - least) / (half - least))
        report.add(f"growth of {what} from half to full", growth, "x linear", at_most=1.3)


def _cpu_s(used: Used) -> float:
    return used.cpu_s


def _peak_bytes(used: Used) -> float:
    return used.peak_bytes


if __name__ == "__main__":
    main()
