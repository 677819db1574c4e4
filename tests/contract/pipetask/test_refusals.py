"""What is refused before anything is imported, built or written."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from reconciler.adapters.pipetask import PipetaskExecutor
from reconciler.errors import ReconcileError
from reconciler.jobs import Job
from tests.pipelines.jobs import CP_PIPE_DIR, ENVIRONMENT, PLACE, job

PIPELINE = 'pipelineYaml: "${CP_PIPE_DIR}/pipelines/${INSTRUMENT}/cpBias.yaml"\n'


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A CP_PIPE_DIR to write templates into."""
    return Path(shutil.copytree(CP_PIPE_DIR, tmp_path / "cp"))


def template(own: Path, text: str) -> str:
    (own / "bps" / "templates" / "bps_own.yaml").write_text(text)
    return "bps_own"


def refusal(own: Path, refused: Job) -> str:
    """Return why a job is refused, and see that nothing was begun."""
    executor = PipetaskExecutor({PLACE: "/nowhere"}, {"embedded": {"CP_PIPE_DIR": str(own)}})
    with pytest.raises(ReconcileError) as why:
        executor.build(refused)
    assert not Path(refused.submission).exists()
    return str(why.value)


def test_a_misspelt_template_is_answered_with_the_nearest(own: Path, tmp_path: Path) -> None:
    assert "Nearest: bps_bias.yaml" in refusal(own, job(tmp_path, template="bps_biass"))


def test_a_release_that_does_not_say_where_templates_are_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(ReconcileError, match="CP_PIPE_DIR is not set"):
        PipetaskExecutor({PLACE: "/nowhere"}, {"embedded": {}}).build(job(tmp_path))


def test_a_variable_that_is_not_set_is_named(own: Path, tmp_path: Path) -> None:
    without = {name: value for name, value in ENVIRONMENT.items() if name != "INSTRUMENT"}
    assert "pipelineYaml: the environment variable INSTRUMENT is not set" in refusal(
        own, job(tmp_path, environment=without)
    )


def test_a_variable_in_a_value_that_the_job_replaces_is_not_asked_for(own: Path, address: str, tmp_path: Path) -> None:
    text = PIPELINE + 'submitPath: "${SCRATCH}/submit"\npayload: {inCollection: "${CALIB_COLLECTIONS}"}\n'
    executor = PipetaskExecutor({PLACE: address}, {"embedded": {"CP_PIPE_DIR": str(own)}})
    assert executor.build(job(tmp_path, template=template(own, text))).quanta


def test_a_placeholder_that_nothing_fills_is_named(own: Path, tmp_path: Path) -> None:
    text = PIPELINE + "payload: {payloadName: '{nothing}'}\n"
    assert "payloadName: nothing is called {nothing}" in refusal(own, job(tmp_path, template=template(own, text)))


def test_a_placeholder_is_followed_to_the_variable_behind_it(own: Path, tmp_path: Path) -> None:
    text = PIPELINE + "payload: {payloadName: '{campaign}'}\ncampaign: '${UNSET_CAMPAIGN}'\n"
    assert "campaign: the environment variable UNSET_CAMPAIGN" in refusal(
        own, job(tmp_path, template=template(own, text))
    )


@pytest.mark.parametrize(
    "text",
    [
        'extraQgraphOptions: "-c reduceBias:fail=[1]"\n',
        "customJob: {executable: /bin/true}\n",
        "environment: {DAF_BUTLER_CACHE_EXPIRATION_MODE: datasets=5000}\n",
        "pipetask: {reduceBias: {runQuantumCommand: /bin/true}}\n",
    ],
)
def test_a_key_that_changes_the_product_but_cannot_be_honoured_is_named(own: Path, tmp_path: Path, text: str) -> None:
    name = template(own, PIPELINE + text)
    assert "cannot be honoured by the engine `pipetask`" in refusal(own, job(tmp_path, template=name))


