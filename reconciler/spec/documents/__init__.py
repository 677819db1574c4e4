"""The kinds of documents. A new kind is one file here and one line in `KINDS`."""

from __future__ import annotations

from .base import Model
from .calibration_set import CalibrationSet, Certify, Excused, Product
from .catalog import Catalog, CatalogProduct
from .chain import Chain
from .curated_set import CuratedFile, CuratedSet
from .lock import Lock, LockedExposures, LockedRun, LockedRuns, StartingGeneration
from .site import Site
from .waiver import LintCode, Waiver

KINDS: dict[str, type[Model]] = {
    "CalibrationSet": CalibrationSet,
    "Chain": Chain,
    "CuratedSet": CuratedSet,
    "Catalog": Catalog,
    "Site": Site,
    "Lock": Lock,
}

__all__ = [
    "KINDS",
    "CalibrationSet",
    "Catalog",
    "CatalogProduct",
    "Certify",
    "Chain",
    "CuratedFile",
    "CuratedSet",
    "Excused",
    "LintCode",
    "Lock",
    "LockedExposures",
    "LockedRun",
    "LockedRuns",
    "Model",
    "Product",
    "Site",
    "StartingGeneration",
    "Waiver",
]
