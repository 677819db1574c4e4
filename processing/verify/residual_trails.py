"""What charge transfer leaves in the overscans beyond what its calibration takes back.

A trail is what is read after the last lit pixel (`processing.effects.overscan_trails`). The calibration says how long
a trail it undoes; the deferred charge of what is left, over the last pixel's and the transfers, is the CTI that stays.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from processing.effects.charge_transfer import Transfer
from processing.effects.eper import EPER_LAGS, Trails, eper, model


@dataclass(frozen=True)
class Residual:
    """CTI that is left in one direction, and its error."""

    cti: float
    error: float


UNKNOWN = Residual(np.nan, np.nan)


def residual(trails: Trails, corrected: Transfer) -> Residual:
    """What is left of the trails of one exposure after the correction for `corrected`."""
    left = Trails(
        last_e=trails.last_e,
        trail_e=trails.trail_e - model(corrected, trails),
        error_e=trails.error_e,
        transfers=trails.transfers,
        base_lags=trails.base_lags,
    )
    deferred = float(np.sqrt(np.sum(trails.error_e[0, :EPER_LAGS] ** 2)))
    return Residual(float(eper(left)[0]), deferred / (float(trails.last_e[0]) * trails.transfers))
