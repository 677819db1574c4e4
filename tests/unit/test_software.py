"""What a set was made with, against what its release is at the site."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reconciler.errors import ExitCode
from reconciler.evidence import awaited
from reconciler.facts import Facts, Software
from reconciler.intent import Desired
from reconciler.look import Look, look, whole_scope
from reconciler.plan import make_plan
from reconciler.software import Built, compared, mixed
from reconciler.steps.chains import Link
from tests.worlds import PLACE, TICKET, Ask, Small, calibration_set, chain, in_memory

DOCUMENTS = (*calibration_set([Ask("bias"), Ask("dark")]), chain(TICKET))
BIAS, DARK = (f"{TICKET}/trial/{name}Gen.20250207a" for name in ("bias", "dark"))
RELEASED = {"pipe_base": "30.2026.*", "ip_isr": "30.2026.500"}


def built(**versions: dict[str, str]) -> tuple[Small, Desired, Facts]:
    """Return a world where bias and dark are built by trust, and what is recorded of them; trust is asked for now."""
    small = in_memory()
    small.apply(*small.want(*DOCUMENTS[:2]))
    for leaf, name in ((BIAS, "bias"), (DARK, "dark")):
        if name in versions:
            store = small.repository.store  # type: ignore[attr-defined]
            store.versions[store.docs[leaf].run] = versions[name]
    want, facts = small.want(*DOCUMENTS, trust="required")
    return small, want, facts


def seen(world: tuple[Small, Desired, Facts], releases: dict[str, Any], *, still: bool = False) -> tuple[Look, Desired]:
    small, want, facts = world
    want = replace(want, releases=releases)
    found = look([small.repository], whole_scope(want), want, facts)
    return compared(found, want, None if still else {PLACE: small.repository}, awaited(found, want)), want


def told(world: tuple[Small, Desired, Facts], **releases: dict[str, str]) -> Software:
    return seen(world, releases)[0].facts.software[TICKET]


GOOD = {"pipe_base": "30.2026.400", "ip_isr": "30.2026.500", "numpy": "2.1"}


def test_what_was_made_with_the_release_is_as_it_should_be() -> None:
    assert told(built(bias=GOOD, dark=GOOD), embedded=RELEASED) == Software()


def test_a_package_of_another_version_is_told_with_both() -> None:
    other = {**GOOD, "ip_isr": "30.2026.400"}
    assert told(built(bias=GOOD, dark=other), embedded=RELEASED).reasons == (
        "darkGen.20250207a was made with ip_isr 30.2026.400, and embedded has 30.2026.500",
    )
    assert told(built(bias=other, dark=other), embedded=RELEASED).reasons == (
        "biasGen.20250207a, darkGen.20250207a was made with ip_isr 30.2026.400, and embedded has 30.2026.500",
    )


def test_what_is_not_recorded_is_unknown_and_not_fine() -> None:
    (reason,) = told(built(bias=GOOD, dark={"pipe_base": "30.2026.1"}), embedded=RELEASED).reasons
    assert reason == "darkGen.20250207a is not known to be made with ip_isr, and embedded has 30.2026.500"
    assert len(told(built(), embedded=RELEASED).reasons) == 2


def test_a_release_that_states_no_versions_asks_for_none() -> None:
    assert told(built(), other=RELEASED) == Software()


def test_a_snapshot_knows_nothing_of_what_was_made() -> None:
    world = built(bias=GOOD, dark=GOOD)
    found, _ = seen(world, {"embedded": {"pipe_base": "30.*"}}, still=True)
    assert found.facts.software[TICKET] == Software(("a snapshot does not tell what it was made with",))
    found, _ = seen(world, {}, still=True)
    assert found.facts.software[TICKET] == Software()


def test_other_software_keeps_science_from_seeing_it_beside_every_other_reason() -> None:
    found, want = seen(built(bias=GOOD, dark={**GOOD, "ip_isr": "1"}), {"embedded": RELEASED})
    plan = make_plan(found.state, found.facts, want, {})
    (link,) = (one for one in plan.steps if isinstance(one.step, Link) and one.step.member == TICKET)
    assert (
        f"{TICKET} is not shown to be made with its release: darkGen.20250207a was made with ip_isr 1"
        in link.expected.reason
    )
    assert "needs an approval to adopt" in link.expected.reason
    assert "has not passed its verification" in link.expected.reason
    assert link.expected.exit_code is ExitCode.VERIFICATION
    waived = replace(found.facts, unverified=frozenset({TICKET}))
    (link,) = (one for one in make_plan(found.state, waived, want, {}).steps if isinstance(one.step, Link))
    assert link.expected.exit_code is ExitCode.POLICY


@pytest.mark.parametrize(
    ("recorded", "words"),
    [
        ([{"a": "1"}, {"a": "1"}], ""),
        ([{"a": "1"}, {"b": "1"}, None], ""),
        ([{"a": "1"}, {"a": "2"}, {"a": "1"}], "a 1 (m0, m2) or 2 (m1)"),
    ],
)
def test_what_is_made_with_differing_versions_is_remarked(recorded: list[dict[str, str] | None], words: str) -> None:
    assert mixed([Built(f"calib/m{n}", "w", {}, one) for n, one in enumerate(recorded)]) == words


def test_a_remark_names_a_few() -> None:
    many = [dict.fromkeys("abcdefg", version) for version in "12"]
    found = mixed([Built(f"calib/m{n}", "w", {}, one) for n, one in enumerate(many)])
    assert found.endswith("e 1 (m0) or 2 (m1); and 2 more packages")
