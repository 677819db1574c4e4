"""What the demo must know of a camera: its name, detectors and bands, from the YAML that `processing` reads too."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import yaml

from ..errors import ReconcileError, UsageError
from ..spec.problems import nearest
from ..spec.ranges import ranges


@dataclass(frozen=True, slots=True)
class Camera:
    """A camera, and where its YAML is; `own` if it is a user's and not of the `processing` package."""

    name: str
    path: Path
    detectors: str
    bands: dict[str, str]
    """Band to physical filter."""
    own: bool
    overscan: bool
    """Whether it reads beyond its pixels: the tests of read noise need that."""


def find(name_or_path: str) -> Camera:
    """Return the camera of that name, or of that YAML file."""
    path = Path(name_or_path)
    own = path.suffix in (".yaml", ".yml")
    if not own:
        path = _cameras() / f"{name_or_path}.yaml"
    if not path.is_file():
        known = sorted(file.stem for file in _cameras().glob("*.yaml"))
        near = nearest(name_or_path, known)
        raise UsageError(
            f"no camera {name_or_path}; there are {', '.join(known)}, or the path of a YAML file",
            hint=f"did you mean {near}?" if near else "",
        )
    return _read(path.resolve(), own=own)


def _read(path: Path, *, own: bool) -> Camera:
    try:
        fields = yaml.safe_load(path.read_text(encoding="utf-8"))
        detectors = ranges(int(detector["id"]) for detector in fields["detectors"])
        bands = {str(band): str(name) for name, band in fields["filters"].items()}
        overscan = int(fields["segment"].get("overscan_columns", 0)) > 0
        return Camera(str(fields["name"]), path, str(detectors), bands, own, overscan)
    except (yaml.YAMLError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise ReconcileError(
            f"{path} is no camera: {error!r}", hint="`python -m processing camera add` checks it line by line"
        ) from error


def _cameras() -> Path:
    spec = find_spec("processing")
    if spec is None or not spec.submodule_search_locations:
        raise ReconcileError(
            "the package processing is not installed", hint="pip install 'reconcile-calibrations[embedded]'"
        )
    return Path(str(spec.submodule_search_locations[0])) / "cameras"
