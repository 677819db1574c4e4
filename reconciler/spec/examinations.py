"""What a calibration set asks to be verified: which of its instances, on which exposures, under which name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .documents import CalibrationSet, Catalog, CatalogExamination, Examination
from .instances import Instance, instances, with_band


@dataclass(frozen=True, slots=True)
class Examined:
    """One verification to run.

    Attributes
    ----------
    name
        Of the instance that is verified (`bias`, `flat-u`), or of a verification of the whole set (`science`).
    instance
        None for a verification of the whole set.
    leaf
        The collection, `.../verifyBias.20250207a`.
    selection
        The expression that selects its exposures; empty for those that the product was made from.
    """

    name: str
    instance: Instance | None
    entry: CatalogExamination
    settings: Examination
    leaf: str
    selection: str

    @property
    def band(self) -> str | None:
        """The band that is verified, if there is one."""
        return self.instance.band if self.instance else None

    @property
    def field(self) -> str:
        """The word under `verify:` that asks for it."""
        return self.instance.product if self.instance else self.name


def examined(document: CalibrationSet, catalog: Catalog) -> tuple[Examined, ...]:
    """Return the verifications of a set, products in the order of making; those that the catalog lacks are left out."""
    return tuple(_examined(document, catalog)) if document.verify else ()


def _examined(document: CalibrationSet, catalog: Catalog) -> Iterator[Examined]:
    assert document.verify is not None
    asked = document.verify.examinations
    for instance in instances(document, catalog):
        if instance.product in asked and instance.entry.verify:
            yield _one(document, instance.name, instance, instance.entry.verify, asked[instance.product])
    for name, entry in catalog.examinations.items():
        if name in asked:
            yield _one(document, name, None, entry, asked[name])


def _one(
    document: CalibrationSet, name: str, instance: Instance | None, entry: CatalogExamination, settings: Examination
) -> Examined:
    assert document.verify is not None
    made = instance.rerun if instance else document.rerun
    leaf = document.naming.leaf(
        with_band(entry.leaf, instance.band if instance else None), settings.rerun or document.verify.rerun or made
    )
    selection = _expression(document, settings.select, instance.band if instance else None)
    return Examined(name, instance, entry, settings, leaf, selection)


def _expression(document: CalibrationSet, select: str | None, band: str | None) -> str:
    """Return the expression that a `select` says or names; empty where it says nothing.

    Raises `KeyError` for a selection that `check` reports as missing.
    """
    if select is None:
        return ""
    return (select if is_expression(select) else document.selections[with_band(select, band)]).strip()


def is_expression(select: str) -> bool:
    """Return whether a verification's `select` is an expression; else it is the name of a selection."""
    return any(character in select for character in " \n=<>()'\"")
