"""Products: that the catalog has them, and that all they need is there."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import TypeAlias

from ..documents import Product
from ..instances import Instance
from ..located import FieldPath
from ..problems import Problem, listed, nearest
from .context import Context, Subject

_MOST_BANDS = 20


def unknown_products(context: Context) -> Iterator[Problem]:
    """Every product, made or verified, is in the catalog."""
    for subject in context.subjects:
        if subject.catalog is None:
            continue
        known = subject.catalog.products
        for name in subject.document.products:
            if name not in known:
                yield _unknown(subject, ("products", name), name, known)
        verified = subject.document.verify.examinations if subject.document.verify else {}
        made = {*subject.document.products, *subject.catalog.examinations}
        for name in verified:
            if name not in made:
                yield _unknown(subject, ("verify", name), name, made)


def bands(context: Context) -> Iterator[Problem]:
    """Exactly the products that are made per band say which bands."""
    for subject in context.subjects:
        for name, settings in subject.document.products.items():
            entry = subject.catalog.products.get(name) if subject.catalog else None
            if entry is None or subject.catalog is None:
                continue
            if entry.per_band and not settings.bands:
                expected = f"bands: [{_in_order(subject.catalog.bands)}] or some of them"
                yield subject.located.problem("bands", ("products", name), f"{name} is made per band", expected)
            if settings.bands and not entry.per_band:
                found = f"{name} is not made per band"
                yield subject.located.problem("bands", ("products", name, "bands"), found, "no `bands`")
            yield from _each_band(subject, name, settings.bands)
            yield from _rerun_bands(subject, name, settings)


def inputs(context: Context) -> Iterator[Problem]:
    """What is certified from existing RUNs, or takes no selection, selects nothing."""
    for subject in context.subjects:
        for instance in subject.instances:
            path: FieldPath = ("products", instance.product, "select")
            if instance.settings.select is None:
                continue
            if instance.settings.from_runs:
                yield subject.located.problem("select", path, f"{instance.name} has both `from` and `select`", "one")
            elif instance.entry.selection_variable is None:
                yield subject.located.problem("select", path, f"{instance.name} takes no selection", "no `select`")


def joint_runs(context: Context) -> Iterator[Problem]:
    """What is solved over all detectors at once comes from one RUN: the scales of two solutions do not compare."""
    for subject in context.subjects:
        for instance in subject.instances:
            if instance.entry.joint and len(instance.settings.from_runs) > 1:
                path: FieldPath = ("products", instance.product, "from", 1)
                found = f"{instance.product} is solved over all detectors at once, and is taken from several RUNs"
                expected = "one RUN: a joint product comes from one RUN or not at all"
                yield subject.located.problem("joint", path, found, expected)


def runs_of_one_type(context: Context) -> Iterator[Problem]:
    """A RUN is pinned by what it holds of one dataset type."""
    taken: dict[tuple[str, str], tuple[Subject, Instance]] = {}
    for subject in context.subjects:
        for instance in subject.instances:
            for index, run in enumerate(instance.settings.from_runs):
                other, first = taken.setdefault((subject.document.origin, run), (subject, instance))
                if first.entry.dataset_type != instance.entry.dataset_type:
                    path: FieldPath = ("products", instance.product, "from", index)
                    found = f"{run} is taken for {instance.name}, and for {first.name} of {other.document.ticket}"
                    yield subject.located.problem("from", path, found, "a RUN of its own for each dataset type")


def precursors(context: Context) -> Iterator[Problem]:
    """What a product is made with is made before it in the set, or held by the starting calibrations."""
    makers = _makers(context)
    for subject in context.subjects:
        held, made = _held(subject, makers), set[str]()
        for instance in subject.instances:
            if not instance.settings.from_runs and instance.settings.inputs is None:
                yield from _missing_precursors(subject, instance, made, held)
            made.add(instance.product)


def excused_detectors(context: Context) -> Iterator[Problem]:
    """Only a detector that the camera has can be missing."""
    for subject in context.subjects:
        for index, excused in enumerate(subject.document.detectors.allow_missing):
            if subject.catalog and excused.detector not in subject.catalog.detectors:
                path = ("detectors", "allow_missing", index, "detector")
                found = f"the instrument has no detector {excused.detector}"
                yield subject.located.problem("detector", path, found, str(subject.catalog.detectors))


def made_twice(context: Context) -> Iterator[Problem]:
    """A collection is made by one product of one set."""
    makers: dict[str, tuple[Subject, Instance]] = {}
    for subject in context.subjects:
        for instance in subject.instances:
            for leaf in filter(None, (instance.leaf, instance.certified)):
                first, other = makers.setdefault(leaf, (subject, instance))
                if (first, other) == (subject, instance):
                    continue
                at = first.located.where(("products", other.product))
                found = f"{leaf} is made twice, first by {other.name} of {first.located.path}:{at.line}"
                path = ("products", instance.product)
                yield subject.located.problem("made-twice", path, found, "another tag, ticket or rerun")
                break


def curated_twice(context: Context) -> Iterator[Problem]:
    """The curated calibrations of one collection stand in one document."""
    first: dict[str, str] = {}
    for one in context.tree.curated:
        name = one.document.certified
        if first.setdefault(name, one.path) != one.path:
            found = f"{name} is already curated by {first[name]}"
            path = ("collection",) if one.document.collection else ("ticket",)
            yield one.problem("made-twice", path, found, "one document per collection")


def _unknown(subject: Subject, path: FieldPath, name: str, known: object) -> Problem:
    right = {str(word) for word in known} if isinstance(known, set | dict) else set()
    near = nearest(name, right)
    return subject.located.problem(
        "product", path, f"unknown product {name!r}", f"one of {listed(right)}", nearest=near
    )


def _each_band(subject: Subject, product: str, written: tuple[str, ...]) -> Iterator[Problem]:
    right = subject.catalog.bands if subject.catalog else {}
    before = set[str]()
    for index, band in enumerate(written):
        path = ("products", product, "bands", index)
        if band not in right:
            expected = f"one of {_in_order(right)}"
            yield subject.located.problem(
                "band", path, f"unknown band {band!r}", expected, nearest=nearest(band, right)
            )
        elif band in before:
            yield subject.located.problem("band", path, f"band {band!r} twice", "each band once")
        before.add(band)


def _in_order(bands: Iterable[str]) -> str:
    """Return the first bands as people order them, which is by wavelength."""
    return ", ".join(islice(bands, _MOST_BANDS))


def _rerun_bands(subject: Subject, product: str, settings: Product) -> Iterator[Problem]:
    made = frozenset(settings.bands)
    for band in settings.reruns:
        if band not in made:
            path = ("products", product, "reruns", band)
            expected = f"one of {_in_order(settings.bands)}" if settings.bands else "no `reruns`"
            found, near = f"{product} is not made for band {band!r}", nearest(band, settings.bands)
            yield subject.located.problem("band", path, found, expected, nearest=near)


def _missing_precursors(
    subject: Subject, instance: Instance, made: set[str], held: set[str] | None
) -> Iterator[Problem]:
    if subject.catalog is None or held is None:
        return
    for precursor in instance.entry.precursors:
        entry = subject.catalog.products.get(precursor)
        dataset_type = entry.dataset_type if entry else precursor
        if precursor not in made and dataset_type not in held:
            found = f"{instance.name} needs {dataset_type}, which neither this set nor its starting calibrations have"
            expected = f"the product {precursor!r}" if entry else "a starting calibration that holds it"
            yield subject.located.problem("precursor", ("products", instance.product), found, expected)


Makers: TypeAlias = Mapping[str, list[tuple[Subject | None, set[str]]]]
"""Ticket chain, or the words before its leaves with a slash -> who makes which dataset types there."""


def _makers(context: Context) -> Makers:
    found: defaultdict[str, list[tuple[Subject | None, set[str]]]] = defaultdict(list)
    for one in context.tree.curated:
        found[one.document.certified].append((None, set(one.document.datasets)))
    for subject in context.subjects:
        types = {instance.entry.dataset_type for instance in subject.instances if instance.certified}
        for name in (subject.document.naming.ticket_chain, f"{subject.document.naming.base}/"):
            found[name].append((subject, types))
    return found


def _held(subject: Subject, makers: Makers) -> set[str] | None:
    """Return the types that the starting calibrations hold; None, which is all of them, if there is no lock yet.

    A lock leaves out what specs of the same tree make.
    """
    roots = subject.document.starting_calibs
    if subject.lock is None:
        return None if roots else set()
    held = {dataset_type for one in subject.lock.document.starting for dataset_type in one.dataset_types}
    for root in roots:
        above = (root[: slash.end()] for slash in re.finditer("/", root))
        for name in (root, *above):
            held.update(*(types for maker, types in makers.get(name, ()) if maker is not subject))
    return held
