"""What a graph selects and picks, and why it is refused; building never writes to the repository."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml
from astropy.time import Time, TimeDelta
from lsst.ctrl.bps import BpsConfig
from lsst.daf.butler import Butler, Config, DatasetType

from reconciler.adapters.pipetask import PipetaskExecutor
from reconciler.errors import ReconcileError, Unreachable
from reconciler.jobs import Lack, Pick
from tests.dead_writer import die_writing
from tests.pipelines import repository
from tests.pipelines.jobs import PLACE, RAWS, RELEASES, carry_out, job
from tests.pipelines.repository import EXPOSURES, NIGHT, certify_bias

MIDDLE = NIGHT + TimeDelta(165, format="sec")
"""Between the third and the fourth exposure."""
OLD, NEW = "TestCam/calib/DM-0/bias.old", "TestCam/calib/DM-0/bias.new"


def combined_exposures(address: str, run: str, dataset_type: str) -> list[int]:
    butler = Butler.from_config(address)
    try:
        return butler.get(dataset_type, instrument="TestCam", detector=0, collections=run)["exposures"]
    finally:
        butler.close()


def collections(address: str) -> set[str]:
    butler = Butler.from_config(address)
    try:
        return set(butler.collections.query("*"))
    finally:
        butler.close()


def test_a_selection_with_or_in_a_template_that_appends_a_band_takes_exactly_what_was_locked(
    executor: PipetaskExecutor, address: str, tmp_path: Path
) -> None:
    query = f"instrument='TestCam' and exposure={EXPOSURES[0]} or instrument='TestCam' and exposure={EXPOSURES[3]}"
    flat = job(tmp_path, "flat_u", query=query)
    carry_out(executor, flat)
    assert combined_exposures(address, flat.run, "bias") == [EXPOSURES[0]]


def test_a_graph_takes_every_locked_exposure_and_no_other(
    executor: PipetaskExecutor, address: str, tmp_path: Path
) -> None:
    bias = job(tmp_path, query=f"instrument='TestCam' and exposure in ({EXPOSURES[1]}, {EXPOSURES[4]})")
    carry_out(executor, bias)
    assert combined_exposures(address, bias.run, "bias") == [EXPOSURES[1], EXPOSURES[4]]


def test_a_graph_tells_what_its_tasks_would_take_and_do_not_find(
    executor: PipetaskExecutor, address: str, tmp_path: Path
) -> None:
    certify_bias(address, OLD, "early", None, MIDDLE)
    graph = executor.build(job(tmp_path, "darkAnyBias", inputs=(OLD, RAWS)))
    assert graph.lacks == tuple(
        Lack("reduceDark", "bias", f"instrument=TestCam,detector={detector},exposure={exposure}")
        for detector in repository.DETECTORS
        for exposure in EXPOSURES[3:]
    )


def test_picks_name_for_each_exposure_the_calibration_of_its_date(
    executor: PipetaskExecutor, address: str, tmp_path: Path
) -> None:
    early = certify_bias(address, OLD, "early", None, MIDDLE)
    late = certify_bias(address, NEW, "late", MIDDLE, None)
    picks = executor.build(job(tmp_path, "dark", inputs=(OLD, NEW, RAWS))).picks
    assert {(p.uuid, p.exposures) for p in picks} == {
        *((uuid, EXPOSURES[:3]) for uuid in early.values()),
        *((uuid, EXPOSURES[3:]) for uuid in late.values()),
    }


def test_a_quantum_without_an_exposure_shows_that_the_first_collection_won_whatever_the_date(
    executor: PipetaskExecutor, address: str, tmp_path: Path
) -> None:
    next_year = certify_bias(address, NEW, "next year", Time("2025-01-01", scale="tai"), None)
    certify_bias(address, OLD, "right", None, Time("2025-01-01", scale="tai"))
    picks = executor.build(job(tmp_path, "darkBlind", inputs=(NEW, OLD, RAWS))).picks
    assert picks == tuple(
        Pick("combineDark", "bias", f"instrument=TestCam,detector={d}", next_year[d], f"{NEW}/run", ())
        for d in repository.DETECTORS
    )


def test_what_the_graph_makes_itself_is_not_a_pick(executor: PipetaskExecutor, tmp_path: Path) -> None:
    assert executor.build(job(tmp_path)).picks == ()


def test_two_epochs_in_one_collection_are_an_error_for_a_quantum_without_an_exposure(
    executor: PipetaskExecutor, address: str, tmp_path: Path
) -> None:
    certify_bias(address, OLD, "early", None, MIDDLE, run="early")
    certify_bias(address, OLD, "late", MIDDLE, None, run="late")
    with pytest.raises(ReconcileError, match=r"combineDark takes bias"):
        executor.build(job(tmp_path, "darkBlind", inputs=(OLD, RAWS)))


def test_a_missing_calibration_is_named_with_the_collections_searched(
    executor: PipetaskExecutor, address: str, tmp_path: Path
) -> None:
    certify_bias(address, OLD, "long ago", None, Time("2020-01-01", scale="tai"))
    with pytest.raises(ReconcileError, match=rf"reduceDark\.bias \(bias\)(.|\n)*searched: {OLD}, {RAWS}"):
        executor.build(job(tmp_path, "dark", inputs=(OLD, RAWS)))


def test_a_calibration_that_the_repository_has_never_heard_of_is_named(
    executor: PipetaskExecutor, tmp_path: Path
) -> None:
    with pytest.raises(ReconcileError, match="bias"):
        executor.build(job(tmp_path, "dark"))


def test_exposures_without_raws_are_said_with_dataset_type_and_collections(
    executor: PipetaskExecutor, tmp_path: Path
) -> None:
    with pytest.raises(ReconcileError, match=f"no raw of {RAWS} matches the query"):
        executor.build(job(tmp_path, query="instrument='TestCam' and exposure=2024120899999"))


def test_a_query_that_makes_no_sense_is_an_error_of_the_users(executor: PipetaskExecutor, tmp_path: Path) -> None:
    with pytest.raises(ReconcileError, match="building the graph"):
        executor.build(job(tmp_path, query="instrument='TestCam' and and exposure=1"))


def test_building_writes_nothing_to_the_repository(executor: PipetaskExecutor, address: str, tmp_path: Path) -> None:
    before = collections(address)
    executor.build(job(tmp_path))
    assert collections(address) == before


def test_a_graph_is_built_also_where_a_writer_died_in_the_middle(
    executor: PipetaskExecutor, address: str, tmp_path: Path
) -> None:
    die_writing(Path(address))
    assert executor.build(job(tmp_path)).quanta


def test_building_leaves_the_environment_as_it_was(executor: PipetaskExecutor, tmp_path: Path) -> None:
    before = dict(os.environ)
    executor.build(job(tmp_path))
    assert dict(os.environ) == before


@pytest.mark.parametrize("dimensions", [("instrument",), ("instrument", "detector", "physical_filter")])
def test_a_repository_that_defines_a_dataset_type_otherwise_is_refused_by_name(
    executor: PipetaskExecutor, address: str, tmp_path: Path, dimensions: tuple[str, ...]
) -> None:
    define(address, dimensions, "StructuredDataDict")
    with pytest.raises(ReconcileError, match=r"'?bias'?(.|\n)*defines a dataset type otherwise"):
        executor.build(job(tmp_path))


@pytest.mark.parametrize("storage_class", ["NumpyArray", "ExposureF"])
def test_a_repository_that_stores_a_dataset_type_otherwise_is_refused_by_name(
    executor: PipetaskExecutor, address: str, tmp_path: Path, storage_class: str
) -> None:
    define(address, ("instrument", "detector"), storage_class)
    with pytest.raises(ReconcileError, match=rf"bias(.|\n)*{storage_class}"):
        executor.build(job(tmp_path))


def test_a_configuration_override_reaches_the_task(executor: PipetaskExecutor, tmp_path: Path) -> None:
    failing = job(tmp_path, overrides={"reduceBias:fail": f"[{EXPOSURES[0]}]"})
    carry_out(executor, failing)
    assert "shutter stuck" in executor.poll(failing).failures[0]


def test_an_override_of_a_field_that_does_not_exist_is_named(executor: PipetaskExecutor, tmp_path: Path) -> None:
    with pytest.raises(ReconcileError, match="fale"):
        executor.build(job(tmp_path, overrides={"reduceBias:fale": "1"}))


def test_a_repository_that_is_not_there_is_unreachable(tmp_path: Path, address: str) -> None:
    with pytest.raises(Unreachable, match=PLACE):
        PipetaskExecutor({PLACE: str(tmp_path / "gone")}, RELEASES).build(job(tmp_path))


def test_a_repository_with_a_storage_class_of_its_own_meaning_is_refused_by_name(
    executor: PipetaskExecutor, tmp_path: Path
) -> None:
    executor.build(job(tmp_path))
    other = seeded(tmp_path / "other", {"StructuredDataDict": {"pytype": "list"}})
    with pytest.raises(ReconcileError, match="StructuredDataDict"):
        PipetaskExecutor({PLACE: other}, RELEASES).build(job(tmp_path, "dark"))


def test_the_wrapper_says_by_itself_what_was_selected(executor: PipetaskExecutor, tmp_path: Path) -> None:
    flat = job(tmp_path, "flat_u", query="exposure=1 or exposure=2024120800001")
    executor.build(flat)
    payload = yaml.safe_load((Path(flat.submission) / "wrapper.yaml").read_text())["payload"]
    assert payload["dataQuery"] == "(exposure=1 or exposure=2024120800001) and band='u'"


def test_a_sites_own_bps_configuration_is_included_below_the_job(address: str, tmp_path: Path) -> None:
    site = tmp_path / "site.yaml"
    site.write_text("computeSite: s3df\npayload: {outputRun: somewhere/else}\n")
    executor, bias = PipetaskExecutor({PLACE: address}, RELEASES, site_config=str(site)), job(tmp_path)
    executor.build(bias)
    read = BpsConfig(str(Path(bias.submission) / "wrapper.yaml"))
    assert (read["computeSite"], read["outputRun"]) == ("s3df", bias.run)


def seeded(path: Path, storage_classes: dict[str, object]) -> str:
    Butler.makeRepo(str(path), config=Config({"storageClasses": storage_classes}), standalone=False)
    return str(path)


def define(address: str, dimensions: tuple[str, ...], storage_class: str) -> None:
    butler = Butler.from_config(address, writeable=True)
    bias = DatasetType("bias", dimensions, storage_class, universe=butler.dimensions, isCalibration=True)
    butler.registry.registerDatasetType(bias)
    butler.close()
