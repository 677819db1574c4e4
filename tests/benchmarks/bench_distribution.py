"""Publishing 189 calibrations and fetching them at another site, against `butler export-calibs` and `butler import`.

    python -m tests.benchmarks.bench_distribution

The same files of 4 MB each, in the same run: both sides take turns, read what is in the memory of the machine already,
and begin when the disk has settled. Two copies of each file are made on either side. `apply` also hashes each, at both
sites, compares it with the manifest, writes the archive through to the disk, certifies, and looks that all is there;
`butler` does none of this. Once as commands that a person types, start-up and planning included; once as the effects
alone. `butler export-calibs` without `--transfer copy` makes hard links, which no other site can use.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks.harness import Report
from tests.benchmarks.processes import Used, apart, run
from tests.benchmarks.travel import EXPORT
from tests.benchmarks.two_repositories import DETECTORS, ORIGIN, OTHER, SIZE, TICKET_CHAIN, TwoRepositories, make

TURNS = 5
RECONCILE = [sys.executable, "-c", "from reconciler.cli.main import main; main()", "apply", "--auto-approve"]
BUTLER = [sys.executable, "-c", "from lsst.daf.butler.cli.butler import main; main()"]
IMPORT = ["--export-file", f"{EXPORT}/export.yaml", "--transfer", "copy"]
SKIPPED = [word for name in ("instrument", "detector", "physical_filter") for word in ("-s", name)]
EFFECTS = [sys.executable, "-m", "tests.benchmarks.travel"]
HERE = Path(__file__).parents[2]


def main() -> None:
    report = Report(f"{len(DETECTORS)} files of {SIZE / 1e6:g} MB from one repository to another, twice copied")
    with TemporaryDirectory() as scratch:
        root = Path(scratch, "world")
        apart(partial(make, root))
        works = {
            "publish": partial(run, [*RECONCILE, "--site", "usdf"], root),
            "fetch": partial(run, [*RECONCILE, "--site", "summit"], root),
            "export": partial(run, [*BUTLER, "export-calibs", ORIGIN, EXPORT, TICKET_CHAIN, "-t", "copy"], root),
            "import": partial(run, [*BUTLER, "import", OTHER, EXPORT, *IMPORT, *SKIPPED], root),
            "our effects": partial(run, [*EFFECTS, "ours", str(root)], HERE),
            "their effects": partial(run, [*EFFECTS, "theirs", str(root)], HERE),
        }
        used = _in_rounds(TwoRepositories(root), works)
    commands(report, used)
    effects(report, used)
    report.finish()


def _in_rounds(world: TwoRepositories, works: dict[str, Callable[[], Used]]) -> dict[str, list[Used]]:
    """Run all in each of some rounds, after one that fills the caches."""
    used: dict[str, list[Used]] = {name: [] for name in works}
    for turn in range(TURNS + 1):
        for name, work in works.items():
            if name not in ("fetch", "import"):
                world.forget()
                shutil.rmtree(world.root / EXPORT, ignore_errors=True)
            os.sync()
            one = work()
            used[name] += [one] * (turn > 0)
    return used


def commands(report: Report, used: dict[str, list[Used]]) -> None:
    """The goal: the two commands of either side, the best of the rounds."""
    for name in ("export", "import", "publish", "fetch"):
        report.add(f"{name}, whole process", min(one.wall_s for one in used[name]), "s")
        report.add("  processor time", min(one.cpu_s for one in used[name]), "s")
    for what, of, bound in (("take", _wall_s, 1.0), ("take of the processor", _cpu_s, None)):
        ours, theirs = (_best(used, names, of) for names in (("publish", "fetch"), ("export", "import")))
        report.add(f"publish and fetch {what}", ours / theirs, "x export and import", at_most=bound)


def _best(used: dict[str, list[Used]], names: tuple[str, ...], of: Callable[[Used], float]) -> float:
    """Return what the two take together in the round that others disturbed least."""
    return min(sum(map(of, both)) for both in zip(*(used[name] for name in names), strict=True))


def effects(report: Report, used: dict[str, list[Used]]) -> None:
    """What the commands are for, without start-up, look and plan."""
    sums = {}
    for side in ("their effects", "our effects"):
        found = [json.loads(one.output) for one in used[side]]
        for name in found[0]:
            report.add(f"  effect of {name} alone", min(one[name][0] for one in found), "s")
            report.add("    processor time", min(one[name][1] for one in found), "s")
        sums[side] = [min(sum(part[i] for part in one.values()) for one in found) for i in (0, 1)]
    for i, what in enumerate(("effects", "effects, of the processor")):
        report.add(f"our {what}", sums["our effects"][i] / sums["their effects"][i], "x theirs")


def _wall_s(used: Used) -> float:
    return used.wall_s


def _cpu_s(used: Used) -> float:
    return used.cpu_s


if __name__ == "__main__":
    main()
