"""The rules of `lint`, and what each is for. A new rule is one file and one line here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from ...spec.documents import LintCode
from ..finding import Finding
from ..view import View
from . import always, boundary, dead, gap, mixed, order, partial, protected


class Rule(NamedTuple):
    """One rule: what it finds is allowed, and probably not meant."""

    code: LintCode
    find: Callable[[View], Iterator[Finding]]
    summary: str
    on_specs: bool = True
    """Whether specs and locks alone can prove it; the others need a site."""


RULES = (
    Rule("gap", gap.gaps, "a time without any dataset inside what a chain covers"),
    Rule("partial", partial.detectors, "certified for some of the catalog's detectors, without an excuse"),
    Rule("partial", partial.filters, "a chain that has a product for some filters only"),
    Rule("dead", dead.certifications, "certified, and never given by any public chain"),
    Rule("order", order.older_above, "an older set searched before a newer one"),
    Rule("mixed", mixed.generations, "made from calibrations that are made otherwise now"),
    Rule("always", always.from_1970, "certified from 1970 on, although the camera was in another state before"),
    Rule("boundary", boundary.inside_exposures, "a boundary of validity inside an exposure", on_specs=False),
    Rule("protected", protected.tagged, "a TAGGED collection in a search path", on_specs=False),
)
