"""Steps that were not done, and what that means for those that wait for them: they end for the same reason."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from .errors import ExitCode, worst
from .state import Key
from .steps import Outcome, Step


@dataclass(slots=True)
class Halted:
    """Remembers, by the keys that a step would have provided, why it was not done."""

    codes: dict[Key, ExitCode] = field(default_factory=dict)

    def told(self, step: Step, outcome: Outcome) -> Outcome:
        """Return the outcome with the exit code of what it waits for: an approval that is missing, a running job."""
        if outcome.word == "blocked" and outcome.exit_code is ExitCode.ERROR:
            causes = [self.codes[key] for need in step.needs for key in need.awaits if key in self.codes]
            outcome = replace(outcome, exit_code=worst(causes)) if causes else outcome
        if outcome.word not in ("done", "unchanged"):
            self.codes.update(dict.fromkeys(step.provides, outcome.exit_code))
        return outcome
