"""The kinds of documents. A new kind is one file here and one line in `KINDS`."""

from __future__ import annotations

from .base import Model
from .calibration_set import CalibrationSet, Certify, Examination, Excused, Product
from .catalog import Catalog, CatalogExamination, CatalogProduct
from .chain import Chain
from .curated_set import CuratedFile, CuratedSet
from .lock import Lock, LockedExamination, LockedExposures, LockedRun, LockedRuns, StartingGeneration
from .policy import POLICY, Policy
from .site import Influx, Site
from .verification import Verification
from .waiver import LintCode, Waiver

KINDS: dict[str, type[Model]] = {
    "CalibrationSet": CalibrationSet,
    "Chain": Chain,
    "CuratedSet": CuratedSet,
    "Catalog": Catalog,
    "Site": Site,
    "Lock": Lock,
    "Verification": Verification,
    "Policy": Policy,
}

__all__ = [
    "KINDS",
    "POLICY",
    "CalibrationSet",
    "Catalog",
    "CatalogExamination",
    "CatalogProduct",
    "Certify",
    "Chain",
    "CuratedFile",
    "CuratedSet",
    "Examination",
    "Excused",
    "Influx",
    "LintCode",
    "Lock",
    "LockedExamination",
    "LockedExposures",
    "LockedRun",
    "LockedRuns",
    "Model",
    "Policy",
    "Product",
    "Site",
    "StartingGeneration",
    "Verification",
    "Waiver",
]
