"""What was applied where, when, by which commit, and who had approved it: journals, git and approval records together.

A journal is of one machine and may be deleted; so this tells what is on record, never what is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from .approval.judge import SKEW
from .approval.record import Record, Signed

_WORDS = re.compile(r"[^\w-]+")


@dataclass(frozen=True, slots=True)
class Done:
    """One step as it was settled.

    Attributes
    ----------
    approved_by
        Who had said yes to it by then, and had not taken it back.
    """

    at: datetime
    place: str
    title: str
    kind: str
    outcome: str
    reason: str
    approved_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Applied:
    """One apply of one commit at a site, as far as it came.

    Attributes
    ----------
    by
        The account that it ran under; empty if that was not kept.
    """

    site: str
    commit: str
    by: str
    steps: tuple[Done, ...]

    @property
    def began(self) -> datetime:
        """When its first step was settled."""
        return self.steps[0].at

    def about(self, ticket: str) -> Applied:
        """Return the apply with only those steps that name a ticket."""
        return replace(self, steps=tuple(step for step in self.steps if names(step.title, ticket)))


def applied(lines: Iterable[Mapping[str, Any]], records: Iterable[Signed]) -> tuple[Applied, ...]:
    """Return what was applied, by the lines of journals, the latest first."""
    together: dict[tuple[str, str, str], list[Mapping[str, Any]]] = {}
    for line in sorted(lines, key=lambda line: _moment(line["at"])):
        # Lines from before applies were told apart: all of one commit on one day count as one.
        key = line["site"], line["commit"], str(line.get("apply", line["at"][:10]))
        together.setdefault(key, []).append(line)
    said = tuple(signed.record for signed in records)
    found = [
        Applied(site, commit, str(of[0].get("by", "")), tuple(_done(line, said) for line in of))
        for (site, commit, _), of in together.items()
    ]
    return tuple(sorted(found, key=lambda one: (one.began, one.site), reverse=True))


def names(text: str, ticket: str) -> bool:
    """Return whether a text names a ticket: DM-1 is not named by DM-11."""
    return ticket in _WORDS.split(text)


def _done(line: Mapping[str, Any], records: tuple[Record, ...]) -> Done:
    at, verb, subject = _moment(line["at"]), str(line.get("verb", "")), str(line.get("subject", ""))
    done = line["outcome"] == "done"
    return Done(
        at=at,
        place=line["place"],
        title=line["step"],
        kind=str(line.get("kind", "")),
        outcome=line["outcome"],
        reason=str(line.get("reason", "")),
        approved_by=approvers(records, verb, subject, line["place"], at) if done else (),
    )


def approvers(records: Iterable[Record], verb: str, subject: str, place: str, at: datetime) -> tuple[str, ...]:
    """Return who had said yes to the statement that was approved last of a subject, before a moment.

    Those who had taken it back by then are left out; whether they were enough was judged when it was applied.
    """
    about = [
        record
        for record in records
        if (record.statement.verb, record.statement.subject) == (verb, subject)
        and record.statement.site in ("", place)
        and record.signed <= at + SKEW
    ]
    withdrawn: dict[str, datetime] = {}
    for record in about:
        if record.decision == "withdraw":
            withdrawn[record.person] = max(record.signed, withdrawn.get(record.person, record.signed))
    yes = [r for r in about if r.decision == "approve" and r.signed > withdrawn.get(r.person, _NEVER)]
    if not yes:
        return ()
    last = max(yes, key=lambda record: (record.signed, record.person)).statement.digest
    return tuple(sorted({record.person for record in yes if record.statement.digest == last}))


_NEVER = datetime.min.replace(tzinfo=UTC)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
