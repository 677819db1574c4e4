"""The judgement: a policy, a statement and the records about it -> approved, or what is missing, in words.

A no is believed more easily than a yes. A yes needs a key that counted when it signed and counts now, a person who has
the role, and every bound part as it was. A rejection or a withdrawal needs a good signature of that person, no more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from ..spec.documents.policy import Key, Policy, Rule, fingerprint, instant
from ..words import count
from .record import Record, Signed
from .seats import empty_seats
from .statement import Statement, differences

EFFECTS = ("adopt", "recertify", "reorder", "retract")
"""What is done to a collection, and may be done again: the last yes about it is the one that counts."""
SKEW = timedelta(minutes=5)
"""How far the clock of another machine may be ahead of ours."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """Who said yes, and what is missing; approved if nothing is."""

    statement: Statement
    by: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def approved(self) -> bool:
        """Whether enough people said yes."""
        return not self.missing


@dataclass(frozen=True)
class _Votes:
    """What the records about one statement come to, before a rule looks at them."""

    approvers: dict[str, Record] = field(default_factory=dict)
    proposers: dict[str, Record] = field(default_factory=dict)
    rejections: dict[str, Record] = field(default_factory=dict)
    void: list[str] = field(default_factory=list)


def rules_for(policy: Policy, statement: Statement) -> tuple[Rule, ...]:
    """Return every rule that fits a statement; all of them must be satisfied."""
    return tuple(rule for rule in policy.rules if statement.verb in rule.verbs and rule.fits(statement.scope))


def judge(
    policy: Policy,
    statement: Statement,
    records: Iterable[Signed],
    now: datetime,
    *,
    past: Iterable[Signed] = (),
    about: tuple[str, ...] = (),
) -> Judgement:
    """Return whether a statement is approved.

    `past` are approvals that history holds and that give no yes any more, but may have overtaken others. `about` are
    names that rules are matched with besides those that the statement itself tells.
    """
    rules = rules_for(policy, replace(statement, scope=(*statement.scope, *about)))
    if not rules:
        where = ", ".join(statement.scope)
        return Judgement(statement, missing=(f"no rule of the policy says who may {statement.verb} {where}",))
    here = tuple(records)
    votes = _votes(policy, statement, here, now)
    _overtake(votes, _last_other(policy, statement, rules, (*here, *past)))
    missing = [line for rule in rules for line in _lacking(policy, rule, votes, now)]
    void = votes.void if missing else []
    return Judgement(statement, tuple(sorted(votes.approvers)), tuple(dict.fromkeys((*missing, *void))))


def _votes(policy: Policy, statement: Statement, records: tuple[Signed, ...], now: datetime) -> _Votes:
    votes = _Votes()
    about = [
        s
        for s in records
        if (s.record.statement.verb, s.record.statement.subject) == (statement.verb, statement.subject)
    ]
    withdrawn = _withdrawals(policy, about)
    for signed in sorted(about, key=lambda s: (s.record.signed, s.record.person, s.record.decision)):
        record = signed.record
        if record.decision == "withdraw":
            continue
        if fault := _fault(policy, statement, signed, now):
            votes.void.append(f"{_called(record)} does not count: {fault}")
        elif (until := withdrawn.get(record.person)) is not None and record.signed <= until:
            votes.void.append(f"{_called(record)} was withdrawn")
        else:
            kinds = {"approve": votes.approvers, "propose": votes.proposers, "reject": votes.rejections}
            kinds[record.decision][record.person] = record
    return votes


def _last_other(
    policy: Policy, statement: Statement, rules: tuple[Rule, ...], records: Iterable[Signed]
) -> Record | None:
    """Return the last yes to something else that is done to the same collection, by somebody who has a say.

    What was adopted, retracted and is wanted again needs a new yes, and so does what was reordered back and forth.
    """
    roles = {role for rule in rules for role in rule.approvals}
    others = [
        signed.record
        for signed in records
        if statement.verb in EFFECTS
        and signed.record.decision == "approve"
        and signed.record.statement.verb in EFFECTS
        and _same(signed.record.statement, statement)
        and signed.record.statement.digest != statement.digest
        and signed.record.person in policy.people
        and signed.record.person in (signed.owner, policy.owner(signed.key))
        and roles & set(policy.people[signed.record.person].roles)
    ]
    return max(others, key=lambda record: (record.signed, record.person), default=None)


def _same(one: Statement, other: Statement) -> bool:
    """Return whether two statements are about the same collection at the same place, by the same chains."""
    scopes = set(one.scope), set(other.scope)
    within = scopes[0] <= scopes[1] or scopes[1] <= scopes[0]
    return (one.root, one.site, one.subject) == (other.root, other.site, other.subject) and within


def _overtake(votes: _Votes, last: Record | None) -> None:
    """Void what was said before the last yes to something else."""
    if last is None:
        return
    for given in (votes.approvers, votes.proposers):
        for who, record in list(given.items()):
            if record.signed < last.signed:
                del given[who]
                votes.void.append(f"{_called(record)} was overtaken when {last.person} approved to {_asked(last)}")


def _asked(record: Record) -> str:
    return f"{record.statement.title} at {record.signed:%Y-%m-%d %H:%M} UTC"


def _withdrawals(policy: Policy, about: Iterable[Signed]) -> dict[str, datetime]:
    """Return person -> until when everything that was said is withdrawn.

    A withdrawal takes back all that its author signed before about this verb and subject, whatever was bound then:
    a yes to an earlier content does not come back to life when that content comes back.
    """
    latest: dict[str, datetime] = {}
    for signed in about:
        record = signed.record
        if record.decision == "withdraw" and record.person in (signed.owner, policy.owner(signed.key)):
            latest[record.person] = max(record.signed, latest.get(record.person, record.signed))
    return latest


def _fault(policy: Policy, statement: Statement, signed: Signed, now: datetime) -> str:
    """Return why a record does not count; empty if it does."""
    record = signed.record
    owner = policy.owner(signed.key)
    if record.person not in policy.people:
        return f"the policy knows nobody called {record.person}"
    if owner != record.person and not (record.decision == "reject" and signed.owner == record.person):
        whose = f"of {owner}" if owner else "that the policy does not know"
        return f"it is signed with the key {fingerprint(signed.key)} {whose}"
    changed = list(differences(record.statement, statement))
    if changed:
        return "; ".join(changed)
    if record.decision == "reject":
        return ""
    key = next(key for key in policy.people[record.person].keys if key.key == signed.key)
    return key_fault(key, record.signed, now)


def key_fault(key: Key, signed: datetime, now: datetime) -> str:
    """Return why a key did not count at the time of signing, or does not now: a thief would date a signature back."""
    name = fingerprint(key.key)
    if signed > now + SKEW:
        return f"it is dated {signed:%Y-%m-%d %H:%M} UTC, which is still to come"
    if key.revoked and signed >= instant(key.revoked):
        return f"its key {name} is revoked since {key.revoked}"
    if key.revoked and now >= instant(key.revoked):
        return f"its key {name} has been revoked since; sign again with another"
    if signed < instant(key.from_instant):
        return f"its key {name} counts from {key.from_instant} only"
    if max(signed, now) >= instant(key.until):
        return f"its key {name} expired at {key.until}"
    return ""


def _lacking(policy: Policy, rule: Rule, votes: _Votes, now: datetime) -> Iterator[str]:
    """Yield what one rule still asks for."""
    if not sum(rule.approvals.values()):
        return
    for who, record in sorted(votes.rejections.items()):
        if set(policy.people[who].roles) & rule.approvals.keys():
            yield f"{who} rejected it: {record.reason}"
    if rule.proposer == "excluded" and not votes.proposers:
        yield "nobody has signed the proposal"
    excluded = {
        who: reason for who, record in votes.approvers.items() if (reason := _excluded(rule, votes, record, now))
    }
    counted = {who: policy.people[who].roles for who in sorted(votes.approvers) if who not in excluded}
    empty = empty_seats(rule.approvals, counted)
    said = f"{', '.join(counted)} said yes" if counted else "nobody has said yes"
    for role, seats in empty.items():
        yield f"{count(seats, 'approval')} by {role} of {rule.approvals[role]} missing ({said})"
    if empty:
        yield from (f"{who} {reason}" for who, reason in sorted(excluded.items()))


def _excluded(rule: Rule, votes: _Votes, record: Record, now: datetime) -> str:
    """Return why a good approval does not count for a rule; empty if it does."""
    if rule.proposer == "excluded" and record.person in votes.proposers:
        return "proposed it, and nobody approves a proposal of one's own"
    age = now - record.signed
    return f"signed {age.days} days ago; an approval counts for {rule.days}" if age > timedelta(days=rule.days) else ""


def _called(record: Record) -> str:
    words = {"approve": "approval", "propose": "proposal", "reject": "rejection", "withdraw": "withdrawal"}
    return f"the {words[record.decision]} by {record.person} of {record.signed:%Y-%m-%d %H:%M} UTC"
