"""Find the defects of a sensor in its combined bias, dark and flat: images in, images of flags out.

Thresholds are those of LCA-128 and cp_pipe's MeasureDefectsTask: a pixel is hot if its dark current or its bias
is too high, cold if it sees too little of a flat light. Levels and scatter are those of its amplifier, clipped at
3 sigma. Nothing that goes in is changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from processing.amplifiers import Window, windows
from processing.camera import Amplifier, Detector
from processing.defect_boxes import DefectError, Flags, Origin, Reason, flag, reasons_of
from processing.frame import UNUSABLE, Frame, Image, Mask, bit
from processing.statistics import ClippedMean, clipped_mean

Mode = Literal["OR", "AND", "FRACTION"]
Bad = NDArray[np.bool_]


@dataclass(frozen=True)
class Criteria:
    """When a pixel is a defect. Columns are those of one amplifier; None never fills or dilates.

    By VALUE: bias above its amplifier's level by `bias_adu`, dark at `dark_e_per_s`, flat below `flat_fraction`
    of its amplifier's level. By STDEV: `sigma_bright` above the level in each of them, `sigma_dark` below it in
    a flat.
    """

    threshold_type: Literal["VALUE", "STDEV"] = "VALUE"
    bias_adu: float = 1000.0
    dark_e_per_s: float = 5.0
    flat_fraction: float = 0.8
    sigma_bright: float = 4.8
    sigma_dark: float = 5.0
    bad_pixels_to_fill_column: int | None = None
    lost_pixels_to_fill_column: int | None = None
    lost_dilation: int = 0
    blinking_column: int | None = 50
    blinking_gap: int = 30

    def limits(self, kind: Origin, level: ClippedMean, amplifier: Amplifier) -> tuple[float, float]:
        """The lowest and the highest value of a good pixel."""
        if self.threshold_type == "STDEV":
            low = level.mean - self.sigma_dark * level.std if kind is Origin.FLAT else -np.inf
            return low, level.mean + self.sigma_bright * level.std
        if kind is Origin.BIAS:
            return -np.inf, level.mean + self.bias_adu
        if kind is Origin.DARK:
            return -np.inf, self.dark_e_per_s / amplifier.gain_e_per_adu
        return self.flat_fraction * level.mean, np.inf


def find_defects(frame: Frame, kind: Origin, detector: Detector, criteria: Criteria) -> Flags:
    """The defects that a combined bias (ADU), dark (ADU/s) or flat (relative) shows.

    Pixels without a measurement are defects, and so is every pixel of an amplifier that says nothing: without a
    good pixel, of one constant value, or dark under a flat light.
    """
    places = windows(detector, frame.image.shape)
    reasons = _unmeasured(frame.image, frame.mask)
    lost = reasons != 0
    for amplifier in detector.amplifiers:
        window = places[amplifier.name]
        _judge(frame.image[window], ~lost[window], reasons[window], kind, amplifier, criteria)
    reasons[_dilated(lost, criteria.lost_dilation)] |= Reason.SATURATED.value
    reasons[_blinking(reasons != 0, criteria.blinking_column, criteria.blinking_gap)] |= Reason.COLUMN.value
    fills = [(reasons != 0, criteria.bad_pixels_to_fill_column), (lost, criteria.lost_pixels_to_fill_column)]
    for bad, more_than in fills:
        for window in places.values():
            _fill_columns(reasons, bad, window, more_than)
    return np.where(reasons != 0, reasons | flag(Reason(0), kind), 0).astype(np.uint16)


def merge(found: Sequence[Flags], mode: Mode, fraction: float = 0.7) -> Flags:
    """The pixels that any, all, or more than a fraction of the detections name, with what any says of them."""
    if not found:
        raise DefectError("no detections to merge: expected at least one of bias, dark, flat")
    if len(shapes := {flags.shape for flags in found}) > 1:
        raise DefectError(f"detections of different shapes (rows, columns): {sorted(shapes)}")
    times = np.sum([flags != 0 for flags in found], axis=0, dtype=np.int32)
    kept = times > fraction * len(found) if mode == "FRACTION" else times >= (1 if mode == "OR" else len(found))
    return np.where(kept, np.bitwise_or.reduce(found), 0).astype(np.uint16)


def border(shape: tuple[int, ...], up_down: int, left_right: int) -> Flags:
    """The pixels along the edges of a sensor, where fields are distorted."""
    rows, columns = shape
    flags = np.full(shape, flag(Reason.EDGE, Origin.GEOMETRY), np.uint16)
    flags[up_down : max(rows - up_down, 0), left_right : max(columns - left_right, 0)] = 0
    return flags


def count(flags: Flags) -> dict[str, int]:
    """Pixels of each reason, and of any (`ALL`)."""
    reasons = reasons_of(flags)
    each = {str(reason.name): int(np.count_nonzero(reasons & reason.value)) for reason in Reason}
    return each | {"ALL": int(np.count_nonzero(flags))}


def _unmeasured(image: Image, mask: Mask) -> NDArray[np.uint8]:
    """Reasons of the pixels that hold no measurement.

    A combined frame calls a pixel NO_DATA that was saturated in every exposure: both count as lost below.
    """
    reasons = np.zeros(image.shape, np.uint8)
    reasons[~np.isfinite(image) | ((mask & (UNUSABLE & ~bit("SAT"))) != 0)] = Reason.NO_DATA.value
    reasons[(mask & bit("SAT")) != 0] |= Reason.SATURATED.value
    return reasons


def _judge(
    image: Image, good: Bad, reasons: NDArray[np.uint8], kind: Origin, amplifier: Amplifier, criteria: Criteria
) -> None:
    """Add to `reasons`, a view of one amplifier, what its good pixels show."""
    values = image[good]
    if values.size == 0 or values.min() == values.max():
        reasons |= Reason.NO_DATA.value
        return
    level = clipped_mean(values, sigma=3.0, iterations=3)
    if kind is Origin.FLAT and level.mean <= 0:
        reasons |= Reason.COLD.value
        return
    low, high = criteria.limits(kind, level, amplifier)
    reasons[good & (image > high)] |= Reason.HOT.value
    reasons[good & (image < low)] |= Reason.COLD.value


def _dilated(lost: Bad, radius: int) -> Bad:
    """`lost` and the pixels within `radius` columns of it: charge spills and glows along rows."""
    wide = lost.copy()
    for step in range(1, radius + 1):
        wide[:, step:] |= lost[:, :-step]
        wide[:, :-step] |= lost[:, step:]
    return wide & ~lost


def _blinking(bad: Bad, at_least: int | None, gap: int) -> Bad:
    """Good pixels between bad ones of a column that has many, unless `gap` or more of them stand together."""
    between = np.zeros_like(bad)
    if at_least is None:
        return between
    for column in np.flatnonzero(bad.sum(axis=0) >= at_least):
        rows = np.flatnonzero(bad[:, column])
        holes = np.flatnonzero((np.diff(rows) > 1) & (np.diff(rows) <= gap))
        for first, last in zip(rows[holes], rows[holes + 1], strict=True):
            between[first + 1 : last, column] = True
    return between


def _fill_columns(reasons: NDArray[np.uint8], bad: Bad, window: Window, more_than: int | None) -> None:
    """Give up the columns of an amplifier in which more than so many pixels are bad."""
    if more_than is not None:
        reasons[window][:, bad[window].sum(axis=0) > more_than] |= Reason.COLUMN.value
