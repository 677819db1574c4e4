"""Whether frames are fit to be combined, and clipped as asked: what a person should be told of a product's inputs.

Pure functions that give remarks, and raise where the product would be wrong whatever anybody thinks of it. Tasks log
the remarks, and they stand in the product's header (`REMARK00`, `REMARK01` ...), so that a report can find them:

    too-few-frames          fewer than a clip needs to reject anything
    too-few-for-rays        fewer than it takes to tell a cosmic ray from the sky of the others
    other-type              frames of another type than the product's
    mixed-exposure-times    a dark or flat of several: nonlinearity and glow do not scale with time
    exposed-bias            a bias with exposure time
    mixed-temperatures      a dark of several: dark current doubles with every six degrees or so
    mixed-configuration     inputs that were corrected with different calibrations, or of different units
    saturated-flats         flats with more saturated pixels than defects explain
    constant-frames         frames that hold one value all over
    without-data            a product of which most pixels have no measurement
    missing-detectors       detectors of the camera that are in no flat of the filter
    left-out-levels         levels of flats that the joint normalisation could not use
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from processing.effects.cosmic_rays import FEWEST_FRAMES
from processing.errors import ProcessingError
from processing.provenance import Cards

MAX_SATURATED = 0.01
"""Share of a flat's pixels that may be saturated: twice what LSST lets a sensor have in defects (0.5 %)."""

MAX_WITHOUT_DATA = 0.5
"""Share of a product's pixels without data up to which it may serve; half a sensor is a dead half."""

MAX_TEMPERATURE_RANGE_C = 0.5
"""In half a degree the dark current of silicon changes by 5 to 6 %."""

_SHOWN = 8
"""Exposures or detectors that a remark names before it says how many more there are."""


class UnsuitableError(ProcessingError):
    """Frames that must not be combined with each other."""


@dataclass(frozen=True)
class Remark:
    """Something that a person should know of a product; `name` is one of those above."""

    name: str
    text: str

    def __str__(self) -> str:
        """As it is logged and stands in headers."""
        return f"{self.name}: {self.text}"


@dataclass(frozen=True)
class Input:
    """What is known of a frame that is to be combined; times in seconds, temperature in degrees Celsius."""

    exposure: int
    observation_type: str
    physical_filter: str
    exposure_time: float
    dark_time: float
    unit: str = "adu"
    temperature: float | None = None
    calibrations: Mapping[str, str] = field(default_factory=dict)
    """UUIDs of the calibrations that it was corrected with, by connection."""


def cards(remarks: Sequence[Remark]) -> Cards:
    """The remarks as header cards."""
    return {f"REMARK{number:02d}": str(remark) for number, remark in enumerate(remarks)}


def remarks_of(header: Mapping[str, Any]) -> list[Remark]:
    """What `cards` has said in a header."""
    said = [str(header[key]) for key in sorted(header) if re.fullmatch(r"REMARK\d\d", key)]
    return [Remark(name, text) for name, _, text in (each.partition(": ") for each in said)]


def fewest_to_clip(sigma: float) -> int:
    """Fewest frames of which MEANCLIP can reject one that is as wild as can be.

    Its first pass keeps what is within sigma x 0.741 x IQR of the median. The upper quartile of n values stands at
    place 3 (n - 1) / 4, so that the wildest has the weight 1 - (n - 1) / 4 in it, if that is positive; it is rejected
    if sigma x 0.741 x that weight is below 1. At 3 sigma it takes 4 frames. (Without such a first pass it would take
    11: among n values none deviates by more than sqrt(n - 1) standard deviations from their mean.)
    """
    n = 2
    while sigma * 0.741 * (1 - (n - 1) / 4) >= 1:
        n += 1
    return n


def of_number(frames: int, sigma: float) -> list[Remark]:
    """Whether so many frames can be clipped at `sigma`."""
    if frames >= (fewest := fewest_to_clip(sigma)):
        return []
    text = f"{frames} of at least {fewest} frames: a clip at {sigma:g} sigma can reject nothing, however wild it is"
    return [Remark("too-few-frames", text)]


def of_number_for_rays(frames: int) -> list[Remark]:
    """Whether cosmic rays can be told in so many frames."""
    if frames >= FEWEST_FRAMES:
        return []
    text = f"{frames} of at least {FEWEST_FRAMES} frames: no cosmic ray can be told, all are in the product"
    return [Remark("too-few-for-rays", text)]


def of_inputs(calibration_type: str, inputs: Sequence[Input]) -> list[Remark]:
    """Whether these frames belong into one bias, dark or flat; raises UnsuitableError for a flat of several filters."""
    if calibration_type == "flat":
        _refuse_several_filters(inputs)
    found = _of_types(calibration_type, inputs) + _of_times(calibration_type, inputs) + _of_configuration(inputs)
    return found + (_of_temperatures(inputs) if calibration_type == "dark" else [])


