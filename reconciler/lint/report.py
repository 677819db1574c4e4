"""What all rules found, what of it is waived, and which waivers waive nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from ..spec.documents import Model, Waiver
from ..spec.located import Located
from ..spec.problems import Problem
from .finding import Finding
from .rules import RULES
from .view import View


@dataclass(frozen=True, slots=True)
class Report:
    """The findings in order of place; `waived` with their reasons."""

    findings: tuple[Finding, ...]
    waived: tuple[tuple[Finding, str], ...]
    warnings: tuple[Problem, ...]


class _Waived(NamedTuple):
    """A waiver, and where it stands."""

    located: Located[Model]
    number: int
    waiver: Waiver

    def covers(self, one: Finding) -> bool:
        """Return whether it waives a finding: about just this, or about a collection below."""
        about = self.waiver.about
        named = one.about == about or one.about.startswith(f"{about}/")
        return named and (one.document.path, one.code) == (self.located.path, self.waiver.code)


def lint(view: View) -> Report:
    """Return what the rules find."""
    found, waivers = _once(view), list(_waivers(view))
    reasons = [next((by.waiver.reason for by in waivers if by.covers(one)), None) for one in found]
    pairs = list(zip(found, reasons, strict=True))
    return Report(
        findings=tuple(one for one, reason in pairs if reason is None),
        waived=tuple((one, reason) for one, reason in pairs if reason is not None),
        warnings=tuple(_unused(view, waivers, found)),
    )


def _once(view: View) -> list[Finding]:
    """Return the findings sorted; what chains share is found once."""
    found = {(one.problem.file, one.path, one.code, one.about, one.place, one.message): one for one in _found(view)}
    return sorted(found.values(), key=lambda one: one.problem)


def _found(view: View) -> Iterator[Finding]:
    for rule in RULES:
        yield from rule.find(view)


def _waivers(view: View) -> Iterator[_Waived]:
    for chain in view.tree.chains:
        yield from (_Waived(chain, n, one) for n, one in enumerate(chain.document.waive))
    for located in view.tree.sets:
        yield from (_Waived(located, n, one) for n, one in enumerate(located.document.waive))


def _unused(view: View, waivers: list[_Waived], found: list[Finding]) -> Iterator[Problem]:
    """Yield a warning for each waiver of what is not found; only of what specs alone would prove if it were so."""
    if any(search.place for search in view.searches):
        return
    provable = {rule.code for rule in RULES if rule.on_specs}
    unclear = {search.document.path for search in view.searches if search.opaque}
    for one in waivers:
        waiver, located = one.waiver, one.located
        if waiver.code in provable and located.path not in unclear and not any(map(one.covers, found)):
            said = f"nothing is found of {waiver.code} about {waiver.about}, which is waived here"
            path = ("waive", one.number)
            yield located.problem("unused-waiver", path, said, "no waiver", severity="warning")
