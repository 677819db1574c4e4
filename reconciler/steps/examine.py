"""Examine: run a verification on locked exposures, and seal its results as evidence (DMTN-222 section 3.2).

Produced like any generation; only what it is for differs, and that what is examined stands first in its inputs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ..words import count
from .produce import Produce


@dataclass(frozen=True, slots=True)
class Examine(Produce):
    """Make the evidence of one verification complete."""

    kind: ClassVar[str] = "examine"

    @property
    def title(self) -> str:
        return f"examine {self.work.product} in {self.key.leaf} ({count(len(self.work.exposures), 'exposure')})"
