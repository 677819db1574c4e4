"""Write what a camera needs to be processed: pipelines and bps templates, laid out as a CP_PIPE_DIR and CP_VERIFY_DIR.

The pipelines of all cameras are alike: each imports an ingredient and names its instrument class. The templates
have the names, labels, keys and environment variables of cp_pipe's.
"""

from __future__ import annotations

from pathlib import Path

from processing import camera_files, verification_layout
from processing.camera import Camera, CameraError

PACKAGE = Path(__file__).parent
INGREDIENTS = PACKAGE / "pipelines" / "_ingredients"
TEMPLATES = PACKAGE / "bps" / "templates"

PIPELINE = """\
description: {camera} {product} calibration construction
instrument: processing.butler.instrument.{identifier}
imports:
  - location: $CP_PIPE_DIR/pipelines/_ingredients/cp{Product}.yaml
"""

TEMPLATE = """\
pipelineYaml: "${{CP_PIPE_DIR}}/pipelines/${{INSTRUMENT}}/cp{Product}.yaml"

# A job per {dimension} takes many short quanta at once.
clusterAlgorithm: lsst.ctrl.bps.quantum_clustering_funcs.dimension_clustering
cluster:
  cp{Product}IsrBy{Dimension}:
    pipetasks: {clustered}
    dimensions: {dimension}

project: "${{TICKET}}"
campaign: "${{TICKET}}"
submitPath: "${{SCRATCH}}/submit/{{outputRun}}"

payload:
  payloadName: "${{INSTRUMENT}}_${{TICKET}}_{name}"
  output: "${{USER_CALIB_PREFIX}}${{INSTRUMENT}}/calib/${{TICKET}}/${{TAG}}/{leaf}.${{RERUN}}"
  butlerConfig: "${{REPO}}"
  inCollection: "${{USER_CALIB_PREFIX}}${{INSTRUMENT}}/calib/${{TICKET}},${{RAW_COLLECTION}},${{CALIB_COLLECTIONS}}"
  dataQuery: "{query}"
"""

BOOTSTRAPS = ("biasBootstrap", "darkBootstrap", "flatBootstrap")
PRODUCTS = (*BOOTSTRAPS, "defects", "bias", "dark", "flat")
OVERSCAN_PRODUCTS = ("cti",)
"""What can be made only of cameras that read overscan columns and rows."""

SELECTIONS = {"bias": "SELECTION_BIAS", "dark": "SELECTION_DARK", "cti": "SELECTION_PTC_CTI"}
"""Of the products made of exposures of any filter: the variable that says of which."""

SHARED_TEMPLATES = tuple(f"bps_{product}.yaml" for product in (*BOOTSTRAPS, "defects"))
"""Templates that are the same for every camera."""


def pipelines(camera: Camera) -> dict[str, str]:
    """The text of each pipeline file of a camera, by its path in a CP_PIPE_DIR."""
    made = {
        f"pipelines/{camera.name}/cp{_capital(product)}.yaml": PIPELINE.format(
            camera=camera.name, identifier=camera.identifier, product=product, Product=_capital(product)
        )
        for product in products(camera)
    }
    return made | verification_layout.pipelines(camera)


def products(camera: Camera) -> tuple[str, ...]:
    """What can be made of a camera's frames."""
    segments = [camera.segment_for(detector) for detector in camera.detectors]
    overscanned = all(segment.overscan_columns and segment.overscan_rows for segment in segments)
    return (*PRODUCTS, *OVERSCAN_PRODUCTS) if overscanned else PRODUCTS


def templates(camera: Camera) -> dict[str, str]:
    """The text of each bps template for a camera's bands, by its path in a CP_PIPE_DIR."""
    found = {
        f"bps/templates/bps_{product}.yaml": _template(product) for product in products(camera) if product in SELECTIONS
    }
    found |= {f"bps/templates/{name}": (TEMPLATES / name).read_text(encoding="utf-8") for name in SHARED_TEMPLATES}
    for band in dict.fromkeys(camera.filters.values()):
        found[f"bps/templates/bps_flat_{band}.yaml"] = _template("flat", band)
    return found | verification_layout.templates(camera)


def _capital(product: str) -> str:
    return product[0].upper() + product[1:]


def _template(product: str, band: str | None = None) -> str:
    dimension = "detector" if band else "exposure"
    isr = f"cp{_capital(product)}Isr"
    return TEMPLATE.format(
        clustered=f"{isr},cpFlatMeasure" if band else isr,
        Product=_capital(product),
        dimension=dimension,
        Dimension=dimension.capitalize(),
        name=f"{product}_{band}" if band else product,
        leaf=f"{product}Gen-{band}" if band else f"{product}Gen",
        query=f"${{SELECTION_FLAT_{band}}} and band='{band}'" if band else f"${{{SELECTIONS[product]}}}",
    )


def add_camera(source: Path, directory: Path) -> list[Path]:
    """Make `directory` a CP_PIPE_DIR for the camera of a YAML file; returns the files written.

    `directory`/cameras is what PROCESSING_CAMERAS then has to name. What is there already must not differ.
    """
    camera = camera_files.load(source)
    texts = pipelines(camera) | templates(camera)
    texts |= {f"pipelines/_ingredients/{p.name}": p.read_text(encoding="utf-8") for p in INGREDIENTS.iterdir()}
    texts[f"cameras/{camera.name}.yaml"] = source.read_text(encoding="utf-8")
    for name, text in texts.items():
        _refuse_difference(directory / name, text)
    for name, text in texts.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return [directory / name for name in texts]


def _refuse_difference(path: Path, text: str) -> None:
    if path.exists() and path.read_text(encoding="utf-8") != text:
        raise CameraError(f"{path}: exists and differs; nothing was written: move it away first")
