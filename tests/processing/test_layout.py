"""The package is a CP_PIPE_DIR, and `camera add` makes another for a camera of one's own."""

from pathlib import Path

import pytest
import yaml

from processing import camera_files, layout
from processing.__main__ import main
from tests.processing.build import CP_PIPE_DIR
from tests.processing.test_camera import written


@pytest.mark.parametrize("name", ["LATISS", "LSSTCam", "LSSTComCam", "SBIG-STL-1001E"])
def test_the_files_of_the_package_are_those_that_would_be_written(name: str) -> None:
    camera = camera_files.find(name)
    for path, text in (layout.pipelines(camera) | layout.templates(camera)).items():
        assert (CP_PIPE_DIR / path).read_text() == text


@pytest.mark.parametrize("name", ["bias", "dark", *(f"flat_{band}" for band in "ugrizy")])
def test_a_template_has_the_keys_of_cp_pipe(name: str) -> None:
    template = yaml.safe_load((CP_PIPE_DIR / f"bps/templates/bps_{name}.yaml").read_text())
    assert set(template) == {
        "pipelineYaml", "clusterAlgorithm", "cluster", "project", "campaign", "submitPath", "payload",
    }  # fmt: skip
    assert set(template["payload"]) == {"payloadName", "output", "butlerConfig", "inCollection", "dataQuery"}


def test_a_flat_template_selects_its_band() -> None:
    template = yaml.safe_load((CP_PIPE_DIR / "bps/templates/bps_flat_u.yaml").read_text())
    assert template["payload"]["dataQuery"] == "${SELECTION_FLAT_u} and band='u'"
    assert template["payload"]["output"].endswith("/${TAG}/flatGen-u.${RERUN}")


VERIFIED = ["bias", "dark", "defects", "gain", "science", "cti", "crosstalk", *(f"flat_{band}" for band in "ugrizy")]


@pytest.mark.parametrize("name", VERIFIED)
def test_a_template_of_verification_has_the_keys_and_variables_of_cp_verify(name: str) -> None:
    template = yaml.safe_load((CP_PIPE_DIR / f"bps/templates/bps_verify_{name}.yaml").read_text())
    product, _, band = name.partition("_")
    leaf = f"verify{product.capitalize()}" + (f"-{band}" if band else "")
    calib = "${USER_CALIB_PREFIX}${INSTRUMENT}/calib/${TICKET}"
    assert template["pipelineYaml"] == f"${{CP_VERIFY_DIR}}/pipelines/${{INSTRUMENT}}/verify{product.capitalize()}.yaml"
    assert template["payload"]["output"] == f"{calib}/${{TAG}}/{leaf}.${{VERIFY_RERUN}}"
    assert template["payload"]["inCollection"] == f"{calib},${{RAW_COLLECTION}},${{CALIB_COLLECTIONS}}"
    assert "_V}" in template["payload"]["dataQuery"]


