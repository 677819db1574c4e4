"""Builds jobs and runs them side by side, in a process of its own: `python -m tests.pipelines.child ADDRESS JOBS.json`.

PROCESSES in the environment says how many workers it has.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from reconciler.adapters.pipetask import PipetaskExecutor
from reconciler.jobs import Job

from .jobs import PLACE, RELEASES


def main(address: str, file: str) -> None:
    jobs = [Job(**{**fields, "inputs": tuple(fields["inputs"])}) for fields in json.loads(Path(file).read_text())]
    executor = PipetaskExecutor({PLACE: address}, RELEASES, processes=int(os.environ.get("PROCESSES", "1")))
    graphs = [executor.build(job) for job in jobs]
    executor.submit(graphs, lambda job, done, total: print(job.leaf, done, total, flush=True))


if __name__ == "__main__":
    main(*sys.argv[1:])
