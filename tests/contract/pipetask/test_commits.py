"""A job dies before each of its commits: the next one finishes it and makes nothing twice."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import pytest
from lsst.daf.butler import Butler

from reconciler.adapters.pipetask import PipetaskExecutor
from reconciler.jobs import Job
from tests.fuse import Crash, Fuse, at_commits
from tests.pipelines.jobs import PLACE, RELEASES, carry_out, job
from tests.pipelines.repository import EXPOSURES

ONE = f"instrument='TestCam' and exposure={EXPOSURES[0]} and detector=0"


def runs(address: Path, of: Job) -> None:
    """Run a job to its end, as a process of its own would."""
    executor = PipetaskExecutor({PLACE: str(address)}, RELEASES)
    carry_out(executor, of)


def made(address: Path, of: Job) -> Counter[str]:
    """Count the datasets of the output RUN by type, each of them readable."""
    with Butler.from_config(str(address)) as butler:
        found = [
            r for t in butler.registry.queryDatasetTypes() for r in butler.registry.queryDatasets(t, collections=of.run)
        ]
        for ref in found:
            butler.get(ref)
    return Counter(ref.datasetType.name for ref in found)


@pytest.mark.long
def test_a_job_that_dies_before_any_of_its_commits_is_finished_by_the_next(raws_only: Path, tmp_path: Path) -> None:
    whole, undisturbed = Fuse(), job(tmp_path / "whole", query=ONE)
    address = Path(shutil.copytree(raws_only, tmp_path / "whole" / "repository"))
    with at_commits(whole):
        runs(address, undisturbed)
    for number in range(len(whole.passed)):
        root = tmp_path / str(number)
        again, bias = Path(shutil.copytree(raws_only, root / "repository")), job(root, query=ONE)
        with at_commits(Fuse(burns_at=number)), pytest.raises(Crash):
            runs(again, bias)
        runs(again, bias)
        assert made(again, bias) == made(address, undisturbed), number