@pytest.mark.parametrize("name", VERIFIED)
def test_what_a_template_of_verification_clusters_is_in_its_pipeline(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lsst.pipe.base import Pipeline

    monkeypatch.setenv("CP_VERIFY_DIR", str(CP_PIPE_DIR))
    product = name.partition("_")[0]
    graph = Pipeline.from_uri(f"{CP_PIPE_DIR}/pipelines/LSSTCam/verify{product.capitalize()}.yaml").to_graph()
    template = yaml.safe_load((CP_PIPE_DIR / f"bps/templates/bps_verify_{name}.yaml").read_text())
    assert {cluster["pipetasks"] for cluster in template["cluster"].values()} <= set(graph.tasks)


def test_only_what_a_camera_reads_is_verified() -> None:
    paths = layout.pipelines(camera_files.find("SBIG-STL-1001E"))
    assert {"verifyCti.yaml", "verifyCrosstalk.yaml"}.isdisjoint(Path(path).name for path in paths)
    assert "pipelines/SBIG-STL-1001E/verifyGain.yaml" in paths


@pytest.mark.parametrize(
    ("product", "label"), [("Flat", "verifyFlatDet"), ("Gain", "verifyGainIsr"), ("Science", "verifyScienceIsr")]
)
def test_what_the_camera_has_done_to_exposed_frames_is_not_done_again(
    product: str, label: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lsst.pipe.base import Pipeline

    monkeypatch.setenv("CP_VERIFY_DIR", str(CP_PIPE_DIR))
    graph = Pipeline.from_uri(f"{CP_PIPE_DIR}/pipelines/SBIG-STL-1001E/verify{product}.yaml").to_graph()
    config = graph.tasks[label].config
    assert (config.darkSubtractedByCamera, config.pedestalAdu) == (True, 100)


def test_a_camera_of_ones_own_is_laid_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, into = written(tmp_path), tmp_path / "mine"
    assert main(["camera", "add", str(source), "--into", str(into)]) == 0
    monkeypatch.setenv("CP_PIPE_DIR", str(into))
    monkeypatch.setenv("PROCESSING_CAMERAS", str(into / "cameras"))
    from lsst.pipe.base import Pipeline

    graph = Pipeline.from_uri(str(into / "pipelines/MyCam/cpFlat.yaml")).to_graph()
    assert set(graph.tasks) == {"cpFlatIsr", "cpFlatMeasure", "cpFlatNormalize", "cpFlatCombine", "cpFlatMosaic"}
    assert (into / "bps/templates/bps_flat_r.yaml").is_file()
    assert (into / "bps/templates/bps_verify_flat_r.yaml").is_file()


def test_adding_a_camera_twice_changes_nothing_and_a_changed_one_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["camera", "add", str(written(tmp_path)), "--into", str(tmp_path / "mine")]
    assert [main(command), main(command)] == [0, 0]
    written(tmp_path, filters={"V": "v"})
    assert main(command) == 1
    assert "exists and differs; nothing was written" in capsys.readouterr().err


def test_wrong_usage_exits_64() -> None:
    with pytest.raises(SystemExit) as left:
        main(["repo", "create"])
    assert left.value.code == 64


@pytest.mark.parametrize("kind", ["bias", "dark", "flat"])
def test_a_bootstrap_goes_to_the_run_of_its_number(kind: str) -> None:
    template = yaml.safe_load((CP_PIPE_DIR / f"bps/templates/bps_{kind}Bootstrap.yaml").read_text())
    leaf = "${USER_CALIB_PREFIX}${INSTRUMENT}/calib/${TICKET}/${TAG}/" + f"{kind}BootstrapGen.${{RERUN}}"
    assert template["payload"]["output"] == leaf
    assert template["payload"]["outputRun"] == f"{{{kind}BootstrapRun}}"
    assert template[f"{kind}BootstrapRun"] == leaf + "/run${BOOTSTRAP_RUN_NUMBER}"


@pytest.mark.parametrize(("kind", "first"), [("bias", ()), ("dark", ("bias",)), ("flat", ("bias", "dark"))], ids=str)
def test_a_bootstrap_reads_the_runs_of_those_before_it_and_no_ticket(kind: str, first: tuple[str, ...]) -> None:
    payload = yaml.safe_load((CP_PIPE_DIR / f"bps/templates/bps_{kind}Bootstrap.yaml").read_text())["payload"]
    runs = [f"{{{each}BootstrapRun}}" for each in first]
    assert payload["inCollection"].split(",") == [*runs, "${RAW_COLLECTION}", "${CALIB_COLLECTIONS}"]


@pytest.mark.parametrize(("kind", "selection"), [("bias", "BIAS"), ("dark", "DARK"), ("flat", "FLAT_BOOTSTRAP")])
def test_a_bootstrap_selects_as_the_technote_says(kind: str, selection: str) -> None:
    payload = yaml.safe_load((CP_PIPE_DIR / f"bps/templates/bps_{kind}Bootstrap.yaml").read_text())["payload"]
    assert payload["dataQuery"] == f"${{SELECTION_{selection}}}"


def test_defects_read_the_bootstraps_and_select_everything() -> None:
    template = yaml.safe_load((CP_PIPE_DIR / "bps/templates/bps_defects.yaml").read_text())
    assert template["payload"]["output"].endswith("/${TAG}/defectGen.${RERUN}")
    assert template["payload"]["inCollection"].startswith("{biasBootstrapRun},{darkBootstrapRun},{flatBootstrapRun},")
    assert template["payload"]["dataQuery"] == "instrument='${INSTRUMENT}'"
    assert "outputRun" not in template["payload"]
