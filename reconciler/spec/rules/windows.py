"""Dates that cannot be, or were probably not meant."""

from __future__ import annotations

from collections.abc import Iterator

from ...names import parse_rerun
from ...validity import tai
from ..documents import CalibrationSet, Certify
from ..located import FieldPath
from ..problems import Problem
from .context import Context


def ends_before_it_begins(context: Context) -> Iterator[Problem]:
    """A validity ends after it begins."""
    for one in context.tree.sets:
        for path, certify in _windows(one.document):
            if certify.end is not None and tai(certify.end) <= tai(certify.begin):
                found = f"the end {certify.end} is not after the begin {certify.begin}"
                yield one.problem("validity", (*path, "end"), found, "a later end, or none")


def verified_before_it_was_made(context: Context) -> Iterator[Problem]:
    """A verification is dated after the generation that it reads; another year is a slip of the pen."""
    for one in context.tree.sets:
        document = one.document
        if document.verify is None or document.verify.rerun is None:
            continue
        made, verified = parse_rerun(document.rerun), parse_rerun(document.verify.rerun)
        if verified.day < made.day:
            days = (made.day - verified.day).days
            message = f"the verification of {verified} is dated {days} days before the generation of {made}"
            yield one.problem("verify-rerun", ("verify", "rerun"), message, severity="warning")


def _windows(document: CalibrationSet) -> Iterator[tuple[FieldPath, Certify]]:
    yield ("certify",), document.certify
    for name, product in document.products.items():
        if product.certify:
            yield ("products", name, "certify"), product.certify
