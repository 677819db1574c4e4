"""The quantum graph of what a job still lacks, and the calibrations that it picked.

Building reads the repository and writes nothing to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

from lsst.daf.butler import Butler, CalibrationLookupError, MissingCollectionError, MissingDatasetTypeError
from lsst.pipe.base import Pipeline
from lsst.pipe.base.all_dimensions_quantum_graph_builder import AllDimensionsQuantumGraphBuilder
from lsst.pipe.base.pipeline_graph import PipelineGraph
from lsst.pipe.base.quantum_graph import PredictedQuantumGraph, PredictedQuantumGraphComponents

from ...dataid import data_id
from ...errors import ReconcileError
from ...jobs import Lack, Pick
from .middleware import first_line, translated
from .wrapper import Recipe


def build(butler: Butler, recipe: Recipe, save_to: str) -> PredictedQuantumGraph:
    """Return the graph of all quanta that have not succeeded in the output RUN yet, saved to a file too.

    An empty graph means that everything is made; if it is empty for any other reason, a `ReconcileError` says which.
    """
    pipeline = _pipeline(recipe)
    with translated(f"building the graph of {recipe.pipeline}"):
        components = _components(butler, recipe, pipeline)
        graph = components.assemble()
        if len(graph):
            components.write(save_to)
        else:
            _explain(butler, recipe, graph.pipeline_graph)
    return graph


def _components(butler: Butler, recipe: Recipe, pipeline: PipelineGraph) -> PredictedQuantumGraphComponents:
    # Not by SeparablePipelineExecutor: a Butler that names the output RUN registers it.
    try:
        return AllDimensionsQuantumGraphBuilder(
            pipeline,
            butler,
            where=recipe.where,
            input_collections=recipe.inputs,
            output_run=recipe.run,
            skip_existing_in=(recipe.run,) if _exists(butler, recipe.run) else (),
            clobber=True,
        ).finish(metadata={"data_query": recipe.where}, attach_datastore_records=True)
    except FileNotFoundError as error:
        raise _missing_prerequisite(recipe, error) from error
    except CalibrationLookupError as error:
        raise _ambiguous(recipe, pipeline) from error


def picks(graph: PredictedQuantumGraph, run: str) -> tuple[Pick, ...]:
    """Return each calibration from the input collections once per task, with the exposures it was taken for."""
    calibrations = {n.name for n in graph.pipeline_graph.dataset_types.values() if n.dataset_type.isCalibration()}
    nodes = graph.bipartite_xgraph
    taken: dict[tuple[str, UUID], set[int]] = {}
    for task, quanta in graph.quanta_by_task.items():
        for where, quantum in quanta.items():
            exposures = (where["exposure"],) if "exposure" in where.dimensions else ()
            for dataset in nodes.predecessors(quantum):
                node = nodes.nodes[dataset]
                if node["dataset_type_name"] in calibrations and node["run"] != run:
                    taken.setdefault((task, dataset), set()).update(exposures)
    return tuple(sorted((_pick(task, d, nodes.nodes[d], e) for (task, d), e in taken.items()), key=_order))


def lacks(graph: PredictedQuantumGraph) -> tuple[Lack, ...]:
    """Return each calibration that a task takes and a quantum of it does without, once per task and quantum."""
    nodes = graph.bipartite_xgraph
    found: list[Lack] = []
    for label, quanta in graph.quanta_by_task.items():
        edges = graph.pipeline_graph.tasks[label].prerequisite_inputs.values()
        takes = [edge.parent_dataset_type_name for edge in edges if edge.is_calibration]
        for where, quantum in quanta.items() if takes else ():
            given = {nodes.nodes[dataset]["dataset_type_name"] for dataset in nodes.predecessors(quantum)}
            found += [Lack(label, name, data_id(dict(where.required))) for name in takes if name not in given]
    return tuple(sorted(found, key=lambda lack: (lack.task, lack.dataset_type, lack.data_id)))


def _pick(task: str, dataset: UUID, node: Mapping[str, object], exposures: Iterable[int]) -> Pick:
    where = data_id(dict(node["data_id"].required))  # type: ignore[attr-defined]  # networkx knows no node types
    return Pick(task, str(node["dataset_type_name"]), where, str(dataset), str(node["run"]), tuple(sorted(exposures)))


def _order(pick: Pick) -> tuple[str, str, str, str]:
    return pick.task, pick.dataset_type, pick.data_id, pick.uuid


def _pipeline(recipe: Recipe) -> PipelineGraph:
    """Read the pipeline and its tasks; whatever these raise is the fault of files that users may edit."""
    try:
        pipeline = Pipeline.from_uri(recipe.pipeline)
        for task, field, value in recipe.overrides:
            pipeline.addConfigOverride(task, field, value)
        return pipeline.to_graph()
    except (ImportError, LookupError, OSError, TypeError, ValueError, AttributeError, RuntimeError) as error:
        raise ReconcileError(
            f"pipeline {recipe.pipeline} cannot be used: {type(error).__name__}: {first_line(error)}",
            hint="Mend the pipeline, or the `overrides` of the product if they are named; nothing was submitted.",
        ) from error


def _exists(butler: Butler, collection: str) -> bool:
    try:
        return bool(butler.collections.query([collection]))
    except MissingCollectionError:
        return False


def _missing_prerequisite(recipe: Recipe, error: FileNotFoundError) -> ReconcileError:
    return ReconcileError(
        f"a calibration that {recipe.pipeline} needs is not there: {error}\n  searched: {', '.join(recipe.inputs)}",
        hint="Certify it for these exposures in one of these collections, or add the collection that holds it "
        "to `starting_calibs`.",
    )


def _ambiguous(recipe: Recipe, pipeline: PipelineGraph) -> ReconcileError:
    """The middleware does not say which dataset type it was; all that could be are named."""
    takes = [
        f"{task.label} takes {edge.parent_dataset_type_name}"
        for task in pipeline.tasks.values()
        for edge in task.prerequisite_inputs.values()
        if edge.is_calibration
    ]
    return ReconcileError(
        f"{recipe.pipeline}: a calibration is certified more than once for what one quantum needs: "
        f"{', '.join(takes)}\n  searched: {', '.join(recipe.inputs)}",
        hint="Either an exposure lies across the boundary of two validity ranges of one collection, or a task without "
        "an exposure cannot tell two epochs apart: name a collection that holds only the right one in `inputs`.",
    )


def _explain(butler: Butler, recipe: Recipe, pipeline: PipelineGraph) -> None:
    """Raise what an empty graph lacks, unless all its tasks have run to their end."""
    if all(_any(butler, f"{task}_metadata", (recipe.run,), "") for task in pipeline.tasks):
        return
    reasons = []
    for name, _ in pipeline.iter_overall_inputs():
        if not _any(butler, name, recipe.inputs, recipe.where):
            reasons.append(f"no {name} of {', '.join(recipe.inputs)} matches the query")
    raise ReconcileError(
        f"{recipe.pipeline} has nothing to work on: {'; '.join(reasons) or 'its inputs do not belong together'}\n"
        f"  query: {recipe.where}",
        hint="Ingest what is missing or mend the selection, then lock again.",
    )


def _any(butler: Butler, dataset_type: str, collections: tuple[str, ...], where: str) -> bool:
    try:
        found = butler.query_datasets(dataset_type, collections, find_first=False, where=where, limit=1, explain=False)
    except MissingDatasetTypeError:
        return False
    return bool(found)
