"""Giving a product of a set its next rerun, and with it everything of the set that is made from it."""

from __future__ import annotations

from collections.abc import Iterator

from .errors import UsageError
from .names import next_rerun
from .spec.documents import CalibrationSet, Catalog
from .spec.edit import with_scalar
from .spec.instances import Instance, instances
from .spec.located import FieldPath, Located
from .spec.problems import nearest
from .spec.source import Source


def affected(document: CalibrationSet, catalog: Catalog, product: str, band: str | None) -> tuple[Instance, ...]:
    """Return the instances of a product, or of one band of it, and those of the set that are made from them."""
    found: list[Instance] = []
    for instance in instances(document, catalog):
        own = instance.product == product and band in (None, instance.band)
        if own or {one.product for one in found} & set(instance.entry.precursors):
            found.append(instance)
    if not found:
        known = [one.name for one in instances(document, catalog)]
        asked = product if band is None else f"{product}-{band}"
        near = nearest(asked, known)
        hint = f"did you mean {near}?" if near else ""
        raise UsageError(f"{document.ticket} makes no {asked}; it makes {', '.join(known)}", hint=hint)
    return tuple(found)


def following(found: tuple[Instance, ...]) -> str:
    """Return the rerun that comes after all that these instances have; raise `ReconcileError` after `z`."""
    return next_rerun(max(instance.rerun for instance in found))


def edited(located: Located[CalibrationSet], found: tuple[Instance, ...], rerun: str) -> str:
    """Return the text of the spec in which these instances have this rerun, and nothing else is changed."""
    source = located.source
    for path in _paths(located.document, found):
        source = Source(source.file, with_scalar(source, path, rerun))
    return source.text


def _paths(document: CalibrationSet, found: tuple[Instance, ...]) -> Iterator[FieldPath]:
    """Yield where the reruns stand: one for a product as a whole, else one for each band."""
    for product in dict.fromkeys(instance.product for instance in found):
        settings = document.products[product]
        bands = {instance.band for instance in found if instance.product == product and instance.band}
        if bands < set(settings.bands):
            yield from (("products", product, "reruns", band) for band in settings.bands if band in bands)
        else:
            yield ("products", product, "rerun")
            yield from (("products", product, "reruns", band) for band in settings.reruns)
