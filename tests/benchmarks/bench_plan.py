"""A plan that finds nothing to do at a large site, against the bare Butler queries that bring the same facts.

    python -m tests.benchmarks.bench_plan

The whole command `reconcile plan` is measured: imports, specs, git, the look, the lifting of 38,000 certifications,
whether each of 37,800 sealed datasets still exists. The floor is `bare_queries.py`.
"""

from __future__ import annotations

import json
import sys
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from tests.benchmarks.harness import Report
from tests.benchmarks.large_repository import TYPES, Size, large_site
from tests.benchmarks.processes import Used, in_turns, median_ratio, run

ROOT = Path(__file__).parents[2]
SIZES = {"full": Size(), "half": Size(collections=5_000, tickets=10), "least": Size(collections=200, tickets=1)}
TURNS = 5
PLAN = [sys.executable, "-c", "from reconciler.cli.main import main; main()", "plan"]
FLOOR = [sys.executable, str(Path(__file__).with_name("bare_queries.py")), *TYPES]


def main() -> None:
    report = Report(f"reconcile plan, nothing to do: {SIZES['full']} (SQLite)")
    with TemporaryDirectory() as scratch:
        roots = {name: Path(scratch, name) for name in SIZES}
        for name, size in SIZES.items():
            large_site(roots[name], ROOT / ".cache", size)
        works = {name: partial(_plan, root) for name, root in roots.items()}
        used = in_turns({"floor": partial(run, FLOOR, roots["full"]), **works}, turns=TURNS)
    against_the_floor(report, used["floor"], used["full"])
    linear(report, used)
    report.finish()


def _plan(root: Path) -> Used:
    used = run(PLAN, root)
    assert "Nothing to do" in used.output, used.output
    return used


def against_the_floor(report: Report, theirs: list[Used], ours: list[Used]) -> None:
    """Time and memory, and what each bare query takes."""
    asked = [json.loads(one.output) for one in theirs]
    for name in asked[0]:
        report.add(f"floor: {name}", median(one[name] for one in asked), "s")
    report.add("floor, whole process", median(one.cpu_s for one in theirs), "s")
    report.add("plan, whole process", median(one.cpu_s for one in ours), "s")
    report.add("plan takes", median_ratio(ours, theirs, _cpu_s), "x the floor", at_most=2.5)
    report.add("the same on the clock", median_ratio(ours, theirs, lambda one: one.wall_s), "x")
    floor_peak, peak = (median(one.peak_bytes for one in some) for some in (theirs, ours))
    report.add("floor, peak memory", floor_peak / 1e6, "MB")
    report.add("plan, peak memory above it", (peak - floor_peak) / 1e6, "MB", at_most=150)


def linear(report: Report, used: dict[str, list[Used]]) -> None:
    """Twice as many collections and certifications take twice as much, beyond what the least site takes."""
    for name, size in SIZES.items():
        report.add(f"plan of {size}", median(one.cpu_s for one in used[name]), "s")
        report.add("  peak memory", median(one.peak_bytes for one in used[name]) / 1e6, "MB")
    full, half, least = (SIZES[name].certifications for name in ("full", "half", "least"))
    linear_growth = (full - least) / (half - least)
    for what, of in (("time", _cpu_s), ("memory", _peak_bytes)):
        growth = median(
            (of(a) - of(c)) / (of(b) - of(c)) for a, b, c in zip(used["full"], used["half"], used["least"], strict=True)
        )
        report.add(f"growth of {what} from half to full", growth / linear_growth, "x linear", at_most=1.3)


def _cpu_s(used: Used) -> float:
    return used.cpu_s


def _peak_bytes(used: Used) -> float:
    return used.peak_bytes


if __name__ == "__main__":
    main()
