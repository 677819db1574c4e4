"""Charge transfer: packets lose charge to every pixel that they pass, and later packets find it.

Every pixel of a register is simulated by itself, packet after packet. In each of them a packet

    1. takes what the packet before it has left behind there, and what the traps have released since;
    2. fills the traps, which hold up to  size * sqrt(charge / CLOUD_E)  beside a packet of this charge;
    3. moves on, but for a share `cti` of it.

Rows are shifted to the serial register first, then each row along it. Pixels read after the last packet with light
are the overscans: they hold nothing but what was left.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from processing.camera import Segment

Image = NDArray[np.float32]

CLOUD_E = 100_000.0
"""Charge of a packet that reaches all traps of a pixel."""

_compiled = njit(cache=True, nogil=True, error_model="numpy")


@dataclass(frozen=True)
class Register:
    """How one kind of transfer loses charge."""

    cti: float
    """Share of a packet that stays behind at each transfer."""
    trap_size_e: float
    """Electrons that the traps of one pixel hold beside a packet of CLOUD_E."""
    release_transfers: float
    """Time constant of their release, in transfers."""

    @property
    def on(self) -> bool:
        """Whether any charge is lost."""
        return self.cti > 0 or self.trap_size_e > 0


def read_out(charge: Image, segment: Segment, parallel: Register, serial: Register) -> Image:
    """What the output node sees of one amplifier's charge (electrons, readout order): a window with its scans."""
    window = np.zeros(segment.shape, np.float32)
    first, end = segment.prescan_columns, segment.prescan_columns + segment.columns
    window[: segment.rows, first:end] = charge
    if parallel.on and charge.any():
        window[:, first:end] = _shifted(np.ascontiguousarray(window[:, first:end]), segment.rows, parallel)
    if serial.on and charge.any():
        window = _shifted(np.ascontiguousarray(window.T), end, serial).T
    return window


def _shifted(packets: Image, pixels: int, register: Register) -> Image:
    """Packets (packet, line) read through a register of so many pixels; those beyond its end start empty."""
    stays = np.float32(np.exp(-1 / register.release_transfers))
    seen: Image = _shift(packets, pixels, np.float32(register.cti), np.float32(register.trap_size_e), stays)
    return seen


@_compiled
def _shift(packets: Image, pixels: int, cti: np.float32, size: np.float32, stays: np.float32) -> Image:
    """A pixel's packets come one after the other: packet by packet is the same as transfer by transfer.

    What is gained and lost is summed apart: added to a packet bit by bit, most of it would be lost in rounding.
    """
    seen = packets.copy()
    left = np.zeros((pixels, packets.shape[1]), np.float32)
    held = np.zeros((pixels, packets.shape[1]), np.float32)
    for packet in range(packets.shape[0]):
        gained = np.zeros(packets.shape[1], np.float32)
        for pixel in range(min(packet, pixels - 1), -1, -1):
            _pass(packets[packet], gained, left[pixel], held[pixel], cti, size, stays)
        seen[packet] += gained
    return seen


@_compiled
def _pass(
    charge: Image, gained: Image, left: Image, held: Image, cti: np.float32, size: np.float32, stays: np.float32
) -> None:
    """A packet of each line enters a pixel and leaves it again, all in place but `charge`, what it started with."""
    zero, one, scale = np.float32(0), np.float32(1), np.float32(1 / CLOUD_E)
    for line in range(charge.size):
        kept = held[line] * stays
        found = left[line] + (held[line] - kept)
        present = max(charge[line] + gained[line] + found, zero)
        caught = min(max(size * np.sqrt(min(present * scale, one)) - kept, zero), present)
        held[line] = kept + caught
        left[line] = (present - caught) * cti
        gained[line] += found - caught - left[line]
