"""What the headers of our frames say about where they come from, with the keywords of the Rubin pipelines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np

Cards = dict[str, str | int | float | bool]

CREATED = "CALIB_CREATION_DATETIME"
"""Keyword of a calibration's date of creation, UTC."""

MEDIAN = "LSST ISR FINAL MEDIAN"
"""Keyword of a corrected frame: the median of its good pixels, by which a flat is normalised."""

UNITS = "LSST ISR UNITS"
"""Keyword of a product: the unit of the frames that it was made of; a flat has none of its own to tell by."""

TEMPERATURE = "CCDTEMP"
"""Keyword of a corrected frame: the sensor's temperature, degrees Celsius."""

GAIN, READ_NOISE = "LSST ISR GAIN", "LSST ISR READNOISE"
"""Beginnings of keywords of a corrected frame, an amplifier's name follows: the gain (e-/ADU) and the read noise (e-)
that counted."""

OVERSCAN_NOISE = "LSST ISR OVERSCAN RESIDUAL SERIAL STDEV"
"""... and the noise of the serial overscan about its level, ADU."""

A00 = "LSST ISR PTC A00"
"""... and the strength of the brighter-fatter effect by the photon transfer curve, per electron."""

_INPUT = re.compile(r"CPP_INPUT_\d+")


@dataclass(frozen=True)
class InputExposure:
    """An exposure that went into a product. `begin` is ISO 8601 in TAI, `scale` what it was divided by.

    Where each amplifier was divided by a level of its own, `amplifier_scales` has it by name, and no entry for
    an amplifier that was left out.
    """

    exposure: int
    begin: str
    exposure_time: float
    scale: float
    amplifier_scales: Mapping[str, float] = field(default_factory=dict)


def amplifier_cards(medians: Mapping[str, float]) -> Cards:
    """The medians of a corrected frame's amplifiers: `LSST ISR FINAL MEDIAN <AMPLIFIER>`."""
    return {f"{MEDIAN} {name}": median for name, median in medians.items()}


def electronics_cards(key: str, names: Sequence[str], values: Iterable[float]) -> Cards:
    """What counted for each amplifier, `<KEY> <AMPLIFIER>`; no card where it is not known: FITS has no word for it."""
    known = zip(names, map(float, values), strict=True)
    return {f"{key} {name}": value for name, value in known if np.isfinite(value)}


def amplifier_medians(header: Mapping[str, Any]) -> dict[str, float]:
    """What `amplifier_cards` has said, by amplifier."""
    start = f"{MEDIAN} "
    return {key.removeprefix(start): float(value) for key, value in header.items() if key.startswith(start)}


def calibration_cards(connection: str, run: str, uuid: str, calibration: Mapping[str, object]) -> Cards:
    """Which calibration was applied: `LSST CALIB RUN|UUID|DATE <CONNECTION>`."""
    name = connection.upper()
    return {
        f"LSST CALIB RUN {name}": run,
        f"LSST CALIB UUID {name}": uuid,
        f"LSST CALIB DATE {name}": str(calibration.get(CREATED, "unknown")),
    }


def applied_calibrations(header: Mapping[str, Any], dataset_types: Mapping[str, str]) -> dict[str, str]:
    """The UUIDs of what `calibration_cards` has named, by dataset type; these by the connections' names in capitals."""
    found = {kind: header.get(f"LSST CALIB UUID {name}") for name, kind in dataset_types.items()}
    return {kind: str(uuid) for kind, uuid in found.items() if uuid is not None}


def product_cards(calibration_type: str, inputs: Sequence[InputExposure]) -> Cards:
    """What a combined calibration is made of: type, creation (UTC), inputs with their scales."""
    cards: Cards = {
        "OBSTYPE": calibration_type,
        CREATED: _now(),
        "SOFTWARE": _software(),
        "TIMESYS": "TAI",
        "DATE-BEG": min(i.begin for i in inputs),
        "NCOMBINE": len(inputs),
    }
    for number, each in enumerate(inputs):
        cards[f"CPP_INPUT_{number}"] = each.exposure
        cards[f"CPP_INPUT_DATE_{number}"] = each.begin
        cards[f"CPP_INPUT_EXPT_{number}"] = each.exposure_time
        cards[f"CPP_INPUT_SCALE_{number}"] = each.scale
        cards |= {f"CPP_INPUT_SCALE_{number} {name}": scale for name, scale in each.amplifier_scales.items()}
    return cards


def derived_cards(calibration_type: str, headers: Sequence[Mapping[str, Any]]) -> Cards:
    """What a calibration is made of that was measured on others: their calibrations and all their exposures."""
    cards: Cards = {"OBSTYPE": calibration_type, CREATED: _now(), "SOFTWARE": _software()}
    for header in headers:
        cards |= {key: value for key, value in header.items() if key.startswith("LSST CALIB ")}
    exposures = {value for header in headers for key, value in header.items() if _INPUT.fullmatch(key)}
    return cards | {f"CPP_INPUT_{number}": exposure for number, exposure in enumerate(sorted(exposures))}


def shared_calibrations(headers: Sequence[Mapping[str, str | int | float | bool]]) -> Cards:
    """The calibrations that were applied to the inputs of a product; `several` where they differ."""
    shared: Cards = {}
    for key in sorted({k for header in headers for k in header if k.startswith("LSST CALIB ")}):
        values = {header.get(key, "none") for header in headers}
        shared[key] = values.pop() if len(values) == 1 else "several"
    return shared


def _software() -> str:
    """What has computed: this package and the arrays beneath it."""
    try:
        ours = version("reconcile-calibrations")
    except PackageNotFoundError:  # run from a directory of sources, as CP_PIPE_DIR allows
        ours = "not installed"
    return f"processing {ours}, numpy {np.__version__}"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