def test_a_key_that_cannot_be_honoured_is_found_in_an_included_file_too(own: Path, tmp_path: Path) -> None:
    (own / "recipe.yaml").write_text("extraQgraphOptions: '--dataset-query-constraint off'\n")
    name = template(own, PIPELINE + "includeConfigs: ['${CP_PIPE_DIR}/recipe.yaml']\n")
    assert "extraQgraphOptions" in refusal(own, job(tmp_path, template=name))


def test_an_include_that_does_not_exist_is_named(own: Path, tmp_path: Path) -> None:
    name = template(own, PIPELINE + "includeConfigs: ['${CP_PIPE_DIR}/gone.yaml']\n")
    assert "includes ${CP_PIPE_DIR}/gone.yaml, which does not exist" in refusal(own, job(tmp_path, template=name))


def test_a_pipeline_that_does_not_exist_is_named(own: Path, tmp_path: Path) -> None:
    name = template(own, 'pipelineYaml: "${CP_PIPE_DIR}/pipelines/cpGone.yaml"\n')
    assert f"there is no file {own}/pipelines/cpGone.yaml" in refusal(own, job(tmp_path, template=name))


def test_a_pipeline_that_imports_by_an_unset_variable_is_named(own: Path, tmp_path: Path) -> None:
    (own / "pipelines" / "importing.yaml").write_text("imports: [{location: $ANALYSIS_TOOLS_HOME/base.yaml}]\n")
    name = template(own, 'pipelineYaml: "${CP_PIPE_DIR}/pipelines/importing.yaml"\n')
    assert "the environment variable ANALYSIS_TOOLS_HOME is not set" in refusal(own, job(tmp_path, template=name))


def test_everything_wrong_with_a_template_is_said_at_once(own: Path, tmp_path: Path) -> None:
    text = "pipelineYaml: '${GONE}/a.yaml'\nextraQgraphOptions: x\npayload: {payloadName: '{nothing}'}\n"
    why = refusal(own, job(tmp_path, template=template(own, text)))
    assert all(word in why for word in ("GONE", "extraQgraphOptions", "{nothing}"))


def test_a_template_that_is_no_yaml_is_named(own: Path, tmp_path: Path) -> None:
    assert "bps_own.yaml cannot be read" in refusal(own, job(tmp_path, template=template(own, "a: [1\n")))


def test_a_selection_without_locked_exposures_is_refused(own: Path, tmp_path: Path) -> None:
    assert "the lock names no exposures" in refusal(own, job(tmp_path, query=""))


def test_a_release_or_place_that_the_site_does_not_know_is_answered_with_those_it_knows(
    own: Path, tmp_path: Path
) -> None:
    assert "It knows: embedded." in refusal(own, job(tmp_path, release="w_2025_05"))
    assert f"It has: {PLACE}." in refusal(own, job(tmp_path, place="elsewhere/main"))


def test_a_variable_that_only_a_new_process_would_take_in_is_refused(tmp_path: Path) -> None:
    executor = PipetaskExecutor({PLACE: "/nowhere"}, {"embedded": {"PYTHONPATH": "/stack"}})
    with pytest.raises(ReconcileError, match="PYTHONPATH"):
        executor.build(job(tmp_path))


def test_a_refusal_leaves_the_environment_as_it_was(own: Path, tmp_path: Path) -> None:
    before = dict(os.environ)
    refusal(own, job(tmp_path, template="bps_biass"))
    assert dict(os.environ) == before


def test_a_refusal_does_not_pay_for_the_middleware() -> None:
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from reconciler.adapters.pipetask import PipetaskExecutor\n"
        "from reconciler.errors import ReconcileError\n"
        "from tests.pipelines.jobs import PLACE, RELEASES, job\n"
        "refused = job(Path('/nowhere'), environment={})\n"
        "try:\n"
        "    PipetaskExecutor({PLACE: '/nowhere'}, RELEASES).build(refused)\n"
        "except ReconcileError:\n"
        "    sys.exit(any(name.startswith('lsst') for name in sys.modules))\n"
        "sys.exit('not refused')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[3], check=False)
    assert done.returncode == 0
