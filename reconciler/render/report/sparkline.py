"""A line the size of a word: one place of a test over its exposures."""

from __future__ import annotations

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

WIDTH, HEIGHT = 100, 22


def sparklines(values: NDArray[np.float64]) -> list[Markup]:
    """Return a line for each row of values (rows × exposures in order), all to one scale; gaps where NaN."""
    measured = values[np.isfinite(values)]
    if not len(measured) or values.shape[1] < 2:
        return [Markup("")] * len(values)
    low, high = float(measured.min()), float(measured.max())
    y = np.round(HEIGHT - 2 - (values - low) / ((high - low) or 1.0) * (HEIGHT - 4), 1)
    x = np.round(np.linspace(2, WIDTH - 2, values.shape[1]), 1).tolist()
    return [_line(x, row) for row in y.tolist()]


def _line(x: list[float], y: list[float]) -> Markup:
    path, pen = [], "M"
    for at, level in zip(x, y, strict=True):
        if level != level:  # NaN
            pen = "M"
            continue
        path.append(f"{pen}{at} {level}")
        pen = "L"
    return Markup(
        f'<svg class="spark" aria-hidden="true" viewBox="0 0 {WIDTH} {HEIGHT}"><path d="{"".join(path)}"/></svg>'
    )
