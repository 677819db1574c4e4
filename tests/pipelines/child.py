"""Builds and submits one job in a process of its own: `python -m tests.pipelines.child ADDRESS JOB.json`.

PROCESSES in the environment says how many workers it has.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from reconciler.adapters.pipetask import PipetaskExecutor
from reconciler.ports import Job

from .jobs import PLACE, RELEASES


def main(address: str, file: str) -> None:
    fields = json.loads(Path(file).read_text())
    job = Job(**{**fields, "inputs": tuple(fields["inputs"])})
    executor = PipetaskExecutor({PLACE: address}, RELEASES, processes=int(os.environ.get("PROCESSES", "1")))
    executor.submit(executor.build(job), lambda done, total: print(done, total, flush=True))


if __name__ == "__main__":
    main(*sys.argv[1:])
