"""What lint found, as text for people and as JSON for programs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from ..lint import Finding, Report
from ..lint.rules import RULES
from ..words import count
from .problems import as_json as problems_json


def text(report: Report, subject: str) -> str:
    """Return a line for each finding and warning, those that are waived with their reasons, and what it comes to."""
    return "\n".join(_lines(report, subject)) + "\n"


def as_json(report: Report, subject: str) -> dict[str, Any]:
    """Return the same as plain values, and what was looked for; `waived` is the reason, or null."""
    findings = [_finding(one, None) for one in report.findings]
    findings += [_finding(one, reason) for one, reason in report.waived]
    rules = [{"code": rule.code, "finds": rule.summary, "on_specs": rule.on_specs} for rule in RULES]
    return {"subject": subject, "rules": rules, "findings": findings, "warnings": problems_json(report.warnings)}


def summary(report: Report, subject: str) -> str:
    """Return how much was found: `2 findings, 1 waived`."""
    if not (report.findings or report.waived or report.warnings):
        return f"Nothing found in {subject}."
    counted = [count(len(report.findings), "finding")]
    counted += [f"{len(report.waived)} waived"] if report.waived else []
    counted += [count(len(report.warnings), "warning")] if report.warnings else []
    return f"{', '.join(counted)} in {subject}."


def _lines(report: Report, subject: str) -> Iterator[str]:
    yield from map(str, sorted([*(one.problem for one in report.findings), *report.warnings]))
    for one, reason in report.waived:
        problem = one.problem
        yield f"{problem.file}:{problem.line}:{problem.column}: waived[{one.code}]: {one.about}: {reason}"
    yield summary(report, subject)
    if report.findings:
        one = report.findings[0]
        yield (
            f"What is as it shall be is waived where it was found: "
            f'waive: [{{code: {one.code}, about: "{one.about}", reason: ...}}]'
        )


def _finding(one: Finding, reason: str | None) -> dict[str, Any]:
    told = {"about": one.about, "found": one.message, "example": one.example, "place": one.place or None}
    return {**asdict(one.problem), **told, "waived": reason}
