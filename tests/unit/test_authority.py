"""From a trusted line and a plan to facts: what is asked, what a yes opens, and what it does not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from reconciler.adapters.memory import Store
from reconciler.approval.effects import Asked
from reconciler.approval.evidence import evidence, plain
from reconciler.approval.line import Head, Line
from reconciler.approval.record import Decision, Record, Signed
from reconciler.authority import Authority
from reconciler.content import content_root
from reconciler.errors import ExitCode
from reconciler.facts import Approval, Facts, Standing
from reconciler.intent import Desired, Evidence
from reconciler.look import look, whole_scope
from reconciler.plan import Planned, make_plan
from reconciler.seals import Seal
from reconciler.spec.documents import Model
from reconciler.state import Chain, Gen
from reconciler.verification.bound import Bound
from reconciler.verification.criteria import Acceptance, Criteria, Threshold
from tests.board import NOW, ROOT, key, policy, policy_values, rule
from tests.worlds import PLACE, PUBLIC, TICKET, Ask, calibration_set, catalog, chain, in_memory, site, tree

OLD = f"{PUBLIC}/OLD"
BIAS = f"{TICKET}/trial/bias.20250207a"
GEN = f"{TICKET}/trial/biasGen.20250207a"
RULES = [rule("adopt", "recertify", "reorder", "retract", approvals={"board": 2}, unverified="no tests yet")]


@dataclass
class Desk:
    """A small world in memory, people who sign what is asked there, and what the site believes."""

    documents: tuple[Model, ...] = (*calibration_set([Ask("bias")]), chain(TICKET, OLD))
    small: Any = field(default_factory=in_memory)
    signed: list[Signed] = field(default_factory=list)
    policy: dict[str, Any] = field(default_factory=dict)
    merged: bool = True

    @property
    def store(self) -> Store:
        return self.small.repository.store  # type: ignore[no-any-return]

    def authority(self) -> Authority:
        rules = [*RULES, *policy_values()["rules"][1:]]
        head = Head((), tuple(self.signed), {}) if self.merged else None
        line = Line(ROOT, (), frozenset(), policy(**{"rules": rules, **self.policy}), (), (), {}, frozenset(), {}, head)
        return Authority(line, "usdf", NOW, self.files)

    def files(self, place: str, seal: Seal) -> str:
        return content_root(seal, self.small.repository.digests(seal.run, tuple(seal.datasets)))

    def asks(self) -> tuple[Desired, Facts]:
        return self.small.want(*self.documents, trust="required")  # type: ignore[no-any-return]

    def looked(self) -> tuple[Any, Any]:
        want, facts = self.asks()
        seen = look([self.small.repository], whole_scope(want), want, facts)
        where = tree(site("required"), catalog(), *self.documents), {PLACE: self.small.repository}, facts
        return (seen, want, *where), seen

    def facts(self) -> Facts:
        return self.authority().judged(*self.looked()[0])

    def asked(self, verb: str) -> list[Asked]:
        decides = self.authority()
        return [decides.statement(one) for one in decides.asked(*self.looked()[0]) if one.statement.verb == verb]

    def sign(self, verb: str, *people: str, days_ago: float = 1) -> None:
        """Have dave propose what is asked now, and others approve it."""
        for one in self.asked(verb):
            said: list[tuple[str, Decision]] = [("dave", "propose"), *((who, "approve") for who in people)]
            for who, decision in said:
                record = Record(decision, who, NOW - timedelta(days=days_ago), "", one.statement)
                self.signed.append(Signed(record, key(who)))

    def plan(self) -> tuple[Planned, ...]:
        arguments, seen = self.looked()
        return make_plan(seen.state, self.facts(), arguments[1], {}).steps

    def apply(self) -> list[Any]:
        want, _ = self.asks()
        return self.small.apply(want, self.facts())  # type: ignore[no-any-return]


@pytest.fixture
def built() -> Desk:
    """A set that is built up to its own chain."""
    desk = Desk()
    desk.apply()
    return desk


def lacking(desk: Desk, verb: str, subject: str) -> str:
    return desk.facts().lacking[Approval(verb, subject, PLACE)]


def test_before_it_is_built_there_is_nothing_to_sign() -> None:
    (one,) = Desk().asked("adopt")
    assert one.open == f"{GEN} is not built yet"


def test_an_adoption_binds_members_certifications_datasets_recipe_files_and_place(built: Desk) -> None:
    (one,) = built.asked("adopt")
    assert sorted(one.statement.parts) == sorted(
        (
            f"bias certified in {BIAS}",
            f"its place in {PUBLIC}",
            "the criteria of DM-1",
            f"the datasets of {GEN} (bias)",
            f"the files of {GEN}",
            f"the members of {TICKET}",
            f"the recipe of {GEN}",
            "the software of DM-1",
            f"the verdict on {TICKET}",
        )
    )
    assert one.statement.scope == (PUBLIC, TICKET, "specs/04.yaml", "specs/DM-1.yaml")


def test_two_of_the_board_open_the_link(built: Desk) -> None:
    built.sign("adopt", "alice", "bob")
    assert Approval("adopt", TICKET, PLACE) in built.facts().approvals
    assert [result.outcome.word for result in built.apply()] == ["done"]


def test_without_a_waiver_of_the_policy_the_evidence_is_asked_for(built: Desk) -> None:
    built.policy = {"rules": policy_values()["rules"]}
    built.sign("adopt", "alice", "bob")
    (planned,) = built.plan()
    assert planned.expected.exit_code is ExitCode.VERIFICATION


def certify_another(desk: Desk) -> None:
    """Certify another detector's bias beside ours."""
    name = desk.store.add("u/somebody", "bias", "instrument=TestCam,detector=7")
    desk.store.certifications[BIAS, "bias"]["instrument=TestCam,detector=7"] = [(0, 10, name)]


