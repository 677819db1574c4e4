"""The truth beside simulated raws: truth.json with what was simulated, truth/ with the images of each sensor.

A sensor depends on (camera, detector, segment, effects, seed) alone, all of which truth.json says: `sensors` draws
those of a directory again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from processing import camera_files
from processing.camera import Camera, Detector, Segment
from processing.errors import ProcessingError
from processing.simulation import brighter_fatter
from processing.simulation.effects import Effects
from processing.simulation.exposure import Shot
from processing.simulation.sensor import Sensor, draw

SUMMARY, IMAGES = "truth.json", "truth"

UNITS = {
    "bias_structure": "adu",
    "dark_current": "electron/s",
    "flat": "relative",
    "transmission": "relative",
    "defects": "bits: 1 hot, 2 cold, 4 column",
    "cosmic_rays": "exposure, row, column, electron",
    "kernel": "1/electron",
    "a_matrix": "1/electron",
    "crosstalk": "adu/adu, [victim, source]",
    "nonlinearity": "k1, k2, k3 of linear * (1 + k1 u + k2 u^2 + k3 u^3), u = linear / 65535 adu",
}


class TruthError(ProcessingError):
    """A directory without the truth of simulated raws."""


def write_images(
    directory: Path,
    detector: Detector,
    segment: Segment,
    sensor: Sensor,
    light: Mapping[str, Any],
    rays: NDArray[np.float64],
) -> dict[str, Any]:
    """Write the arrays of one sensor; its numbers per amplifier are returned."""
    (directory / IMAGES).mkdir(exist_ok=True)
    path = directory / IMAGES / f"detector_{detector.id:03d}.npz"
    names = ("bias_structure", "dark_current", "transmission", "defects")
    arrays = {name: getattr(sensor, name) for name in names} | {f"flat_{band}": image for band, image in light.items()}
    if sensor.kernel is not None:
        arrays |= {"kernel": sensor.kernel, "a_matrix": brighter_fatter.a_matrix(sensor.kernel)}
    if sensor.crosstalk is not None:
        arrays["crosstalk"] = sensor.crosstalk
    np.savez(path, cosmic_rays=rays, **arrays)
    return {
        "images": f"{IMAGES}/{path.name}",
        "segment": segment.model_dump(),
        "amplifiers": dict(_amplifiers(detector, sensor)),
    }


def write_summary(
    directory: Path,
    camera: Camera,
    seed: int,
    effects: Effects,
    known: Mapping[int, Any],
    exposures: Sequence[Shot],
) -> None:
    """Write truth.json."""
    summary = {
        "camera": camera.name,
        "seed": seed,
        "effects": effects.model_dump(),
        "units": UNITS,
        "detectors": known,
        "exposures": {s.exposure: {"type": s.observation_type, "electrons": s.electrons} for s in exposures},
    }
    (directory / SUMMARY).write_text(json.dumps(summary, indent=1) + "\n", encoding="utf-8")


def read_summary(directory: Path) -> dict[str, Any]:
    """What truth.json says; raises TruthError if there is none."""
    path = directory / SUMMARY
    try:
        summary: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as broken:
        raise TruthError(
            f"{path}: cannot be read: {broken}; expected a directory that `simulate` has written"
        ) from None
    return summary


def sensors(summary: Mapping[str, Any]) -> Iterator[tuple[Detector, Sensor]]:
    """The sensors of what truth.json says, drawn again."""
    camera = camera_files.find(summary["camera"])
    effects = Effects(**summary["effects"])
    for number, known in summary["detectors"].items():
        detector = camera.detector(int(number))
        yield detector, draw(detector, Segment(**known["segment"]), effects, seed=summary["seed"])


def _amplifiers(detector: Detector, sensor: Sensor) -> Iterator[tuple[str, dict[str, Any]]]:
    for i, amplifier in enumerate(detector.amplifiers):
        known: dict[str, Any] = {
            "gain_e_per_adu": float(sensor.gain[i]),
            "read_noise_e": float(sensor.read_noise[i]),
            "bias_level_adu": float(sensor.bias_level[i]),
        }
        if sensor.curves is not None:
            known["nonlinearity"] = sensor.curves[i].tolist()
        yield amplifier.name, known
