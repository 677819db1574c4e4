"""Nothing that science could see changes without an approval, whatever the specs say and whichever file asked."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reconciler.adapters.memory import Store
from reconciler.errors import ExitCode
from reconciler.resolve import reachable
from tests.laws.test_convergence import OLD, sets
from tests.worlds import PUBLIC, TICKET, Ask, calibration_set, chain, in_memory


def _public(store: Store) -> dict[str, object]:
    """Return everything that is reachable from the public chain: members and certifications."""
    names = reachable([PUBLIC], lambda name: store.children.get(name, ()))
    chains: dict[str, object] = {name: store.children.get(name) for name in names}
    certified = {str(key): repr(rows) for key, rows in store.certifications.items() if key[0] in names}
    return chains | certified


@given(st.lists(sets(), min_size=1, max_size=3), st.booleans())
def test_without_approval_the_public_chain_gives_what_it_gave(edits: list[tuple[Ask, ...]], adopted: bool) -> None:
    small = in_memory()
    store = small.repository.store  # type: ignore[attr-defined]  # the memory repository's own
    if adopted:
        small.apply(*small.want(*calibration_set(edits[0]), chain(TICKET, OLD)))
    before = _public(store)
    for asks in edits:
        small.apply(*small.want(*calibration_set(asks), chain(OLD, TICKET), trust="required"))
    assert _public(store) == before


def test_a_set_builds_up_to_its_own_chain_and_waits_there_for_the_board() -> None:
    small = in_memory()
    want, facts = small.want(*calibration_set([Ask("bias")]), chain(TICKET, OLD), trust="required")
    results = small.apply(want, facts)
    assert [r.outcome.word for r in results] == ["done", "done", "done", "blocked"]
    assert results[-1].outcome.exit_code is ExitCode.VERIFICATION, "of what is missing, this ranks first"
    assert "approval to adopt TestCam/calib/DM-1" in results[-1].outcome.reason
    assert "DM-1 verifies nothing" in results[-1].outcome.reason


def test_recertifying_what_is_public_waits_for_its_own_approval() -> None:
    small = in_memory()
    small.apply(*small.want(*calibration_set([Ask("bias")]), chain(TICKET, OLD)))
    later = calibration_set([Ask("bias", begin="2024-12-05T00:00:00")])
    results = small.apply(*small.want(*later, chain(TICKET, OLD), trust="required"))
    assert [(r.step.kind, r.outcome.word) for r in results] == [("certify", "blocked")]
    assert "approval to recertify" in results[0].outcome.reason


def test_the_old_calibration_stays_in_use_until_its_successor_is_linked() -> None:
    small = in_memory()
    small.apply(*small.want(*calibration_set([Ask("bias")]), chain(TICKET, OLD)))
    bump = calibration_set([Ask("bias", rerun="20250207b", frames=2)])
    want, facts = small.want(*bump, chain(TICKET, OLD))
    assert [p.step.kind for p in small.plan(want, facts).steps] == ["produce", "certify", "link", "unlink"]
    small.repository.store.exposures.clear()  # type: ignore[attr-defined]  # the successor cannot be built
    results = small.apply(want, facts)
    assert [r.outcome.word for r in results] == ["blocked", "blocked", "blocked", "blocked"]
    members = small.repository.store.children[TICKET]  # type: ignore[attr-defined]
    assert members == (f"{TICKET}/trial/bias.20250207a",)


def test_what_waits_for_an_approval_ends_as_the_approval_that_is_missing() -> None:
    small = in_memory()
    later = calibration_set([Ask("bias", begin="2025-01-01T00:00:00")])
    small.apply(*small.want(*later, chain(TICKET, OLD)))
    both = calibration_set([Ask("bias"), Ask("dark")])
    want, facts = small.want(*both, chain(TICKET, OLD), trust="required")
    results = small.apply(want, facts)
    assert {r.outcome.word for r in results} == {"blocked"}
    assert {r.outcome.exit_code for r in results} == {ExitCode.APPROVAL}
    assert {p.expected.exit_code for p in small.plan(want, facts).steps} == {ExitCode.APPROVAL}
