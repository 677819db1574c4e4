"""What photon transfer curves say of each amplifier: gain, read noise, brighter-fatter strength, and turn-off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from processing.camera import Detector
from processing.table_file import AmplifierTable, Column, Numbers, TableError

MODELS = ("EXPAPPROXIMATION", "FULLCOVARIANCE", "FULLCOVARIANCE_NO_B", "POLYNOMIAL", "none")
"""How the curves were fitted, by the names of cp_pipe's `ptcFitType`; `none` where nothing was fitted."""


@dataclass(frozen=True, eq=False)
class PhotonTransfer(AmplifierTable):
    """Results per amplifier; NaN is not known. Signs and units as Astier et al. 2019: a00 < 0 (eq 16, eq 20)."""

    gain: Annotated[Numbers, Column("electrons per ADU", "electron / adu", unknown=True)]
    read_noise: Annotated[Numbers, Column("noise of one read", "electron", unknown=True)]
    a00: Annotated[Numbers, Column("change of a pixel's area by its own charge", "1 / electron", unknown=True)]
    turn_off: Annotated[
        Numbers, Column("signal above the overscan level beyond which the variance falls", "adu", unknown=True)
    ]
    model: str

    def __post_init__(self) -> None:
        """Refuse numbers that no amplifier has, and models that are not known."""
        super().__post_init__()
        for name, values in (("gain", self.gain), ("turn_off", self.turn_off)):
            if np.any(values <= 0):
                raise TableError(f"PhotonTransfer.{name}: expected more than 0, found {np.nanmin(values):g}")
        if np.any(self.read_noise < 0):
            raise TableError(f"PhotonTransfer.read_noise: expected 0 or more, found {np.nanmin(self.read_noise):g}")
        if self.model not in MODELS:
            raise TableError(f"PhotonTransfer.model: {self.model!r} is none of {', '.join(MODELS)}")


@dataclass(frozen=True, eq=False)
class Electronics:
    """Of each amplifier in the camera's order: gain in e-/ADU, read noise in e-, turn-off in ADU (inf: none known)."""

    gain: Numbers
    read_noise: Numbers
    turn_off: Numbers
    doubtful: tuple[str, ...]
    """Amplifiers that were measured, without success: they have their nominal gain."""


def electronics(detector: Detector, measured: PhotonTransfer | None) -> Electronics:
    """What was measured, and the camera's nominal numbers where nothing was."""
    names = [a.name for a in detector.amplifiers]
    gain = np.array([a.gain_e_per_adu for a in detector.amplifiers])
    noise = np.array([a.read_noise_e for a in detector.amplifiers])
    if measured is None:
        return Electronics(gain, noise, np.full(len(names), np.inf), ())
    rows = measured.rows_of(names)
    known = measured.gain[rows]
    return Electronics(
        gain=np.where(np.isnan(known), gain, known),
        read_noise=np.where(np.isnan(measured.read_noise[rows]), noise, measured.read_noise[rows]),
        turn_off=np.nan_to_num(measured.turn_off[rows], nan=np.inf),
        doubtful=tuple(name for name, value in zip(names, known, strict=True) if np.isnan(value)),
    )
