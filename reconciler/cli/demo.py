"""`reconcile demo`."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from pathlib import Path

from ..demo import camera as cameras
from ..demo import frames as exposures
from ..demo.camera import Camera
from ..demo.specs import PRODUCTS
from ..demo.story import Story, new_root
from ..errors import ExitCode, ReconcileError, UsageError
from .output import write_json


def run(directory: Path | None, frames: Path | None, camera: str | None, where: str, *, as_json: bool) -> ExitCode:
    """Tell the story with simulated frames, or with those of a directory."""
    if frames is not None and camera is None:
        raise UsageError("--frames needs --camera: the name of a camera, or its YAML file")
    if frames is None and camera is not None:
        raise UsageError("--camera goes with --frames; without it the demo simulates LSSTComCam")
    found = cameras.find(camera or "LSSTComCam")
    root = new_root(directory)
    with redirect_stdout(sys.stderr if as_json else sys.stdout):
        bands, products = _play(root, found, frames, where)
    if as_json:
        write_json({"directory": str(root), "camera": found.name, "products": products, "bands": bands})
    else:
        sys.stdout.write(f"\nEverything is in {root}: look around with `git log`, `reconcile status`, `butler`.\n")
    return ExitCode.OK


def _play(root: Path, camera: Camera, frames: Path | None, where: str) -> tuple[list[str], list[str]]:
    from .main import run as reconcile

    story = Story(root, reconcile)
    if frames is None:
        story.say(f"A night of simulated {camera.name} frames, in a Butler repository.")
        answer = exposures.simulate(root, camera)
        bands, products = ["r"], list(PRODUCTS)
    else:
        story.say(f"The frames of {frames}, in a Butler repository.")
        answer = exposures.ingest(root, camera, frames)
        bands, products = _present(root, camera, where)
    sys.stdout.write(f"{answer['ingested']} frames ingested, {len(answer['refused'])} refused\n")
    story.tell(camera, bands, products, where)
    return bands, products


def _present(root: Path, camera: Camera, where: str) -> tuple[list[str], list[str]]:
    """Return the bands and products that there are frames for; a product without its precursors is left out."""
    from ..adapters.butler import ButlerRepository

    extra = f" and ({where})" if where else ""
    bands: list[str] = []
    products: list[str] = []
    with ButlerRepository("laptop/main", str(root / "repo")) as repository:
        for product in PRODUCTS:
            expression = f"exposure.observation_type='{product}'{extra}"
            selected = repository.select(camera.name, f"{camera.name}/raw/all", expression).exposures
            if not selected:
                break
            products.append(product)
            bands += sorted({e.band for e in selected if product == "flat" and e.band})
    if not products:
        raise ReconcileError(f"no bias frames among those of {camera.name}{extra}: nothing can be built without")
    return bands, products
