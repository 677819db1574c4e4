"""How one calibration set makes its instances: generations from locked exposures, and their certifications."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from .dataid import data_id
from .intent import Made
from .seals import Recipe
from .spec.documents import CalibrationSet, Catalog, Lock, LockedExposures, LockedRuns
from .spec.instances import Instance, with_band
from .spec.ranges import Ranges, ranges
from .starting import mixed, of_type, started
from .state import Cert, Chain, Gen, Key, Presence, Value
from .timeline import Timeline, constant, gen
from .work import Generation, Pin, Precursor, Start


class Product(NamedTuple):
    """What a set makes or takes from a RUN, for what is made from it in turn."""

    instance: Instance
    key: Gen
    detectors: Ranges
    physical_filter: str | None


class Maker:
    """Works through the instances of one set in the order of making; what comes of it is `result`."""

    def __init__(self, document: CalibrationSet, lock: Lock, catalog: Catalog, so_far: Mapping[Key, Value]) -> None:
        self.document, self.lock, self.catalog = document, lock, catalog
        self.started = started(document, so_far)
        self.place = document.origin
        self.chain = Chain(document.origin, document.naming.ticket_chain)
        self.result = Made(chains={self.chain: ()})
        self.made: defaultdict[str, list[Product]] = defaultdict(list)

    def make(self, instance: Instance) -> None:
        locked = self.lock.products.get(instance.name)
        match locked:
            case LockedExposures():
                self._generate(instance, locked)
            case LockedRuns():
                self._pin(instance, locked)
            case None:
                self.result.notices.append(
                    f"{self.document.ticket}: {instance.name} is not in the lock, so it is not planned; "
                    "run `reconcile lock`"
                )

    def _pin(self, instance: Instance, locked: LockedRuns) -> None:
        timelines: dict[str, Timeline] = {}
        for run in locked.from_runs:
            key = Gen(self.place, run.run)
            self.result.values[key] = Presence(run.digest, True)
            self.result.works[key] = Pin(key, frozenset({instance.entry.dataset_type}), run.digest)
            span = constant(instance.certify.validity, gen(run.run))
            identities = _identities(self.document.instrument, instance, run.detectors, run.physical_filter)
            timelines.update(dict.fromkeys(identities, span))
            self.made[instance.product].append(Product(instance, key, run.detectors, run.physical_filter))
        self._certify(instance, timelines)

    def _generate(self, instance: Instance, locked: LockedExposures) -> None:
        detectors = expected_detectors(locked)
        identities = _identities(self.document.instrument, instance, detectors, locked.physical_filter)
        expected = frozenset(identities)
        key = Gen(self.place, instance.leaf)
        work = self._work(key, instance, locked, expected)
        self.result.values[key] = Presence(work.recipe.digest, True)
        self.result.works[key] = work
        self.made[instance.product].append(Product(instance, key, detectors, locked.physical_filter))
        span = constant(instance.certify.validity, gen(instance.leaf))
        self._certify(instance, dict.fromkeys(identities, span))

    def _certify(self, instance: Instance, timelines: Mapping[str, Timeline]) -> None:
        if instance.certified is None:
            return
        for identity, span in timelines.items():
            self.result.values[Cert(self.place, instance.certified, instance.entry.dataset_type, identity)] = span
        self.result.chains[self.chain] = (instance.certified, *self.result.chains[self.chain])

    def _work(self, key: Gen, instance: Instance, locked: LockedExposures, expected: frozenset[str]) -> Generation:
        document, entry = self.document, instance.entry
        exposures, detectors = tuple(locked.exposures), expected_detectors(locked)
        precursors = tuple(p for name in entry.precursors for p in self.precursors(name, instance.band, detectors))
        from_elsewhere = frozenset(p.dataset_type for p in precursors if p.source is None)
        starts = self.starts(from_elsewhere)
        overrides = {name: str(value) for name, value in instance.settings.overrides.items()}
        query = self.query(locked.exposures)
        return Generation(
            key=key,
            product=instance.name,
            instrument=document.instrument,
            lock_name=document.ticket,
            recipe=Recipe(self._intent(instance, locked, precursors, starts, expected)),
            template=with_band(entry.template, instance.band),
            release=document.release,
            environment=self.environment(instance.rerun, entry.selection_variable, instance.band, query),
            data_query=query,
            raws=document.raws,
            inputs=instance.settings.inputs or self._inputs(instance, precursors),
            ticket_chain=self.chain.name,
            exposures=exposures,
            expected={entry.dataset_type: expected},
            precursors=precursors,
            fixed_run=instance.run,
            overrides=overrides,
            starts=starts,
            named=instance.settings.inputs or (),
            spot_check=entry.spot_check,
            mixed=mixed(self.lock.generations, self.started, from_elsewhere),
        )

    def precursors(self, name: str, band: str | None, detectors: Ranges) -> Iterator[Precursor]:
        """Yield what a name in the catalog stands for: a product of this set, or a type of the starting collections.

        What is made for a band is made with that band's precursors, where those are made for bands too.
        """
        own = [one for one in self.made[name] if None in (band, one.instance.band) or one.instance.band == band]
        for made in own:
            dataset_type, collection = made.instance.entry.dataset_type, made.instance.certified
            ids = self.identities(made._replace(detectors=made.detectors & detectors))
            if collection is None:
                yield Precursor(dataset_type, ids, made.key, run=made.instance.run)
            else:
                yield Precursor(dataset_type, ids, made.key, collection, self.chain)
        if not own:
            yield elsewhere(self.catalog, name, band, detectors)

    def identities(self, made: Product) -> tuple[str, ...]:
        """Return the data IDs of what the set has made."""
        return _identities(self.document.instrument, made.instance, made.detectors, made.physical_filter)

    def _inputs(self, instance: Instance, precursors: tuple[Precursor, ...]) -> tuple[str, ...]:
        """Return the input collections in search order, as the templates have them (DMTN-222 section 7).

        What is never certified, and what is made from it, stands outside the ticket's chain: RUNs are named directly.
        """
        runs = tuple(precursor.run for precursor in precursors if precursor.run)
        first = runs if runs or instance.certified is None else (self.chain.name,)
        return (*first, self.document.raws, *self.document.starting_calibs)

    def starts(self, types: frozenset[str]) -> tuple[Start, ...]:
        return tuple(
            Start(start.collection, frozenset(start.dataset_types), start.fingerprint)
            for start in self.lock.starting
            if types & set(start.dataset_types)
        )

    def _intent(
        self,
        instance: Instance,
        locked: LockedExposures,
        precursors: tuple[Precursor, ...],
        starts: tuple[Start, ...],
        expected: frozenset[str],
    ) -> dict[str, Any]:
        """Return what determines the product: declared intent only (DESIGN: generation identity)."""
        intent: dict[str, Any] = {
            "product": instance.name,
            "instrument": self.document.instrument,
            "release": self.document.release,
            "raws": self.document.raws,
            "exposures": list(ranges(locked.exposures).items()),
            "overrides": dict(instance.settings.overrides),
            "precursors": sorted({*self.recipes(precursors)}),
            "starting": [[s.collection, s.fingerprint] for s in starts],
        }
        if instance.entry.joint:
            intent["data_ids"] = sorted(expected)
        return intent

    def recipes(self, precursors: tuple[Precursor, ...]) -> Iterator[tuple[str, str]]:
        """Yield (leaf, recipe) of every precursor that specs make: this spec now, others as they were locked."""
        for precursor in precursors:
            if precursor.source is not None:
                value = self.result.values[precursor.source]
                assert isinstance(value, Presence)
                yield precursor.source.leaf, value.recipe
            else:
                yield from of_type(self.lock.generations, precursor.dataset_type).items()

    def query(self, exposures: Ranges) -> str:
        """Return the data query of locked exposures of the set's instrument."""
        return query(self.document.instrument, exposures)

    def environment(self, rerun: str, variable: str | None, band: str | None, query: str) -> dict[str, str]:
        """Return the variables of DMTN-222 section 6 but REPO, which the executor knows."""
        document = self.document
        environment = {
            "USER_CALIB_PREFIX": document.prefix,
            "INSTRUMENT": document.instrument,
            "TICKET": document.ticket,
            "TAG": document.tag,
            "RERUN": rerun,
            "RAW_COLLECTION": document.raws,
            "CALIB_COLLECTIONS": ",".join(document.starting_calibs),
            "BOOTSTRAP_RUN_NUMBER": str(document.bootstrap_run),
        }
        return environment | ({with_band(variable, band): query} if variable else {})


