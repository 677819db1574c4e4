"""`reconcile demo`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import asdict
from pathlib import Path

from ..demo import abroad, board, specs, worked_example
from ..demo import camera as cameras
from ..demo import frames as exposures
from ..demo.camera import Camera
from ..demo.specs import PRODUCTS, Found
from ..demo.story import Story, new_root
from ..errors import ExitCode, ReconcileError, UsageError
from ..holdings import Exposure
from ..validity import show
from .output import write_json

AMPLIFIER = "64x64"
"""Pixels of one amplifier of the worked example: its sensors are scaled."""


def run(
    reconcile: Callable[[list[str]], int],
    directory: Path | None,
    frames: Path | None,
    camera: str | None,
    where: str,
    *,
    full: bool,
    as_json: bool,
) -> ExitCode:
    """Tell the story with simulated frames, or with those of a directory; `reconcile` runs a command line."""
    if full and (frames or where):
        raise UsageError("--full simulates its own frames: it goes without --frames and --where")
    if frames is not None and camera is None:
        raise UsageError("--frames needs --camera: the name of a camera, or its YAML file")
    if frames is None and camera is not None:
        raise UsageError("--camera goes with --frames; without it the demo simulates LSSTComCam")
    chosen = cameras.find(camera or "LSSTComCam")
    root = new_root(directory)
    with redirect_stdout(sys.stderr if as_json else sys.stdout):
        story = Story(root, reconcile)
        told = _tell_all(story, chosen) if full else asdict(_play(story, chosen, frames, where))
    if as_json:
        write_json({"directory": str(root), "camera": chosen.name, **told})
    else:
        sys.stdout.write(f"\nEverything is in {root}: look around with `git log`, `reconcile status`, `butler`.\n")
    return ExitCode.OK


def _tell_all(story: Story, camera: Camera) -> dict[str, object]:
    worked_example.tell(story, camera, AMPLIFIER)
    abroad.tell(story, camera)
    return {"ticket": "DM-48520", "amplifier": AMPLIFIER}


def _play(story: Story, camera: Camera, frames: Path | None, where: str) -> Found:
    if frames is None:
        story.say(f"A night of simulated {camera.name} frames, in a Butler repository.")
        answer = exposures.simulate(story.root, camera)
        found = Found(PRODUCTS, ("r",), "2024-12-06T00:00:00", simulated=True)
    else:
        story.say(f"The frames of {frames}, in a Butler repository.")
        answer = exposures.ingest(story.root, camera, frames)
        found = _present(story.root, camera, where)
    sys.stdout.write(f"{answer['ingested']} frames ingested, {len(answer['refused'])} refused\n")
    story.tell(camera, found, where)
    waiver = "" if found.simulated else "whether frames of any camera pass is not what is shown here"
    board.tell(story, specs.chain(camera, specs.CURATED), waiver=waiver)
    return found


def _present(root: Path, camera: Camera, where: str) -> Found:
    """Return what there are frames for; a product without its precursors is left out."""
    from ..adapters.butler import ButlerRepository

    extra = f" and ({where})" if where else ""
    found: dict[str, tuple[Exposure, ...]] = {}
    with ButlerRepository("laptop/main", str(root / "repo")) as repository:
        for product in PRODUCTS:
            expression = f"exposure.observation_type='{product}'{extra}"
            selected = repository.select(camera.name, f"{camera.name}/raw/all", expression).exposures
            if not selected:
                break
            found[product] = selected
    if not found:
        raise ReconcileError(f"no bias frames among those of {camera.name}{extra}: nothing can be built without")
    bands = sorted({exposure.band for exposure in found.get("flat", ()) if exposure.band})
    first = min(exposure.validity.begin for exposures in found.values() for exposure in exposures)
    return Found(tuple(found), tuple(bands), f"{show(first)[:10]}T00:00:00")
