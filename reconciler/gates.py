"""Gates by effect: whatever science could see needs a yes, whichever file asked for the change.

An edit is public if a collection that it touches can be reached from a public chain before it or after it.
"""

from __future__ import annotations

from .errors import ExitCode, worst
from .facts import Approval, Facts, Standing
from .resolve import children_at, reachable
from .state import State
from .steps.base import Outcome, Step, blocked


def closed(step: Step, before: State, after: State, facts: Facts) -> Outcome | None:
    """Return everything that keeps the step from acting; None if every gate is open."""
    if facts.trust == "none" or not is_public(step, before, after, facts):
        return None
    refusals = [refusal for refusal in (_unapproved(step, facts), _unproven(step, facts)) if refusal]
    if not refusals:
        return None
    return blocked("; ".join(one.reason for one in refusals), worst(one.exit_code for one in refusals))


def _unapproved(step: Step, facts: Facts) -> Outcome | None:
    if Approval(step.verb, step.subject) in facts.approvals:
        return None
    return blocked(f"needs an approval to {step.verb} {step.subject}, which science would see", ExitCode.APPROVAL)


def _unproven(step: Step, facts: Facts) -> Outcome | None:
    if step.verb != "adopt":
        return None
    standing = facts.standings.get(step.subject, _UNKNOWN)
    if standing.passed:
        return None
    reasons = "; ".join(standing.reasons)
    return blocked(f"{step.subject} has not passed its verification: {reasons}", ExitCode.VERIFICATION)


_UNKNOWN = Standing(False, ("its evidence was not read",))


def is_public(step: Step, before: State, after: State, facts: Facts) -> bool:
    """Return whether the step edits something that a public chain reaches, before it or after it."""
    return any(
        step.edits & reachable(sorted(facts.public), children_at(state, step.place)) for state in (before, after)
    )