def certify_another_type(desk: Desk) -> None:
    """Certify something in our collection of which no spec speaks."""
    name = desk.store.add("u/somebody", "crosstalk", "instrument=TestCam,detector=0")
    desk.store.certifications[BIAS, "crosstalk"] = {"instrument=TestCam,detector=0": [(0, 10, name)]}


def put_in_front(desk: Desk) -> None:
    desk.store.register("u/somebody", "RUN")
    desk.store.children[TICKET] = ("u/somebody", *desk.store.children[TICKET])


def other_bytes(desk: Desk) -> None:
    name = next(iter(desk.store.docs[GEN].datasets["bias"].values()))  # type: ignore[union-attr]
    desk.store.files[name] = b"other"


@pytest.mark.parametrize(
    ("attack", "reason"),
    [
        (certify_another, f"bias certified in {BIAS} changed"),
        (certify_another_type, f"crosstalk certified in {BIAS} was not there when it was signed"),
        (put_in_front, f"the members of {TICKET} changed from {BIAS} to u/somebody, {BIAS}"),
        (other_bytes, f"the files of {GEN} changed"),
    ],
)
def test_what_others_do_to_it_after_the_approval_makes_it_void(
    built: Desk, attack: Callable[[Desk], None], reason: str
) -> None:
    built.sign("adopt", "alice", "bob")
    attack(built)
    assert reason in lacking(built, "adopt", TICKET)


@pytest.mark.parametrize("attack", [certify_another, put_in_front])
def test_what_others_do_between_the_judgement_and_the_link_keeps_it_from_being_made(
    built: Desk, attack: Callable[[Desk], None]
) -> None:
    built.sign("adopt", "alice", "bob")
    (want, _), facts = built.asks(), built.facts()
    attack(built)
    (result,) = built.small.apply(want, facts)
    assert result.outcome.exit_code is ExitCode.APPROVAL
    assert f"{TICKET} is not any more as it was when its approval to adopt was judged" in result.outcome.reason


def test_files_are_read_only_where_all_else_is_approved(built: Desk) -> None:
    class Read(Exception):
        pass

    def read(place: str, seal: Seal) -> str:
        raise Read

    built.sign("adopt", "alice")
    replace(built.authority(), files=read).judged(*built.looked()[0])
    built.sign("adopt", "bob")
    with pytest.raises(Read):
        replace(built.authority(), files=read).judged(*built.looked()[0])


