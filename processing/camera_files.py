"""Find and read the YAML files that describe cameras.

To add a camera, write `<NAME>.yaml` (`cameras/SBIG-STL-1001E.yaml` is the smallest one) and put its directory
on the environment variable PROCESSING_CAMERAS; `python -m processing camera add` writes the pipelines and
templates that go with it. No Python is needed.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from processing.camera import Camera, CameraError

CAMERAS = Path(__file__).parent / "cameras"
"""The cameras that come with the package."""

SEARCH_PATH = "PROCESSING_CAMERAS"
"""Environment variable with further directories of camera files, which come first."""


def directories() -> list[Path]:
    """Where camera files are looked for, first match wins."""
    own = [Path(d) for d in os.environ.get(SEARCH_PATH, "").split(os.pathsep) if d]
    return [*own, CAMERAS]


def names() -> list[str]:
    """The cameras that can be found."""
    return sorted({p.stem for d in directories() for p in d.glob("*.yaml")})


def find(name: str) -> Camera:
    """The camera of this name."""
    for directory in directories():
        if (path := directory / f"{name}.yaml").is_file():
            return load(path)
    raise CameraError(
        f"no camera {name!r}: known are {', '.join(names())}; put the directory of its YAML on {SEARCH_PATH}"
    )


def load(path: Path) -> Camera:
    """Read a camera file; every mistake in it is reported at once, with its key."""
    document = _document(path)
    try:
        camera = Camera.model_validate(_with_amplifiers(document))
    except ValidationError as wrong:
        lines = [f"{path}: {_place(e['loc'])}: {e['msg']} (found {_brief(e['input'])})" for e in wrong.errors()]
        raise CameraError("\n".join(lines)) from None
    if camera.name != path.stem:
        raise CameraError(f"{path}: name: {camera.name!r} must be the file's name, {path.stem!r}")
    return camera


def _document(path: Path) -> dict[str, Any]:
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as broken:
        raise CameraError(f"{path}: cannot be read: {broken}") from broken
    if not isinstance(document, dict):
        raise CameraError(f"{path}: expected a mapping with name, segment, detectors, found {_brief(document)}")
    return document


def _with_amplifiers(document: dict[str, Any]) -> dict[str, Any]:
    """Give each detector the camera's `amplifiers`, each completed by `amplifier_defaults`.

    A detector's own `amplifiers: {NAME: {...}}` overrides by name.
    """
    rest = dict(document)
    shared, defaults = rest.pop("amplifiers", []), rest.pop("amplifier_defaults", {})
    if not (isinstance(shared, list) and isinstance(defaults, dict) and isinstance(rest.get("detectors"), list)):
        return rest
    rest["detectors"] = [_detector(d, shared, defaults) for d in rest["detectors"]]
    return rest


def _detector(detector: Any, shared: list[Any], defaults: dict[str, Any]) -> Any:
    own = detector.get("amplifiers", {}) if isinstance(detector, dict) else None
    if not isinstance(own, dict) or not all(isinstance(a, dict) for a in shared):
        return detector
    return detector | {"amplifiers": [defaults | a | own.get(a.get("name"), {}) for a in shared]}


def _lines(path: Path, wrong: ValidationError) -> list[str]:
    return [f"{path}: {_place(e['loc'])}: {e['msg']} (found {_brief(e['input'])})" for e in wrong.errors()]


def _place(location: tuple[str | int, ...]) -> str:
    return ".".join(str(part) for part in location) or "the whole file"


def _brief(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
