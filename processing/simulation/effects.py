"""What the simulator simulates: every effect by its name, with how strong it is, and presets of many.

Each effect draws from random streams of its own: switching one on or off moves no other, and a frame in which it is
not seen stays the same to the bit; where charge differs, the photon noise is drawn anew. What a sensor has depends on
(seed, detector), what a frame has on (seed, exposure, detector).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from processing.errors import ProcessingError


class EffectError(ProcessingError):
    """An effect or a preset that the simulator does not know."""


class Effects(BaseModel):
    """The effects in the order in which they act. Those that default to true make what a plain frame shows."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    vignetting: bool = Field(default=True, description="less light far from the centre of the focal plane")
    pixel_response: bool = Field(default=True, description="pixels differ by 1 %")
    dust_spots: int = Field(default=0, ge=0, description="round shadows per detector, up to 4 % deep")
    cold_pixels: float = Field(default=0.0, ge=0, le=0.1, description="share of pixels; see 10 to 70 % of the light")
    dark_current: bool = Field(default=True, description="0.2 e-/s, and one pixel in a thousand hot")
    hot_pixels: float = Field(default=0.0, ge=0, le=0.1, description="share of pixels; 20 to 100 e-/s")
    bad_columns: int = Field(default=0, ge=0, description="columns of amplifiers, per detector, that give no charge")
    photon_noise: bool = Field(default=True, description="charge is a Poisson number")
    cosmic_rays: float = Field(default=0.0, ge=0, description="tracks per second and million pixels; real: 0.02")
    brighter_fatter: float = Field(default=0.0, ge=0, le=1e-5, description="-a00, per electron; real: 3e-6")
    full_well_e: float | None = Field(default=None, gt=0, description="charge beyond it bleeds along the column")
    parallel_cti: float = Field(default=0.0, ge=0, le=1e-3, description="share left behind per row; limit: 3e-6")
    serial_cti: float = Field(default=0.0, ge=0, le=1e-3, description="share left behind per column; limit: 5e-6")
    parallel_traps_e: float = Field(default=0.0, ge=0, le=100, description="electrons that the traps of a pixel hold")
    serial_traps_e: float = Field(default=0.0, ge=0, le=100, description="the same, in a pixel of the serial register")
    gain_spread: bool = Field(default=True, description="gain and noise of amplifiers differ by 1 %")
    nonlinearity: float = Field(default=0.0, ge=0, le=0.02, description="largest deviation, relative")
    crosstalk: float = Field(default=0.0, ge=0, le=0.01, description="of neighbouring amplifiers; real: 1e-3")
    bias_structure: bool = Field(default=True, description="columns differ by 2 ADU, amplifiers glow by 5 ADU")
    read_noise: bool = Field(default=True, description="noise of one read")


PRESETS: Mapping[str, Mapping[str, Any]] = {
    "plain": {},
    "realistic": {
        "dust_spots": 3,
        "cold_pixels": 0.001,
        "hot_pixels": 0.001,
        "bad_columns": 1,
        "cosmic_rays": 0.02,
        "brighter_fatter": 3e-6,
        "full_well_e": 140_000.0,
        "parallel_cti": 1e-6,
        "serial_cti": 2e-6,
        "parallel_traps_e": 0.002,
        "serial_traps_e": 0.01,
        "nonlinearity": 0.005,
        "crosstalk": 3e-4,
    },
    "all": {
        "dust_spots": 3,
        "cold_pixels": 0.001,
        "hot_pixels": 0.001,
        "bad_columns": 1,
        "cosmic_rays": 1.0,
        "brighter_fatter": 3e-6,
        "full_well_e": 140_000.0,
        "parallel_cti": 1e-5,
        "serial_cti": 2e-5,
        "parallel_traps_e": 0.1,
        "serial_traps_e": 0.2,
        "nonlinearity": 0.01,
        "crosstalk": 1e-3,
    },
}
"""`realistic` has the strengths of real sensors; in `all`, each can be seen on sensors of few pixels too."""


def parse(given: Sequence[str], preset: str = "plain") -> Effects:
    """The effects of a preset, each `NAME=VALUE` put in its place; raises EffectError for what is not known."""
    if preset not in PRESETS:
        raise EffectError(f"preset {preset!r} is not known: expected one of {', '.join(PRESETS)}")
    stated = dict(each.partition("=")[::2] for each in given)
    try:
        return Effects.model_validate({**PRESETS[preset], **stated})
    except ValidationError as wrong:
        lines = [f"effect {'.'.join(map(str, e['loc']))}: {e['msg']}" for e in wrong.errors()]
        raise EffectError("\n".join([*lines, f"known are {describe()}"])) from None


def describe() -> str:
    """All effects, with what their values mean."""
    return ", ".join(f"{name} ({field.description})" for name, field in Effects.model_fields.items())
