"""Compiled kernels of charge transfer: packets that pass traps one after the other, pixel by pixel.

The traps that the packets of a line meet are one reservoir (`held`): what it releases between two packets joins the
later one, then it takes from that packet what its room allows. Every step gives what it takes, so charge is conserved
to rounding. NaN stays in its pixel and changes no other.

Not an interface: `processing.effects.charge_transfer` checks the arguments and calls these.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

Pixels = NDArray[np.floating]
Law = tuple[float, float, float, NDArray[np.float64]]
"""CTI, what stays in a trap over one transfer, full well, and the traps' room per transfer by `fill_table`."""
State = tuple[float, float, float]
"""A packet, the charge that traps hold after it, and what the next packet finds left behind."""

_STEPS = 1024
_NEWTON_STEPS = 20
_CLOSE = 2e-4
"""A Newton step of this part of the charge is the last: the next would be below the rounding of float32."""

_compiled = njit(cache=True, nogil=True, error_model="numpy")


def fill_table(trap_size_e: float, fill_power: float) -> NDArray[np.float64]:
    """The traps' room beside packets of (i / 1024)² of full well: a look takes a tenth of the time of a power."""
    return np.asarray(trap_size_e * np.linspace(0, 1, _STEPS + 1) ** (2 * fill_power), np.float64)


@_compiled
def _room(charge: float, transfers: float, law: Law) -> tuple[float, float]:
    """Electrons that the traps met in so many transfers can hold beside a packet, and the slope with its charge."""
    table = law[3]
    if charge >= law[2]:
        return transfers * table[_STEPS], 0.0
    place = np.sqrt(charge / law[2]) * _STEPS
    below = int(place)
    rise = transfers * (table[below + 1] - table[below])
    return transfers * table[below] + rise * (place - below), 0.5 * rise * place / charge


@_compiled
def _trap(charge: float, held: float, transfers: float, law: Law) -> tuple[float, float]:
    """A packet and the traps' charge after they have met."""
    kept = held * law[1]
    charge += held - kept
    if not charge > 0:
        return charge, kept
    caught = min(max(_room(charge, transfers, law)[0] - kept, 0.0), charge)
    return charge - caught, kept + caught


@_compiled
def _untrap(seen: float, held: float, transfers: float, law: Law) -> tuple[float, float]:
    """The packet that `_trap` has made `seen` of, and the traps' charge after it."""
    kept = held * law[1]
    released = held - kept
    if not seen > 0:
        return seen - released, kept
    room, slope = _room(seen, transfers, law)
    if room <= kept:
        return seen - released, kept
    charge = seen
    for _ in range(_NEWTON_STEPS):
        step = (seen + room - kept - charge) / max(1.0 - slope, 0.5)
        charge = max(charge + step, seen)
        if abs(step) < _CLOSE * charge:
            break
        room, slope = _room(charge, transfers, law)
    return charge - released, kept + charge - seen


@_compiled
def _forward(packet: float, held: float, left: float, transfers: float, law: Law) -> State:
    """What is read of a packet."""
    charge = packet
    if law[3][_STEPS] > 0:
        charge, held = _trap(charge, held, transfers, law)
    lost = charge * law[0] * transfers
    return charge - lost + left, held, lost if abs(lost) < np.inf else 0.0


@_compiled
def _backward(seen: float, held: float, left: float, transfers: float, law: Law) -> State:
    """The packet that `_forward` has made `seen` of."""
    charge = (seen - left) / (1.0 - law[0] * transfers)
    lost = charge * law[0] * transfers
    if law[3][_STEPS] > 0:
        charge, held = _untrap(charge, held, transfers, law)
    return charge, held, lost if abs(lost) < np.inf else 0.0


@_compiled
def move_along_rows(image: Pixels, register: tuple[int, int], law: Law, inverse: bool) -> None:
    """Shift each row of an image to its left end, in place, or undo that.

    Pixel 0 makes register[0] transfers, the next one more, none more than register[1].
    """
    for row in range(image.shape[0]):
        held, left = 0.0, 0.0
        for column in range(image.shape[1]):
            transfers = np.float64(min(register[0] + column, register[1]))
            packet = np.float64(image[row, column])
            if inverse:
                packet, held, left = _backward(packet, held, left, transfers, law)
            else:
                packet, held, left = _forward(packet, held, left, transfers, law)
            image[row, column] = packet


@_compiled
def move_along_columns(image: Pixels, register: tuple[int, int], law: Law, inverse: bool) -> None:
    """Shift each column of an image to its lower end, in place, or undo that; `register` as for rows."""
    held, left = np.zeros(image.shape[1]), np.zeros(image.shape[1])
    for row in range(image.shape[0]):
        transfers = np.float64(min(register[0] + row, register[1]))
        for column in range(image.shape[1]):
            packet = np.float64(image[row, column])
            if inverse:
                packet, held[column], left[column] = _backward(packet, held[column], left[column], transfers, law)
            else:
                packet, held[column], left[column] = _forward(packet, held[column], left[column], transfers, law)
            image[row, column] = packet


@_compiled
def drift(image: Pixels, scale: float, stays: float, inverse: bool) -> None:
    """Add the output amplifier's memory of earlier pixels of the row, in place, or subtract it."""
    for row in range(image.shape[0]):
        offset = 0.0
        for column in range(image.shape[1]):
            read = np.float64(image[row, column])
            rising = scale * (read / (1.0 + scale) if inverse else read)
            offset *= stays
            if rising > offset:
                offset = rising
            image[row, column] = read - offset if inverse else read + offset
