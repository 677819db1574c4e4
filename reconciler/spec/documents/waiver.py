"""Waivers: what `lint` finds and people have looked at and accepted, and why."""

from __future__ import annotations

from typing import Literal

from .base import Model, Text

LintCode = Literal["gap", "partial", "dead", "order", "mixed", "always", "boundary", "protected"]


class Waiver(Model):
    """One finding that is accepted in this document; that nothing is found any more is a warning."""

    code: LintCode
    about: Text
    """What the finding begins with: a dataset type with its filter; a collection, or one that it is below."""
    reason: Text
