"""The board's table: for each ticket its three tickets, what was decided by whom, and where it goes (DMTN-222, 3.4).

Decisions come from records alone: what had enough approvals when it came onto the trusted line stays decided, whoever
has left since. Whether a site has applied it is another question, for `plan` and `history`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from .approval.decided import Decided
from .approval.judge import Judgement
from .approval.record import Record, Signed
from .approval.statement import Statement
from .spec.documents import CalibrationSet, CuratedSet

Word: TypeAlias = Literal["adopted", "rejected", "retracted", "waiting", "withdrawn", "not proposed"]
Judge: TypeAlias = Callable[[Statement], Judgement]
"""How a statement stands now."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What the board has said of a ticket at one place.

    Attributes
    ----------
    by
        Who said yes, or no.
    at
        When the last of them signed.
    reasons
        What is missing while it waits, or why not.
    """

    word: Word
    by: tuple[str, ...] = ()
    at: datetime | None = None
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Destination:
    """A repository that the set is deployed to, or is not.

    Attributes
    ----------
    skip
        Why it does without; empty if it does not.
    decision
        Of the link there.
    """

    place: str
    protect: bool
    skip: str
    decision: Decision


@dataclass(frozen=True, slots=True)
class Row:
    """One document of a ticket.

    Attributes
    ----------
    approval, deployment
        The tickets of the board and of the deployment; empty where none is named.
    software
        The release, and the ticket of its review if it is a development branch.
    """

    instrument: str
    ticket: str
    tag: str
    approval: str
    deployment: str
    purpose: str
    software: str
    origin: str
    decision: Decision
    destinations: tuple[Destination, ...]


def table(
    documents: Iterable[CalibrationSet | CuratedSet],
    decided: Iterable[Decided],
    records: Iterable[Signed],
    judge: Judge,
) -> tuple[Row, ...]:
    """Return a row for each document that is no trial, in the order of the board's tickets."""
    said = {signed.record.text: signed.record for signed in records}  # a no stands in the tree and in the history
    desk = _Desk(tuple(decided), tuple(said.values()), judge)
    rows = [desk.row(document) for document in documents if not document.prefix]
    return tuple(sorted(rows, key=_order))


def _order(row: Row) -> tuple[object, ...]:
    """Return a key that has the board's tickets in order, and those without one last."""
    return row.approval == "", _natural(row.approval), _natural(row.ticket), row.tag


@dataclass(frozen=True)
class _Desk:
    """What decisions are read from."""

    decided: tuple[Decided, ...]
    records: tuple[Record, ...]
    judge: Judge

    def row(self, document: CalibrationSet | CuratedSet) -> Row:
        chain = document.naming.ticket_chain
        common = (document.instrument, document.ticket)
        if isinstance(document, CuratedSet):
            said, purpose = self.said(chain, document.origin), f"curated: {', '.join(document.datasets)}"
            return Row(*common, "", "", "", purpose, "", document.origin, said, ())
        reviewed = f", reviewed in {document.reviewed}" if document.reviewed else ""
        return Row(
            *common,
            document.tag,
            document.approval.ticket if document.approval else "",
            document.deployment.ticket if document.deployment else "",
            " ".join(document.purpose.split()),
            f"{document.release}{reviewed}",
            document.origin,
            self.said(chain, document.origin),
            tuple(self._destinations(document, chain)),
        )

    def _destinations(self, document: CalibrationSet, chain: str) -> Iterator[Destination]:
        places = document.deployment.repositories if document.deployment else {}
        for place, there in places.items():
            yield Destination(place, there.protect, there.skip or "", self.said(chain, place))

    def said(self, chain: str, place: str) -> Decision:
        """Return what was decided last of a ticket's chain, or of what is linked from below it, at one place."""
        done = [one for one in self.decided if _about(one.statement, chain, place)]
        last = max(done, key=lambda one: one.at, default=None)
        about = [record for record in self.records if _about(record.statement, chain, place)]
        asked = [record for record in about if record.decision == "propose" and record.statement.verb == "adopt"]
        latest = max(asked, key=lambda record: record.signed, default=None)
        if latest is not None and (last is None or _is_later(latest, last)):
            return self._open(latest.statement, about)
        if last is None:
            return Decision("not proposed")
        if last.statement.verb == "retract":
            return Decision("retracted", last.by, last.at)
        return _taken_back(last, about) or Decision("adopted", last.by, last.at)

    def _open(self, statement: Statement, about: Iterable[Record]) -> Decision:
        """Return how a proposal stands that was not approved when it came."""
        noes = _noes(statement, about)
        if noes:
            return _no("rejected", noes)
        judged = self.judge(statement)
        if judged.approved:
            signed = [r.signed for r in about if r.decision == "approve" and r.statement.digest == statement.digest]
            return Decision("adopted", judged.by, max(signed, default=None))
        return Decision("waiting", judged.by, reasons=judged.missing)


def _is_later(proposal: Record, last: Decided) -> bool:
    """Return whether something was proposed after the last decision; records tell seconds, and a script is faster."""
    same_second = proposal.signed == last.at and proposal.statement.digest != last.statement.digest
    return proposal.signed > last.at or same_second


def _about(statement: Statement, chain: str, place: str) -> bool:
    """Return whether a statement lets science see a ticket at a place, or takes it away."""
    below = statement.subject == chain or statement.subject.startswith(f"{chain}/")
    return statement.verb in ("adopt", "retract") and statement.site == place and below


def _noes(statement: Statement, about: Iterable[Record]) -> list[Record]:
    """Return the rejections of a statement that were not taken back."""
    here = list(about)
    withdrawn = {r.person: r.signed for r in here if r.decision == "withdraw" and r.statement.verb == statement.verb}
    return [
        record
        for record in here
        if record.decision == "reject"
        and record.statement.digest == statement.digest
        and not (record.person in withdrawn and record.signed <= withdrawn[record.person])
    ]


def _taken_back(last: Decided, about: Iterable[Record]) -> Decision | None:
    """Return what was said against an adoption after it, by those who had said yes or by others."""
    later = [record for record in about if record.signed >= last.at and record.statement.verb == last.statement.verb]
    if noes := _noes(last.statement, later):
        return _no("rejected", noes)
    withdrawn = [record for record in later if record.decision == "withdraw" and record.person in last.by]
    return _no("withdrawn", withdrawn) if withdrawn else None


def _no(word: Word, records: list[Record]) -> Decision:
    people = sorted({record.person for record in records})
    reasons = tuple(f"{record.person}: {record.reason}" for record in records)
    return Decision(word, tuple(people), max(record.signed for record in records), reasons)


def _natural(text: str) -> tuple[str | int, ...]:
    """Return a key by which TAXICAB-9 comes before TAXICAB-23."""
    return tuple(int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", text))
