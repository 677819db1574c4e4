"""Gates by effect: whatever science could see needs a yes, whichever file asked for the change.

An edit is public if a collection that it touches can be reached from a public chain before it or after it.
"""

from __future__ import annotations

from collections.abc import Iterator

from .errors import ExitCode, worst
from .facts import Approval, Facts, Standing
from .resolve import children_at, reachable
from .revealed import is_as_judged
from .state import State
from .steps.base import Outcome, Step, blocked


def closed(step: Step, before: State, after: State, facts: Facts) -> Outcome | None:
    """Return everything that keeps the step from acting; None if every gate is open."""
    if facts.trust == "none":
        return None
    refusals = [refusal for refusal in _refusals(step, before, after, facts) if refusal]
    if not refusals:
        return None
    return blocked("; ".join(one.reason for one in refusals), worst(one.exit_code for one in refusals))


def _refusals(step: Step, before: State, after: State, facts: Facts) -> Iterator[Outcome | None]:
    if facts.unmerged and not _is_trial(step):
        yield blocked(f"only trials (u/...) are built from here: {facts.unmerged}", ExitCode.POLICY)
    elif step.verb == "restore":
        return  # the same bytes as were adopted, which the step compares
    elif is_public(step, before, after, facts) and step.verb == "build":
        hint = "take it out of the chains that are searched first"
        yield blocked(f"science would see {step.subject} while it is built; {hint}", ExitCode.POLICY)
    elif is_public(step, before, after, facts):
        yield from (_unapproved(step, before, after, facts), _unproven(step, facts), _otherwise_made(step, facts))
        yield blocked(facts.shut, ExitCode.POLICY) if facts.shut else None
    elif step.verb == "build":
        yield _unapproved_build(step, facts)
    elif step.verb == "deploy":
        yield _unapproved(step, before, after, facts)


def _is_trial(step: Step) -> bool:
    """Return whether all that a step makes or edits is a user's own."""
    return all(name.startswith("u/") for name in (step.edits or {step.subject}))


def _unapproved(step: Step, before: State, after: State, facts: Facts) -> Outcome | None:
    asked = Approval(step.verb, step.subject, step.place)
    if asked in facts.approvals and is_as_judged(step, before, after, facts, facts.revealed.get(asked)):
        return None
    if asked in facts.approvals:
        moved = f"{step.subject} is not any more as it was when its approval to {step.verb} was judged"
        return blocked(f"{moved}; apply again, and it is judged as it is now", ExitCode.APPROVAL)
    seen = "" if step.verb == "deploy" else ", which science would see"
    needed = f"needs an approval to {step.verb} {step.subject}{seen}"
    return blocked(f"{needed}{_lacking(asked, facts)}", ExitCode.APPROVAL)


def _unapproved_build(step: Step, facts: Facts) -> Outcome | None:
    """Return what keeps something from being built that science does not see; most policies ask for nothing."""
    lacking = _lacking(Approval(step.verb, step.subject, step.place), facts)
    return blocked(f"needs an approval to build {step.subject}{lacking}", ExitCode.APPROVAL) if lacking else None


def _lacking(asked: Approval, facts: Facts) -> str:
    return f": {facts.lacking[asked]}" if asked in facts.lacking else ""


def _unproven(step: Step, facts: Facts) -> Outcome | None:
    if step.verb != "adopt" or step.subject in facts.unverified:
        return None
    standing = facts.standings.get(step.subject, _UNKNOWN)
    if standing.passed:
        return None
    reasons = "; ".join(standing.reasons)
    return blocked(f"{step.subject} has not passed its verification: {reasons}", ExitCode.VERIFICATION)


def _otherwise_made(step: Step, facts: Facts) -> Outcome | None:
    software = facts.software.get(step.subject)
    if step.verb != "adopt" or software is None or not software.reasons:
        return None
    return blocked(
        f"{step.subject} is not shown to be made with its release: {'; '.join(software.reasons)}", ExitCode.POLICY
    )


_UNKNOWN = Standing(False, ("its evidence was not read",))


def is_public(step: Step, before: State, after: State, facts: Facts) -> bool:
    """Return whether the step edits something that a public chain reaches, before it or after it.

    What is built into a collection that is searched already is seen at once, without any edit of the registry.
    """
    touched = step.edits or frozenset({step.subject})
    return any(touched & reachable(sorted(facts.public), children_at(state, step.place)) for state in (before, after))
