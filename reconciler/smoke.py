"""What shows that a deployment is in use: exposures corrected at each place with its public chain alone.

DMTN-222 section 3.5 asks for one exposure of the validity range to be processed, and for its header to be looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .dataid import data_id, parse
from .intent import Made
from .making import query
from .seals import Recipe, digest
from .spec.documents import CalibrationSet, Catalog, CatalogExamination
from .spec.documents.deployment import SmokeTest as Asked
from .spec.ranges import Ranges
from .state import Cert, Chain, Gen, Key, Presence, Value
from .timeline import Timeline
from .work import SmokeTest


def smoke_tests(
    document: CalibrationSet, catalog: Catalog | None, values: Mapping[Key, Value], chains: Mapping[str, Chain]
) -> Iterator[Made]:
    """Yield what is tried at each of these places, or why nothing is.

    `chains` are the public chains that the set is used through, by place; `values` is all that is wanted there.
    """
    deployment = document.deployment
    if deployment is None:
        return
    there = deployment.repositories
    tried = {place: chain for place, chain in chains.items() if not (place in there and there[place].smoke_waived)}
    if not tried:
        return
    if deployment.smoke is None:
        notice = "is deployed without a smoke test: `deployment.smoke` names no exposures"
        yield Made(notices=[f"{document.ticket} {notice}"])
        return
    if catalog is None or catalog.smoke is None:
        yield Made(notices=[f"{document.ticket}: the catalog has no `smoke`, so its deployment cannot be tried"])
        return
    for chain in tried.values():
        yield _smoke_test(document, catalog.smoke, deployment.smoke, values, chain)


def _smoke_test(
    document: CalibrationSet, entry: CatalogExamination, asked: Asked, values: Mapping[Key, Value], chain: Chain
) -> Made:
    place, site = chain.place, chain.place.partition("/")[0]
    certified = dict(_certified(document, place, frozenset(entry.precursors), values))
    leaf = document.naming.leaf(f"{entry.leaf}.{site}", asked.rerun)
    chosen = query(document.instrument, asked.exposures)
    work = SmokeTest(
        key=Gen(place, leaf),
        product=entry.leaf,
        instrument=document.instrument,
        lock_name=document.ticket,
        recipe=Recipe(_intent(document, asked, certified, values, chain)),
        template=entry.template,
        release=document.release,
        environment={
            "USER_CALIB_PREFIX": document.prefix,
            "INSTRUMENT": document.instrument,
            "TICKET": document.ticket,
            "TAG": document.tag,
            "SITE": site,
            "RERUN": asked.rerun,
            "RAW_COLLECTION": document.raws,
            "CALIB_COLLECTIONS": chain.name,
            entry.selection_variable: chosen,
        },
        data_query=chosen,
        raws=document.raws,
        inputs=(chain.name, document.raws),
        ticket_chain=document.naming.ticket_chain,
        exposures=tuple(asked.exposures),
        expected={entry.results: _results(document.instrument, asked.exposures, certified)},
        overrides={name: str(value) for name, value in asked.overrides.items()},
        spot_check=entry.spot_check,
        chain=chain,
        results=entry.results,
        applied=frozenset(entry.precursors),
        certified=certified,
    )
    return Made({work.key: Presence(work.recipe.digest, True)}, {work.key: work})


def _certified(
    document: CalibrationSet, place: str, types: frozenset[str], values: Mapping[Key, Value]
) -> Iterator[tuple[Cert, Timeline]]:
    """Yield what the set certifies at a place, of the types that the pipeline applies."""
    own = f"{document.naming.base}/"
    for key, value in values.items():
        if not isinstance(key, Cert) or not isinstance(value, Timeline):
            continue
        if key.place == place and key.dataset_type in types and key.collection.startswith(own):
            yield key, value


def _intent(
    document: CalibrationSet,
    asked: Asked,
    certified: Mapping[Cert, Timeline],
    values: Mapping[Key, Value],
    chain: Chain,
) -> dict[str, Any]:
    """Return what a smoke test is about: the exposures, and which generations are certified for when."""
    lines = [[key.collection, key.dataset_type, key.data_id, str(line)] for key, line in sorted(certified.items())]
    leaves = sorted({span.source.name for line in certified.values() for span in line})
    recipes = [[leaf, str(values.get(Gen(chain.place, leaf)))] for leaf in leaves]
    return {
        "smoke": chain.name,
        "instrument": document.instrument,
        "release": document.release,
        "raws": document.raws,
        "exposures": list(asked.exposures.items()),
        "overrides": dict(asked.overrides),
        "precursors": recipes,
        "certified": digest(lines),
    }


def _results(instrument: str, exposures: Ranges, certified: Mapping[Cert, Timeline]) -> frozenset[str]:
    """Return the data IDs of the corrected exposures: of each detector for which something is certified."""
    detectors = sorted({int(d) for key in certified if (d := parse(key.data_id).get("detector")) is not None})
    return frozenset(
        data_id({"instrument": instrument, "detector": detector, "exposure": exposure})
        for detector in detectors
        for exposure in exposures
    )
