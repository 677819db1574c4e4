"""The table of all sites is made site by site."""

from __future__ import annotations

from collections.abc import Iterator
from weakref import ReferenceType, ref

from reconciler.known import Known
from reconciler.matrix import table
from reconciler.spec.documents import CalibrationSet
from tests.several import EMBARGO, SUMMIT, Several, deployment
from tests.worlds import TICKET, Ask, calibration_set, chain

DOCUMENTS = (*calibration_set([Ask("bias")], deployment=deployment(EMBARGO, SUMMIT)), chain(TICKET))
SETS = [one for one in DOCUMENTS if isinstance(one, CalibrationSet)]


def test_what_was_seen_at_a_site_is_forgotten_before_the_next_is_looked_at() -> None:
    several, seen = Several(), list[ReferenceType[Known]]()

    def looked() -> Iterator[Known]:
        for name in several.sites:
            assert [one() for one in seen] == [None] * len(seen)
            site = several.known(name, *DOCUMENTS)
            seen.append(ref(site))
            yield site
            del site

    (ticket, _) = table(SETS, looked(), several.stores)
    assert len(seen) == len(several.sites)
    assert {cell.place for cell in ticket.cells} == {*several.stores}


def test_a_site_that_was_not_looked_at_is_unknown() -> None:
    several = Several()
    (ticket, _) = table(SETS, [several.known("usdf", *DOCUMENTS)], several.stores)
    (cell,) = [cell for cell in ticket.cells if cell.place == SUMMIT]
    assert (cell.word, cell.reasons) == ("unknown", ("the site summit was not looked at",))
