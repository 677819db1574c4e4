"""How each kind of product is drawn: the one table of them.

Products are taken one detector after the other and reduced to what their picture needs, so that no more than one
is held at its full size.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from processing.defect_boxes import Defects
from processing.effects.brighter_fatter import BrighterFatterKernel
from processing.effects.charge_transfer import ChargeTransfer
from processing.effects.crosstalk import Crosstalk
from processing.effects.linearizer import Linearizer
from processing.effects.photon_transfer import PhotonTransfer
from processing.frame import Frame
from processing.pictures import charge_transfer, crosstalk, kernel, linearizer, photon_transfer
from processing.pictures.binning import Binned, binned
from processing.pictures.defect_map import defect_map, reduced
from processing.pictures.figure import Picture, PictureError, Subject, png
from processing.pictures.flat import flat
from processing.pictures.mosaic import mosaic

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FINE, COARSE = 8, 64
"""Pixels along a cell of the two mosaics."""


@dataclass(frozen=True)
class Kind:
    """A kind of product: its type, what remains of one detector's, and its figures by the end of their names."""

    product: type
    reduce: Callable[[Any], Any]
    draw: Callable[[Subject, Mapping[int, Any]], dict[str, Figure]]


def _frames(subject: Subject, fine: Mapping[int, Binned]) -> dict[str, Figure]:
    draw = flat if all(each.unit == "" for each in fine.values()) else mosaic
    coarse = {number: each.by(COARSE // FINE) for number, each in fine.items()}
    return {f"Mosaic{FINE}": draw(subject, fine), f"Mosaic{COARSE}": draw(subject, coarse)}


def _one(name: str, draw: Callable[[Subject, Mapping[int, Any]], Figure]) -> Callable[..., dict[str, Figure]]:
    return lambda subject, found: {name: draw(subject, found)}


def _as_it_is(product: Any) -> Any:
    return product


KINDS = (
    Kind(Frame, lambda frame: binned(frame, FINE), _frames),
    Kind(Defects, reduced, _one("Mosaic", defect_map)),
    Kind(ChargeTransfer, _as_it_is, _one("Trails", charge_transfer.trails)),
    Kind(Crosstalk, _as_it_is, _one("Matrices", crosstalk.coefficients)),
    Kind(Linearizer, _as_it_is, _one("Curves", linearizer.corrections)),
    Kind(PhotonTransfer, _as_it_is, _one("Amplifiers", photon_transfer.amplifiers)),
    Kind(BrighterFatterKernel, _as_it_is, _one("Kernels", kernel.kernels)),
)


def figures(subject: Subject, products: Iterable[tuple[int, object]]) -> dict[str, Figure]:
    """Draw the products of detectors, all of one kind; raises PictureError if there are none or no such kind."""
    found: dict[int, Any] = {}
    kinds: dict[type, Kind] = {}
    for detector, product in products:
        kind = _kind(subject, product)
        kinds[kind.product] = kind
        found[detector] = kind.reduce(product)
    if len(kinds) != 1:
        what = ", ".join(sorted(each.__name__ for each in kinds)) or "none"
        raise PictureError(f"{subject.product}: a picture shows products of one kind, found: {what}")
    (kind,) = kinds.values()
    return kind.draw(subject, found)


def pictures(subject: Subject, products: Iterable[tuple[int, object]]) -> dict[str, Picture]:
    """The same as PNG images, by the end of their names: the bias has `Mosaic8` and `Mosaic64`."""
    return {name: png(figure) for name, figure in figures(subject, products).items()}


def _kind(subject: Subject, product: object) -> Kind:
    for kind in KINDS:
        if isinstance(product, kind.product):
            return kind
    known = ", ".join(kind.product.__name__ for kind in KINDS)
    raise PictureError(f"{subject.product} is a {type(product).__name__}: nobody knows how to draw it; known: {known}")
