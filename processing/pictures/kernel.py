"""Brighter-fatter kernels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from processing.effects.brighter_fatter import BrighterFatterKernel
from processing.pictures.figure import Subject
from processing.pictures.matrices import matrices
from processing.pictures.panels import caption
from processing.table_file import Numbers

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def kernels(subject: Subject, found: Mapping[int, BrighterFatterKernel]) -> Figure:
    """The mean kernel of every detector, its origin in the middle."""
    shown = {number: _mean(result.kernels) for number, result in found.items()}
    figure, axes = matrices(subject, shown, x="column / pixel", y="row / pixel", value="mean kernel / (1/electron)")
    for number, each in axes.items():
        high, wide = (size // 2 for size in shown[number].shape)
        each.images[0].set_extent((-wide - 0.5, wide + 0.5, -high - 0.5, high + 0.5))
    every = [known for result in found.values() for known in _known(result.kernels)]
    caption(
        figure, f"mean over the amplifiers of a detector; kernels of {sum(every)} of {len(every)} amplifiers are known"
    )
    return figure


def _known(stack: Numbers) -> list[bool]:
    return [bool(np.isfinite(each).all()) for each in stack]


def _mean(stack: Numbers) -> Numbers:
    known = stack[_known(stack)]
    mean: Numbers = known.mean(axis=0) if len(known) else np.full(stack.shape[1:], np.nan)
    return mean
