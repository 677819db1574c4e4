"""What a calibration set asks for, product by product and band by band, with every name worked out.

An *instance* is a product of the set, or one band of a product that is made per band: `bias`, `flat-u`.
Instances come in the catalog's order, which is the order of making.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from .documents import CalibrationSet, Catalog, CatalogProduct, Certify, Product


@dataclass(frozen=True, slots=True)
class Instance:
    """One thing to make or to certify; collection names are complete."""

    name: str
    product: str
    band: str | None
    entry: CatalogProduct
    settings: Product
    rerun: str
    leaf: str
    """The generated collection, `.../biasGen.20250207a`."""
    run: str | None
    """The output RUN if its name is fixed, `<leaf>/run1`."""
    certified: str | None
    """The CALIBRATION collection, `.../bias.20250207a`; None if the product is never certified."""
    certify: Certify
    selection: str | None
    """Name of the selection; None if the product takes none."""


def instances(document: CalibrationSet, catalog: Catalog) -> tuple[Instance, ...]:
    """Return the set's instances in the order of making; products that the catalog lacks are left out."""
    return tuple(_instances(document, catalog))


def _instances(document: CalibrationSet, catalog: Catalog) -> Iterator[Instance]:
    for product, entry in catalog.products.items():
        settings = document.products.get(product)
        if settings is None:
            continue
        for band in settings.bands or (None,):
            yield _instance(document, product, entry, settings, band)


def _instance(
    document: CalibrationSet, product: str, entry: CatalogProduct, settings: Product, band: str | None
) -> Instance:
    naming = document.naming
    rerun = settings.rerun_of(band) or document.rerun
    cert_rerun = settings.cert_rerun or document.cert_rerun or rerun
    generation = with_band(entry.generation, band)
    run = entry.run and entry.run.replace("{bootstrap_run}", str(document.bootstrap_run))
    return Instance(
        name=product if band is None else f"{product}-{band}",
        product=product,
        band=band,
        entry=entry,
        settings=settings,
        rerun=rerun,
        leaf=naming.leaf(generation, rerun),
        run=run and naming.run(generation, rerun, run),
        certified=entry.certified and naming.leaf(with_band(entry.certified, band), cert_rerun),
        certify=settings.certify or document.certify,
        selection=_selection(product, entry, settings, band),
    )


def _selection(product: str, entry: CatalogProduct, settings: Product, band: str | None) -> str | None:
    if entry.selection_variable is None or settings.from_runs:
        return None
    default = product if band is None else f"{product}-{band}"
    return with_band(settings.select, band) if settings.select else default


def with_band(name: str, band: str | None) -> str:
    """Return a name with `{band}` filled in."""
    return name.replace("{band}", band or "")


def catalog_for(catalogs: Iterable[Catalog], instrument: str, release: str) -> Catalog | None:
    """Return the most specific catalog of an instrument for a release; None if there is none."""
    fitting = [
        (len(pattern.replace("*", "")), pattern == release, catalog)
        for catalog in catalogs
        if catalog.instrument == instrument
        for pattern in catalog.releases
        if fnmatchcase(release, pattern)
    ]
    return max(fitting, key=lambda found: found[:2])[2] if fitting else None


def expression(document: CalibrationSet, instance: Instance) -> str:
    """Return the instance's selection as its lock must have it; empty if it takes none.

    It is always used as `instrument='…' and (…)`. Raises `KeyError` for a selection that `check` reports as missing.
    """
    return "" if instance.selection is None else document.selections[instance.selection].strip()
