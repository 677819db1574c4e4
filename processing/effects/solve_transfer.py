"""The charge transfer of a detector from the trails of its flats: which exposures count, and the fit per amplifier."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from processing.effects.charge_transfer import (
    FULL_WELL_E,
    AmplifierTransfer,
    ChargeTransfer,
    ChargeTransferError,
    Transfer,
    charge_transfer,
)
from processing.effects.eper import Drift, Trails, above_base, eper, fit_drift, fit_transfer, model
from processing.effects.overscan_trails import OverscanTrails, base_lags
from processing.suitability import Remark
from processing.table_file import Numbers

Header = Mapping[str, str | int | float | bool]


EDGE_SHARE = 0.5
"""Of the least signal, in the last row and column: it is theirs that trails, and vignetting leaves them more."""


@dataclass(frozen=True)
class Criteria:
    """Which exposures count for an amplifier, and when they are enough."""

    min_signal_e: float = 1_000.0
    max_signal_e: float = 150_000.0
    max_saturated: float = 0.001
    """Share of saturated pixels: more bleed, and what bleeds is no trail."""
    min_exposures: int = 3
    min_span: float = 2.0
    """Brightest over faintest signal: from one level no law can be told."""
    full_well_e: float = FULL_WELL_E
    drift: bool = False
    """Fit an offset of the output amplifier, which looks like a slow trap that fills in proportion to the signal?"""


def left_out(measured: Sequence[OverscanTrails], criteria: Criteria) -> list[Remark]:
    """Which exposures `solve` does not use, for which amplifiers, and why."""
    found = []
    for each in sorted(measured, key=lambda each: each.exposure):
        reasons = _reasons(each, criteria)
        for reason in sorted(set(reasons) - {""}):
            names = ", ".join(n for n, r in zip(each.amplifiers, reasons, strict=True) if r == reason)
            found.append(Remark("left-out-flats", f"exposure {each.exposure} for {names}: {reason}"))
    return found


def solve(measured: Sequence[OverscanTrails], criteria: Criteria, *, header: Header | None = None) -> ChargeTransfer:
    """Fit every amplifier; raises ChargeTransferError if none has enough exposures."""
    ordered = sorted(measured, key=lambda each: each.exposure)
    names = _common_amplifiers(ordered)
    reasons = np.array([_reasons(each, criteria) for each in ordered])
    found = [_amplifier(ordered, row, reasons[:, row] == "", criteria) for row in range(len(names))]
    flags = [each.flag for each in found]
    if all(flags):
        raise ChargeTransferError(f"no amplifier can be measured: {names[0]}: {flags[0]}; take more flats")
    return charge_transfer(
        names,
        [each.model for each in found],
        measured=[each.measured for each in found],
        flags=flags,
        header=dict(header or {}),
    )


@dataclass(frozen=True, eq=False)
class _Solved:
    """One amplifier: signals, serial and parallel EPER of all exposures stand in `measured`."""

    model: AmplifierTransfer
    measured: tuple[Numbers, Numbers, Numbers]
    flag: str = ""


def _amplifier(ordered: Sequence[OverscanTrails], row: int, usable: NDArray[np.bool_], criteria: Criteria) -> _Solved:
    signal = np.array([each.signal_e[row] for each in ordered])
    rising = np.argsort(signal, kind="stable")
    used = [ordered[i] for i in rising if usable[i]]
    measured = signal[rising], np.full(signal.shape, np.nan), np.full(signal.shape, np.nan)
    if flag := _flag(signal[usable], criteria):
        return _Solved(AmplifierTransfer(), measured, flag)
    serial, parallel = (trails_of(used, row, direction) for direction in ("serial", "parallel"))
    measured[1][usable[rising]], measured[2][usable[rising]] = eper(serial), eper(parallel)
    return _Solved(_fitted(serial, parallel, criteria), measured)


def _fitted(serial: Trails, parallel: Trails, criteria: Criteria) -> AmplifierTransfer:
    """Both directions. What serial trails leave in the level without light is missing from the parallel ones."""
    drift = Drift(0.0, 1.0)
    if criteria.drift:
        drift = fit_drift(serial.last_e, serial.trail_e, last_lag=min(13, serial.trail_e.shape[1]))
        serial = without_drift(serial, drift)
    along_rows = fit_transfer(serial, full_well_e=criteria.full_well_e)
    parallel = replace(parallel, trail_e=parallel.trail_e + far_level(along_rows, serial))
    return AmplifierTransfer(
        along_rows, fit_transfer(parallel, full_well_e=criteria.full_well_e), drift.scale, drift.time
    )


def without_drift(serial: Trails, drift: Drift) -> Trails:
    """Serial trails less what the output amplifier adds to them."""
    offset = drift.trail_e(serial.last_e, serial.trail_e.shape[1])
    return replace(serial, trail_e=serial.trail_e - above_base(offset, serial.base_lags))


def far_level(transfer: Transfer, serial: Trails) -> Numbers:
    """What a serial trail adds to the level that is taken for that without light, (n, 1): its mean over the base."""
    trail = model(transfer, replace(serial, base_lags=0))
    return np.asarray(trail[:, -serial.base_lags :].mean(axis=1, keepdims=True), np.float64)


def trails_of(used: Sequence[OverscanTrails], row: int, direction: str) -> Trails:
    """The trails of one amplifier (by its row) in all exposures, `serial` or `parallel`."""
    serial = direction == "serial"
    last = "last_column_e" if serial else "last_row_e"
    return Trails(
        last_e=np.array([getattr(each, last)[row] for each in used]),
        trail_e=np.array([getattr(each, f"{direction}_trail_e")[row] for each in used]),
        error_e=np.array([getattr(each, f"{direction}_error_e")[row] for each in used]),
        transfers=getattr(used[0], f"{direction}_transfers"),
        base_lags=base_lags(used[0].serial_trail_e.shape[1]) if serial else 0,
    )


def _reasons(each: OverscanTrails, criteria: Criteria) -> list[str]:
    """For each amplifier why the exposure does not count; empty: it does."""
    edges = np.minimum(each.last_column_e, each.last_row_e)
    trails = each.serial_trail_e.sum(axis=1), each.parallel_trail_e.sum(axis=1)
    known = np.isfinite(np.stack([each.signal_e, edges, *trails])).all(axis=0)
    numbers = zip(each.saturated.tolist(), each.signal_e.tolist(), edges.tolist(), strict=True)
    return [_reason(bool(one), *those, criteria) for one, those in zip(known, numbers, strict=True)]


def _reason(known: bool, saturated: float, signal_e: float, edge_e: float, criteria: Criteria) -> str:
    if saturated > criteria.max_saturated:
        return "saturated"
    if not known:
        return "too few good lines"
    if signal_e < criteria.min_signal_e:
        return f"fainter than {criteria.min_signal_e:g} e-"
    if edge_e < EDGE_SHARE * criteria.min_signal_e:
        return f"fainter than {EDGE_SHARE * criteria.min_signal_e:g} e- at an edge"
    if signal_e > criteria.max_signal_e:
        return f"brighter than {criteria.max_signal_e:g} e-"
    return ""


def _flag(signal_e: Numbers, criteria: Criteria) -> str:
    """Why these exposures are not enough; empty: they are."""
    if signal_e.size < criteria.min_exposures:
        return f"{signal_e.size} usable exposures, at least {criteria.min_exposures} needed"
    if signal_e.max() < criteria.min_span * signal_e.min():
        span = f"{signal_e.min():.0f} to {signal_e.max():.0f} e-"
        return f"signals only from {span}: at least 1:{criteria.min_span:g} needed"
    return ""


def _common_amplifiers(ordered: Sequence[OverscanTrails]) -> tuple[str, ...]:
    if not ordered:
        raise ChargeTransferError("no exposures: charge transfer is measured on flats of several levels")
    for each in ordered:
        if _geometry(each) != _geometry(ordered[0]):
            raise ChargeTransferError(
                f"exposures {ordered[0].exposure} and {each.exposure} were read differently: {_geometry(ordered[0])} "
                f"and {_geometry(each)}: measure them apart"
            )
    return ordered[0].amplifiers


def _geometry(each: OverscanTrails) -> dict[str, object]:
    return {
        "amplifiers": each.amplifiers,
        "transfers": (each.serial_transfers, each.parallel_transfers),
        "overscans": (each.serial_trail_e.shape[1], each.parallel_trail_e.shape[1]),
    }
