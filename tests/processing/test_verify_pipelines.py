"""Every verification pipeline on a small night: its result table, and which calibrations the rows say they tested."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lsst.daf.butler import Butler, DatasetRef, DatasetType
from lsst.pipe.base import Pipeline
from lsst.pipe.base.separable_pipeline_executor import SeparablePipelineExecutor

from processing import defect_file, table_file
from processing.__main__ import main
from processing.camera_files import find
from processing.effects.charge_transfer import ChargeTransfer
from processing.effects.crosstalk import Crosstalk
from processing.effects.photon_transfer import PhotonTransfer
from processing.simulation.curated import STORAGE_CLASSES
from processing.suitability import UnsuitableError
from processing.tasks.verify_gain import VerifyGainConfig, VerifyGainTask
from reconciler.verification.results import results
from reconciler.verification.tests import of
from tests.processing.build import CP_PIPE_DIR, certify, generate, repository

CAMERA = "LSSTComCam"
RAWS = f"{CAMERA}/raw/all"
TICKET = f"{CAMERA}/calib/DM-1"
DETECTORS = {0: "R22_S00", 4: "R22_S11"}
READERS = {"ptc": PhotonTransfer, "cti": ChargeTransfer, "crosstalk": Crosstalk}

Made = dict[str, list[DatasetRef]]

PRODUCTS = {
    "bias": ("bias", "verifyBiasResults", {"bias", "ptc", "cti", "crosstalk", "defects"}),
    "dark": ("dark", "verifyDarkResults", {"bias", "dark", "ptc", "cti", "crosstalk", "defects"}),
    "flat": ("flat", "verifyFlatResults", {"bias", "dark", "flat", "ptc", "cti", "crosstalk", "defects"}),
    "defects": ("flat", "verifyDefectsResults", {"bias", "dark", "ptc", "cti", "crosstalk", "defects"}),
    "crosstalk": ("dark", "verifyCrosstalkResults", {"bias", "ptc", "crosstalk", "defects"}),
    "cti": ("flat", "verifyCtiResults", {"cti", "defects"}),
    "gain": ("flat", "verifyGainResults", {"bias", "dark", "ptc", "cti", "crosstalk", "defects"}),
}
"""By what is verified: on which frames, in which table, and what was applied to them."""


@dataclass(frozen=True)
class Night:
    """A repository with one generation of everything, certified, and a second of what is made here."""

    repo: Path
    certified: Sequence[str]
    second: dict[str, str]
    """RUNs by dataset type."""

    def verify(self, product: str, *inputs: str, run: str) -> list[DatasetRef]:
        """Run a pipeline on all frames of its kind; everything that it made."""
        frames = "flat" if product == "science" else PRODUCTS[product][0]
        path = f"{CP_PIPE_DIR}/pipelines/{CAMERA}/verify{product.capitalize()}.yaml"
        where = f"instrument='{CAMERA}' and exposure.observation_type='{frames}'"
        with Butler.from_config(self.repo, collections=[*inputs, *self.certified, RAWS], run=run) as butler:
            executor = SeparablePipelineExecutor(butler)
            graph = executor.build_quantum_graph(Pipeline.from_uri(path), where=where)
            executor.pre_execute_qgraph(graph, register_dataset_types=True)
            executor.run_pipeline(graph)
            return butler.query_all_datasets([run])

    def table(self, product: str, made: Sequence[DatasetRef]) -> dict[str, Any]:
        """The columns of the table of the whole run."""
        (ref,) = [ref for ref in made if ref.datasetType.name == PRODUCTS[product][1]]
        with Butler.from_config(self.repo) as butler:
            found = butler.get(ref)
        return {name: np.asarray(found[name]) for name in found.colnames}

    def uuids(self, kind: str, *collections: str) -> dict[int, str]:
        """Which dataset each detector has."""
        with Butler.from_config(self.repo) as butler:
            refs = butler.query_datasets(kind, list(collections), find_first=True, explain=False)
        return {int(ref.dataId["detector"]): str(ref.id) for ref in refs}


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    """Two of each kind on two detectors of tiny amplifiers with some very hot pixels."""
    top = tmp_path_factory.mktemp("verify")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("CP_PIPE_DIR", str(CP_PIPE_DIR))
        environment.setenv("CP_VERIFY_DIR", str(CP_PIPE_DIR))
        options = ["--bias=2", "--dark=2", "--exptime=600", "--flat=r:2", "--amp-size=64x32", "--detectors=0,4"]
        options += ["--effect=hot_pixels=0.01", f"--curated={top / 'curated'}"]
        assert main(["simulate", str(top / "raws"), *options]) == 0
        repo = repository(top / "repo", CAMERA)
        assert main(["repo", "ingest", str(repo), str(top / "raws"), f"--camera={CAMERA}"]) == 0
        certify(repo, f"{TICKET}/given", list(given(repo, top / "curated")))
        certified, second = [f"{TICKET}/given"], {}
        for kind in ("bias", "dark", "flat"):
            for rerun in ("a", "b"):
                second[kind] = f"{TICKET}/{kind}Gen.{rerun}/run"
                pipeline = CP_PIPE_DIR / f"pipelines/{CAMERA}/cp{kind.capitalize()}.yaml"
                where = f"instrument='{CAMERA}' and exposure.observation_type='{kind}'"
                made = generate(repo, pipeline, where, inputs=[*certified, RAWS], run=second[kind])
                if rerun == "a":
                    certify(repo, f"{TICKET}/{kind}", made)
            certified.insert(0, f"{TICKET}/{kind}")
        yield Night(repo, certified, second)


def given(repo: Path, curated: Path) -> Iterator[DatasetRef]:
    """What laboratories have measured, put into the repository."""
    with Butler.from_config(repo, writeable=True, run=f"{TICKET}/given/run") as butler:
        dimensions = butler.dimensions.conform(["instrument", "detector"])
        for name in (*READERS, "defects"):
            storage = STORAGE_CLASSES.get(name, "CalibDefects")
            butler.registry.registerDatasetType(DatasetType(name, dimensions, storage, isCalibration=True))
            for detector, stem in DETECTORS.items():
                yield butler.put(_read(curated, name, stem), name, instrument=CAMERA, detector=detector)


def _read(curated: Path, name: str, stem: str) -> Any:
    if name == "defects":
        return defect_file.read(curated / f"manual_defects/{stem}.ecsv")
    return table_file.read(READERS[name], curated / f"{name}/{stem}.ecsv")


@pytest.fixture(scope="module")
def made(night: Night) -> Made:
    """What every pipeline has made with the certified calibrations."""
    return {product: night.verify(product, run=f"u/me/{product}/certified") for product in (*PRODUCTS, "science")}


@pytest.mark.parametrize("product", PRODUCTS)
def test_a_table_has_a_row_per_amplifier_and_all_that_its_tests_read(night: Night, made: Made, product: str) -> None:
    table = night.table(product, made[product])
    exposures = 1 if product == "gain" else 2
    assert len(table["amplifier"]) == exposures * len(DETECTORS) * 16
    assert {"instrument", "exposure", "detector", "amplifier", "mjd"} <= set(table)
    assert {column for test in of(product) for column in test.columns} <= set(table)


@pytest.mark.parametrize("product", PRODUCTS)
def test_rows_name_every_calibration_that_was_applied(night: Night, made: Made, product: str) -> None:
    table = night.table(product, made[product])
    for kind in PRODUCTS[product][2]:
        known = night.uuids(kind, *night.certified)
        assert table[f"CALIB_UUID_{kind}"].tolist() == [known[d] for d in table["detector"].tolist()], kind


@pytest.mark.parametrize("product", ["bias", "dark", "flat"])
def test_a_generation_that_stands_first_in_the_inputs_is_the_one_that_was_tested(night: Night, product: str) -> None:
    run = night.second[product]
    table = night.table(product, night.verify(product, run, run=f"u/me/{product}/second"))
    sealed = night.uuids(product, run)
    assert sealed != night.uuids(product, *night.certified)
    assert results(table, product, sealed).tested.all()


@pytest.mark.parametrize("product", PRODUCTS)
def test_every_test_has_a_value_for_every_exposure(night: Night, made: Made, product: str) -> None:
    found = results(night.table(product, made[product]), product)
    for test in of(product):
        measures = test.measure(found)
        tested = set(measures.exposure[np.isfinite(measures.value)].tolist())
        assert tested == set(found.exposure.tolist()), test.name


def test_what_was_measured_is_a_number_and_what_cp_verify_says_a_truth_value(night: Night, made: Made) -> None:
    table = night.table("flat", made["flat"])
    assert table["FLAT_MEAN"].dtype == np.float64
    assert table["FLAT_VERIFY_NOISE"].dtype == np.bool_
    assert set(table["physical_filter"].tolist()) == {"r_03"}
    assert table["FLAT_MEAN"] == pytest.approx(30_000, rel=0.1)


def test_the_middle_of_an_exposure_is_in_tai(night: Night, made: Made) -> None:
    table = night.table("dark", made["dark"])
    with Butler.from_config(night.repo) as butler:
        (record,) = butler.query_dimension_records(
            "exposure", instrument=CAMERA, where=f"exposure={table['exposure'][0]}"
        )
    assert table["mjd"][0] == pytest.approx(record.timespan.begin.tai.mjd + 300 / 86_400, abs=2 / 86_400)


def test_residuals_have_both_mosaics_per_exposure_and_no_corrected_frame_is_kept(made: Made) -> None:
    number = Counter(ref.datasetType.name for ref in made["bias"])
    assert (number["verifyBiasResidual8"], number["verifyBiasResidual64"]) == (2, 2)
    assert (number["verifyBiasDetResults"], number["verifyBiasExpResults"], number["verifyBiasResults"]) == (4, 2, 1)
    assert number["verifyBiasIsrExp"] == 0


QUANTA = {"bias": (1, 3), "dark": (1, 3), "flat": (1, 3), "defects": (1, 1), "crosstalk": (1, 0), "cti": (1, 0)}
"""Per exposure and detector, and per exposure; one more merges all."""


@pytest.mark.parametrize("product", QUANTA)
def test_quanta_are_few_and_grow_with_exposures_and_detectors(made: Made, product: str) -> None:
    quanta = sum(ref.datasetType.name.endswith("_metadata") for ref in made[product])
    each, together = QUANTA[product]
    assert quanta == each * 2 * len(DETECTORS) + together * 2 + 1


def test_flats_without_a_twin_have_no_gain_and_it_is_said_why() -> None:
    with pytest.raises(UnsuitableError, match="0 flats of detector 4, no two of one filter"):
        VerifyGainTask(config=VerifyGainConfig()).run([], detector=find(CAMERA).detector(4))


def test_science_has_pictures_and_no_table(made: Made) -> None:
    names = {ref.datasetType.name for ref in made["science"]}
    assert {"verifyScience8", "verifyScience64"} <= names
    assert not any(name.endswith("Results") for name in names)


@pytest.mark.parametrize(("product", "by_filter"), [("bias", False), ("flat", True), ("gain", False)])
def test_tables_of_the_run_have_the_dimensions_of_cp_verify(made: Made, product: str, by_filter: bool) -> None:
    (ref,) = [ref for ref in made[product] if ref.datasetType.name == PRODUCTS[product][1]]
    assert set(ref.dimensions.required) == {"instrument", *(["physical_filter"] if by_filter else [])}
    assert ref.datasetType.storageClass_name == "ArrowAstropy"
