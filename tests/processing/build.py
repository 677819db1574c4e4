"""Verbs that make repositories with frames and run pipelines in them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from lsst.daf.butler import Butler, CollectionType, DatasetRef, Timespan
from lsst.pipe.base import Pipeline
from lsst.pipe.base.separable_pipeline_executor import SeparablePipelineExecutor

import processing
from processing.__main__ import main

CP_PIPE_DIR = Path(processing.__file__).parent
REAL_FRAMES = Path(__file__).parents[2] / "../shared/realdata/sbig_stl1001e_cgs"


def real_frames(*names: str) -> list[str]:
    """Paths of real frames; the test is skipped where they are absent."""
    if not REAL_FRAMES.is_dir():
        pytest.skip("the real SBIG frames are not beside the project")
    return [str(REAL_FRAMES / f"{name}.bz2") for name in names]


def repository(root: Path, *cameras: str) -> Path:
    """A repository with these cameras."""
    assert main(["repo", "create", str(root), *(f"--camera={name}" for name in cameras)]) == 0
    return root


def generate(repo: Path, pipeline: Path, selection: str, *, inputs: Sequence[str], run: str) -> list[DatasetRef]:
    """Run a pipeline in this process; the calibrations that it made."""
    with Butler.from_config(repo, collections=inputs, run=run) as butler:
        executor = SeparablePipelineExecutor(butler)
        graph = executor.build_quantum_graph(Pipeline.from_uri(str(pipeline)), where=selection)
        executor.pre_execute_qgraph(graph, register_dataset_types=True)
        executor.run_pipeline(graph)
        made = [t for t in butler.registry.queryDatasetTypes() if t.isCalibration()]
        return [ref for t in made for ref in butler.query_datasets(t, [run], explain=False)]


def certify(repo: Path, collection: str, refs: Sequence[DatasetRef]) -> None:
    """Certify for all times."""
    with Butler.from_config(repo, writeable=True) as butler:
        butler.collections.register(collection, CollectionType.CALIBRATION)
        butler.registry.certify(collection, refs, Timespan(None, None))
