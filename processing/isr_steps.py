"""The steps of signature removal, on arrays that are ours to change. `processing.isr` has their order and their law.

Not an interface: the arithmetic of each effect is in `processing.effects`; here it meets amplifiers, masks and units.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from processing.amplifiers import windows
from processing.assemble import GeometryError, Readout, place, readouts
from processing.camera import Detector, Segment
from processing.defect_boxes import Defects
from processing.effects import brighter_fatter, charge_transfer, crosstalk, linearizer
from processing.effects.brighter_fatter import BrighterFatterKernel
from processing.effects.charge_transfer import ChargeTransfer
from processing.effects.crosstalk import Crosstalk
from processing.effects.linearizer import Linearizer
from processing.effects.photon_transfer import Electronics
from processing.errors import ProcessingError
from processing.frame import Frame, Image, Mask, bit
from processing.overscan import level, undisturbed
from processing.provenance import UNITS, Cards

ITERATIONS, CONVERGED = "LSST ISR BF ITERATIONS", "LSST ISR BF CONVERGED"
"""Keywords of a corrected frame: how the iteration of the brighter-fatter correction went."""


class UnitError(ProcessingError):
    """A calibration that was made in other units than those of the image at its step."""


@dataclass(frozen=True, eq=False)
class Part:
    """One amplifier's part of the image: views in readout order; gain in e-/ADU, turn-off in ADU."""

    name: str
    gain: np.float32
    turn_off: float
    image: Image
    variance: Image
    mask: Mask

    def suspect(self, where: NDArray[np.bool_] | slice = slice(None)) -> None:
        """Mark pixels, or all."""
        self.mask[where] |= np.int16(bit("SUSPECT"))


@dataclass(frozen=True, eq=False)
class Work:
    """The assembled image that is being corrected, its variance and mask; steps change these arrays in place."""

    detector: Detector
    segment: Segment
    electronics: Electronics
    overscan_noise: NDArray[np.float64]
    """Of each amplifier in the camera's order, ADU; NaN without an overscan, or of a readout that is dead."""
    image: Image
    variance: Image
    mask: Mask

    @property
    def names(self) -> list[str]:
        """The amplifiers, in the camera's order."""
        return [amplifier.name for amplifier in self.detector.amplifiers]

    @property
    def parts(self) -> list[Part]:
        """The amplifiers' parts, in the camera's order."""
        known = zip(self.detector.amplifiers, self.electronics.gain, self.electronics.turn_off, strict=True)
        arrays = self.image, self.variance, self.mask
        return [
            Part(a.name, np.float32(gain), float(turn_off), *(place(array, a, self.segment) for array in arrays))
            for a, gain, turn_off in known
        ]


def read_out(raw: NDArray[Any], detector: Detector, segment: Segment, known: Electronics) -> Work:
    """The image above the overscan levels, the variance of the readout, and what saturated or was not measured."""
    image = np.empty(detector.shape(segment), np.float32)
    noise_adu2 = (known.read_noise / known.gain) ** 2
    found = np.full(len(noise_adu2), np.nan)
    work = Work(detector, segment, known, found, image, np.empty_like(image), np.zeros(image.shape, np.int16))
    of_parts = zip(work.parts, noise_adu2, readouts(raw, detector, segment), strict=True)
    for i, (part, noise, readout) in enumerate(of_parts):
        base = level(undisturbed(readout.overscan))
        found[i] = np.nan if (dead := _is_dead(readout)) else base.noise_adu
        np.subtract(readout.data, np.float32(base.mean_adu), out=part.image)
        part.variance[:] = noise + base.variance_adu2
        part.mask[readout.data >= readout.amplifier.saturation_adu] |= bit("SAT")
        if dead:
            part.mask[:] |= np.int16(bit("NO_DATA"))
        if part.name in known.doubtful:
            part.suspect()
    return work


def remove_ghosts(work: Work, calib: Crosstalk | None) -> None:
    """Subtract crosstalk; where a ghost is not known it matters if it is above the noise."""
    if calib is None:
        return
    parts = work.parts
    found = crosstalk.subtract(
        np.stack([part.image for part in parts]),
        np.stack([part.variance for part in parts]),
        np.stack([part.mask & bit("SAT") != 0 for part in parts]),
        calib.matrix(work.names),
    )
    for part, signal, variance, doubtful in zip(parts, found.signal, found.variance, found.doubtful, strict=True):
        part.image[:], part.variance[:] = signal, variance
        part.suspect(doubtful)


