"""`reconcile apply`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from ..adapters.journal import Journal
from ..apply import Result, apply
from ..errors import ExitCode, UsageError, worst
from ..facts import Facts
from ..look import Look
from ..plan import Plan
from ..render import plan as render
from ..saved import load, require_fresh
from ..state import Chain, Change, Owned
from .output import progress, write, write_json
from .report import of_verified
from .session import Session, session
from .spot_check import SpotCheck
from .trusted import require, require_later

WORDS = {"done": "done", "unchanged": "unchanged", "waiting": "waiting", "blocked": "BLOCKED", "failed": "FAILED"}


def run(
    directory: Path,
    site: str | None,
    *,
    saved: Path | None,
    auto_approve: bool,
    new_record: bool,
    spot_check: Path | None,
    as_json: bool,
) -> ExitCode:
    """Plan, ask, apply, and tell how each step ended."""
    reviewed = load(saved) if saved else None
    with session(directory, site or (reviewed["site"] if reviewed else None)) as open_session:
        commit = open_session.checkout.require_clean()
        seen = open_session.look()
        _require_history(open_session, seen)
        if new_record:
            _begin_records(open_session, seen)
            seen = open_session.look()
        seen = open_session.decided(seen)
        plan, heading = open_session.plan(seen), open_session.heading(seen)
        if reviewed:
            require_fresh(reviewed, open_session.site.site, commit, plan)
        if not as_json:
            write(render.text(plan, heading))
        if plan.steps and not auto_approve and not reviewed:
            _ask()
        pictures = SpotCheck(spot_check, open_session.place.repositories) if spot_check else None
        results = list(_applied(open_session, plan, seen.facts, commit, pictures, quiet=as_json))
        code = _exit_code(results, plan)
        if code is ExitCode.OK and not seen.facts.unmerged:
            _remember(open_session, seen, commit)
        if as_json:
            looked = {"pictures": pictures.found} if pictures else {}
            results_json = [as_entry(r) for r in results]
            write_json({**render.as_json(plan, heading), "results": results_json, **looked, "exit": int(code)})
        elif results:
            write(_summary(results))
        for told in of_verified(open_session, results):
            if not as_json:
                write(told)
        return code


def _require_history(open_session: Session, seen: Look) -> None:
    """Refuse to apply what is not the trusted branch's, or not later than what was applied last."""
    line, checkout = open_session.line, open_session.checkout
    if line is not None:
        require(line, checkout)
    for observation in seen.facts.observations.values():
        applied = observation.record.applied if observation.record else None
        if line is not None:
            require_later(line, checkout, applied)
        checkout.require_descent(applied)


def _ask() -> None:
    """Ask whether to go ahead; without a terminal there is nobody to ask."""
    if not sys.stdin.isatty():
        raise UsageError("nobody can be asked here", hint="type --auto-approve, or apply a saved plan")
    sys.stderr.write("Apply this plan? Only `yes` goes ahead: ")
    sys.stderr.flush()
    if sys.stdin.readline().strip() != "yes":
        raise KeyboardInterrupt


def _applied(
    open_session: Session, plan: Plan, facts: Facts, commit: str, pictures: SpotCheck | None, *, quiet: bool
) -> Iterator[Result]:
    journal = Journal(open_session.place.work, open_session.site.site, commit)
    with progress() as shown:
        world = open_session.place.world(shown.job, shown.copied, open_session.archive)
        steps = [planned.step for planned in plan.steps]
        for result in apply(steps, world, open_session.want, facts):
            journal.write(as_entry(result))
            looked = pictures.of(result) if pictures else ()
            if not quiet:
                write("\n".join((line(result), *(f"       look  {path}" for path in looked))))
            yield result


def _remember(open_session: Session, seen: Look, commit: str) -> None:
    """Write into each record that this commit was applied, where it says another."""
    for place, repository in open_session.place.repositories.items():
        observation = seen.facts.observations.get(place)
        if observation is None or (observation.record is not None and observation.record.applied == commit):
            continue
        if observation.record is None and not any(key.place == place for key in open_session.want.state.values):
            continue  # nothing of ours is wanted there: no record is begun
        repository.remember(commit)


def _begin_records(open_session: Session, seen: Look) -> None:
    """Begin a record where it is lost, owning the links that the specs want and the chains hold."""
    for place in sorted(seen.facts.lost):
        owned = tuple(
            Change(key, None, by)
            for key, by in open_session.want.state.values.items()
            if isinstance(key, Owned)
            and key.place == place
            and key.member in seen.state.members(Chain(place, key.chain))
        )
        open_session.place.repositories[place].commit(owned)


def _exit_code(results: list[Result], plan: Plan) -> ExitCode:
    codes = [result.outcome.exit_code for result in results]
    return worst([*codes, ExitCode.UNREACHABLE] if plan.unknown else codes)


def as_entry(result: Result) -> dict[str, object]:
    """Return how a step ended, as plain values."""
    return {
        "step": result.step.title,
        "kind": result.step.kind,
        "place": result.step.place,
        "verb": result.step.verb,
        "subject": result.step.subject,
        "outcome": result.outcome.word,
        "reason": result.outcome.reason,
        "exit_code": int(result.outcome.exit_code),
    }


def line(result: Result) -> str:
    """Return how a step ended, in words."""
    word = WORDS.get(result.outcome.word, result.outcome.word.upper())
    reason = f"\n            {result.outcome.reason}" if result.outcome.reason else ""
    return f"  {word:>9}  {result.step.title}{reason}"


def _summary(results: list[Result]) -> str:
    words = [result.outcome.word for result in results]
    counted = ", ".join(f"{words.count(word)} {word}" for word in dict.fromkeys(words))
    again = "" if {"done", "unchanged"} >= set(words) else "; run it again when the cause is gone, and it goes on"
    return f"{counted}{again}."
