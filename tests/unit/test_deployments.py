"""A yes to deploy: place by place, for what was adopted where it was made, byte for byte."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from reconciler.adapters.memory import Store
from reconciler.apply import apply
from reconciler.approval.deployments import worth_signing
from reconciler.approval.effects import Asked
from reconciler.approval.line import Head, Line
from reconciler.approval.record import Decision, Record, Signed
from reconciler.archive import PLACE as ARCHIVE
from reconciler.archived import Archive
from reconciler.authority import Authority
from reconciler.content import content_root
from reconciler.errors import ExitCode
from reconciler.facts import Facts
from reconciler.intent import Desired
from reconciler.look import Look
from reconciler.plan import Planned, make_plan
from reconciler.ports import Reader
from reconciler.record import Record as Ours
from reconciler.seals import Seal
from reconciler.spec.documents import Model
from reconciler.steps import Outcome
from tests.board import NOW, ROOT, key, policy, policy_values, rule
from tests.several import EMBARGO, MAIN, SUMMIT, Several, deployment
from tests.worlds import PUBLIC, TICKET, Ask, calibration_set, chain

BOARD = rule("adopt", "recertify", "reorder", "retract", approvals={"board": 2}, unverified="no tests yet")
DEPLOY = rule("deploy", approvals={"board": 1})
LEAF = f"{TICKET}/trial/biasGen.20250207a"


def spec(**more: Any) -> tuple[Model, ...]:
    return (*calibration_set([Ask("bias")], **{"deployment": deployment(EMBARGO, SUMMIT), **more}), chain(TICKET))


@dataclass
class Desk:
    """Two sites that trust the same line, and people who sign what is asked."""

    several: Several = field(default_factory=lambda: Several(trust="required"))
    documents: tuple[Model, ...] = field(default_factory=spec)
    signed: list[Signed] = field(default_factory=list)
    rules: list[dict[str, Any]] = field(default_factory=lambda: [BOARD, DEPLOY, *policy_values()["rules"][1:]])

    def authority(self, name: str) -> Authority:
        head = Head((), tuple(self.signed), {})
        line = Line(ROOT, (), frozenset(), policy(rules=self.rules), (), (), {}, frozenset({PUBLIC}), {}, head)
        return Authority(line, name, NOW, lambda place, seal: self.files(name, place, seal))

    def files(self, name: str, place: str, seal: Seal) -> str:
        archive = Archive(self.several.archive, self.several.archive.tickets())
        if place == archive.place:
            return archive.root(seal)
        return content_root(seal, self.several.repositories(name)[place].digests(seal.run, tuple(seal.datasets)))

    def looked(self, name: str) -> tuple[Look, Desired, Any, dict[str, Reader], Facts]:
        want, facts = self.several.want(name, *self.documents)
        seen = self.several.look(name, want, facts)
        readers: dict[str, Reader] = {**self.several.repositories(name)}
        archive = Archive(self.several.archive, want.archived)
        readers[archive.place] = archive
        return seen, want, self.several.tree(*self.documents), readers, facts

    def facts(self, name: str) -> Facts:
        return self.authority(name).judged(*self.looked(name))

    def plan(self, name: str) -> tuple[Planned, ...]:
        seen, want, *_ = self.looked(name)
        return make_plan(seen.state, self.facts(name), want, seen.unknown).steps

    def apply(self, name: str) -> dict[str, str]:
        """Return how the steps of each kind ended: the reason, or the word."""
        ended = self.ended(name)
        return {step: outcome.reason or outcome.word for step, outcome in ended.items()}

    def ended(self, name: str, meanwhile: Callable[[], None] = lambda: None) -> dict[str, Outcome]:
        """Return how the steps of each kind ended; something may happen after it was judged what is approved."""
        want, facts = self.looked(name)[1], self.facts(name)
        steps = [planned.step for planned in self.plan(name)]
        meanwhile()
        results = apply(steps, self.several.world(name, want), want, facts)
        return {f"{r.step.kind} {r.step.place}": r.outcome for r in results}

    def swap(self) -> None:
        """Put other pixels into a file of the bias at its origin."""
        store = self.several.stores[MAIN]
        store.files[next(iter(_biases(store).values()))] = b"other pixels"

    def forge(self) -> None:
        """Put an archive in the place of ours in which another file stands under the same UUID."""
        self.swap()
        self.several.archive.memory.files.clear()
        Several(stores=self.several.stores, archive=self.several.archive).apply("usdf", *self.documents)

    def asked(self, name: str, verb: str) -> list[Asked]:
        decides, looked = self.authority(name), self.looked(name)
        if verb == "deploy":
            found: list[Asked] = [*decides.deployments(looked[0], looked[1], looked[2])]
        else:
            found = [one for one in worth_signing(decides.asked(*looked)) if one.statement.verb == verb]
        return [decides.statement(one) for one in found]

    def sign(
        self, verb: str, *people: str, name: str = "usdf", days_ago: float = 1, place: str = "", ticket: str = ""
    ) -> None:
        """Have dave propose what is asked now, and others approve it."""
        for one in self.asked(name, verb):
            if place not in ("", one.statement.site) or ticket not in ("", one.statement.subject):
                continue
            said: list[tuple[str, Decision]] = [("dave", "propose"), *((who, "approve") for who in people)]
            for who, decision in said:
                record = Record(decision, who, NOW - timedelta(days=days_ago), "", one.statement)
                self.signed.append(Signed(record, key(who)))


def _biases(store: Store) -> Mapping[str, str]:
    """Return data ID -> UUID of the biases that a repository holds; nothing where there are none."""
    return next((ids for (_, dataset_type), ids in store.contents.items() if dataset_type == "bias"), {})


def _held(store: Store) -> dict[str, Any]:
    """Return everything that a repository holds, as it is now."""
    return {name: deepcopy(what) for name, what in vars(store).items() if name != "guard"}


@pytest.fixture
def built() -> Desk:
    """A set that is built at its origin, up to its own chain."""
    desk = Desk()
    desk.apply("usdf")
    return desk


@pytest.fixture
def adopted(built: Desk) -> Desk:
    """The same, adopted there by two of the board, and published."""
    built.sign("adopt", "alice", "bob")
    built.apply("usdf")
    return built


def test_before_it_is_adopted_nothing_leaves_its_origin(built: Desk) -> None:
    told = built.apply("usdf")
    assert f"needs an approval to deploy {TICKET}: at {MAIN}, nobody has adopted it as it is" in told["publish archive"]
    assert f"at {MAIN}, nobody has adopted it as it is" in told[f"fetch {EMBARGO}"]
    assert built.several.archive.memory.files == {}


def test_an_adoption_publishes_it_and_a_deployment_brings_it_to_the_places_named(adopted: Desk) -> None:
    assert "publish archive" not in adopted.apply("usdf")
    assert adopted.several.stores[EMBARGO].children[PUBLIC] == (f"{PUBLIC}/LOCAL",)
    adopted.sign("deploy", "alice")
    for name, place in (("usdf", EMBARGO), ("summit", SUMMIT)):
        assert set(adopted.apply(name).values()) == {"done"}
        assert adopted.several.stores[place].children[PUBLIC] == (TICKET, f"{PUBLIC}/LOCAL")


def test_people_who_adopt_it_on_different_days_publish_it(built: Desk) -> None:
    """Each signs one statement: of two about the same collection, the later yes would overtake the earlier one."""
    built.sign("adopt", "alice", days_ago=3)
    built.sign("adopt", "bob", days_ago=1)
    told = built.apply("usdf")
    assert told["publish archive"] == "done"
    assert told[f"link {MAIN}"] == "done"


def test_without_a_yes_for_this_place_it_waits_with_exit_code_4(adopted: Desk) -> None:
    adopted.sign("deploy", "alice", place=EMBARGO)
    first = adopted.plan("summit")[0]
    assert (first.step.kind, first.expected.exit_code) == ("fetch", ExitCode.APPROVAL)
    assert "nobody has signed the proposal" in first.expected.reason


def test_who_deploys_cannot_bring_what_was_not_adopted(built: Desk) -> None:
    built.sign("deploy", "alice")
    assert f"at {MAIN}, nobody has adopted it as it is" in built.apply("usdf")[f"fetch {EMBARGO}"]


def test_one_yes_of_two_adopts_nothing_anywhere(built: Desk) -> None:
    built.sign("adopt", "alice")
    built.sign("deploy", "alice")
    assert "1 approval by board of 2 missing" in built.apply("usdf")["publish archive"]


def test_an_adoption_that_is_withdrawn_deploys_nothing_any_more(adopted: Desk) -> None:
    adopted.sign("deploy", "alice")
    about = next(s.record.statement for s in adopted.signed if s.record.statement.verb == "adopt")
    adopted.signed.append(Signed(Record("withdraw", "bob", NOW, "a mistake", about), key("bob")))
    assert "approval by bob" in adopted.plan("summit")[0].expected.reason


def test_a_file_that_was_swapped_at_its_origin_is_not_published(built: Desk) -> None:
    built.sign("adopt", "alice", "bob")
    built.swap()
    told = built.apply("usdf")["publish archive"]
    assert f"at {MAIN}, its files are not those that were adopted" in told
    assert built.several.archive.memory.files == {}


def test_a_manifest_of_other_files_is_not_fetched(adopted: Desk) -> None:
    adopted.sign("deploy", "alice")
    adopted.forge()
    first = adopted.plan("summit")[0]
    assert first.expected.exit_code is ExitCode.APPROVAL
    assert f"at {MAIN}, its files are not those that were adopted" in first.expected.reason


def test_a_file_that_is_swapped_after_its_approval_was_judged_is_not_published(built: Desk) -> None:
    built.sign("adopt", "alice", "bob")
    right = dict(built.several.stores[MAIN].files)
    ended = built.ended("usdf", built.swap)["publish archive"]
    assert (ended.word, ended.exit_code) == ("blocked", ExitCode.APPROVAL)
    assert ended.reason == f"the files of {LEAF} are not those that were approved"
    assert built.several.archive.tickets() == frozenset()
    built.several.stores[MAIN].files = right
    assert built.apply("usdf")["publish archive"] == "done"


def test_an_archive_that_is_swapped_after_an_approval_was_judged_is_not_fetched_from(adopted: Desk) -> None:
    adopted.sign("deploy", "alice")
    refused_as_unlike(adopted, "summit", SUMMIT, ARCHIVE, adopted.forge)


def test_a_file_that_is_swapped_after_its_approval_was_judged_is_not_copied_within_the_site(built: Desk) -> None:
    built.sign("adopt", "alice", "bob")
    built.sign("deploy", "alice")
    refused_as_unlike(built, "usdf", EMBARGO, MAIN, built.swap)


def refused_as_unlike(desk: Desk, name: str, place: str, source: str, meanwhile: Callable[[], None]) -> None:
    """Apply where something happens meanwhile: what is fetched is not what was approved, and nothing is written."""
    before = _held(desk.several.stores[place])
    ended = desk.ended(name, meanwhile)[f"fetch {place}"]
    assert (ended.word, ended.exit_code) == ("blocked", ExitCode.APPROVAL)
    assert ended.reason == f"the files of {LEAF} at {source} are not those that were approved"
    assert _held(desk.several.stores[place]) == before


def test_a_seal_that_somebody_forged_at_a_place_links_nothing(adopted: Desk) -> None:
    adopted.sign("deploy", "alice")
    there = adopted.several.stores[SUMMIT]
    seal = adopted.several.stores[MAIN].docs[LEAF]
    assert isinstance(seal, Seal)
    there.record = Ours(SUMMIT)
    there.register(LEAF, "CHAINED")
    there.register(seal.run, "RUN")
    mine = {d: there.add(seal.run, "bias", d) for d in seal.datasets["bias"]}
    there.docs[LEAF] = replace(seal, datasets={"bias": mine})
    first, last = [p.expected.reason for p in adopted.plan("summit") if p.step.kind == "link"]
    assert f"at {MAIN}, nobody has adopted it as it is" in first
    assert f"needs {TICKET}/trial/bias.20250207a in chain {TICKET}" in last
    adopted.apply("summit")
    assert there.children[PUBLIC] == (f"{PUBLIC}/LOCAL",)


def test_other_places_and_other_ways_need_another_yes(adopted: Desk) -> None:
    adopted.sign("deploy", "alice")
    ways = {"ticket": "DM-9", "repositories": {EMBARGO: {}, SUMMIT: {"protect": True}}}
    adopted.documents = spec(deployment=ways)
    assert "how it is deployed changed" in adopted.plan("summit")[0].expected.reason
    assert set(adopted.apply("usdf").values()) == {"done"}


def test_another_place_leaves_what_was_said_of_the_others_as_it_is(adopted: Desk) -> None:
    adopted.documents = spec(deployment=deployment(SUMMIT))
    adopted.sign("deploy", "alice")
    adopted.documents = spec()
    assert set(adopted.apply("summit").values()) == {"done"}


def test_other_dates_need_another_yes(adopted: Desk) -> None:
    adopted.sign("deploy", "alice")
    later = calibration_set([Ask("bias", begin="2025-01-01T00:00:00")], deployment=deployment(EMBARGO, SUMMIT))
    adopted.documents = (*later, chain(TICKET))
    assert "bias certified in" in adopted.plan("summit")[0].expected.reason


def test_a_weaker_rule_cannot_be_chosen_by_what_a_statement_says_of_itself(built: Desk) -> None:
    weak = rule("adopt", approvals={"board": 1}, where=["u/*"], unverified="trials")
    strong = {**BOARD, "where": [PUBLIC]}
    built.rules = [weak, strong, DEPLOY, *policy_values()["rules"][1:]]
    (one,) = [one.statement for one in built.asked("usdf", "adopt")]
    sly = replace(one, scope=("u/alice/anything",))
    for who, decision in (("dave", "propose"), ("alice", "approve")):
        said: Decision = "propose" if decision == "propose" else "approve"
        built.signed.append(Signed(Record(said, who, NOW - timedelta(days=1), "", sly), key(who)))
    built.sign("deploy", "alice")
    assert "1 approval by board of 2 missing" in built.apply("usdf")["publish archive"]


def test_a_lost_file_comes_back_long_after_every_approval_has_expired(adopted: Desk) -> None:
    adopted.sign("deploy", "alice")
    adopted.apply("summit")
    adopted.signed = [Signed(replace(s.record, signed=NOW - timedelta(days=400)), s.key) for s in adopted.signed]
    there = adopted.several.stores[SUMMIT]
    there.lost.add(next(iter(next(v for k, v in there.contents.items() if k[1] == "bias").values())))
    assert adopted.apply("summit") == {f"fetch {SUMMIT}": "done"}
    assert not there.lost
