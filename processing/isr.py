"""Instrument signature removal: a raw in, an assembled image with variance and mask out.

In order, each step if its calibration is given:

    saturation          pixels at the end of the converter are marked; so are those that were not measured
    overscan            each amplifier's level is subtracted, its scans are trimmed, the amplifiers are assembled
    crosstalk           ghosts of the other amplifiers' signals above their overscan levels
    linearizer          each amplifier's curve
    pedestal, bias      what the camera itself adds; the structure that is read without light
    photon noise        enters the variance, here where the image is charge and nothing else
    charge transfer     charge left behind goes back to its pixel (in electrons)
    defects             are marked
    dark                per second of dark time
    brighter-fatter     charge pushed aside goes back to its pixel (in electrons)
    gain                ADU become electrons, if wanted
    flat                divides

Gains are those of photon transfer curves, else the camera's. Images are in ADU up to `gain`. Variances of what is
subtracted are added; what multiplies acts on them by its square; moving charge back restores its Poisson noise and
leaves them. Masks are joined; what a calibration cannot vouch for becomes SUSPECT, what is not a number NO_DATA.
Nothing that goes in is changed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypedDict, Unpack

import numpy as np
from numpy.typing import NDArray

from processing import isr_steps as steps
from processing.camera import Detector, Segment
from processing.defect_boxes import Defects
from processing.effects.brighter_fatter import BrighterFatterKernel
from processing.effects.charge_transfer import ChargeTransfer
from processing.effects.crosstalk import Crosstalk
from processing.effects.linearizer import Linearizer
from processing.effects.photon_transfer import PhotonTransfer, electronics
from processing.frame import Frame, Image, Mask
from processing.isr_steps import CONVERGED, Work
from processing.provenance import A00, GAIN, OVERSCAN_NOISE, READ_NOISE, Cards, electronics_cards

__all__ = ["CONVERGED", "Calibrations", "Corrected", "assemble", "remove_signature"]


class Calibrations(TypedDict, total=False):
    """What there is to correct a raw with; a step whose calibration is absent or None is left out."""

    photon_transfer: PhotonTransfer | None
    crosstalk: Crosstalk | None
    linearizer: Linearizer | None
    bias: Frame | None
    """ADU."""
    charge_transfer: ChargeTransfer | None
    defects: Defects | None
    dark: Frame | None
    """ADU per second."""
    kernel: BrighterFatterKernel | None
    flat: Frame | None
    """Relative response."""


@dataclass(frozen=True, eq=False)
class Corrected:
    """Image in `unit`, variance in its square, mask by the planes of `processing.frame`; cards of how it went."""

    image: Image
    variance: Image
    mask: Mask
    unit: str = "adu"
    cards: Cards = field(default_factory=dict)


def remove_signature(
    raw: NDArray[Any],
    detector: Detector,
    segment: Segment,
    *,
    dark_time: float = 0.0,
    pedestal_adu: float = 0.0,
    shot_noise: bool = True,
    apply_gains: bool = False,
    **given: Unpack[Calibrations],
) -> Corrected:
    """Correct one raw image; without `shot_noise` the variance is the read noise alone.

    Raises GeometryError or TableError for a calibration that does not belong to the detector, UnitError for one that
    was made in other units.
    """
    work = steps.read_out(raw, detector, segment, electronics(detector, given.get("photon_transfer")))
    steps.remove_ghosts(work, given.get("crosstalk"))
    steps.linearize(work, given.get("linearizer"))
    work.image[:] -= np.float32(pedestal_adu)
    steps.subtract(work, given.get("bias"), "bias", factor=1.0)
    steps.judge_signal(work, shot_noise=shot_noise)
    steps.move_back_trails(work, given.get("charge_transfer"))
    steps.mark_defects(work, given.get("defects"))
    steps.subtract(work, given.get("dark"), "dark", factor=dark_time)
    cards = _counted_with(work, given.get("photon_transfer"))
    cards |= steps.move_back_neighbours(work, given.get("kernel"))
    unit = "electron" if apply_gains else "adu"
    if apply_gains:
        steps.apply_gains(work)
    steps.divide(work, given.get("flat"), unit)
    steps.mark_unmeasured(work)
    return _corrected(work, unit, cards)


def assemble(raw: NDArray[Any], detector: Detector, segment: Segment) -> Corrected:
    """Subtract overscan, trim and put the amplifiers together; the variance is that of the readout."""
    return _corrected(steps.read_out(raw, detector, segment, electronics(detector, None)), "adu", {})


def _counted_with(work: Work, measured: PhotonTransfer | None) -> Cards:
    """What is said of the amplifiers' electronics, by whoever measured it, and what the frame says itself."""
    said = {
        GAIN: work.electronics.gain,
        READ_NOISE: work.electronics.read_noise,
        OVERSCAN_NOISE: work.overscan_noise,
    }
    if measured is not None:
        said[A00] = measured.a00[measured.rows_of(work.names)]
    cards: Cards = {}
    for key, values in said.items():
        cards |= electronics_cards(key, work.names, values)
    return cards


def _corrected(work: Work, unit: str, cards: Cards) -> Corrected:
    return Corrected(work.image, work.variance, work.mask, unit, cards)
