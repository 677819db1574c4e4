"""Linearizers: what each adds to a signal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from processing.effects.linearizer import Linearizer
from processing.pictures.figure import Subject
from processing.pictures.panels import caption, curves, note, panels, span

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SAMPLES = 100


def corrections(subject: Subject, found: Mapping[int, Linearizer]) -> Figure:
    """The correction against the signal above the overscan level, a line per amplifier, as far as it is known."""
    figure, axes = panels(subject, found, x="signal above the overscan level / adu", y="correction / adu")
    spans, unknown = [], 0
    for number, result in found.items():
        known = [each for name in result.amplifiers if (each := result.correction(name)) is not None]
        unknown += len(result.amplifiers) - len(known)
        signals = [np.linspace(each.low, each.high, SAMPLES) for each in known]
        added = [each.added(signal) for each, signal in zip(known, signals, strict=True)]
        spans.append(curves(axes[number], signals, added, color="#20406b", style="-", points=False))
        if spans[-1] is None:
            note(axes[number], "nothing known")
    if (all_of := span(spans)) is not None:
        for panel in axes.values():
            panel.set_xlim(all_of[:2])
            panel.set_ylim(all_of[2:])
    caption(figure, f"a line per amplifier; the curves of {unknown} amplifiers are not known")
    return figure