def linearize(work: Work, calib: Linearizer | None) -> None:
    """Apply each amplifier's curve."""
    if calib is None:
        return
    for part, curve in zip(work.parts, linearizer.corrections(calib, work.names), strict=True):
        found = linearizer.linearize(part.image, part.variance, curve)
        part.image[:], part.variance[:] = found.signal, found.variance
        part.suspect(found.doubtful)


def subtract(work: Work, calib: Frame | None, name: str, *, factor: float) -> None:
    """Subtract a calibration times a factor."""
    if calib is None:
        return
    _refuse_other_size(work, calib, name)
    if "electron" in calib.unit:
        raise UnitError(f"the {name} is in {calib.unit}; it is subtracted before gains are applied: make it in adu")
    work.image[:] -= calib.image * np.float32(factor)
    work.variance[:] += calib.variance * np.float32(factor**2)
    work.mask[:] |= calib.mask


def judge_signal(work: Work, *, shot_noise: bool) -> None:
    """Add the Poisson variance of the charge, signal over gain; mark signals beyond the amplifier's turn-off.

    Noise below zero carries no variance of its own.
    """
    for part in work.parts:
        if shot_noise:
            part.variance[:] += np.maximum(part.image, 0) / part.gain
        if np.isfinite(part.turn_off):
            part.suspect(part.image > part.turn_off)


def move_back_trails(work: Work, calib: ChargeTransfer | None) -> None:
    """Undo what charge transfer has left behind; amplifiers that have no model are SUSPECT.

    What is not finite counts as no charge.
    """
    if calib is None:
        return
    for part, row in zip(work.parts, calib.rows_of(work.names), strict=True):
        electrons = np.nan_to_num(part.image * part.gain, posinf=0, neginf=0)
        corrected = charge_transfer.correct(electrons, calib.amplifier(part.name), work.segment)
        part.image[:] += (corrected - electrons) / part.gain
        if calib.flag[row]:
            part.suspect()


def mark_defects(work: Work, defects: Defects | None) -> None:
    """Mark defects as BAD."""
    if defects is None:
        return
    if defects.shape != work.mask.shape:
        raise GeometryError(
            f"the defects are of an image of {defects.shape} (rows, columns), this one has {work.mask.shape}"
        )
    work.mask[defects.bad] |= bit("BAD")


def move_back_neighbours(work: Work, kernel: BrighterFatterKernel | None) -> Cards:
    """Undo the brighter-fatter effect; the cards say whether the iteration has converged."""
    if kernel is None:
        return {}
    gains = np.empty_like(work.image)
    for amplifier, gain in zip(work.detector.amplifiers, work.electronics.gain, strict=True):
        place(gains, amplifier, work.segment)[:] = gain
    electrons = work.image * gains
    regions = brighter_fatter.by_region(kernel, windows(work.detector, work.image.shape))
    found = brighter_fatter.correct(electrons, regions)
    with np.errstate(invalid="ignore"):  # of what is infinite
        work.image[:] += (found.image - electrons) / gains
    work.mask[found.doubtful] |= bit("SUSPECT")
    return {ITERATIONS: found.iterations, CONVERGED: found.converged}


def apply_gains(work: Work) -> None:
    """Turn ADU into electrons."""
    for part in work.parts:
        part.image[:] *= part.gain
        part.variance[:] *= part.gain**2


def divide(work: Work, flat: Frame | None, unit: str) -> None:
    """Divide by the flat; a response that is not above zero leaves nothing that is known.

    A flat of frames in ADU holds the gains of the amplifiers: it divides images in ADU, and no others.
    """
    if flat is None:
        return
    _refuse_other_size(work, flat, "flat")
    if (made_of := flat.header.get(UNITS, "adu")) != unit:
        raise UnitError(
            f"the flat was made of frames in {made_of}, this image is in {unit}: the gains of the amplifiers would "
            "count twice or not at all; make flats and images with the same doApplyGains"
        )
    response = np.where((flat.image > 0) & np.isfinite(flat.image), flat.image, np.float32(np.nan))
    work.image[:] /= response
    work.variance[:] = (work.variance + work.image**2 * flat.variance) / response**2
    work.mask[:] |= flat.mask


def mark_unmeasured(work: Work) -> None:
    """Whatever is not a number, or has no error, is NO_DATA."""
    work.mask[~(np.isfinite(work.image) & np.isfinite(work.variance))] |= bit("NO_DATA")


def _is_dead(readout: Readout) -> bool:
    """Whether all pixels have one value, scans included: a readout that works has noise."""
    return not np.any(readout.window != readout.window.flat[0])


def _refuse_other_size(work: Work, calib: Frame, name: str) -> None:
    if calib.image.shape != work.image.shape:
        raise GeometryError(f"the {name} has {calib.image.shape} (rows, columns), the image {work.image.shape}")
