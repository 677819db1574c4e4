"""A drawing the size of a stamp: the detectors, and the places that some test did not pass."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from markupsafe import Markup

from ...words import count
from .layout import Layout
from .places import Place


def small_marks(found: Sequence[Place], layout: Layout | None) -> Markup:
    """Return the drawing; empty if no detector was judged."""
    if layout is None:
        return Markup("")
    outline = "".join(one.path for one in layout.detectors.values())
    label = f"{count(len(found), 'place')} marked on the focal plane" if found else "no place of the focal plane marked"
    box = f"-20 -20 {layout.width + 40} {layout.height + 40}"
    inside = f'<path class="outline" d="{outline}"/>{"".join(_marked(found, layout))}'
    return Markup(f'<svg class="stamp" role="img" aria-label="{label}" viewBox="{box}">{inside}</svg>')


def _marked(found: Sequence[Place], layout: Layout) -> Iterator[str]:
    for word in ("not tested", "accepted", "failed"):
        boxes = [layout.rectangle(one.detector, one.amplifier) for one in found if one.word == word]
        if boxes:
            yield f'<path class="{word.replace(" ", "-")}" d="{"".join(box.path for box in boxes)}"/>'