def of_saturation(shares: Mapping[Any, float], *, limit: float = MAX_SATURATED, then: str) -> list[Remark]:
    """Whether flats, by what names them, have more saturated pixels than `limit`; `then` is what becomes of them."""
    over = {name: share for name, share in shares.items() if not share <= limit}
    if not over:
        return []
    said = _listed(f"{name} ({share:.1%})" for name, share in over.items())
    return [Remark("saturated-flats", f"more than {limit:.1%} of the pixels are saturated in {said}: {then}")]


def of_constants(exposures: Sequence[int], constant: Sequence[bool]) -> list[Remark]:
    """Whether every frame measures something: noise is never the same in all pixels."""
    empty = [exposure for exposure, one_value in zip(exposures, constant, strict=True) if one_value]
    return [Remark("constant-frames", f"one value all over in exposures {_listed(empty)}")] if empty else []


def of_product(share_without_data: float) -> list[Remark]:
    """Whether most of a product has a measurement."""
    if share_without_data <= MAX_WITHOUT_DATA:
        return []
    return [Remark("without-data", f"{share_without_data:.1%} of the pixels have no usable value in any frame")]


def of_detectors(of_camera: Iterable[int], found: Iterable[int]) -> list[Remark]:
    """Whether every detector of the camera is there to be normalised with the others."""
    missing = sorted(set(of_camera) - set(found))
    if not missing:
        return []
    text = f"no flat of detectors {_listed(missing)}: what is made for them later has another normalisation"
    return [Remark("missing-detectors", text)]


def of_levels(left_out: Sequence[tuple[int, int, float]]) -> list[Remark]:
    """Which levels (detector, exposure, level) of flats were not used."""
    if not left_out:
        return []
    said = _listed(f"detector {d} in exposure {e} ({level:.6g})" for d, e, level in left_out)
    return [Remark("left-out-levels", f"does not fit the others, or is none: {said}")]


def _refuse_several_filters(inputs: Sequence[Input]) -> None:
    by_filter = _grouped((i.physical_filter, i.exposure) for i in inputs)
    if len(by_filter) > 1:
        raise UnsuitableError(f"one flat of several filters: {_groups(by_filter)}. Select one of them")


def _of_types(calibration_type: str, inputs: Sequence[Input]) -> list[Remark]:
    others = _grouped((i.observation_type, i.exposure) for i in inputs if i.observation_type != calibration_type)
    return [Remark("other-type", f"in a {calibration_type}: {_groups(others)}")] if others else []


def _of_times(calibration_type: str, inputs: Sequence[Input]) -> list[Remark]:
    if calibration_type == "bias":
        exposed = _grouped((f"{i.exposure_time:g} s", i.exposure) for i in inputs if i.exposure_time > 0)
        return [Remark("exposed-bias", _groups(exposed))] if exposed else []
    times = _grouped(
        (f"{i.dark_time if calibration_type == 'dark' else i.exposure_time:g} s", i.exposure) for i in inputs
    )
    return [Remark("mixed-exposure-times", _groups(times))] if len(times) > 1 else []


def _of_configuration(inputs: Sequence[Input]) -> list[Remark]:
    found = []
    units = _grouped((i.unit, i.exposure) for i in inputs)
    if len(units) > 1:
        raise UnsuitableError(f"frames in different units: {_groups(units)}. Correct all with one configuration")
    for connection in sorted({name for i in inputs for name in i.calibrations}):
        used = _grouped((i.calibrations.get(connection, "none"), i.exposure) for i in inputs)
        if len(used) > 1:
            found.append(Remark("mixed-configuration", f"corrected with several of {connection}: {_groups(used)}"))
    return found


def _of_temperatures(inputs: Sequence[Input]) -> list[Remark]:
    known = [i for i in inputs if i.temperature is not None]
    degrees = [i.temperature for i in known if i.temperature is not None]
    if not degrees or max(degrees) - min(degrees) <= MAX_TEMPERATURE_RANGE_C:
        return []
    return [Remark("mixed-temperatures", _groups(_grouped((f"{i.temperature:g} C", i.exposure) for i in known)))]


def _grouped(pairs: Iterable[tuple[str, int]]) -> dict[str, list[int]]:
    groups: dict[str, list[int]] = {}
    for name, exposure in pairs:
        groups.setdefault(name, []).append(exposure)
    return dict(sorted(groups.items()))


def _groups(groups: Mapping[str, Sequence[int]]) -> str:
    return "; ".join(f"{name}: exposures {_listed(sorted(exposures))}" for name, exposures in groups.items())


def _listed(things: Iterable[object]) -> str:
    texts = [str(each) for each in things]
    more = [f"{len(texts) - _SHOWN} more"] if len(texts) > _SHOWN else []
    return ", ".join([*texts[:_SHOWN], *more])
