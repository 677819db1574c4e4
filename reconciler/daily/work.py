"""How a portion of a day is verified: a generation like any other, made from the public chain and the raws alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..examination import result_ids
from ..making import data_ids, elsewhere, query
from ..seals import Recipe
from ..spec.documents import Catalog
from ..spec.instances import with_band
from ..state import Gen
from ..work import Examination, Precursor
from .leaf import Portion
from .part import Part

DAILY = "daily"
"""What stands in place of a ticket in the names."""


@dataclass(frozen=True, slots=True)
class Day:
    """One observing day of one instrument at one place."""

    place: str
    instrument: str
    day: int
    raws: str
    release: str
    catalog: Catalog

    @property
    def chain(self) -> str:
        """The chain that is verified: what science gets."""
        return f"{self.instrument}/calib"

    @property
    def base(self) -> str:
        """What the leaves are under."""
        return f"{self.chain}/{DAILY}"

    def stem(self, part: Part) -> str:
        """Return the name of a part's leaves before the day."""
        return f"{self.base}/{part.stem}"


def work(day: Day, part: Part, portion: Portion) -> Examination:
    """Return the work of a portion: whatever the chain holds is what is verified.

    What was begun goes on as it was begun: with its own release, on its own exposures.
    """
    intent = portion.begun or _intent(day, part, portion)
    exposures = query(day.instrument, portion.exposures)
    release = str(intent["release"])
    return Examination(
        key=Gen(day.place, portion.leaf),
        product=part.name,
        instrument=day.instrument,
        lock_name=day.base,
        recipe=Recipe(intent),
        template=with_band(part.verify.template, part.band),
        release=release,
        environment=_environment(day, part, exposures),
        data_query=exposures,
        raws=day.raws,
        inputs=(day.chain, day.raws),
        ticket_chain=day.chain,
        exposures=tuple(portion.exposures),
        expected={
            part.verify.results: result_ids(part.verify, day.instrument, part.physical_filter, portion.exposures)
        },
        precursors=tuple(_precursors(day, part)),
        named=(day.chain,),
        kind_of_product=part.product,
        dataset_type=part.entry.dataset_type,
        results=part.verify.results,
    )


def types(day: Day, part: Part) -> frozenset[str]:
    """Return the dataset types that must be looked at: what is verified, what is applied, and the results."""
    return frozenset({part.verify.results, *(one.dataset_type for one in _precursors(day, part))})


def _precursors(day: Day, part: Part) -> Iterator[Precursor]:
    """Yield what is verified, then what else is applied; the chain must give it to every exposure."""
    detectors = part.detectors if "detector" in part.entry.dimensions else None
    physical_filter = part.physical_filter if "physical_filter" in part.entry.dimensions else None
    yield Precursor(part.entry.dataset_type, data_ids(day.instrument, detectors, physical_filter))
    for name in part.verify.precursors:
        yield elsewhere(day.catalog, name, part.band, part.detectors)


def _intent(day: Day, part: Part, portion: Portion) -> Mapping[str, Any]:
    return {
        "examines": part.name,
        "instrument": day.instrument,
        "day_obs": day.day,
        "release": day.release,
        "chain": day.chain,
        "raws": day.raws,
        "exposures": list(portion.exposures.items()),
    }


def _environment(day: Day, part: Part, exposures: str) -> dict[str, str]:
    """Return the variables of DMTN-222 section 6, as templates of verifications name them."""
    return {
        "USER_CALIB_PREFIX": "",
        "INSTRUMENT": day.instrument,
        "TICKET": DAILY,
        "TAG": "",
        "RERUN": str(day.day),
        "VERIFY_RERUN": str(day.day),
        "RAW_COLLECTION": day.raws,
        "CALIB_COLLECTIONS": day.chain,
        with_band(part.verify.selection_variable, part.band): exposures,
    }
