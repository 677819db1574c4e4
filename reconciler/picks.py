"""What a built graph picked, held against the effective calendar before anything runs.

Butler's own choice is exact for a quantum with an exposure. A combining quantum has none, and then the first collection
in the search path wins silently, whatever the dates (BUTLER.md): here that is found, and both datasets are named.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .facts import Facts
from .jobs import Lack, Pick
from .resolve import Calendar, Straddles
from .timeline import Source
from .work import Precursor


def wrong_picks(
    picks: Iterable[Pick], locked: tuple[int, ...], calendar: Calendar, facts: Facts, instrument: str
) -> str | None:
    """Return what the graph picked wrongly, in words; None if every pick is what the calendar gives.

    A pick without exposures is held against all the locked ones.
    """
    wrong = list(_wrong(picks, locked, calendar, facts, instrument))
    if not wrong:
        return None
    others = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
    return f"the graph picked a calibration of another epoch: {wrong[0]}{others}"


def lacking(lacks: Iterable[Lack], precursors: Iterable[Precursor]) -> str | None:
    """Return which precursor a graph does without, in words; None if it takes all that its tasks can take."""
    wanted = {precursor.dataset_type for precursor in precursors}
    found = [lack for lack in lacks if lack.dataset_type in wanted]
    if not found:
        return None
    others = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    return (
        f"the graph does without a precursor: {found[0].task} finds no {found[0].dataset_type} "
        f"for {found[0].data_id}{others}"
    )


def _wrong(
    picks: Iterable[Pick], locked: tuple[int, ...], calendar: Calendar, facts: Facts, instrument: str
) -> Iterator[str]:
    for pick in picks:
        for exposure in pick.exposures or locked:
            if problem := _problem(pick, exposure, calendar, facts, instrument):
                yield problem
                break


def _problem(pick: Pick, exposure: int, calendar: Calendar, facts: Facts, instrument: str) -> str | None:
    when = facts.exposures.get((instrument, exposure))
    if when is None:
        return f"{pick.task}: exposure {exposure} is not in the repository"
    try:
        wanted = calendar.lookup(pick.dataset_type, pick.data_id, when)
    except Straddles as straddles:
        return f"{pick.task}: {straddles}"
    if wanted is None or not _names(wanted, pick, facts):
        return (
            f"{pick.task} takes {pick.dataset_type} {pick.data_id} {pick.uuid} of {pick.run}, "
            f"but exposure {exposure} at {when} should get {wanted or 'none'}"
        )
    return None


def _names(wanted: Source, pick: Pick, facts: Facts) -> bool:
    if wanted.kind == "uuid":
        return wanted.name == pick.uuid
    return facts.names(wanted.name, pick.dataset_type, pick.data_id) == pick.uuid
