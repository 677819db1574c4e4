"""Write what a camera needs to have its calibrations verified: pipelines and bps templates, as in a CP_VERIFY_DIR.

Names, labels, keys and environment variables are cp_verify's; crosstalk, gain and cti have no template there. One
directory can be CP_PIPE_DIR and CP_VERIFY_DIR at once.
"""

from __future__ import annotations

from processing.camera import Camera

PIPELINE = """\
description: {camera} {product} calibration verification
instrument: processing.butler.instrument.{identifier}
imports:
  - location: $CP_VERIFY_DIR/pipelines/_ingredients/verify{Product}.yaml
"""

TEMPLATE = """\
pipelineYaml: "${{CP_VERIFY_DIR}}/pipelines/${{INSTRUMENT}}/verify{Product}.yaml"

# A job per {dimension} takes many short quanta at once.
clusterAlgorithm: lsst.ctrl.bps.quantum_clustering_funcs.dimension_clustering
cluster:
  {task}By{Dimension}:
    pipetasks: {task}
    dimensions: {dimension}

project: "${{TICKET}}"
campaign: "${{TICKET}}"
submitPath: "${{SCRATCH}}/submit/{{outputRun}}"

payload:
  payloadName: "${{INSTRUMENT}}_${{TICKET}}_verify_{name}"
  output: "${{USER_CALIB_PREFIX}}${{INSTRUMENT}}/calib/${{TICKET}}/${{TAG}}/verify{leaf}.${{VERIFY_RERUN}}"
  butlerConfig: "${{REPO}}"
  inCollection: "${{USER_CALIB_PREFIX}}${{INSTRUMENT}}/calib/${{TICKET}},${{RAW_COLLECTION}},${{CALIB_COLLECTIONS}}"
  dataQuery: "{query}"
"""

SELECTIONS = {
    "bias": "SELECTION_BIAS_V",
    "dark": "SELECTION_DARK_V",
    "defects": "SELECTION_DEFECTS_V",
    "gain": "SELECTION_GAIN_V",
    "science": "SELECTION_SCIENCE_V",
    "cti": "SELECTION_PTC_CTI_V",
    "crosstalk": "SELECTION_CROSSTALK_V",
}
"""Of what is verified on exposures of any filter: the variable that says of which."""

ISR_ALONE = ("gain", "science")
"""Here what works on exposures is signature removal alone."""


def verified(camera: Camera) -> tuple[str, ...]:
    """What can be verified of a camera: cti needs overscan columns and rows, crosstalk several amplifiers."""
    segments = [camera.segment_for(detector) for detector in camera.detectors]
    overscanned = all(segment.overscan_columns and segment.overscan_rows for segment in segments)
    several = any(len(detector.amplifiers) > 1 for detector in camera.detectors)
    able = {"cti": overscanned, "crosstalk": several}
    return tuple(product for product in (*SELECTIONS, "flat") if able.get(product, True))


def pipelines(camera: Camera) -> dict[str, str]:
    """The text of each pipeline file of a camera, by its path."""
    return {
        f"pipelines/{camera.name}/verify{product.capitalize()}.yaml": PIPELINE.format(
            camera=camera.name, identifier=camera.identifier, product=product, Product=product.capitalize()
        )
        for product in verified(camera)
    }


def templates(camera: Camera) -> dict[str, str]:
    """The text of each bps template for a camera's bands, by its path."""
    found = {f"bps/templates/bps_verify_{each}.yaml": _template(each) for each in verified(camera) if each != "flat"}
    for band in dict.fromkeys(camera.filters.values()):
        found[f"bps/templates/bps_verify_flat_{band}.yaml"] = _template("flat", band)
    return found


def _template(product: str, band: str | None = None) -> str:
    name = product.capitalize()
    dimension = "detector" if product == "gain" else "exposure"
    return TEMPLATE.format(
        Product=name,
        task=f"verify{name}{'Isr' if product in ISR_ALONE else 'Det'}",
        dimension=dimension,
        Dimension=dimension.capitalize(),
        name=f"{product}_{band}" if band else product,
        leaf=f"{name}-{band}" if band else name,
        query=f"${{SELECTION_FLAT_{band}_V}} and band='{band}'" if band else f"${{{SELECTIONS[product]}}}",
    )