def test_a_snapshot_cannot_tell_whether_bytes_are_as_signed(built: Desk) -> None:
    built.sign("adopt", "alice", "bob")
    facts = replace(built.authority(), files=None).judged(*built.looked()[0])
    assert "a snapshot holds no files" in facts.lacking[Approval("adopt", TICKET, PLACE)]


def test_an_approval_at_one_place_is_none_at_another(built: Desk) -> None:
    built.sign("adopt", "alice", "bob")
    built.signed = [
        replace(one, record=replace(one.record, statement=replace(one.record.statement, site="usdf/embargo")))
        for one in built.signed
    ]
    assert "it is for the place usdf/embargo, not usdf/main" in lacking(built, "adopt", TICKET)


def test_one_of_two_chains_opens_neither(built: Desk) -> None:
    built.sign("adopt", "alice", "bob")
    built.documents = (*built.documents, chain(TICKET, name="TestCam/other"))
    assert Approval("adopt", TICKET, PLACE) not in built.facts().approvals


def released(**fields: Any) -> tuple[Model, ...]:
    """Return the set of DM-1 built with other software, its lock, and the chain."""
    spec, lock = calibration_set([Ask("bias")])
    return spec.model_copy(update=fields), lock, chain(TICKET, OLD)


def test_what_a_development_branch_made_is_not_adopted_before_its_review() -> None:
    desk = Desk(released(release="tickets/DM-7"))
    desk.apply()
    assert "DM-1 is built with tickets/DM-7, a development branch" in lacking(desk, "adopt", TICKET)
    desk.documents = released(release="tickets/DM-7", reviewed="DM-8")
    desk.sign("adopt", "alice", "bob")
    assert Approval("adopt", TICKET, PLACE) in desk.facts().approvals
    desk.documents = released(release="tickets/DM-7", reviewed="DM-9")
    assert "the software of DM-1 changed from tickets/DM-7, reviewed in DM-8" in lacking(desk, "adopt", TICKET)


def test_recertifying_binds_what_was_and_what_will_be(built: Desk) -> None:
    built.sign("adopt", "alice", "bob")
    built.apply()
    built.documents = (*calibration_set([Ask("bias", begin="2024-12-05T00:00:00")]), chain(TICKET, OLD))
    (one,) = built.asked("recertify")
    assert sorted(one.statement.parts) == [f"bias in {BIAS} after", f"bias in {BIAS} before", f"the files of {GEN}"]
    built.sign("recertify", "alice", "bob", days_ago=0.5)
    built.documents = (*calibration_set([Ask("bias", begin="2024-12-06T00:00:00")]), chain(TICKET, OLD))
    assert f"bias in {BIAS} after changed" in lacking(built, "recertify", BIAS)


def test_a_reordering_binds_the_calendar_and_waits_for_what_is_linked_with_it(built: Desk) -> None:
    built.sign("adopt", "alice", "bob")
    built.apply()
    other = calibration_set([Ask("bias", rerun="20250301a")], ticket="DM-2")
    third = calibration_set([Ask("bias", rerun="20250401a")], ticket="DM-3")
    names = f"{PUBLIC}/DM-2", f"{PUBLIC}/DM-3"
    built.documents = (*calibration_set([Ask("bias")]), *other, *third, chain(*names, TICKET, OLD))
    built.apply()
    built.sign("adopt", "alice", "bob", days_ago=0.9)
    built.apply()
    built.documents = (*built.documents[:-1], chain(TICKET, *names[::-1], OLD))
    (one,) = built.asked("reorder")
    assert f"bias through {PUBLIC} before" in one.statement.parts
    assert one.statement.parts[f"the order of {PUBLIC} after"] == ", ".join((TICKET, *names[::-1]))
    built.sign("reorder", "alice", "bob", days_ago=0.5)
    assert [result.outcome.word for result in built.apply()] == ["done"]


