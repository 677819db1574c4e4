"""What publishing and fetching do, without the commands around them: ours, and what `butler` does for the same.

    python -m tests.benchmarks.travel ours ROOT       steps `publish` and `fetch`, as `apply` calls them
    python -m tests.benchmarks.travel theirs ROOT     Butler's export of the ticket's chain, and its import

Prints as JSON how many seconds each took: on the clock, and of this process's time. What is opened and looked at
before is not counted.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from tests.benchmarks.two_repositories import ORIGIN, OTHER, TICKET_CHAIN

EXPORT = "export"


def ours(root: Path) -> dict[str, tuple[float, float]]:
    """Let each site do its one step that carries files."""
    return {
        "publish": _step(root, "usdf", "publish"),
        "fetch": _step(root, "summit", "fetch"),
    }


def _step(root: Path, site: str, kind: str) -> tuple[float, float]:
    from reconciler.cli.session import session

    with session(root, site) as opened:
        seen = opened.look()
        (step,) = [planned.step for planned in opened.plan(seen).steps if planned.step.kind == kind]
        world = opened.place.world(lambda *_: None, lambda *_: None, opened.archive)
        return _timed(lambda: step.act(world, seen.state, seen.facts))


def theirs(root: Path) -> dict[str, tuple[float, float]]:
    """Export what the ticket's chain leads to, and import it, as the scripts behind `butler` do."""
    from lsst.daf.butler import Butler

    folder = root / EXPORT
    folder.mkdir()
    with Butler.from_config(str(root / ORIGIN), writeable=False) as butler:
        exported = _timed(lambda: _export(butler, folder))
    with Butler.from_config(str(root / OTHER), writeable=True) as butler:
        skip = {"instrument", "detector", "physical_filter"}
        options = {"directory": str(folder), "filename": "export.yaml", "transfer": "copy", "skip_dimensions": skip}
        imported = _timed(lambda: butler.import_(**options))
    return {"export": exported, "import": imported}


def _export(butler: Any, folder: Path) -> None:
    from lsst.daf.butler.script.exportCalibs import find_calibration_datasets

    types = [one for one in butler.registry.queryDatasetTypes() if one.isCalibration()]
    infos = butler.collections.query_info(TICKET_CHAIN, flatten_chains=True, include_chains=True, include_doc=True)
    calibrations = [info for info in infos if info.type.name == "CALIBRATION"]
    refs = {ref for info in calibrations for ref in find_calibration_datasets(butler, info, types)}
    with butler.export(directory=str(folder), format="yaml", transfer="copy") as export:
        for info in infos:
            if info.type.name in ("CALIBRATION", "CHAINED"):
                export.saveCollection(info.name)
        export.saveDatasets(refs)


def _timed(work: Callable[[], object]) -> tuple[float, float]:
    wall, cpu = perf_counter(), process_time()
    work()
    return perf_counter() - wall, process_time() - cpu


if __name__ == "__main__":
    print(json.dumps({"ours": ours, "theirs": theirs}[sys.argv[1]](Path(sys.argv[2]))))
