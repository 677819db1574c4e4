"""What an apply cannot do without: import the middleware, build the one graph that a site's specs ask for, run it.

    python -m tests.benchmarks.engine_alone ROOT PROCESSES

The executor is that of `reconcile`; nothing is looked at, claimed, verified, sealed or certified. Prints as JSON how
many seconds on the clock building and running took.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from time import perf_counter

from reconciler.adapters.pipetask import PipetaskExecutor
from reconciler.desired import desired
from reconciler.jobs import Job
from reconciler.site import connect
from reconciler.spec.load import load_tree
from reconciler.work import Generation


def main(root: Path, processes: int) -> None:
    tree = load_tree(root)
    document = tree.sites[0].document
    site = document.model_copy(update={"engine": document.engine.model_copy(update={"processes": processes})})
    (work,) = (work for work in desired(tree, site).works.values() if isinstance(work, Generation))
    executor = connect(site, root).executor
    assert isinstance(executor, PipetaskExecutor)
    began = perf_counter()
    graph = executor.build(_job(work, root))
    built = perf_counter()
    (error,) = executor.submit([graph], lambda job, done, total: None)
    assert error is None, error
    assert not executor.poll(graph.job).failures, executor.poll(graph.job)
    print(json.dumps({"quanta": graph.quanta, "build_s": built - began, "run_s": perf_counter() - built}))


def _job(work: Generation, root: Path) -> Job:
    return Job(
        place=work.key.place,
        leaf=work.key.leaf,
        run=f"{work.key.leaf}/alone",
        template=work.template,
        release=work.release,
        environment=work.environment,
        data_query=work.data_query,
        inputs=(work.raws,),
        submission=str(root / "submission"),
        overrides=work.overrides,
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
