"""Gates by effect: whatever science could see needs a yes, whichever file asked for the change.

An edit is public if a collection that it touches can be reached from a public chain before it or after it.
"""

from __future__ import annotations

from .errors import ExitCode
from .facts import Approval, Facts, Standing
from .resolve import children_at, reachable
from .state import State
from .steps.base import Outcome, Step, blocked


def closed(step: Step, before: State, after: State, facts: Facts) -> Outcome | None:
    """Return what keeps the step from acting; None if every gate is open."""
    if facts.trust == "none" or not is_public(step, before, after, facts):
        return None
    subject = step.subject
    if Approval(step.verb, subject) not in facts.approvals:
        return blocked(f"needs an approval to {step.verb} {subject}, which science would see", ExitCode.APPROVAL)
    return _unproven(subject, facts) if step.verb == "adopt" else None


def _unproven(subject: str, facts: Facts) -> Outcome | None:
    standing = facts.standings.get(subject, _UNKNOWN)
    if standing.passed:
        return None
    return blocked(f"{subject} has not passed its verification: {'; '.join(standing.reasons)}", ExitCode.VERIFICATION)


_UNKNOWN = Standing(False, ("its evidence was not read",))


def is_public(step: Step, before: State, after: State, facts: Facts) -> bool:
    """Return whether the step edits something that a public chain reaches, before it or after it."""
    return any(
        step.edits & reachable(sorted(facts.public), children_at(state, step.place)) for state in (before, after)
    )
