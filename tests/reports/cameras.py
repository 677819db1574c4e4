"""Focal planes: one raft of nine detectors, and one as large as LSSTCam with its guiders and wavefront sensors."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.render.report import Box, Detector

AMPLIFIERS = tuple(f"C{row}{column}" for row in (1, 0) for column in range(8))
"""Sixteen, in two rows."""
SIDE_MM, PITCH_MM, RAFT_MM = 40.7, 42.25, 127.0


def boxes() -> dict[str, Box]:
    """Two rows of eight: C1x above, C0x below."""
    return {name: Box(int(name[2]) / 8, int(name[1]) / 2, 1 / 8, 1 / 2) for name in AMPLIFIERS}


def raft(name: str, first: int, x: float, y: float) -> Iterator[Detector]:
    """Nine detectors in three rows, from the lower left."""
    for at in range(9):
        row, column = divmod(at, 3)
        box = Box(x + column * PITCH_MM, y + row * PITCH_MM, SIDE_MM, SIDE_MM)
        yield Detector(first + at, f"{name}_S{row}{column}", box, boxes())


def one_raft() -> tuple[Detector, ...]:
    return tuple(raft("R22", 0, 0.0, 0.0))


def large_camera() -> tuple[Detector, ...]:
    """21 rafts, and four in each corner: 205 detectors."""
    rafts = [(i, j) for i in range(5) for j in range(5) if (i, j) not in ((0, 0), (0, 4), (4, 0), (4, 4))]
    found = [d for n, (i, j) in enumerate(rafts) for d in raft(f"R{i}{j}", 9 * n, j * RAFT_MM, i * RAFT_MM)]
    for corner, (i, j) in enumerate([(0, 0), (0, 4), (4, 0), (4, 4)]):
        for at in range(4):
            x, y = j * RAFT_MM + (at % 2) * PITCH_MM, i * RAFT_MM + (at // 2) * PITCH_MM
            x, y = x + (PITCH_MM if j == 0 else 0), y + (PITCH_MM if i == 0 else 0)
            name = f"R{i}{j}_{('SG0', 'SG1', 'SW0', 'SW1')[at]}"
            found.append(Detector(189 + 4 * corner + at, name, Box(x, y, SIDE_MM, SIDE_MM), boxes()))
    return tuple(found)
