"""Where a camera's detectors and amplifiers lie, as a file that reports draw from; plain YAML, no software needed.

detectors:
- id: 0
  name: R22_S00
  box: [0.0, 0.0, 0.92, 0.92]       # lower left corner, width, height; a detector's pitch is 1
  amplifiers:                       # as fractions of the detector
    C00: [0.0, 0.0, 0.125, 0.5]
"""

from __future__ import annotations

from typing import Any

import yaml

from processing.camera import Camera, Detector

SIZE = 0.92
"""Side of a detector as a part of the pitch: the rest is the gap to the next."""


def described(camera: Camera) -> dict[str, Any]:
    """The detectors of a camera as plain values, in order of their numbers."""
    return {"detectors": [_detector(each) for each in sorted(camera.detectors, key=lambda one: one.id)]}


def text(camera: Camera) -> str:
    """The file."""
    return str(yaml.safe_dump(described(camera), sort_keys=False, default_flow_style=None, width=110))


def _detector(detector: Detector) -> dict[str, Any]:
    rows, columns = detector.grid
    column, row = detector.position
    return {
        "id": detector.id,
        "name": detector.name,
        "box": [float(column), float(row), SIZE, SIZE],
        "amplifiers": {
            each.name: [each.column / columns, each.row / rows, 1 / columns, 1 / rows] for each in detector.amplifiers
        },
    }
