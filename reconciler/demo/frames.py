"""Frames for the demo, made or taken as they are, in a repository of their own: all through `python -m processing`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import ReconcileError
from .camera import Camera

SIMULATED = (
    "--night",
    "20241206",
    "--bias",
    "4",
    "--dark",
    "4",
    "--exptime",
    "30",
    "--flat",
    "r:4",
    "--amp-size",
    "48x48",
)


def processing(*arguments: str | Path, environment: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Run one command of `processing` and return its JSON; what it complains about is shown."""
    command = [sys.executable, "-m", "processing", *map(str, arguments), "--json"]
    done = subprocess.run(
        command, env={**os.environ, **(environment or {})}, capture_output=True, text=True, check=False
    )
    sys.stderr.write(done.stderr)
    if done.returncode not in (0, 1) or not done.stdout:
        raise ReconcileError(f"`python -m {' '.join(command[2:])}` ended with status {done.returncode}")
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def simulate(root: Path, camera: Camera) -> dict[str, Any]:
    """Simulate a short night of a scaled camera, and ingest it into a new repository."""
    processing("simulate", root / "raws", "--camera", camera.name, *SIMULATED)
    return ingest(root, camera, root / "raws")


def ingest(root: Path, camera: Camera, frames: Path) -> dict[str, Any]:
    """Make a repository for the camera and ingest all frames of a directory; unreadable ones are named and left out."""
    environment = own_environment(root, camera)
    name = camera.name
    if camera.own:
        processing("camera", "add", camera.path, "--into", root / "pipelines")
    processing("repo", "create", root / "repo", "--camera", name, environment=environment)
    answer = processing("repo", "ingest", root / "repo", frames, "--camera", name, environment=environment)
    if not answer["ingested"] and not answer["skipped"]:
        raise ReconcileError(f"no frame of {frames} could be ingested as one of {name}")
    return answer


def own_environment(root: Path, camera: Camera) -> dict[str, str]:
    """Return the variable by which `processing` finds a user's own camera."""
    return {"PROCESSING_CAMERAS": str(root / "pipelines" / "cameras")} if camera.own else {}
