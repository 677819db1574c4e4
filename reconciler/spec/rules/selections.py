"""Selections: that they are Butler's language, are used, and fit what they are used for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from ..examinations import is_expression
from ..instances import Instance
from ..located import FieldPath
from ..problems import Problem, listed, nearest
from ..selection import SelectionError, demands, mentions, parse, unknown_names
from ..syntax import Node
from .context import Context, Subject


def grammar(context: Context) -> Iterator[Problem]:
    """Every expression parses, and names only what Butler knows."""
    for subject in context.subjects:
        for path, text in subject.expressions():
            yield from _grammar(subject, path, text)


def other_instruments(context: Context) -> Iterator[Problem]:
    """A selection of another instrument's exposures finds none, and Butler does not say so."""
    for subject in context.subjects:
        for path, text in subject.expressions():
            for demand in demands(tree, "instrument") if (tree := _tree(text)) else ():
                if demand.value != subject.document.instrument:
                    found = f"the selection demands instrument {demand.value!r}"
                    expected = repr(subject.document.instrument)
                    yield subject.located.problem("instrument", path, found, expected, offset=demand.at)


def unknown_selections(context: Context) -> Iterator[Problem]:
    """Every selection that is used is there."""
    for subject in context.subjects:
        known = subject.document.selections
        for path, name in _used(subject):
            if name not in known:
                found = f"there is no selection {name!r}"
                yield subject.located.problem(
                    "selection", path, found, f"one of {listed(known)}", nearest=nearest(name, known)
                )


def unused_selections(context: Context) -> Iterator[Problem]:
    """A selection that nothing uses was probably meant for something."""
    for subject in context.subjects:
        if subject.catalog is None:
            continue
        used = {name for _, name in _used(subject)}
        for name in subject.document.selections:
            if name not in used:
                found = f"nothing uses the selection {name!r}"
                yield subject.located.problem("unused-selection", ("selections", name), found, severity="warning")


def observation_types(context: Context) -> Iterator[Problem]:
    """A product is made from exposures of its own type (DMTN-222 section 3.1)."""
    for subject in context.subjects:
        for instance, tree in _selected(subject):
            right = instance.entry.observation_type
            types = demands(tree, "observation_type")
            if right is None or not types or any(one.value == right for one in types):
                continue
            found = f"{instance.name} is made from observation_type {types[0].value!r}"
            path = ("selections", instance.selection or "")
            yield subject.located.problem("observation-type", path, found, repr(right), offset=types[0].at)


def filters(context: Context) -> Iterator[Problem]:
    """A product of one filter, not made per band, says of which."""
    for subject in context.subjects:
        for instance, tree in _selected(subject):
            if "physical_filter" not in instance.entry.dimensions or instance.band is not None:
                continue
            if not mentions(tree, "physical_filter", "band"):
                found = f"the selection of {instance.name} does not say of which filter"
                path = ("selections", instance.selection or "")
                yield subject.located.problem("filter", path, found, "a physical_filter, or `bands` of the product")


def _grammar(subject: Subject, path: FieldPath, text: str) -> Iterator[Problem]:
    try:
        tree = parse(text)
    except SelectionError as error:
        message, _, expected = error.message.partition("; expected ")
        yield subject.located.problem("selection-syntax", path, message, expected, offset=error.offset)
        return
    for name, right in unknown_names(tree):
        near = nearest(name.text, right)
        found = f"Butler has no field {name.text!r}"
        yield subject.located.problem("selection-field", path, found, nearest=near, offset=name.at)


def _tree(text: str) -> Node | None:
    """Return the tree, or None of a text that `grammar` reports."""
    try:
        return parse(text)
    except SelectionError:
        return None


def _selected(subject: Subject) -> Iterator[tuple[Instance, Node]]:
    for instance in subject.instances:
        text = subject.document.selections.get(instance.selection or "")
        tree = _tree(text) if text is not None else None
        if tree is not None:
            yield instance, tree


def _used(subject: Subject) -> Iterator[tuple[FieldPath, str]]:
    """Yield the names of selections that the set uses, and where."""
    for instance in subject.instances:
        if instance.selection is not None:
            yield ("products", instance.product, "select"), instance.selection
    made: defaultdict[str, list[str | None]] = defaultdict(list)
    for instance in subject.instances:
        made[instance.product].append(instance.band)
    for product, examination in (subject.document.verify.examinations if subject.document.verify else {}).items():
        select = examination.select
        if select is None or is_expression(select):
            continue
        for band in made.get(product, [None]):
            yield ("verify", product, "select"), select.replace("{band}", band or "")
