"""Photon transfer: gain, read noise, brighter-fatter strength and turn-off of every amplifier."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from processing.effects.photon_transfer import PhotonTransfer
from processing.pictures.figure import INK, Subject, frame, new
from processing.pictures.panels import note

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ROWS = {
    "gain": "gain / (electron/adu)",
    "read_noise": "read noise / electron",
    "a00": "a00 / (1/electron)",
    "turn_off": "turn-off / adu",
}
NAMED = 20
"""Detectors that fit by name; more have their numbers."""


def amplifiers(subject: Subject, found: Mapping[int, PhotonTransfer]) -> Figure:
    """A point per amplifier, detector after detector; what is not known is counted beside."""
    figure = new(subject, found, width=10, height=9)
    numbers = sorted(found)
    for row, (name, label) in enumerate(ROWS.items()):
        axes = figure.add_axes((0.11, 0.73 - 0.205 * row, 0.86, 0.185))
        _points(axes, [getattr(found[number], name) for number in numbers])
        axes.set_ylabel(label, fontsize=8)
        axes.set_xlim(-0.6, len(numbers) - 0.4)
        named = row == len(ROWS) - 1 and len(numbers) <= NAMED
        names = [subject.camera.detector(number).name for number in numbers] if named else []
        axes.set_xticks(range(len(names)), names, rotation=45)
        frame(axes)
    models = ", ".join(sorted({result.model for result in found.values()}))
    text = f"detectors {numbers[0]} to {numbers[-1]} in the order of their numbers; fitted as: {models}"
    figure.text(0.5, 0.015, text, ha="center", color=INK, fontsize=8)
    return figure


def _points(axes: Axes, columns: list[np.ndarray]) -> None:
    for place, values in enumerate(columns):
        x = place + np.linspace(-0.35, 0.35, len(values)) if len(values) > 1 else np.array([place])
        axes.plot(x, values, linestyle="none", marker=".", markersize=4, color="#20406b")
    unknown = sum(int(np.isnan(values).sum()) for values in columns)
    total = sum(len(values) for values in columns)
    if unknown == total:
        note(axes, "nothing known")
    elif unknown:
        axes.text(0.995, 0.93, f"{unknown} of {total} not known", transform=axes.transAxes, ha="right", va="top",
                  color=INK, fontsize=7)  # fmt: skip
