"""What a set's verifications make: evidence, in generations of their own beside those that they examine.

What is examined stands first in the inputs, as RUNs, which win at any date: an exposure outside of the certified range
would otherwise test the calibration that is in use, and nobody would be told (upstream's templates read the ticket's
chain).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from .dataid import data_id
from .intent import Evidence
from .making import Maker, Product, expected_detectors
from .seals import Recipe
from .spec.documents import CatalogExamination, LockedExposures, Verification
from .spec.examinations import Examined, examined
from .spec.instances import with_band
from .spec.located import Located
from .spec.ranges import Ranges
from .starting import mixed
from .state import Gen, Presence
from .verification.bound import Bound
from .verification.criteria import Acceptance, Criteria, Threshold
from .work import Examination, Precursor


def examine(maker: Maker, verifications: Iterable[Located[Verification]]) -> None:
    """Add the verifications of a set whose products have been made, and by what they are judged."""
    document, found = maker.document, list[Gen]()
    asked = examined(document, maker.catalog)
    for one in asked:
        exposures = _exposures(maker, one)
        if exposures is None:
            maker.result.notices.append(
                f"{document.ticket}: the exposures on which {one.name} is verified are not in the lock; "
                "run `reconcile lock`"
            )
            continue
        work = _work(maker, one, exposures)
        maker.result.values[work.key] = Presence(work.recipe.digest, True)
        maker.result.works[work.key] = work
        found.append(work.key)
    judged_by = {one.name: _criteria(maker, one, verifications) for one in asked}
    maker.result.evidence = (Evidence(document.ticket, maker.chain, tuple(found), judged_by),)


def _exposures(maker: Maker, one: Examined) -> Ranges | None:
    """Return the locked exposures; those that the product was made from, where the set selects no others."""
    if one.selection:
        locked = maker.lock.examinations.get(one.name)
        return locked.exposures if locked else None
    product = maker.lock.products.get(one.name)
    return product.exposures if isinstance(product, LockedExposures) else None


def _work(maker: Maker, one: Examined, exposures: Ranges) -> Examination:
    document, entry = maker.document, one.entry
    products = [made for made in maker.made[one.field] if made.instance.name == one.name]
    detectors = _detectors(maker, products)
    precursors = (*_tested(maker, products), *_applied(maker, one, detectors, products))
    from_elsewhere = frozenset(p.dataset_type for p in precursors if p.source is None)
    starts = maker.starts(from_elsewhere)
    overrides = {name: str(value) for name, value in one.settings.overrides.items()}
    query, rerun = maker.query(exposures), one.leaf.rpartition(".")[2]
    intent: dict[str, Any] = {
        "examines": one.name,
        "instrument": document.instrument,
        "release": document.release,
        "raws": document.raws,
        "exposures": list(exposures.items()),
        "overrides": dict(one.settings.overrides),
        "precursors": sorted({*maker.recipes(precursors)}),
        "starting": [[start.collection, start.fingerprint] for start in starts],
    }
    made = one.instance.rerun if one.instance else document.rerun
    return Examination(
        key=Gen(maker.place, one.leaf),
        product=one.name,
        instrument=document.instrument,
        lock_name=document.ticket,
        recipe=Recipe(intent),
        template=with_band(entry.template, one.band),
        release=document.release,
        environment={
            **maker.environment(made, entry.selection_variable, one.band, query),
            "VERIFY_RERUN": rerun,
        },
        data_query=query,
        raws=document.raws,
        inputs=(document.raws, *document.starting_calibs),
        ticket_chain=maker.chain.name,
        exposures=tuple(exposures),
        expected={
            entry.results: result_ids(
                entry, document.instrument, products[0].physical_filter if products else None, exposures
            )
        },
        precursors=precursors,
        overrides=overrides,
        starts=starts,
        spot_check=entry.spot_check,
        mixed=mixed(maker.lock.generations, maker.started, from_elsewhere),
        first=tuple(dict.fromkeys(p.source for p in precursors if p.source)),
        kind_of_product=one.field,
        examined=tuple(made.key for made in products),
        dataset_type=products[0].instance.entry.dataset_type if products else "",
        results=entry.results if entry.tests else None,
    )


def _tested(maker: Maker, products: list[Product]) -> Iterator[Precursor]:
    """Yield what is examined, as the first of what goes in."""
    for made in products:
        yield Precursor(made.instance.entry.dataset_type, maker.identities(made), made.key)


def _applied(maker: Maker, one: Examined, detectors: Ranges, products: list[Product]) -> Iterator[Precursor]:
    """Yield what else is applied: by its RUN where the set has made it, whatever chain holds it."""
    tested = {made.key for made in products}
    for name in one.entry.precursors:
        for precursor in maker.precursors(name, one.band, detectors):
            if precursor.source not in tested:
                yield replace(precursor, collection=None, chain=None) if precursor.source else precursor


def _detectors(maker: Maker, products: list[Product]) -> Ranges:
    """Return the detectors that are examined: those of the product; for a whole set, all that are locked anywhere."""
    if products:
        return products[0].detectors
    locked = (one for one in maker.lock.products.values() if isinstance(one, LockedExposures))
    return next((expected_detectors(one) for one in locked), maker.catalog.detectors)


def result_ids(
    entry: CatalogExamination, instrument: str, physical_filter: str | None, exposures: Ranges
) -> frozenset[str]:
    """Return the data IDs of what completes a verification of these exposures."""
    common: dict[str, str | int] = {"instrument": instrument}
    if "physical_filter" in entry.dimensions and physical_filter:
        common["physical_filter"] = physical_filter
    if "exposure" not in entry.dimensions:
        return frozenset({data_id(common)})
    return frozenset(data_id({**common, "exposure": exposure}) for exposure in exposures)


def _criteria(maker: Maker, one: Examined, verifications: Iterable[Located[Verification]]) -> Criteria:
    """Return by what a verification is judged: the instrument's thresholds, the set's rule, the board's acceptances."""
    document = maker.document
    general = criteria(document.instrument, one.field, verifications)
    assert document.verify is not None
    return replace(
        general,
        rule=document.verify.rule or general.rule,
        acceptances=tuple(
            Acceptance(
                test=accepted.test,
                reason=accepted.reason,
                products=frozenset(accepted.products) or None,
                detectors=_some(accepted.detectors),
                amplifiers=frozenset(accepted.amplifiers) or None,
            )
            for accepted in (document.approval.accepted_failures if document.approval else ())
        ),
    )


def criteria(instrument: str, product: str, verifications: Iterable[Located[Verification]]) -> Criteria:
    """Return by what an instrument's calibrations of one product are judged, whichever set they are of."""
    found = next((one.document for one in verifications if one.document.instrument == instrument), None)
    if found is None:
        return Criteria()
    thresholds = {
        test: tuple(Threshold(Bound(t.at_least, t.at_most), _some(t.detectors)) for t in told)
        for test, told in found.thresholds.get(product, {}).items()
    }
    return Criteria(found.rule, thresholds, omitted=found.omitted.get(product, {}))


def _some(detectors: Ranges) -> frozenset[int] | None:
    return frozenset(detectors) or None
