"""`reconcile record` without a ticket: the board's table of all tickets, from git alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from ..adapters.ssh_keygen import SshKeygen
from ..approval.decided import Decided
from ..approval.judge import EFFECTS, Judgement, judge
from ..approval.record import NAMESPACE, Signed
from ..approval.statement import Statement
from ..board import table
from ..errors import ExitCode, PolicyRefused, UsageError
from ..render import board as render
from ..render.board import Board
from ..spec.documents import CalibrationSet, CuratedSet, Policy
from ..spec.problems import listed
from . import records
from .output import replace_file, write, write_json
from .session import read

FORMATS = (".html", ".md")


def run(directory: Path, site: str | None, *, out: Path | None, markdown: bool, as_json: bool) -> ExitCode:
    """Print the table, or write it as a page."""
    if out is not None and out.suffix not in FORMATS:
        raise UsageError(f"--out {out}: a page is {listed(FORMATS)}", hint=f"such as --out {out.stem}.html")
    board = _board(directory, site)
    if out is not None:
        replace_file(out, _page(board, out))
    if as_json:
        write_json(render.as_json(board))
    elif out is not None:
        write(f"Written to {out}")
    else:
        write(render.markdown(board) if markdown else render.text(board))
    return ExitCode.OK


def _page(board: Board, out: Path) -> str:
    if out.suffix == ".md":
        return render.markdown(board)
    from ..render.report.board import html

    return html(board)


def _board(directory: Path, site: str | None) -> Board:
    checkout, tree = read(directory)
    documents: list[CalibrationSet | CuratedSet] = [one.document for one in tree.sets]
    documents += [one.document for one in tree.curated]
    try:
        desk, remarks = records.latest(checkout, tree, site)
        policy = desk.policy
    except PolicyRefused as refused:
        rows = table(documents, (), (), Judgement)
        return Board(rows, "Nothing is decided here.", (refused.message,))
    found = desk.merged(SshKeygen(NAMESPACE))
    now = datetime.now(UTC)
    if desk.line is not None:
        decided: Iterable[Decided] = desk.line.decided
        tip = desk.line.commits[-1]
        history = f"Decisions as the trusted branch holds them at {tip[:12]}, each judged when it came there."
    else:
        decided = _decided(policy, found)
        history = "No root of trust on this machine: records and policy of the working tree are believed as they are."
    rows = table(documents, decided, found, lambda one: judge(policy, one, found, now, past=desk.past))
    return Board(rows, history, remarks)


def _decided(policy: Policy, found: tuple[Signed, ...]) -> Iterator[Decided]:
    """Yield what has enough approvals, each judged when its last yes was signed: what was adopted does not expire."""
    said: dict[str, tuple[Statement, datetime]] = {}
    for signed in found:
        record = signed.record
        if record.decision == "approve" and record.statement.verb in EFFECTS:
            _, last = said.get(record.statement.digest, (record.statement, record.signed))
            said[record.statement.digest] = record.statement, max(last, record.signed)
    for statement, last in said.values():
        until = tuple(signed for signed in found if signed.record.signed <= last)
        judged = judge(policy, statement, until, last)
        if judged.approved:
            yield Decided(statement, judged.by, last)
