"""Products: that the catalog has them, and that all they need is there."""

from __future__ import annotations

from collections.abc import Iterator

from ..documents import Lock
from ..instances import Instance
from ..located import FieldPath, Located
from ..problems import Problem, listed, nearest
from .context import Context, Subject


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
                expected = f"bands: [{', '.join(subject.catalog.bands)}] or some of them"
                yield subject.located.problem("bands", ("products", name), f"{name} is made per band", expected)
            if settings.bands and not entry.per_band:
                found = f"{name} is not made per band"
                yield subject.located.problem("bands", ("products", name, "bands"), found, "no `bands`")
            yield from _each_band(subject, name, settings.bands)


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


def precursors(context: Context) -> Iterator[Problem]:
    """What a product is made with is made before it in the set, or held by the starting calibrations."""
    for subject in context.subjects:
        made: set[str] = set()
        for instance in subject.instances:
            if not instance.settings.from_runs and instance.settings.inputs is None:
                yield from _missing_precursors(context, subject, instance, made)
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
    """A ticket's curated calibrations stand in one document."""
    first: dict[str, str] = {}
    for one in context.tree.curated:
        chain = one.document.naming.ticket_chain
        if first.setdefault(chain, one.path) != one.path:
            found = f"{chain} is already curated by {first[chain]}"
            yield one.problem("made-twice", ("ticket",), found, "one document per ticket")


def _unknown(subject: Subject, path: FieldPath, name: str, known: object) -> Problem:
    right = {str(word) for word in known} if isinstance(known, set | dict) else set()
    near = nearest(name, right)
    return subject.located.problem(
        "product", path, f"unknown product {name!r}", f"one of {listed(right)}", nearest=near
    )


def _each_band(subject: Subject, product: str, written: tuple[str, ...]) -> Iterator[Problem]:
    right = subject.catalog.bands if subject.catalog else {}
    for index, band in enumerate(written):
        path = ("products", product, "bands", index)
        if band not in right:
            expected = f"one of {', '.join(right)}"
            yield subject.located.problem(
                "band", path, f"unknown band {band!r}", expected, nearest=nearest(band, right)
            )
        elif band in written[:index]:
            yield subject.located.problem("band", path, f"band {band!r} twice", "each band once")


def _missing_precursors(context: Context, subject: Subject, instance: Instance, made: set[str]) -> Iterator[Problem]:
    if subject.catalog is None:
        return
    for precursor in instance.entry.precursors:
        entry = subject.catalog.products.get(precursor)
        dataset_type = entry.dataset_type if entry else precursor
        if precursor not in made and not _started_with(context, subject, dataset_type):
            found = f"{instance.name} needs {dataset_type}, which neither this set nor its starting calibrations have"
            expected = f"the product {precursor!r}" if entry else "a starting calibration that holds it"
            yield subject.located.problem("precursor", ("products", instance.product), found, expected)


def _started_with(context: Context, subject: Subject, dataset_type: str) -> bool:
    """Return whether the starting calibrations hold the type; without a lock, let it be so."""
    lock: Located[Lock] | None = subject.lock
    if lock is None:
        return bool(subject.document.starting_calibs)
    locked = (one.dataset_types for one in lock.document.starting)
    return any(dataset_type in types for types in (*locked, *_types_of_specs(context, subject)))


def _types_of_specs(context: Context, subject: Subject) -> Iterator[set[str]]:
    """Yield what the specs hold that the set starts from: a lock leaves out what specs of the same tree make."""
    roots = subject.document.starting_calibs
    for one in context.tree.curated:
        if one.document.naming.ticket_chain in roots:
            yield set(one.document.datasets)
    for other in context.subjects:
        naming = other.document.naming
        if other is not subject and any(r == naming.ticket_chain or r.startswith(f"{naming.base}/") for r in roots):
            yield {instance.entry.dataset_type for instance in other.instances if instance.certified}
