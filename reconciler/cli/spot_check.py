"""`apply --spot-check`: the pictures of what was built, as soon as it is, where people can open them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..apply import Result
from ..observation import Scope
from ..ports import Repository
from ..steps.produce import Produce


@dataclass
class SpotCheck:
    """A directory of pictures, one folder for each generation; `found` has their paths by leaf."""

    directory: Path
    repositories: Mapping[str, Repository]
    found: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def of(self, result: Result) -> tuple[str, ...]:
        """Copy the pictures of a step that was done; return their paths, none for a step that makes no pictures."""
        step = result.step
        if not isinstance(step, Produce) or result.outcome.word != "done" or not step.work.spot_check:
            return ()
        repository, leaf = self.repositories[step.place], step.key.leaf
        seal = repository.observe(Scope(frozenset({leaf}))).seals[leaf]
        into = self.directory / leaf.rpartition("/")[2]
        self.found[leaf] = repository.retrieve(seal.run, step.work.spot_check, str(into))
        return self.found[leaf]
