"""Charge transfer: the trails that were measured in the overscans, and the model that corrects them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from processing.effects.charge_transfer import ChargeTransfer
from processing.pictures.figure import INK, Subject
from processing.pictures.panels import caption, curves, note, panels, span
from processing.table_file import Numbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Span = tuple[float, float, float, float]

SERIAL, PARALLEL = ("#20406b", "-"), ("#c9a82e", "--")
"""Told apart by lightness and by line."""

FAINTEST_E = 100.0
"""Where models are drawn from."""


def trails(subject: Subject, found: Mapping[int, ChargeTransfer]) -> Figure:
    """EPER against signal, a line per amplifier and direction; the model instead where none was measured."""
    figure, axes = panels(subject, found, x="signal / electron", y="charge left behind per transfer (relative)")
    spans = [each for number, result in found.items() for each in _trails(axes[number], result)]
    if (all_of := span(spans)) is not None:
        for panel in axes.values():
            _scale(panel, all_of)
    flagged = sum(bool(flag) for result in found.values() for flag in result.flag)
    amplifiers = sum(len(result.amplifiers) for result in found.values())
    caption(
        figure,
        f"a line per amplifier; solid dark: serial, dashed light: parallel; {flagged} of {amplifiers} amplifiers "
        "have no model",
    )
    return figure


def _scale(axes: Axes, all_of: Span) -> None:
    """Give a panel the scale of all; a decade has two labels, which stand apart however narrow the panel is."""
    from matplotlib.ticker import EngFormatter, LogLocator, NullLocator

    axes.set_xscale("log")
    axes.set_xlim(all_of[:2])
    axes.set_ylim(all_of[2:])
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 3)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(EngFormatter(sep=""))


def _trails(axes: Axes, result: ChargeTransfer) -> list[Span | None]:
    measured = bool(np.isfinite(result.signal_e).any())
    if not measured:
        axes.text(0.03, 0.93, "not measured: model", color=INK, fontsize=6, transform=axes.transAxes)
    spans: list[Span | None] = []
    for name, (color, style) in (("serial", SERIAL), ("parallel", PARALLEL)):
        signal, left = (result.signal_e, getattr(result, f"{name}_eper")) if measured else _model(result, name)
        spans.append(curves(axes, list(signal), list(left), color=color, style=style, points=measured))
    if not any(spans):
        note(axes, "nothing known")
    return spans


def _model(result: ChargeTransfer, name: str) -> tuple[Numbers, Numbers]:
    """Signals and the fraction of them that one transfer leaves behind: the constant part, and what traps hold."""
    signal = np.geomspace(FAINTEST_E, result.full_well_e, 30).T
    held = [
        getattr(result.amplifier(amplifier), name).held_e(charge, 1)
        for amplifier, charge in zip(result.amplifiers, signal, strict=True)
    ]
    cti: Numbers = getattr(result, f"{name}_cti")
    return signal, cti[:, None] + np.array(held) / signal
