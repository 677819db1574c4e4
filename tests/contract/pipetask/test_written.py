"""What a quantum writes becomes known with its log and all else that it wrote, or not at all."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from lsst.daf.butler import Butler, ButlerLogRecords, DatasetRef
from sqlalchemy.exc import OperationalError

from reconciler.adapters.pipetask import PipetaskExecutor
from reconciler.jobs import Job
from tests.fuse import Crash, raises_inserting
from tests.pipelines.jobs import ENVIRONMENT, PLACE, RELEASES, carry_out, job
from tests.pipelines.repository import DETECTORS, EXPOSURES, RAWS

ONE = f"instrument='TestCam' and exposure={EXPOSURES[0]} and detector=0"
"""Selects two quanta: a reduction and the combination of it alone."""
REDUCED = ("biasReduced", "reduceBias_metadata", "reduceBias_log")
ALL = (*REDUCED, "bias", "combineBias_metadata", "combineBias_log")


@pytest.fixture(params=[1, 2])
def executor(address: str, request: pytest.FixtureRequest) -> PipetaskExecutor:
    return PipetaskExecutor({PLACE: address}, RELEASES, processes=request.param)


def small(root: Path, **variables: str) -> Job:
    return job(root, query=ONE, environment={**ENVIRONMENT, **variables})


def known(address: str, of: Job) -> Counter[str]:
    """Count by type what is known of the quanta of the output RUN; each is on disk, of the size that is recorded."""
    with Butler.from_config(address) as butler:
        found = [ref for ref in registered(butler, of) if ref.dataId.required]
        for ref in found:
            assert butler.getURI(ref).size() == size(butler, ref)
            butler.get(ref)
    return Counter(ref.datasetType.name for ref in found)


def registered(butler: Butler, of: Job) -> list[DatasetRef]:
    types = butler.registry.queryDatasetTypes()
    return [ref for t in types for ref in butler.registry.queryDatasets(t, collections=of.run)]


def size(butler: Butler, ref: DatasetRef) -> int:
    (record,) = butler._datastore.getStoredItemsInfo(ref)
    return int(record.file_size)


def files(address: str, of: Job, dataset_type: str) -> list[Path]:
    """Return the files that a dataset type has in the output RUN, known or not."""
    return sorted(path for path in (Path(address) / of.run / dataset_type).rglob("*") if path.is_file())


def cut(*paths: Path) -> None:
    """Leave of files what a machine that lost its power may leave."""
    for path in paths:
        path.write_bytes(b"")


def log(address: str, of: Job) -> ButlerLogRecords:
    with Butler.from_config(address) as butler:
        return butler.get("reduceBias_log", instrument="TestCam", detector=0, exposure=EXPOSURES[0], collections=of.run)


@pytest.fixture
def begun(executor: PipetaskExecutor, tmp_path: Path) -> None:
    """The configurations of the RUN are known, and the log of a reduction that failed."""
    carry_out(executor, small(tmp_path, FAIL_AT=str(EXPOSURES[0])))


@pytest.mark.usefixtures("begun")
def test_a_job_that_dies_before_a_quantum_is_registered_leaves_nothing_known_of_it(
    executor: PipetaskExecutor, address: str, tmp_path: Path
) -> None:
    bias = small(tmp_path)
    with pytest.raises(Crash), raises_inserting("dataset", Crash()):
        carry_out(executor, bias)
    assert known(address, bias) == {}
    assert [len(files(address, bias, name)) for name in REDUCED] == [1, 1, 1]
    for name in REDUCED:
        cut(*files(address, bias, name))
    carry_out(executor, bias)
    assert known(address, bias) == dict.fromkeys(ALL, 1)
    assert [len(files(address, bias, name)) for name in ALL] == [1] * len(ALL)


def test_what_a_quantum_wrote_before_it_failed_is_known_with_its_log(
    executor: PipetaskExecutor, address: str, tmp_path: Path
) -> None:
    bad = small(tmp_path, FAIL_AFTER=str(EXPOSURES[0]))
    carry_out(executor, bad)
    assert known(address, bad) == {"biasReduced": 1, "reduceBias_log": 1}
    assert "shutter stuck after all" in {record.message.split(": ")[-1] for record in log(address, bad)}


def test_a_log_does_not_grow_with_the_quanta_before_it(
    executor: PipetaskExecutor, address: str, tmp_path: Path
) -> None:
    carry_out(executor, bias := job(tmp_path))
    with Butler.from_config(address) as butler:
        logs = [butler.get(ref) for ref in butler.query_datasets("combineBias_log", bias.run)]
    assert [one.extra["previous_process_quanta"] for one in logs] == [[]] * len(DETECTORS)


def test_an_input_whose_file_is_gone_fails_its_quantum_and_is_not_left_out(
    executor: PipetaskExecutor, address: str, tmp_path: Path
) -> None:
    with Butler.from_config(address) as butler:
        (raw,) = butler.query_datasets("raw", RAWS, where=ONE)
        Path(butler.getURI(raw).ospath).unlink()
    carry_out(executor, bias := small(tmp_path))
    assert "FileNotFoundError" in executor.poll(bias).failures[0]


def test_what_a_failed_quantum_wrote_is_replaced(executor: PipetaskExecutor, address: str, tmp_path: Path) -> None:
    carry_out(executor, small(tmp_path, FAIL_AFTER=str(EXPOSURES[0])))
    carry_out(executor, bias := small(tmp_path))
    assert known(address, bias) == dict.fromkeys(ALL, 1)


@pytest.mark.usefixtures("begun")
def test_a_quantum_that_the_database_refuses_has_failed_and_takes_along_what_needs_it(
    executor: PipetaskExecutor, address: str, tmp_path: Path
) -> None:
    bias, full = small(tmp_path), OperationalError("INSERT", {}, OSError("disk is full"))
    with raises_inserting("dataset", full):
        carry_out(executor, bias)
    (failure,) = executor.poll(bias).failures
    assert failure.startswith("reduceBias ")
    assert "disk is full" in failure
    assert known(address, bias) == {}
    carry_out(executor, bias)
    assert known(address, bias) == dict.fromkeys(ALL, 1)
