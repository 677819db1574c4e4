"""What `reconcile` adds to the pipelines that it runs, and what a second worker gains.

    python -m tests.benchmarks.bench_engine

A bias of 9 detectors and 5 exposures (54 quanta of the real pipeline) through `reconcile apply`, against the same
graph built and run by the executor alone; each in a process of its own, imports included, in a fresh copy of the same
repository. Amplifiers are scaled so that the executor alone takes some 10 to 20 s: what is compared is then neither the
imports nor the pixels alone. Then the executor alone with one process and with two, each with one thread.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
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

PROJECT = Path(__file__).parents[2]
AMPLIFIER, EXPOSURES = "256x256", 5
TURNS = 5
APPLY = [sys.executable, "-c", "from reconciler.cli.main import main; main()", "apply", "--auto-approve"]
ALONE = [sys.executable, "-m", "tests.benchmarks.engine_alone"]
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


def main() -> None:
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"))
    os.environ["PYTHONPATH"] = str(PROJECT)
    report = Report(f"A bias of 9 detectors and {EXPOSURES} exposures, amplifiers of {AMPLIFIER}, one thread")
    with TemporaryDirectory() as directory:
        scratch = Path(directory)
        with redirect_stdout(sys.stderr):
            prepare(scratch / "prepared")
        numbers = count()

        def in_a_copy(work: Callable[[Path], Used]) -> Used:
            root = scratch / str(next(numbers))
            shutil.copytree(scratch / "prepared", root)
            used = work(root)
            shutil.rmtree(root)
            return used

        works: dict[str, Callable[[Path], Used]] = {
            "alone": partial(_alone, processes=1),
            "apply": _apply,
            "two": partial(_alone, processes=2),
        }
        used = in_turns({name: partial(in_a_copy, work) for name, work in works.items()}, turns=TURNS)
    start_up(report, used)
    workers(report, used)
    report.finish()


def prepare(root: Path) -> None:
    """Simulate the exposures, ingest them, write the specs of one bias, and lock them."""
    camera = cameras.find("LSSTComCam")
    story = Story(root, reconcile)
    frames.processing("simulate", root / "raws", "--camera", camera.name, "--night", "20241206",
                      "--bias", str(EXPOSURES), "--amp-size", AMPLIFIER)  # fmt: skip
    frames.ingest(root, camera, root / "raws")
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


def workers(report: Report, used: dict[str, list[Used]]) -> None:
    """Running the graph, on the clock: the least of all turns, since two processors have to be free."""
    one, two = (min(json.loads(turn.output)["run_s"] for turn in used[name]) for name in ("alone", "two"))
    report.add("running the graph, one worker", one, "s on the clock")
    report.add("running the graph, two workers", two, "s on the clock")
    report.add("two workers are faster by", one / two, "x", at_least=1.6)


if __name__ == "__main__":
    main()
