"""The trusted line: what is believed of a history, commit by commit, and what attacks on it come to."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import yaml

from reconciler.adapters.memory_trust import MemoryHistory
from reconciler.approval.covered import ABSENT, NOWHERE, Subject, authorises, document_of
from reconciler.approval.line import Line, walk
from reconciler.approval.record import SIGNATURE, Decision, Record
from reconciler.approval.statement import Statement
from reconciler.errors import PolicyRefused
from reconciler.spec.documents import POLICY
from tests.board import NOW, PEOPLE, SIGNATURES, key_entry, person, policy_values, rule, statement

SITE, CATALOG = "sites/usdf.yaml", "specs/Cam/catalog.yaml"


def text(values: object) -> bytes:
    return yaml.safe_dump(values, sort_keys=False).encode()


def site(**changes: Any) -> bytes:
    repositories = {"main": {"butler": "repo", "instruments": ["Cam"]}}
    return text({"kind": "Site", "site": "usdf", "repositories": repositories, **changes})


def new_policy(**changes: Any) -> bytes:
    return text(policy_values(**changes))


ONE_IS_ENOUGH = new_policy(rules=[rule("adopt", "policy", "site", "catalog", "processing", approvals={"board": 1})])


@dataclass
class Repository:
    """A branch under way: files, commits, and people who sign."""

    files: dict[str, bytes] = field(default_factory=lambda: {POLICY: new_policy(), SITE: site(), "run.sh": b"true"})
    history: MemoryHistory = field(default_factory=MemoryHistory)
    minutes: int = 0

    def __post_init__(self) -> None:
        self.commit()

    def commit(self, **files: bytes | None) -> str:
        for name, content in files.items():
            self.put(name, content)
        return self.history.commit(self.files)

    def put(self, name: str, content: bytes | None) -> None:
        self.files.pop(name, None)
        if content is not None:
            self.files[name] = content

    def line(self, head: str | None = None, now: datetime = NOW) -> Line:
        return walk(self.history, self.history.root, SIGNATURES, now=now, head=head or self.history.commits()[-1].name)

    def asks(self, path: str, content: bytes | None, verb: str = "") -> Statement:
        """Return the statement that authorises a content of a path, after what is believed now."""
        line = self.line()
        found = document_of(path, content) if content is not None else None
        subject = found[0] if found else next(s for s in line.believed if s.path == path)
        subject = Subject(verb, path) if verb else subject
        before = line.believed.get(subject, NOWHERE)
        return authorises(subject, found[1] if found else ABSENT, before, self.history.root)

    def sign(self, who: str, about: Statement, decision: Decision = "approve", **changes: Any) -> Record:
        """Put a signed record among the files; every signature is a minute later than the last."""
        self.minutes += 1
        signed = NOW - timedelta(days=10) + timedelta(minutes=self.minutes)
        record = Record(decision, who, changes.pop("signed", signed), "why", about)
        self.files[record.path] = record.text
        self.files[record.path + SIGNATURE] = SIGNATURES.sign(record.text, changes.pop("by", who)).encode()
        return record

    def authorise(self, path: str, content: bytes | None, *people: str) -> None:
        """Propose and approve a content, and put it in place."""
        about = self.asks(path, content)
        self.sign("dave", about, "propose")
        for who in people or ("alice", "bob"):
            self.sign(who, about)
        self.put(path, content)


def strays(line: Line) -> dict[str, str]:
    """Return what the head holds without authority, and why."""
    assert line.head is not None
    return {stray.statement.subject: "; ".join(stray.missing) for stray in line.head.strays}


@pytest.fixture
def repository() -> Repository:
    return Repository()


def test_the_root_is_believed_as_it_is(repository: Repository) -> None:
    line = repository.line()
    assert strays(line) == {}
    assert {subject.path for subject in line.believed} == {POLICY, SITE, "run.sh"}
    assert set(line.policy.people) == set(PEOPLE)


def test_a_root_without_a_policy_is_no_root_of_trust() -> None:
    bare = Repository(files={SITE: site()})
    with pytest.raises(PolicyRefused, match="holds no valid specs/policy"):
        bare.line()


def test_a_change_that_enough_people_signed_is_believed(repository: Repository) -> None:
    repository.authorise(SITE, site(work="elsewhere"))
    repository.commit()
    assert strays(repository.line()) == {}


@pytest.mark.parametrize(
    ("path", "content", "verb"),
    [
        (SITE, site(work="elsewhere"), "site"),
        (SITE, None, "site"),
        (POLICY, ONE_IS_ENOUGH, "policy"),
        (POLICY, None, "policy"),
        (POLICY, b"kind: Policy", "policy"),
        ("sites/other.yaml", site(site="other"), "site"),
        ("run.sh", b"false", "processing"),
        ("processing/bias.yaml", b"x", "processing"),
        (".github/workflows/ci.yml", b"x", "processing"),
        ("README.md", b"x", "processing"),
    ],
)
def test_a_change_that_nobody_signed_is_not(
    repository: Repository, path: str, content: bytes | None, verb: str
) -> None:
    repository.put(path, content)
    repository.commit()
    line = repository.line()
    assert line.head is not None
    (stray,) = line.head.strays
    assert stray.statement.verb == verb
    assert "nobody has signed the proposal" in stray.missing
    assert line.policy == Repository().line().policy


def test_a_comment_changes_nothing(repository: Repository) -> None:
    repository.put(SITE, b"# the site\n" + site())
    repository.put(POLICY, new_policy() + b"# reviewed\n")
    repository.commit()
    assert strays(repository.line()) == {}


def test_a_set_and_its_lock_are_not_covered_here(repository: Repository) -> None:
    repository.put("specs/Cam/DM-1.yaml", b"kind: CalibrationSet\n")
    repository.commit()
    assert strays(repository.line()) == {}


def test_a_catalog_is_known_by_what_it_says(repository: Repository) -> None:
    entry = {
        "dataset_type": "bias",
        "generation": "biasGen",
        "certified": "bias",
        "template": "bps_bias.yaml",
        "selection_variable": None,
        "dimensions": ["detector"],
    }
    values = {"kind": "Catalog", "instrument": "Cam", "releases": ["*"], "detectors": "0..1", "products": {"b": entry}}
    repository.put("specs/Cam/harmless.yaml", text(values))
    repository.commit()
    assert list(strays(repository.line())) == ["specs/Cam/harmless.yaml"]


def test_a_kind_that_is_written_with_escapes_is_the_kind_that_it_is(repository: Repository) -> None:
    hidden = site(site="other").replace(b"kind: Site", b'kind: "S\\x69te"')
    repository.commit(**{"sites/other.yaml": hidden})
    assert list(strays(repository.line())) == ["sites/other.yaml"]


def test_a_file_that_becomes_another_kind_needs_a_yes_for_both(repository: Repository) -> None:
    repository.put(SITE, new_policy())
    repository.commit()
    line = repository.line()
    assert line.head is not None
    assert sorted(stray.statement.verb for stray in line.head.strays) == ["policy", "site"]


def test_what_was_authorised_once_does_not_come_back_by_the_same_yes(repository: Repository) -> None:
    loose, strict = ONE_IS_ENOUGH, new_policy()
    repository.authorise(POLICY, loose)
    repository.commit()
    repository.authorise(POLICY, strict)
    repository.commit()
    assert strays(repository.line()) == {}
    repository.commit(**{POLICY: loose})
    assert "what was in force before changed" in strays(repository.line())[POLICY]


def test_a_policy_that_is_loosened_does_not_judge_its_own_commit(repository: Repository) -> None:
    repository.authorise(POLICY, ONE_IS_ENOUGH, "alice")
    repository.authorise(SITE, site(work="elsewhere"), "alice")
    repository.commit()
    found = strays(repository.line())
    assert "1 approval by board of 2 missing (alice said yes)" in found[POLICY]
    assert "1 approval by board of 2 missing (alice said yes)" in found[SITE]


def test_a_policy_that_was_loosened_with_authority_judges_what_comes_after(repository: Repository) -> None:
    repository.authorise(POLICY, ONE_IS_ENOUGH)
    repository.commit()
    repository.authorise(SITE, site(work="elsewhere"), "alice")
    repository.commit()
    assert strays(repository.line()) == {}


def test_somebody_who_writes_himself_into_the_policy_may_not_sign_for_it(repository: Repository) -> None:
    people = policy_values()["people"] | {"mallory": person("mallory", "board")}
    repository.authorise(POLICY, new_policy(people=people), "alice", "mallory")
    repository.commit()
    assert "1 approval by board of 2 missing (alice said yes)" in strays(repository.line())[POLICY]


def test_a_key_that_is_swapped_in_the_policy_opens_nothing(repository: Repository) -> None:
    people = policy_values()["people"] | {"bob": person("bob", "board", keys=[key_entry("mallory")])}
    about = repository.asks(POLICY, new_policy(people=people))
    repository.sign("dave", about, "propose")
    repository.sign("alice", about)
    repository.sign("bob", about, by="mallory")
    repository.commit(**{POLICY: new_policy(people=people)})
    line = repository.line()
    assert "1 approval by board of 2 missing (alice said yes)" in strays(line)[POLICY]
    assert line.policy.owner(key_entry("mallory")["key"]) is None


def test_a_stray_change_stays_one_until_it_is_taken_back_or_authorised(repository: Repository) -> None:
    repository.commit(**{SITE: site(work="elsewhere")})
    repository.commit(note=b"x")
    assert SITE in strays(repository.line())
    repository.put("note", None)
    repository.commit(**{SITE: site()})
    assert strays(repository.line()) == {}


def test_a_change_may_be_authorised_later_than_it_came(repository: Repository) -> None:
    about = repository.asks(SITE, site(work="elsewhere"))
    repository.commit(**{SITE: site(work="elsewhere")})
    repository.sign("dave", about, "propose")
    repository.sign("alice", about)
    repository.sign("bob", about)
    repository.commit()
    assert strays(repository.line()) == {}


def test_an_unsigned_record_says_nothing(repository: Repository) -> None:
    repository.authorise(SITE, site(work="elsewhere"))
    for path in [path for path in repository.files if "bob" in path and path.endswith(SIGNATURE)]:
        repository.put(path, None)
    repository.commit()
    assert "1 approval by board of 2 missing" in strays(repository.line())[SITE]


def test_a_record_that_was_edited_after_it_was_signed_says_nothing(repository: Repository) -> None:
    repository.authorise(SITE, site(work="elsewhere"), "alice")
    (path,) = (path for path in repository.files if "alice.approve.json" in path and not path.endswith(SIGNATURE))
    forged = path.replace("alice", "bob")
    repository.files[forged] = repository.files[path].replace(b"alice", b"bob")
    repository.files[forged + SIGNATURE] = repository.files[path + SIGNATURE]
    repository.commit()
    assert "1 approval by board of 2 missing (alice said yes)" in strays(repository.line())[SITE]


def test_the_same_record_under_many_names_is_one(repository: Repository) -> None:
    repository.authorise(SITE, site(work="elsewhere"), "alice")
    for path in [path for path in repository.files if "alice" in path]:
        repository.files[path.replace("alice", "bob")] = repository.files[path]
    repository.commit()
    assert "(alice said yes)" in strays(repository.line())[SITE]


def test_a_withdrawal_that_is_deleted_still_counts(repository: Repository) -> None:
    repository.authorise(SITE, site(work="elsewhere"))
    repository.sign("bob", repository.asks(SITE, site(work="elsewhere")), "withdraw")
    withdrawn = {path: repository.files[path] for path in repository.files if "withdraw" in path}
    repository.put(SITE, site())
    repository.commit()
    for path in withdrawn:
        repository.put(path, None)
    repository.commit(**{SITE: site(work="elsewhere")})
    assert "the approval by bob" in strays(repository.line())[SITE]
    assert "was withdrawn" in strays(repository.line())[SITE]


def test_an_old_commit_hears_of_a_withdrawal_that_came_later(repository: Repository) -> None:
    about = statement(root=repository.history.root)
    repository.sign("bob", about)
    old = repository.commit()
    repository.sign("bob", about, "withdraw")
    repository.commit()
    line = repository.line(old)
    assert [one.record.decision for one in line.records] == ["approve", "withdraw"]


def test_an_approval_that_came_later_says_nothing_to_an_old_commit(repository: Repository) -> None:
    old = repository.commit(note=b"x")
    repository.sign("bob", statement())
    repository.commit()
    assert repository.line(old).records == ()


def test_an_approval_that_was_deleted_does_not_count(repository: Repository) -> None:
    repository.sign("bob", statement())
    repository.commit()
    for path in [path for path in repository.files if "bob" in path]:
        repository.put(path, None)
    repository.commit()
    assert repository.line().records == ()


def test_a_no_stays_when_the_policy_forgets_the_key(repository: Repository) -> None:
    repository.sign("bob", statement(), "withdraw")
    repository.commit()
    people = policy_values()["people"] | {"bob": person("bob", "board", keys=[key_entry("alice-2")])}
    repository.authorise(POLICY, new_policy(people=people), "alice", "carol")
    repository.commit()
    line = repository.line()
    assert strays(line) == {}
    assert [(one.record.person, one.record.decision) for one in line.noes] == [("bob", "withdraw")]


def test_a_commit_of_another_branch_is_not_on_the_line(repository: Repository) -> None:
    assert repository.line("f" * 40).head is None


def test_an_authority_of_another_repository_says_nothing(repository: Repository) -> None:
    about = replace(repository.asks(SITE, site(work="elsewhere")), root="b" * 40)
    repository.sign("dave", about, "propose")
    repository.sign("alice", about)
    repository.sign("bob", about)
    repository.commit(**{SITE: site(work="elsewhere")})
    assert "it is for another repository" in strays(repository.line())[SITE]


def test_a_key_that_ended_before_the_last_signature_known_signs_nothing_new(repository: Repository) -> None:
    ended = key_entry("bob", until="2026-05-25T00:00:00")
    people = policy_values()["people"] | {"bob": person("bob", "board", keys=[ended])}
    other = Repository(files={POLICY: new_policy(people=people), SITE: site()})
    other.sign("carol", statement(), signed=NOW - timedelta(days=1))
    other.commit()
    other.authorise(SITE, site(work="elsewhere"))
    other.commit()
    assert "expired at 2026-05-25T00:00:00" in strays(other.line())[SITE]


def test_years_later_the_line_is_believed_as_it_was_then(repository: Repository) -> None:
    repository.authorise(SITE, site(work="elsewhere"))
    repository.commit()
    assert strays(repository.line(now=NOW + timedelta(days=3650))) == {}


def test_a_record_from_the_future_does_not_move_the_clock_ahead(repository: Repository) -> None:
    repository.sign("carol", statement(), signed=NOW + timedelta(days=3650))
    repository.commit()
    repository.authorise(SITE, site(work="elsewhere"))
    repository.commit()
    assert strays(repository.line()) == {}


def test_hostile_files_among_the_records_are_passed_over(repository: Repository) -> None:
    files = {"approvals/a.json": b"[" * 100_000, "approvals/b.sig": b"\xff", "approvals/c/d.json": b"{}"}
    repository.commit(**files)
    assert strays(repository.line()) == {}
    assert repository.line().records == ()


def test_a_chain_that_was_ever_public_stays_so(repository: Repository) -> None:
    chain = {"kind": "Chain", "instrument": "Cam", "name": "Cam/calib", "members": []}
    repository.commit(**{"specs/Cam/chain.yaml": text(chain), "specs/Cam/mine.yaml": text({**chain, "name": "u/me/c"})})
    repository.commit(**{"specs/Cam/chain.yaml": None})
    assert repository.line().public == {"Cam/calib"}


def adopt(repository: Repository) -> Statement:
    return statement(root=repository.history.root)


def test_what_had_enough_approvals_is_decided_at_the_commit_that_brought_the_last(repository: Repository) -> None:
    repository.sign("dave", adopt(repository), "propose")
    repository.sign("alice", adopt(repository))
    repository.commit()
    assert repository.line().decided == ()
    last = repository.sign("bob", adopt(repository))
    commit = repository.commit()
    repository.commit(**{"run.sh": b"false"})
    (decided,) = repository.line().decided
    assert (decided.statement, decided.by, decided.at) == (adopt(repository), ("alice", "bob"), last.signed)
    assert decided.commit == commit


def test_what_was_decided_stays_so_when_people_have_left_and_approvals_have_expired(repository: Repository) -> None:
    repository.sign("dave", adopt(repository), "propose")
    for who in ("alice", "bob"):
        repository.sign(who, adopt(repository))
    repository.commit()
    repository.authorise(
        POLICY, new_policy(people={name: person(name, "board") for name in ("alice", "carol", "dave")})
    )
    repository.commit()
    line = repository.line(now=NOW + timedelta(days=300))
    assert "bob" not in line.policy.people
    assert [one.by for one in line.decided] == [("alice", "bob")]


def test_approvals_that_were_gone_before_the_last_one_came_decide_nothing(repository: Repository) -> None:
    repository.sign("dave", adopt(repository), "propose")
    alices = repository.sign("alice", adopt(repository))
    repository.commit()
    repository.put(alices.path, None)
    repository.put(alices.path + SIGNATURE, None)
    repository.sign("bob", adopt(repository))
    repository.commit()
    assert repository.line().decided == ()


def test_authority_over_documents_is_no_decision_of_the_board(repository: Repository) -> None:
    repository.authorise(SITE, site(work="elsewhere"))
    repository.commit()
    assert repository.line().decided == ()
