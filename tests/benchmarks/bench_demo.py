"""`reconcile demo --full` on this machine: all of DM-48520, simulated, built, certified and linked.

python -m tests.benchmarks.bench_demo
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks.harness import Report
from tests.benchmarks.processes import run

FULL = [sys.executable, "-c", "from reconciler.cli.main import main; main()", "demo", "--full"]


def main() -> None:
    report = Report("reconcile demo --full: 13 products of nine detectors, two workers")
    with TemporaryDirectory() as scratch:
        root = Path(scratch) / "story"
        used = run([*FULL, str(root)], Path(scratch))
        reports = [json.loads(path.read_text()) for path in root.glob(".reconcile/submissions/*/report.json")]
    report.add("on the clock", used.wall_s, "s", at_most=300)
    report.add("processor time", used.cpu_s, "s")
    report.add("quanta", sum(one["quanta"] for one in reports), "", at_least=1, at_most=1500)
    report.finish()


if __name__ == "__main__":
    main()
