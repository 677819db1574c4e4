"""What `reconcile` adds to the pipelines that it runs, and what a second worker gains.

    python -m tests.benchmarks.bench_engine

A bias of 9 detectors and 5 exposures (54 quanta of the real pipeline) through `reconcile apply`, against the same
graph built and run by the executor alone; each in a process of its own, imports included, in a fresh copy of the same
repository. Amplifiers are scaled so that the executor alone takes some 10 to 20 s: what is compared is then neither the
imports nor the pixels alone.

Then the executor alone with one process and with two, each with one thread, on PostgreSQL and on SQLite, which has one
lock for all writers.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from reconciler.cli.main import run as reconcile
from reconciler.demo import camera as cameras
from reconciler.demo import frames, specs
from reconciler.demo.specs import Found
from reconciler.demo.story import ALWAYS, Story
from tests.benchmarks.harness import Report
from tests.benchmarks.processes import Used, in_turns, median_ratio, run
from tests.servers.postgresql import Server, postgresql

PROJECT = Path(__file__).parents[2]
AMPLIFIER, EXPOSURES = "256x256", 5
TURNS = 5
PREPARED = "prepared"
"""Name of the database that others are copied from."""
APPLY = [sys.executable, "-c", "from reconciler.cli.main import main; main()", "apply", "--auto-approve"]
ALONE = [sys.executable, "-m", "tests.benchmarks.engine_alone"]
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


def main() -> None:
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"))
    os.environ["PYTHONPATH"] = str(PROJECT)
    report = Report(f"A bias of 9 detectors and {EXPOSURES} exposures, amplifiers of {AMPLIFIER}, one thread")
    with TemporaryDirectory() as directory, postgresql() as server:
        scratch = Path(directory)
        server.execute(f"create database {PREPARED}")
        with redirect_stdout(sys.stderr):
            prepare(scratch / "sqlite")
            prepare(scratch / "postgresql", server.url(PREPARED))
        on_sqlite, on_postgresql = Copies(scratch / "sqlite"), Copies(scratch / "postgresql", server)
        works: dict[str, Callable[[], Used]] = {
            "alone": partial(on_sqlite.each, partial(_alone, processes=1)),
            "apply": partial(on_sqlite.each, _apply),
            "two": partial(on_sqlite.each, partial(_alone, processes=2)),
            "one, PostgreSQL": partial(on_postgresql.each, partial(_alone, processes=1)),
            "two, PostgreSQL": partial(on_postgresql.each, partial(_alone, processes=2)),
        }
        used = in_turns(works, turns=TURNS)
    start_up(report, used)
    workers(report, "PostgreSQL", used["one, PostgreSQL"], used["two, PostgreSQL"])
    workers(report, "SQLite", used["alone"], used["two"])
    report.finish()


@dataclass
class Copies:
    """Fresh copies of a prepared repository, its database included."""

    prepared: Path
    server: Server | None = None
    numbers: Iterator[int] = field(default_factory=count)

    def each(self, work: Callable[[Path], Used]) -> Used:
        """Work in a copy, which is removed afterwards."""
        number = next(self.numbers)
        root, database = self.prepared.with_name(f"{self.prepared.name}_{number}"), f"{PREPARED}_{number}"
        shutil.copytree(self.prepared, root)
        if self.server is not None:
            config = root / "repo" / "butler.yaml"
            config.write_text(config.read_text().replace(PREPARED, database))
            self.server.execute(f"create database {database} template {PREPARED}")
        used = work(root)
        shutil.rmtree(root)
        return used


def prepare(root: Path, database: str | None = None) -> None:
    """Simulate the exposures, ingest them, write the specs of one bias, and lock them."""
    camera = cameras.find("LSSTComCam")
    story = Story(root, reconcile)
    frames.processing("simulate", root / "raws", "--camera", camera.name, "--night", "20241206",
                      "--bias", str(EXPOSURES), "--amp-size", AMPLIFIER)  # fmt: skip
    where = ("--db", database) if database else ()
    frames.processing("repo", "create", root / "repo", "--camera", camera.name, *where)
    frames.processing("repo", "ingest", root / "repo", root / "raws", "--camera", camera.name)
    bias = Found(("bias",), (), "2024-12-06T00:00:00")
    written = specs.files(camera, bias, "", ALWAYS)
    written[f"specs/{camera.name}/chain.yaml"] = specs.chain(camera, specs.TICKET)
    for name, text in written.items():
        if specs.CURATED not in name and "curated" not in name:
            story.write(name, _unverified(text))
    story.commit("A bias")
    story.run("lock")
    story.commit("Its lock")


def _unverified(text: str) -> str:
    """Return a document that asks for no verification: what is timed is one pipeline."""
    return "".join(line for line in text.splitlines(keepends=True) if not line.startswith("verify:"))


def _apply(root: Path) -> Used:
    return run(APPLY, root)


def _alone(root: Path, *, processes: int) -> Used:
    return run([*ALONE, str(root), str(processes)], root)


def start_up(report: Report, used: dict[str, list[Used]]) -> None:
    """Whole processes: what apply takes beyond the executor."""
    for name, what in (("alone", "executor alone"), ("apply", "reconcile apply")):
        report.add(f"{what}, whole process", median(one.cpu_s for one in used[name]), "s")
        report.add("  on the clock", median(one.wall_s for one in used[name]), "s")
    ratio = median_ratio(used["apply"], used["alone"], lambda one: one.cpu_s)
    report.add("apply takes", ratio, "x the executor alone", at_most=1.2)
    on_the_clock = median_ratio(used["apply"], used["alone"], lambda one: one.wall_s)
    report.add("  on the clock", on_the_clock, "x the executor alone")


def workers(report: Report, where: str, one: list[Used], two: list[Used]) -> None:
    """Running the graph, on the clock: the least of all turns, since two processors have to be free."""
    alone, together = (min(json.loads(turn.output)["run_s"] for turn in turns) for turns in (one, two))
    report.add(f"running the graph on {where}, one worker", alone, "s on the clock")
    report.add("  two workers", together, "s on the clock")
    report.add("  are faster by", alone / together, "x", at_least=1.6)


if __name__ == "__main__":
    main()
