"""One thing that a rule found, with its proof: where it stands in the specs, and whom it hits."""

from __future__ import annotations

from dataclasses import dataclass

from ..spec.documents import LintCode, Model
from ..spec.located import FieldPath, Located
from ..spec.problems import Problem


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is allowed and probably not meant.

    Attributes
    ----------
    about
        What it is about, as a waiver names it: a collection, or a dataset type with its filter.
    example
        One case that proves it: an exposure, or a data ID and an instant.
    expected
        What would settle it.
    place
        The repository where it was found; empty if specs and locks alone say so.
    """

    code: LintCode
    about: str
    message: str
    example: str
    expected: str
    document: Located[Model]
    path: FieldPath
    place: str = ""

    @property
    def problem(self) -> Problem:
        """Return it in the form of everything that is wrong with documents."""
        where = f" at {self.place}" if self.place else ""
        text = f"{self.about}{where}: {self.message}; for example {self.example}"
        return self.document.problem(self.code, self.path, text, self.expected)
