"""What is to be verified on a day: a product, or one band of it, and the exposures that bear on it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from ..holdings import Exposure, Selected
from ..spec.documents import Catalog, CatalogExamination, CatalogProduct
from ..spec.instances import with_band
from ..spec.ranges import Ranges, ranges

DAY = "exposure.day_obs={day} and exposure.observation_type in ({types})"


@dataclass(frozen=True, slots=True)
class Part:
    """One verification of a day.

    Attributes
    ----------
    name
        As instances of sets are named: `bias`, `flat-r`.
    detectors
        Those that have raws of these exposures.
    """

    name: str
    product: str
    entry: CatalogProduct
    band: str | None
    physical_filter: str | None
    exposures: tuple[Exposure, ...]
    detectors: Ranges

    @property
    def verify(self) -> CatalogExamination:
        """How the catalog verifies the product."""
        assert self.entry.verify is not None
        return self.entry.verify

    @property
    def numbers(self) -> Ranges:
        """The numbers of the exposures."""
        return ranges(one.id for one in self.exposures)

    @property
    def stem(self) -> str:
        """What its collections are called: `verifyFlat-r`."""
        return with_band(self.verify.leaf, self.band)


def verifiable(catalog: Catalog) -> dict[str, CatalogProduct]:
    """Return the products that new exposures can verify: those with tests, and with a type of exposures."""
    return {name: one for name, one in catalog.products.items() if one.observation_type and _is_tested(one)}


def selection(day: int, products: Iterable[CatalogProduct]) -> str:
    """Return the expression that selects the exposures of a day that bear on any of these products."""
    types = sorted({one.observation_type for one in products if one.observation_type})
    return DAY.format(day=day, types=", ".join(f"'{name}'" for name in types))


def parts(selected: Selected, products: dict[str, CatalogProduct], catalog: Catalog) -> tuple[Part, ...]:
    """Return what the selected exposures verify, in the catalog's order."""
    return tuple(part for name, entry in products.items() for part in _of_product(name, entry, selected, catalog))


def unknown_filters(selected: Selected, products: dict[str, CatalogProduct], catalog: Catalog) -> tuple[str, ...]:
    """Return the filters of selected exposures that verify a product per band, and that the catalog has no band for."""
    per_band = {one.observation_type for one in products.values() if one.per_band}
    filters = {one.physical_filter for one in selected.exposures if one.observation_type in per_band}
    return tuple(sorted(filters - set(catalog.bands.values())))


def _is_tested(entry: CatalogProduct) -> bool:
    return entry.verify is not None and entry.verify.tests


def _of_product(name: str, entry: CatalogProduct, selected: Selected, catalog: Catalog) -> Iterator[Part]:
    bearing = [one for one in selected.exposures if one.observation_type == entry.observation_type]
    if not entry.per_band:
        yield from _part(name, name, entry, None, None, bearing, selected)
        return
    for band, physical_filter in catalog.bands.items():
        through = [one for one in bearing if one.physical_filter == physical_filter]
        yield from _part(f"{name}-{band}", name, entry, band, physical_filter, through, selected)


def _part(
    name: str,
    product: str,
    entry: CatalogProduct,
    band: str | None,
    physical_filter: str | None,
    exposures: list[Exposure],
    selected: Selected,
) -> Iterator[Part]:
    if exposures:
        detectors = ranges(chain.from_iterable(selected.detectors[one.id] for one in exposures))
        yield Part(name, product, entry, band, physical_filter, tuple(exposures), detectors)
