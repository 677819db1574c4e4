"""Charge that is left behind when packets are shifted to the output: its calibration, the effect and the correction.

Per direction (serial along rows, parallel along columns) each transfer

* leaves the fraction `cti` of a packet to the next one, and
* meets `trap_size` electrons' worth of traps, of which a packet of n electrons reaches the part
  min(n / full_well, 1) ** fill_power (the well-fill law of Massey et al. 2010, eq. 2, with a notch depth of 0);
  traps in reach fill at once and give their charge back with an e-folding time of `emission_time` transfers.

As in CDM (Short et al. 2013) and in Massey's fastest mode, all traps on a packet's way are met in one go. The output
amplifier may add an offset that decays over the pixels after a bright one (Snyder et al. 2021): `drift_scale` and
`drift_time`. A packet depends on those read before it and on no other, so `correct` undoes `trail` pixel by pixel,
exactly, instead of by repeated modelling of the image. Noise is not charge that was shifted: corrected pixels carry
the noise that they were read with.

Images are of one amplifier in readout order: the first pixel read is [0, 0].
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from processing.assemble import GeometryError
from processing.camera import Segment
from processing.effects.charge_transfer_kernels import Law, drift, fill_table, move_along_columns, move_along_rows
from processing.errors import ProcessingError
from processing.table_file import AmplifierTable, Column, Numbers

Image = TypeVar("Image", NDArray[np.float32], NDArray[np.float64])

FULL_WELL_E = 100_000.0
"""Where traps count as all within reach, if a calibration does not say otherwise."""

LAW = ("cti", "trap_size_e", "emission_time", "fill_power")
"""What a calibration has for each direction."""


class ChargeTransferError(ProcessingError):
    """A charge transfer that cannot be, or cannot be measured."""


@dataclass(frozen=True)
class Transfer:
    """How packets fare in one direction; `trap_size_e` is per transfer, `emission_time` in transfers."""

    cti: float = 0.0
    trap_size_e: float = 0.0
    emission_time: float = 1.0
    fill_power: float = 0.5
    full_well_e: float = FULL_WELL_E

    def __post_init__(self) -> None:
        """Refuse what is no transfer."""
        if not 0 <= self.cti < 1 or not 0 <= self.trap_size_e < math.inf:
            raise ChargeTransferError(f"{self}: cti must be in [0, 1), trap_size_e at least 0")
        if not min(self.emission_time, self.fill_power, self.full_well_e) > 0:
            raise ChargeTransferError(f"{self}: emission_time, fill_power and full_well_e must be above 0")

    def held_e(self, charge_e: Numbers, transfers: int) -> Numbers:
        """What the traps hold after so many transfers of packets of this charge."""
        reach = np.clip(np.asarray(charge_e) / self.full_well_e, 0, 1)
        return np.asarray(transfers * self.trap_size_e * reach**self.fill_power, np.float64)

    @property
    def law(self) -> Law:
        """The same as the kernels take it."""
        stays = math.exp(-1 / self.emission_time)
        return self.cti, stays, self.full_well_e, fill_table(self.trap_size_e, self.fill_power)


@dataclass(frozen=True)
class AmplifierTransfer:
    """Both directions of one amplifier, and its output: an offset of `drift_scale` times the charge read."""

    serial: Transfer = Transfer()
    parallel: Transfer = Transfer()
    drift_scale: float = 0.0
    drift_time: float = 1.0


@dataclass(frozen=True, eq=False, kw_only=True)
class ChargeTransfer(AmplifierTable):
    """The charge transfer calibration of a detector: the model, and the EPER that it was fitted to.

    `flag` says why an amplifier has no measured model (its numbers are 0 then and change nothing); empty: it has.
    """

    serial_cti: Annotated[Numbers, Column("fraction of a packet left behind per serial transfer")]
    serial_trap_size_e: Annotated[
        Numbers, Column("charge that traps hold at full well, per serial transfer", "electron")
    ]
    serial_emission_time: Annotated[Numbers, Column("e-folding time of release, in serial transfers")]
    serial_fill_power: Annotated[Numbers, Column("power of the well-fill law, serial")]
    parallel_cti: Annotated[Numbers, Column("fraction of a packet left behind per parallel transfer")]
    parallel_trap_size_e: Annotated[
        Numbers, Column("charge that traps hold at full well, per parallel transfer", "electron")
    ]
    parallel_emission_time: Annotated[Numbers, Column("e-folding time of release, in parallel transfers")]
    parallel_fill_power: Annotated[Numbers, Column("power of the well-fill law, parallel")]
    full_well_e: Annotated[Numbers, Column("charge that reaches all traps", "electron")]
    drift_scale: Annotated[Numbers, Column("offset of the output amplifier per electron read")]
    drift_time: Annotated[Numbers, Column("e-folding time of that offset, in pixels read")]
    signal_e: Annotated[Numbers, Column("mean signal of each exposure, ascending", "electron", axes=2, unknown=True)]
    serial_eper: Annotated[Numbers, Column("serial EPER at each signal", axes=2, unknown=True)]
    parallel_eper: Annotated[Numbers, Column("parallel EPER at each signal", axes=2, unknown=True)]
    flag: Annotated[tuple[str, ...], Column("why there is no model of an amplifier", kind=str)]

    def amplifier(self, name: str) -> AmplifierTransfer:
        """The model of one amplifier."""
        (row,) = self.rows_of([name])
        return AmplifierTransfer(
            serial=self._direction("serial", row),
            parallel=self._direction("parallel", row),
            drift_scale=float(self.drift_scale[row]),
            drift_time=float(self.drift_time[row]),
        )

    def _direction(self, name: str, row: np.intp) -> Transfer:
        law = {each: float(getattr(self, f"{name}_{each}")[row]) for each in LAW}
        return Transfer(**law, full_well_e=float(self.full_well_e[row]))


def charge_transfer(
    amplifiers: Sequence[str],
    models: Sequence[AmplifierTransfer],
    *,
    measured: Sequence[tuple[Numbers, Numbers, Numbers]] = (),
    flags: Sequence[str] = (),
    header: dict[str, str | int | float | bool] | None = None,
) -> ChargeTransfer:
    """Make the calibration of models, one per amplifier; `measured` are signals, serial and parallel EPER of each."""
    unknown = (np.full(1, np.nan),) * 3
    signal, serial, parallel = zip(*(measured or [unknown] * len(models)), strict=True)
    columns: dict[str, Any] = {
        f"{direction}_{name}": [getattr(getattr(model, direction), name) for model in models]
        for direction in ("serial", "parallel")
        for name in LAW
    }
    return ChargeTransfer(
        amplifiers=tuple(amplifiers),
        **columns,
        full_well_e=np.array([model.serial.full_well_e for model in models]),
        drift_scale=np.array([model.drift_scale for model in models]),
        drift_time=np.array([model.drift_time for model in models]),
        signal_e=np.array(signal),
        serial_eper=np.array(serial),
        parallel_eper=np.array(parallel),
        flag=tuple(flags) or ("",) * len(models),
        header=header or {},
    )


def trail(image_e: Image, calib: AmplifierTransfer, segment: Segment) -> Image:
    """What is read of an image in electrons.

    `image_e` holds the data pixels of one amplifier in readout order and as much of its overscans, right and on top,
    as should be read: without light these hold 0 and get the trails. The prescan is not part of it.
    """
    read = _copy(image_e, segment)
    serial, parallel = _registers(segment)
    move_along_columns(read, parallel, calib.parallel.law, False)
    move_along_rows(read, serial, calib.serial.law, False)
    drift(read, calib.drift_scale, math.exp(-1 / calib.drift_time), False)
    return read


def correct(image_e: Image, calib: AmplifierTransfer, segment: Segment) -> Image:
    """The image in electrons that `trail` would have made `image_e` of; with or without overscans, as there."""
    found = _copy(image_e, segment)
    serial, parallel = _registers(segment)
    drift(found, calib.drift_scale, math.exp(-1 / calib.drift_time), True)
    move_along_rows(found, serial, calib.serial.law, True)
    move_along_columns(found, parallel, calib.parallel.law, True)
    return found


def _registers(segment: Segment) -> tuple[tuple[int, int], tuple[int, int]]:
    """Transfers of the first pixel and of the last, serial and parallel."""
    return (segment.prescan_columns + 1, segment.prescan_columns + segment.columns), (1, segment.rows)


def _copy(image_e: Image, segment: Segment) -> Image:
    rows, columns = segment.rows + segment.overscan_rows, segment.columns + segment.overscan_columns
    if image_e.ndim != 2 or image_e.shape[0] > rows or image_e.shape[1] > columns:
        raise GeometryError(
            f"the image has {image_e.shape} (rows, columns); an amplifier reads {segment.rows} by {segment.columns} "
            f"pixels, {rows} by {columns} with its overscans and without its prescan"
        )
    return np.array(image_e, order="C")
