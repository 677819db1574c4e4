"""Making a lock: what a set's selections, starting collections and `from` RUNs mean at its origin right now.

Everything that a selection could lose silently is an error here: an unknown instrument, exposures that are listed and
do not exist, detectors without raws, a flat of two filters. What is only odd is a remark.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from .dataid import parse as parse_data_id
from .differences import differences
from .errors import ReconcileError
from .holdings import Selected
from .observation import Observation, Scope, fingerprint
from .ports import Repository
from .resolve import flatten
from .seals import digest
from .spec import selection
from .spec.documents import CalibrationSet, Catalog, Lock, LockedExamination, LockedExposures, LockedRun, LockedRuns
from .spec.documents.base import MOST_NUMBERS
from .spec.documents.lock import StartingCollection, StartingGeneration
from .spec.examinations import Examined, examined
from .spec.instances import Instance, expression, instances
from .spec.ranges import ranges
from .words import count

FEW = 3
"""With so few frames nothing can be clipped at all; the templates ask for 15 to 20 (DMTN-222 section 3.1)."""

_AT_MOST = f"at most {MOST_NUMBERS:,} can be locked"


@dataclass
class Locking:
    """A lock, and what people should know about it before they merge it."""

    lock: Lock
    remarks: list[str] = field(default_factory=list)


@dataclass
class _Findings:
    errors: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def make_lock(
    document: CalibrationSet,
    catalog: Catalog,
    repository: Repository,
    ours: frozenset[str],
    generations: tuple[StartingGeneration, ...] = (),
) -> Locking:
    """Return the lock of a set, read from the repository of its origin.

    `ours` are the collections that specs of this tree make: they need no fingerprint, since the recipes of
    `generations` say what they are. Raises `ReconcileError` with everything that is wrong.
    """
    findings = _Findings()
    asked = instances(document, catalog)
    seen = repository.observe(Scope(_roots(document), _types(catalog)))
    starting = tuple(_starting(document, seen, ours, findings))
    products: dict[str, LockedExposures | LockedRuns] = {}
    for instance in asked:
        locked: LockedExposures | LockedRuns | None
        if instance.settings.from_runs:
            locked = _runs(instance, repository, findings)
        else:
            locked = _exposures(document, catalog, instance, repository, findings)
        if locked is not None:
            products[instance.name] = locked
    examinations = {
        one.name: found
        for one in examined(document, catalog)
        if one.selection and (found := _examination(document, one, repository, findings)) is not None
    }
    if findings.errors:
        raise ReconcileError(
            f"{document.ticket} cannot be locked:\n  " + "\n  ".join(findings.errors),
            hint=f"nothing was written; read from {repository.place}",
        )
    lock = Lock(
        kind="Lock",
        instrument=document.instrument,
        ticket=document.ticket,
        raws=document.raws,
        repository=repository.place,
        starting_calibs=document.starting_calibs,
        starting=starting,
        generations=generations,
        products=products,
        examinations=examinations,
    )
    return Locking(lock, findings.remarks)


def _roots(document: CalibrationSet) -> frozenset[str]:
    return frozenset(document.starting_calibs)


def _types(catalog: Catalog) -> frozenset[str]:
    made = {entry.dataset_type for entry in catalog.products.values()}
    return frozenset(made | set(catalog.curated) | {p for e in catalog.products.values() for p in e.precursors})


def _starting(
    document: CalibrationSet, seen: Observation, ours: frozenset[str], findings: _Findings
) -> Iterator[StartingCollection]:
    """Yield the starting collections, chains dissolved, in search order; those of our own specs are left out."""
    for root in document.starting_calibs:
        if root not in seen.collections and root not in ours:
            findings.errors.append(f"starting collection {root} does not exist, and no spec makes it")
    for name in flatten(
        document.starting_calibs, lambda n: seen.collections[n].children if n in seen.collections else ()
    ):
        collection = seen.collections.get(name)
        if collection is None or name in ours or collection.type == "CHAINED":
            continue
        held = {
            t for (where, t), ids in (*seen.certifications.items(), *seen.contents.items()) if where == name and ids
        }
        print_ = fingerprint(seen, name, frozenset(held))
        if held and print_:
            yield StartingCollection(
                collection=name, type=collection.type, dataset_types=tuple(sorted(held)), fingerprint=print_
            )


def _runs(instance: Instance, repository: Repository, findings: _Findings) -> LockedRuns | None:
    """Return the digests of existing RUNs that a product is certified from."""
    dataset_type = instance.entry.dataset_type
    seen = repository.observe(Scope(frozenset(instance.settings.from_runs), frozenset({dataset_type})))
    locked: list[LockedRun] = []
    taken: dict[str, str] = {}
    for run in instance.settings.from_runs:
        ids = dict(sorted(seen.contents.get((run, dataset_type), {}).items()))
        if not ids:
            findings.errors.append(f"{instance.name}: RUN {run} does not exist or holds no {dataset_type}")
            continue
        for data_id in ids.keys() & taken.keys():
            findings.errors.append(f"{instance.name}: {data_id} is in {taken[data_id]} and in {run}")
        taken.update(dict.fromkeys(ids, run))
        filters = {str(parse_data_id(i).get("physical_filter", "")) for i in ids} - {""}
        if len(filters) > 1:
            findings.errors.append(f"{instance.name}: RUN {run} holds several filters: {', '.join(sorted(filters))}")
        detectors = [int(d) for i in ids if (d := parse_data_id(i).get("detector")) is not None]
        locked.append(
            LockedRun(
                run=run,
                digest=digest({dataset_type: ids}),
                detectors=ranges(detectors),
                physical_filter=next(iter(sorted(filters)), None),
            )
        )
    return LockedRuns.model_validate({"from": tuple(locked)}) if locked else None


def _exposures(
    document: CalibrationSet, catalog: Catalog, instance: Instance, repository: Repository, findings: _Findings
) -> LockedExposures | None:
    """Return the exposures that a product is made from, and the detectors that are expected of it."""
    excused = tuple(e for e in document.detectors.allow_missing if e.detector in catalog.detectors)
    common = {"detectors": catalog.detectors, "except": excused, "band": instance.band}
    if instance.selection is None:
        return LockedExposures.model_validate(common)
    written = expression(document, instance)
    selected = _selected(document, instance.name, instance.band, written, repository, findings)
    if selected is None:
        return None
    found = list(_wrong(document, instance.name, selected, written, repository))
    found += _mixed(instance, selected)
    found += _lacking(instance, selected, set(catalog.detectors) - {e.detector for e in excused})
    findings.errors += found
    findings.remarks += _odd(instance, selected)
    filters = sorted({e.physical_filter for e in selected.exposures})
    return LockedExposures.model_validate(
        {
            **common,
            "selection": written,
            "exposures": ranges(e.id for e in selected.exposures),
            "physical_filter": filters[0] if "physical_filter" in instance.entry.dimensions and filters else None,
        }
    )


def _examination(
    document: CalibrationSet, asked: Examined, repository: Repository, findings: _Findings
) -> LockedExamination | None:
    """Return the exposures that a verification examines."""
    name = f"verify {asked.name}"
    selected = _selected(document, name, asked.band, asked.selection, repository, findings)
    if selected is None:
        return None
    findings.errors += _wrong(document, name, selected, asked.selection, repository)
    if not selected.exposures:
        return None
    return LockedExamination(selection=asked.selection, exposures=ranges(e.id for e in selected.exposures))


def _selected(
    document: CalibrationSet,
    name: str,
    band: str | None,
    written: str,
    repository: Repository,
    findings: _Findings,
) -> Selected | None:
    """Return what an expression finds, of one band if there is one; None, with the error noted, if it is refused."""
    within = f"({written}) and band='{band}'" if band else written
    try:
        found = repository.select(document.instrument, document.raws, within)
    except ReconcileError as error:
        findings.errors.append(f"{name}: {error.message}")
        return None
    if len(found.exposures) > MOST_NUMBERS:
        findings.errors.append(f"{name}: the selection finds {len(found.exposures):,} exposures; {_AT_MOST}")
        return None
    return found


def _wrong(
    document: CalibrationSet, name: str, selected: Selected, written: str, repository: Repository
) -> Iterator[str]:
    literal = selection.literal_exposures(selection.parse(written))
    if literal.count > MOST_NUMBERS:
        yield f"{name}: the selection lists {literal.count:,} exposures; {_AT_MOST}"
        return
    listed = tuple(literal)
    known = repository.existing_exposures(document.instrument, listed) if listed else frozenset()
    if unknown := [e for e in listed if e not in known]:
        yield f"{name}: {_some(unknown)} listed in the selection and not in the repository"
    taken = repository.existing_exposures(document.instrument, tuple(known), raws=document.raws)
    if without := sorted(known - taken):
        yield f"{name}: {_some(without)} listed in the selection and without raws in {document.raws}"
    if not selected.exposures and not unknown and not without:
        yield f"{name}: the selection finds no exposures with raws in {document.raws}"


def _mixed(instance: Instance, selected: Selected) -> Iterator[str]:
    filters = sorted({e.physical_filter for e in selected.exposures})
    if "physical_filter" in instance.entry.dimensions and len(filters) > 1:
        yield f"{instance.name}: the selection mixes filters: {', '.join(filters)}"


def _lacking(instance: Instance, selected: Selected, expected: set[int]) -> Iterator[str]:
    present: set[int] = set().union(*selected.detectors.values()) if selected.detectors else set()
    if selected.exposures and expected - present:
        yield (
            f"{instance.name}: no raws of detectors {ranges(expected - present)}; "
            "if that is right, excuse them under detectors.allow_missing with a reason"
        )


def _odd(instance: Instance, selected: Selected) -> Iterator[str]:
    wanted, exposures = instance.entry.observation_type, selected.exposures
    others = [e.id for e in exposures if wanted and e.observation_type != wanted]
    if others:
        yield f"{instance.name}: {_some(others)} of another observation_type than {wanted}"
    present: set[int] = set().union(*selected.detectors.values())
    if partial := [exposure for exposure, detectors in selected.detectors.items() if detectors < present]:
        yield f"{instance.name}: {_some(partial)} without raws of some detectors that the others have"
    if 0 < len(exposures) <= FEW:
        yield f"{instance.name}: only {len(exposures)} exposures; outliers cannot be told from them"


def _some(exposures: Iterable[int]) -> str:
    listed = list(exposures)
    shown = ", ".join(map(str, listed[:5])) + (", ..." if len(listed) > 5 else "")
    return f"{count(len(listed), 'exposure')} ({shown})"


def changed(old: Lock | None, new: Lock) -> tuple[str, ...]:
    """Return how a new lock differs from the one that stands, attribute by attribute; empty if they are equal."""
    before = old.model_dump(by_alias=True, mode="json") if old else {}
    return differences(before, new.model_dump(by_alias=True, mode="json"))
