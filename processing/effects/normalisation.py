"""Joint normalisation of flats: what belongs to a detector, and what to the light of an exposure.

The level of detector d in exposure e is taken for the product of a detector's factor (its sensitivity, its place in
the focal plane) and the flux of the exposure (lamp, exposure time):

    log level[d, e] = log factor[d] + log flux[e]

as in cp_pipe's CpFlatNormalizationTask and Pan-STARRS' pmFlatNormalize before it. It is solved here by weighted least
squares, the weight of a level being the pixels that it was measured on. Exposures divided by their flux combine to
flats that keep the response of detectors relative to each other; divided by its own level, each would lose it.

Gauge: only products are known, so the mean of the factors, weighted by pixels, is 1, as in cp_pipe. A flux is then
the mean level of the focal plane, and with one detector it is that detector's level.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from processing.errors import ProcessingError
from processing.table_file import Column, Table

Doubles = NDArray[np.float64]
Flags = NDArray[np.bool_]

MAX_POLISHES = 50


class NormalisationError(ProcessingError):
    """Levels that do not determine the factors of the detectors and the fluxes of the exposures."""


@dataclass(frozen=True)
class FlatLevel:
    """The level of one detector in one exposure: the median of `pixels` good ones; NaN where there is none."""

    detector: int
    exposure: int
    level: float
    pixels: int


@dataclass(frozen=True, eq=False)
class Scales(Table):
    """Factors and fluxes with the levels that they come from: a row for each detector in each exposure."""

    detector: Annotated[NDArray[np.int64], Column("number of the detector", kind=int)]
    exposure: Annotated[NDArray[np.int64], Column("id of the exposure", kind=int)]
    level: Annotated[Doubles, Column("measured level, in the table's unit; nan if there is none", unknown=True)]
    pixels: Annotated[NDArray[np.int64], Column("pixels that the level was measured on", kind=int)]
    used: Annotated[Flags, Column("whether the level counts in the solution", kind=bool)]
    factor: Annotated[
        Doubles, Column("response of the detector, of mean 1; nan if none of its levels count", unknown=True)
    ]
    flux: Annotated[Doubles, Column("level of the focal plane, in the table's unit; nan as above", unknown=True)]
    unit: str = "adu"

    def fluxes(self, detector: int) -> dict[int, float]:
        """By what each exposure of a detector is to be divided; only those in which its level counts.

        Raises NormalisationError for a detector without any, saying why.
        """
        rows = self.detector == detector
        if not rows.any():
            known = _listed(self.detector)
            raise NormalisationError(f"detector {detector} was not normalised with the others: those are {known}")
        counts = rows & self.used
        if not counts.any():
            levels = ", ".join(f"{e}: {v:.6g}" for e, v in zip(self.exposure[rows], self.level[rows], strict=True))
            raise NormalisationError(
                f"detector {detector} has no level that fits those of the other detectors ({levels}): it gets no flat. "
                "Look at these exposures; leave the detector out if it is dead"
            )
        return {int(e): float(f) for e, f in zip(self.exposure[counts], self.flux[counts], strict=True)}

    def factor_of(self, detector: int) -> float:
        """The response of a detector relative to the mean of all."""
        return float(self.factor[self.detector == detector][0])

    @property
    def left_out(self) -> list[tuple[int, int, float]]:
        """(detector, exposure, level) of what does not count."""
        rows = ~self.used
        found = zip(self.detector[rows], self.exposure[rows], self.level[rows], strict=True)
        return [(int(d), int(e), float(v)) for d, e, v in found]

    @property
    def deviations(self) -> Doubles:
        """log(level) minus its model, row by row; NaN where one is not known."""
        known = self.level > 0
        found = np.full(self.level.shape, np.nan)
        found[known] = np.log(self.level[known]) - np.log(self.factor[known] * self.flux[known])
        return found


def normalise(levels: Iterable[FlatLevel], *, sigma: float = 5.0, floor: float = 1e-3, unit: str = "adu") -> Scales:
    """Factors and fluxes of these levels.

    Not used are levels that are not positive numbers, and outliers: those that deviate from a median polish by more
    than `sigma` times its scatter, or times `floor` (relative) where that is larger. A detector or exposure of which
    nothing is used gets NaN. Raises NormalisationError if nothing is usable, if a level stands twice, or if the
    detectors fall into groups that no exposure joins.
    """
    if not (sigma > 0 and floor > 0):
        raise ValueError(f"sigma is {sigma} and floor is {floor}; both have to be positive")
    rows = sorted(levels, key=lambda each: (each.detector, each.exposure))
    detectors, d = np.unique([r.detector for r in rows], return_inverse=True)
    exposures, e = np.unique([r.exposure for r in rows], return_inverse=True)
    _refuse_repeated(rows)
    shape = len(detectors), len(exposures)
    level, pixels = _grid(shape, d, e, [r.level for r in rows], np.nan), _grid(shape, d, e, [r.pixels for r in rows], 0)
    used = np.isfinite(level) & (level > 0) & (pixels > 0)
    if not used.any():
        raise NormalisationError(f"no usable level in exposures {_listed(exposures)}: flats have to be lit")
    logs = np.log(level, where=used, out=np.full(shape, np.nan))
    used &= _fitting(logs, used, sigma, floor)
    _refuse_groups(used, detectors, exposures)
    factor, flux = _gauged(*_solved(logs, np.where(used, pixels, 0)), used, pixels)
    return Scales(
        detector=detectors[d],
        exposure=exposures[e],
        level=level[d, e],
        pixels=pixels[d, e].astype(np.int64),
        used=used[d, e],
        factor=factor[d],
        flux=flux[e],
        unit=unit,
    )


def _grid(
    shape: tuple[int, int], d: NDArray[np.intp], e: NDArray[np.intp], values: Sequence[float], empty: float
) -> Doubles:
    """[detector, exposure] from the values of single levels."""
    found = np.full(shape, empty)
    found[d, e] = values
    return np.where(np.isfinite(found), found, empty)


def _fitting(logs: Doubles, used: Flags, sigma: float, floor: float) -> Flags:
    """The levels near the model that a median polish finds, which few wild ones cannot move."""
    left = np.where(used, logs, np.nan)
    rows, columns = used.any(axis=1), used.any(axis=0)
    core = left[np.ix_(rows, columns)]
    for _ in range(MAX_POLISHES):
        before = core.copy()
        core -= np.nanmedian(core, axis=1, keepdims=True)
        core -= np.nanmedian(core, axis=0, keepdims=True)
        if np.nanmax(np.abs(core - before)) < floor / 100:
            break
    scatter = 1.4826 * np.nanmedian(np.abs(core))
    left[np.ix_(rows, columns)] = core
    fitting: Flags = np.abs(left) <= sigma * max(scatter, floor)
    return fitting


def _solved(logs: Doubles, weights: Doubles) -> tuple[Doubles, Doubles]:
    """Logarithms of factors and fluxes by the normal equations, up to the gauge; NaN for what has no weight."""
    w = weights / weights.max()
    y = np.where(w > 0, logs, 0.0) * w
    matrix = np.block([[np.diag(w.sum(axis=1)), w], [w.T, np.diag(w.sum(axis=0))]])
    known = np.diag(matrix) > 0
    found = np.full(len(matrix), np.nan)
    right = np.concatenate([y.sum(axis=1), y.sum(axis=0)])
    found[known] = np.linalg.lstsq(matrix[np.ix_(known, known)], right[known], rcond=None)[0]
    return found[: len(w)], found[len(w) :]


def _gauged(log_factor: Doubles, log_flux: Doubles, used: Flags, pixels: Doubles) -> tuple[Doubles, Doubles]:
    """Factors of mean 1 and the fluxes that go with them. A detector weighs as many pixels as it has on average."""
    number = used.sum(axis=1)
    some = number > 0
    weight = np.where(used, pixels, 0).sum(axis=1)[some] / number[some]
    middle = np.log(np.average(np.exp(log_factor[some]), weights=weight))
    return np.exp(log_factor - middle), np.exp(log_flux + middle)


def _refuse_repeated(rows: Sequence[FlatLevel]) -> None:
    for one, other in pairwise(rows):
        if (one.detector, one.exposure) == (other.detector, other.exposure):
            raise NormalisationError(f"detector {one.detector} has two levels in exposure {one.exposure}: expected one")


def _refuse_groups(used: Flags, detectors: NDArray[Any], exposures: NDArray[Any]) -> None:
    """Between detectors that share no exposure, not even through others, nothing is known."""
    from scipy.sparse import coo_array  # scipy takes long to load, and Butler loads this module to read any result
    from scipy.sparse.csgraph import connected_components

    d, e = np.nonzero(used)
    size = sum(used.shape)
    number, group = connected_components(
        coo_array((np.ones(d.size), (d, e + len(detectors))), shape=(size, size)), False
    )
    if number == 1:
        return
    lit = np.concatenate([used.any(axis=1), used.any(axis=0)])
    groups = [np.flatnonzero((group == g) & lit) for g in range(number) if lit[group == g].any()]
    if len(groups) > 1:
        said = "; ".join(
            f"detectors {_listed(detectors[g[g < len(detectors)]])} in exposures "
            f"{_listed(exposures[g[g >= len(detectors)] - len(detectors)])}"
            for g in groups
        )
        raise NormalisationError(
            f"{len(groups)} groups of detectors share no exposure, so nothing relates their levels: {said}. Take flats "
            "that all detectors see, or make a flat of each group by itself"
        )


def _listed(numbers: Iterable[Any]) -> str:
    return ", ".join(str(int(n)) for n in np.unique(list(numbers)))