def elsewhere(catalog: Catalog, name: str, band: str | None, detectors: Ranges) -> Precursor:
    """Return a precursor that input collections hold; a type that the catalog lacks is per detector."""
    entry = catalog.products.get(name)
    if entry is None:
        return Precursor(name, data_ids(catalog.instrument, detectors, None))
    dimensions = entry.dimensions
    filters = catalog.bands.get(band or "") if "physical_filter" in dimensions else None
    found = data_ids(catalog.instrument, detectors if "detector" in dimensions else None, filters)
    return Precursor(entry.dataset_type, found)


def query(instrument: str, exposures: Ranges) -> str:
    """Return the data query of locked exposures, in parentheses; of all, if none is named."""
    chosen = f" and exposure in ({exposures})" if exposures else ""
    return f"(instrument='{instrument}'{chosen})"


def expected_detectors(locked: LockedExposures) -> Ranges:
    """Return the detectors that a generation must have: all but the excused ones."""
    return locked.detectors - ranges(one.detector for one in locked.excused)


def _identities(instrument: str, instance: Instance, detectors: Ranges, physical_filter: str | None) -> tuple[str, ...]:
    """Return the data IDs of an instance: those of its dimensions that a detector and a filter decide."""
    dimensions = instance.entry.dimensions
    return data_ids(
        instrument,
        detectors if "detector" in dimensions else None,
        physical_filter if "physical_filter" in dimensions else None,
    )


@lru_cache(maxsize=256)
def data_ids(instrument: str, detectors: Ranges | None, physical_filter: str | None) -> tuple[str, ...]:
    """Return the data IDs of these detectors, or the one without a detector; the same texts for all who ask."""
    common: dict[str, str | int] = {"instrument": instrument}
    if physical_filter:
        common["physical_filter"] = physical_filter
    if detectors is None:
        return (data_id(common),)
    return tuple(data_id({**common, "detector": detector}) for detector in detectors)
