"""Locks: that each belongs to a spec and still says what the spec says."""

from __future__ import annotations

from collections.abc import Container, Iterator

from ..documents import Lock, LockedExposures, LockedRuns
from ..instances import Instance, expression
from ..load import lock_path
from ..located import Located
from ..problems import Problem, nearest
from .context import Context, Subject

_NEXT = "a new lock: reconcile lock"


def orphans(context: Context) -> Iterator[Problem]:
    """A lock stands beside its spec and is of the same ticket."""
    specs = {lock_path(subject.located.path): subject.document for subject in context.subjects}
    for one in context.tree.locks:
        document = specs.get(one.path)
        if document is None:
            found = f"there is no calibration set beside this lock of {one.document.ticket}"
            yield one.problem("lock-orphan", ("ticket",), found, "a lock beside its spec, named <spec>.lock.yaml")
        elif (one.document.ticket, one.document.instrument) != (document.ticket, document.instrument):
            found = f"a lock of {one.document.instrument} {one.document.ticket} beside the spec of {document.ticket}"
            yield one.problem("lock-ticket", ("ticket",), found, f"{document.instrument} {document.ticket}")


def missing(context: Context) -> Iterator[Problem]:
    """Without a lock nothing is generated."""
    for subject in context.subjects:
        if subject.lock is None:
            found = f"{subject.document.ticket} is not locked yet, so nothing is generated: reconcile lock"
            yield subject.located.problem("not-locked", ("ticket",), found, severity="warning")


def stale(context: Context) -> Iterator[Problem]:
    """The lock was made from the spec as it is now."""
    for subject in context.subjects:
        if subject.lock is None:
            continue
        yield from _stale_head(subject, subject.lock)
        wanted = {instance.name: instance for instance in subject.instances}
        excused = _excused(subject)
        for instance in subject.instances:
            yield from _stale_instance(subject, subject.lock, instance, excused)
        for name in subject.lock.document.products:
            if subject.catalog and name not in wanted:
                found = f"{name} is locked but not in the spec"
                near = nearest(name, wanted)
                yield subject.lock.problem("lock-stale", ("products", name), found, _NEXT, nearest=near)


def empty(context: Context) -> Iterator[Problem]:
    """A selection that found nothing makes nothing."""
    for one in context.tree.locks:
        for name, product in one.document.products.items():
            if not isinstance(product, LockedExposures):
                continue
            if product.selection and not product.exposures:
                found = f"the selection of {name} found no exposures"
                yield one.problem("lock-empty", ("products", name, "exposures"), found, "at least one exposure")
            if not product.detectors:
                found = f"no detector is expected of {name}"
                yield one.problem("lock-empty", ("products", name, "detectors"), found, "at least one detector")


def _stale_head(subject: Subject, lock: Located[Lock]) -> Iterator[Problem]:
    wanted = (("raws", subject.document.raws), ("repository", subject.document.origin))
    for field, right in wanted:
        if getattr(lock.document, field) != right:
            found = f"locked with {field} {getattr(lock.document, field)}, while the spec says {right}"
            yield lock.problem("lock-stale", (field,), found, _NEXT)
    if lock.document.starting_calibs != subject.document.starting_calibs:
        found = "the spec's starting_calibs are no longer those that were locked"
        yield lock.problem("lock-stale", ("starting_calibs",), found, _NEXT)


def _excused(subject: Subject) -> frozenset[int]:
    """Return the detectors that the camera has and the set does without."""
    has: Container[int] = subject.catalog.detectors if subject.catalog else ()
    return frozenset(one.detector for one in subject.document.detectors.allow_missing if one.detector in has)


def _stale_instance(
    subject: Subject, lock: Located[Lock], instance: Instance, excused: frozenset[int]
) -> Iterator[Problem]:
    locked = lock.document.products.get(instance.name)
    path = ("products", instance.name)
    if locked is None:
        yield lock.problem("lock-stale", ("products",), f"{instance.name} is in the spec but not locked", _NEXT)
    elif isinstance(locked, LockedRuns):
        if tuple(one.run for one in locked.from_runs) != instance.settings.from_runs:
            yield lock.problem("lock-stale", path, f"{instance.name} is locked from other RUNs than the spec's", _NEXT)
    elif instance.settings.from_runs:
        yield lock.problem("lock-stale", path, f"{instance.name} is locked as generated, not from RUNs", _NEXT)
    elif locked.selection != _wanted(subject, instance):
        found = f"the selection of {instance.name} is no longer the one that was locked"
        yield lock.problem("lock-stale", (*path, "selection"), found, _NEXT)
    else:
        yield from _wrong_detectors(subject, lock, instance, locked, excused)
        yield from _wrong_filter(subject, lock, instance, locked)


def _wrong_detectors(
    subject: Subject, lock: Located[Lock], instance: Instance, locked: LockedExposures, excused: frozenset[int]
) -> Iterator[Problem]:
    if subject.catalog is None:
        return
    detectors = subject.catalog.detectors
    if (locked.detectors, frozenset(one.detector for one in locked.excused)) != (detectors, excused):
        path = ("products", instance.name, "detectors")
        found = f"the detectors expected of {instance.name} are no longer those that were locked"
        yield lock.problem("lock-stale", path, found, _NEXT)


def _wrong_filter(
    subject: Subject, lock: Located[Lock], instance: Instance, locked: LockedExposures
) -> Iterator[Problem]:
    if instance.band is None or subject.catalog is None or locked.physical_filter is None:
        return
    right = subject.catalog.bands.get(instance.band)
    if right is not None and locked.physical_filter != right:
        path = ("products", instance.name, "physical_filter")
        found = f"{instance.name} is locked for the filter {locked.physical_filter}"
        yield lock.problem("lock-filter", path, found, f"{right}, the catalog's filter of band {instance.band}")


def _wanted(subject: Subject, instance: Instance) -> str:
    """Return the selection that the spec has now; the locked one stands for a selection that is missing altogether."""
    known = instance.selection is None or instance.selection in subject.document.selections
    return expression(subject.document, instance) if known else ""
