"""Verifications: that what is asked to be verified can be, and that judges and boards name tests that exist."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from ..documents import LockedExposures, Verification
from ..examinations import Examined, examined
from ..located import FieldPath, Located
from ..problems import Problem, listed, nearest
from .context import Context, Subject


def can_be_verified(context: Context) -> Iterator[Problem]:
    """A product is verified as its catalog says, on exposures that somebody names."""
    for subject in context.subjects:
        asked = subject.document.verify.examinations if subject.document.verify else {}
        for instance in subject.instances:
            if instance.product not in asked:
                continue
            path: FieldPath = ("verify", instance.product)
            if instance.entry.verify is None:
                found = f"the catalog knows no verification of {instance.product}"
                yield subject.located.problem("verify", path, found, "one under `verify` in the catalog, or none here")
            elif asked[instance.product].select is None and instance.selection is None:
                found = f"{instance.name} was made from no exposures that could be examined"
                yield subject.located.problem("verify", path, found, "a `select`")
        for name in subject.catalog.examinations if subject.catalog else ():
            if name in asked and asked[name].select is None:
                yield subject.located.problem("verify", ("verify", name), f"{name} examines no exposures", "a `select`")


def accepted_failures(context: Context) -> Iterator[Problem]:
    """What a board accepts is a test of something that the set makes."""
    for subject in context.subjects:
        accepted = subject.document.approval.accepted_failures if subject.document.approval else ()
        made = {instance.name: instance.product for instance in subject.instances}
        every = frozenset(made.values())
        for index, one in enumerate(accepted):
            path: FieldPath = ("approval", "accepted_failures", index)
            for number, name in enumerate(one.products):
                if subject.catalog and name not in made:
                    yield _unknown(subject.located, (*path, "products", number), "product", name, made)
            products = frozenset(made[name] for name in one.products if name in made) if one.products else every
            known = _tests_of(products)
            if subject.catalog and products and one.test not in known:
                yield _unknown(subject.located, (*path, "test"), "test", one.test, known)


def thresholds(context: Context) -> Iterator[Problem]:
    """Thresholds are of tests that exist, and each instrument has one document of them."""
    first: dict[str, str] = {}
    for one in context.tree.verifications:
        instrument = one.document.instrument
        if first.setdefault(instrument, one.path) != one.path:
            found = f"the thresholds of {instrument} stand already in {first[instrument]}"
            yield one.problem("made-twice", ("instrument",), found, "one document for each instrument")
        for field in ("thresholds", "omitted"):
            yield from _unknown_tests(one, field)


def _unknown_tests(one: Located[Verification], field: str) -> Iterator[Problem]:
    told: Mapping[str, Iterable[str]] = getattr(one.document, field)
    for product, tests in told.items():
        known = _tests(product)
        if not known:
            yield _unknown(one, (field, product), "product", product, _tested())
            continue
        for test in tests:
            if test not in known:
                yield _unknown(one, (field, product, test), "test", test, known)


def locked(context: Context) -> Iterator[Problem]:
    """A lock has the exposures of every verification that selects its own, as the spec asks now."""
    for subject in context.subjects:
        if subject.lock is None or subject.catalog is None:
            continue
        wanted = {one.name: one.selection for one in _known(subject) if one.selection}
        there = {name: one.selection for name, one in subject.lock.document.examinations.items()}
        for name in sorted(wanted.keys() | there.keys()):
            if wanted.get(name) != there.get(name):
                found = f"the exposures on which {name} is verified are no longer those that were locked"
                yield subject.lock.problem("lock-stale", ("examinations", name), found, "a new lock: reconcile lock")


def construction_exposures(context: Context) -> Iterator[Problem]:
    """What a calibration was made from belongs to what it is verified on (DMTN-222 section 3.2)."""
    for subject in context.subjects:
        if subject.lock is None:
            continue
        lock = subject.lock.document
        for name, one in lock.examinations.items():
            made = lock.products.get(name)
            if not isinstance(made, LockedExposures):
                continue
            left_out = made.exposures - one.exposures
            if left_out:
                found = f"{len(left_out)} of {len(made.exposures)} exposures that {name} is made from are not examined"
                path = ("examinations", name, "exposures")
                yield subject.lock.problem("verify-exposures", path, found, severity="warning")


def _known(subject: Subject) -> Iterable[Examined]:
    """Return the verifications, or none where one names a selection that is missing, which is told elsewhere."""
    assert subject.catalog is not None
    try:
        return examined(subject.document, subject.catalog)
    except KeyError:
        return ()


@lru_cache(maxsize=64)
def _tests_of(products: frozenset[str]) -> frozenset[str]:
    return frozenset(test for product in products for test in _tests(product))


def _tests(product: str) -> frozenset[str]:
    """Return the names of a product's tests. Imported only here: tests need numpy, and few trees name any."""
    from ...verification.tests import of

    return frozenset(test.name for test in of(product))


def _tested() -> frozenset[str]:
    from ...verification.tests import TESTS

    return frozenset(test.product for test in TESTS)


def _unknown(one: Located, path: FieldPath, what: str, name: str, known: Iterable[str]) -> Problem:  # type: ignore[type-arg]
    right = sorted(known)
    return one.problem(what, path, f"unknown {what} {name!r}", f"one of {listed(right)}", nearest=nearest(name, right))
