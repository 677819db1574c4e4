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

RAFT_WIDTH = 3
"""A raft is this many detectors wide and high."""


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
    """Read a camera file that has its camera's name."""
    camera = read(path)
    if camera.name != path.stem:
        raise CameraError(f"{path}: name: {camera.name!r} must be the file's name, {path.stem!r}")
    return camera


def read(path: Path) -> Camera:
    """Read a camera from a file of any name; every mistake in it is reported at once, with its key."""
    document = _document(path)
    try:
        return Camera.model_validate(_expanded(document))
    except ValidationError as wrong:
        lines = [f"{path}: {_place(e['loc'])}: {e['msg']} (found {_brief(e['input'])})" for e in wrong.errors()]
        raise CameraError("\n".join(lines)) from None


def write(camera: Camera, path: Path) -> None:
    """Write a camera with every detector and amplifier spelled out; `read` gives back the same."""
    document = camera.model_dump(mode="json", exclude_none=True)
    path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")


def _document(path: Path) -> dict[str, Any]:
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as broken:
        raise CameraError(f"{path}: cannot be read: {broken}") from broken
    if not isinstance(document, dict):
        raise CameraError(f"{path}: expected a mapping with name, segment, detectors, found {_brief(document)}")
    return document


def _expanded(document: dict[str, Any]) -> dict[str, Any]:
    """Spell out what a file says once for many sensors; what cannot be understood stays for the model to refuse.

    `sensors: {KIND: {segment, amplifier_defaults, amplifiers}}` describes makes of sensors; `rafts` stand for nine
    detectors of one make each. A camera with one make says the same without `sensors`.
    """
    rest = dict(document)
    usual: dict[str, Any] = {key: rest.pop(key) for key in ("amplifiers", "amplifier_defaults") if key in rest}
    kinds, rafts = rest.pop("sensors", {}), rest.pop("rafts", [])
    detectors = rest.get("detectors", [] if rafts else None)
    if not (_are_mappings(list(kinds.values()) if isinstance(kinds, dict) else None) and isinstance(rafts, list)):
        return document
    if not isinstance(detectors, list):
        return document
    every = [*detectors, *(each for raft in rafts for each in _raft(raft))]
    rest["detectors"] = [_detector(each, usual, kinds) for each in every]
    return rest


def _raft(raft: Any) -> list[Any]:
    """The detectors of a raft, S00 to S22: ids count along columns first."""
    match raft:
        case {"name": name, "first_id": int(first), "position": [int(column), int(row)], **rest}:
            return _nine(str(name), first, (column, row), {str(key): value for key, value in rest.items()})
        case _:
            return [raft]


def _nine(raft: str, first: int, position: tuple[int, int], rest: dict[str, Any]) -> list[Any]:
    left, low = (RAFT_WIDTH * place for place in position)
    return [
        rest
        | {
            "id": first + RAFT_WIDTH * row + column,
            "name": f"{raft}_S{row}{column}",
            "position": [left + column, low + row],
        }
        for row in range(RAFT_WIDTH)
        for column in range(RAFT_WIDTH)
    ]


def _detector(detector: Any, usual: dict[str, Any], kinds: dict[str, Any]) -> Any:
    """A detector with the amplifiers of its make; its own `amplifiers: {NAME: {...}}` overrides by name."""
    if not isinstance(detector, dict):
        return detector
    make = usual | kinds.get(str(detector.get("sensor")), {})
    shared, defaults = make.get("amplifiers", []), make.get("amplifier_defaults", {})
    own = detector.get("amplifiers", {})
    if not (isinstance(own, dict) and isinstance(defaults, dict) and _are_mappings(shared)):
        return detector
    rest = {key: value for key, value in detector.items() if key != "sensor" or value not in kinds}
    segment = {"segment": make["segment"]} if "segment" in make else {}
    named = [each for amplifier in shared for each in _row(amplifier)]
    return segment | rest | {"amplifiers": [defaults | a | own.get(a.get("name"), {}) for a in named]}


def _row(amplifier: dict[str, Any]) -> list[dict[str, Any]]:
    """One amplifier, or a row of them from left to right: `names` instead of `name` and `column`."""
    if "names" not in amplifier:
        return [amplifier]
    rest = {key: value for key, value in amplifier.items() if key != "names"}
    return [rest | {"name": name, "column": column} for column, name in enumerate(amplifier["names"])]


def _are_mappings(values: Any) -> bool:
    return isinstance(values, list) and all(isinstance(each, dict) for each in values)


def _place(location: tuple[str | int, ...]) -> str:
    return ".".join(str(part) for part in location) or "the whole file"


def _brief(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
