"""The verdict in sentences and as plain values: what the front page, the Markdown page and programs begin with."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

from ...verification.verdict import Word
from ...words import count
from .places import Place
from .sheets import Sheet
from .view import Product, View
from .words import detectors, threshold

FORMAT = "reconcile report 1"
RULES = {
    "majority": "A test fails if more than half of the exposures fail it, and an exposure does if as many places fail "
    "as there are half of the amplifiers in more than half of the detectors. Single failures are listed all the same.",
    "strict": "A test fails if it fails anywhere.",
}
_ORDER: tuple[Word, ...] = ("failed", "not tested", "accepted", "passed")


def headline(view: View) -> str:
    """Return `Failed: 1 of 9 calibrations; 7 passed, 1 accepted`."""
    words = Counter(product.outcome for product in view.products)
    total = count(len(view.products), "calibration")
    if not words:
        return "Nothing was examined"
    first, *rest = [word for word in _ORDER if words[word]]
    also = ", ".join(f"{words[word]} {word}" for word in rest)
    if not rest:
        return f"{first.capitalize()}: {'all ' if len(view.products) > 1 else ''}{total}"
    return f"{first.capitalize()}: {words[first]} of {total}; {also}"


def consequence(view: View) -> str:
    """Return what follows from the verdict, for links and distribution."""
    word = view.report.outcome
    if word == "failed":
        return "Public links and distribution are held back until it passes or the board accepts the failures by name."
    if word == "not tested":
        return "Public links and distribution are held back: what is not tested has not passed."
    if word == "accepted":
        return (
            "Nothing holds back public links and distribution but the board's approval; the accepted failures follow."
        )
    return "Nothing holds back public links and distribution but the board's approval."


def compared(view: View) -> str:
    """Return in one sentence how the set stands against what is in use."""
    known = [sheet.test.change for product in view.products if product.examined.in_use for sheet in product.sheets]
    unknown = [product.subject for product in view.products if not product.examined.in_use]
    if not known:
        return "Nothing is known of the calibrations now in use."
    words = Counter(one.direction for one in known)
    told = [f"{direction} in {words[direction]}" for direction in ("better", "worse", "the same") if words[direction]]
    told += [f"not comparable in {words['not known']}"] if words["not known"] else []
    said = f"Against what is in use: {', '.join(told)} of {count(len(known), 'test')}."
    return f"{said} Nothing is known of those in use for {', '.join(unknown)}." if unknown else said


def untested(product: Product) -> tuple[str, ...]:
    """Return a sentence for all tests of a calibration that leave the same places untested."""
    together: dict[str, list[str]] = {}
    for sheet in product.sheets:
        never = tuple(place for place in sheet.places if place.word == "not tested")
        partly = tuple(place for place in sheet.places if place.partly)
        for when, silent in (("", never), (" in some exposures", partly)):
            if silent:
                told = f"not tested{when} at {_number_of(silent, sheet)}"
                together.setdefault(told, []).append(sheet.test.name)
    reason = "not measured, or only with another calibration"
    return tuple(f"{', '.join(tests)} {told}: {reason}." for told, tests in together.items())


def _number_of(silent: tuple[Place, ...], sheet: Sheet) -> str:
    numbers = {place.detector for place in silent} - {-1}
    return f"{count(len(silent), 'place')} of {len(sheet.places)}" + (f" ({detectors(numbers)})" if numbers else "")


def warnings(view: View) -> tuple[str, ...]:
    """Return the warnings of the report, and those that its values give."""
    found = list(view.report.warnings)
    for product in view.products:
        if missing := product.unexamined:
            shown = ", ".join(map(str, missing[:5])) + (", ..." if len(missing) > 5 else "")
            told = f"{count(len(missing), 'exposure')} that it was made of"
            found.append(f"{product.subject}: {told} {'was' if len(missing) == 1 else 'were'} not examined: {shown}")
    return tuple(found)


def as_json(view: View) -> dict[str, Any]:
    """Return the verdicts as plain values."""
    title = view.report.title
    names = ("instrument", "ticket", "tag", "purpose", "release", "rerun", "place", "commit")
    return {
        "format": FORMAT,
        **{name: getattr(title, name) for name in names},
        "outcome": view.report.outcome,
        "calibrations": [_product(product) for product in view.products],
        "warnings": list(warnings(view)),
        "requested": list(view.report.requested),
    }


def _product(product: Product) -> dict[str, Any]:
    verdict, in_use = product.examined.verdict, product.examined.in_use
    return {
        "calibration": product.subject,
        "leaf": verdict.leaf,
        "rule": verdict.rule,
        "outcome": verdict.outcome,
        "in_use": in_use.name if in_use else None,
        "tests": [_test(sheet) for sheet in product.sheets],
    }


def _test(sheet: Sheet) -> dict[str, Any]:
    test = sheet.test
    return {
        "test": test.name,
        "outcome": sheet.outcome,
        "thresholds": [threshold(one) for one in test.verdict.thresholds],
        "median": _number(test.median),
        "median_in_use": _number(test.median_in_use),
        "against_in_use": test.change.direction,
        "exposures": len(test.verdict.exposures),
        "failing_exposures": list(test.verdict.failing),
        "failed": [
            {"detector": one.detector, "amplifier": one.amplifier, "worst": _number(one.worst)} for one in sheet.bad
        ],
        "reasons": list(test.verdict.reasons),
    }


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value