def test_a_retraction_waits_for_the_successor_that_it_was_judged_with(built: Desk) -> None:
    built.sign("adopt", "alice", "bob")
    built.apply()
    other = calibration_set([Ask("bias", rerun="20250301a")], ticket="DM-2")
    built.documents = (*calibration_set([Ask("bias")]), *other, chain(f"{PUBLIC}/DM-2", OLD))
    built.apply()
    built.sign("retract", "alice", "bob", days_ago=0.5)
    told = lacking(built, "retract", TICKET)
    assert f"waits for the approval to adopt {PUBLIC}/DM-2 at usdf/main, with which its effect was judged" in told


def test_a_build_needs_no_more_than_the_policy_asks() -> None:
    desk = Desk()
    assert Approval("build", GEN, PLACE) in desk.facts().approvals
    desk.policy = {"rules": [*RULES, *policy_values()["rules"][1:2], rule("build", approvals={"board": 1})]}
    (first, *_) = desk.plan()
    assert first.expected.exit_code is ExitCode.APPROVAL
    assert "needs an approval to build" in first.expected.reason
    desk.sign("build", "alice")
    (first, *_) = desk.plan()
    assert first.expected.word == "done"


def test_what_is_not_merged_is_built_as_a_trial_only() -> None:
    desk = Desk(merged=False)
    assert {planned.expected.exit_code for planned in desk.plan()} == {ExitCode.POLICY}


def test_nothing_is_built_into_a_collection_that_is_searched_already(built: Desk) -> None:
    built.documents = (*calibration_set([Ask("bias", rerun="20250301a")]), chain(TICKET, OLD))
    built.store.children[PUBLIC] = (f"{TICKET}/trial/biasGen.20250301a", OLD)
    (first, *_) = built.plan()
    assert first.expected.exit_code is ExitCode.POLICY
    assert f"science would see {TICKET}/trial/biasGen.20250301a while it is built" in first.expected.reason


# Evidence

EXAMINED = Gen(PLACE, f"{TICKET}/trial/verifyBias.20250207a")


def bound(*accepted: Acceptance, most: float = 1.0, uuid: str = "u-1", passed: bool = True) -> dict[str, str]:
    """Return what is bound of one verification."""
    criteria = Criteria(thresholds={"NOISE": (Threshold(Bound(at_most=most)),)}, acceptances=accepted)
    one = Evidence("DM-1", Chain(PLACE, TICKET), (EXAMINED,), {"bias": criteria})
    small = in_memory()
    store = small.repository.store  # type: ignore[attr-defined]
    store.register(EXAMINED.leaf, "RUN")
    store.docs[EXAMINED.leaf] = Seal("r", {}, EXAMINED.leaf, {"results": {"instrument=TestCam": uuid}})
    want = replace(small.want()[0], evidence=(one,))
    seen = look([small.repository], whole_scope(small.want()[0]), small.want()[0], Facts())
    standing = Standing(passed, () if passed else ("NOISE fails",))
    return evidence(TICKET, PLACE, want, replace(seen.facts, standings={TICKET: standing}))


def test_the_evidence_is_the_same_as_long_as_nothing_of_it_changes() -> None:
    assert bound() == bound()


@pytest.mark.parametrize(
    ("other", "part"),
    [
        ({"uuid": "u-2"}, f"the results of {EXAMINED.leaf}"),
        ({"most": 2.0}, "the criteria of DM-1"),
        ({"passed": False}, f"the verdict on {TICKET}"),
    ],
)
def test_evidence_of_another_set_or_by_other_criteria_is_another(other: dict[str, Any], part: str) -> None:
    before, after = bound(), bound(**other)
    assert [name for name in before if before[name] != after[name]] == [part]


def test_a_failure_that_is_accepted_later_is_not_what_was_signed() -> None:
    assert bound() != bound(Acceptance("NOISE", "it is always noisy"))


def test_sets_are_bound_in_one_order() -> None:
    detectors = frozenset({3, 1, 2})
    assert plain(Threshold(Bound(at_most=1.0), detectors)) == ["Threshold", ["Bound", None, 1.0], [1, 2, 3]]
