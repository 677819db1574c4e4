"""The git repository of a large site: twenty tickets of ten products, each over 189 detectors.

With places to deploy to, every set goes to all of them and is protected there, through an archive.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.checkouts import begin

PLACE = "usdf/main"
ARCHIVE = "archive"
INSTRUMENT, BAND, FILTER = "LSSTCam", "r", "r_03"
DETECTORS = range(189)
RERUN = "20250207a"
RAWS = f"{INSTRUMENT}/raw/all"
OTHERS = f"{INSTRUMENT}/calib/DM-39000"
PRECURSORS: dict[str, list[str]] = {
    "crosstalk": [],
    "defects": ["crosstalk"],
    "linearizer": ["crosstalk", "defects"],
    "cti": ["linearizer", "defects"],
    "ptc": ["crosstalk", "cti", "linearizer", "defects"],
    "bfk": ["crosstalk", "cti", "linearizer", "defects"],
    "bias": ["crosstalk", "ptc", "linearizer", "cti"],
    "dark": ["crosstalk", "ptc", "linearizer", "cti", "bias", "defects"],
    "flat": ["crosstalk", "ptc", "linearizer", "cti", "bias", "dark"],
    "gain_correction": ["ptc", "flat"],
}
TYPES = tuple(PRECURSORS)


@dataclass(frozen=True)
class Size:
    """How much there is: `tickets` x 10 types x 189 detectors of ours are certified, and 10 x `tickets` of others."""

    collections: int = 10_000
    tickets: int = 20
    places: tuple[str, ...] = ()
    """Where every set goes, besides the place that makes it."""

    @property
    def certifications(self) -> int:
        """How many certifications the repository holds."""
        return self.tickets * len(TYPES) * (len(DETECTORS) + 1)

    def __str__(self) -> str:
        return f"{self.collections:,} collections, {self.certifications:,} certifications"


def write_specs(root: Path, size: Size) -> None:
    """Write the specs and the sites, and commit them."""
    documents: dict[str, dict[str, Any]] = {"catalog": _catalog(), "chain": _chain(size)}
    for place in (PLACE, *size.places):
        documents[f"sites/{place.partition('/')[0]}.yaml"] = _site(place, deployed=bool(size.places))
    for ticket in _tickets(size):
        documents[ticket] = _set(ticket, size.places)
        documents[f"{ticket}.lock"] = _lock(ticket)
    for name, content in documents.items():
        path = root / (name if "/" in name else f"specs/{INSTRUMENT}/{name}.yaml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(content, sort_keys=False))
    with begin(root) as git:
        (root / ".gitignore").write_text(f"/repo\n/repo-*\n/{ARCHIVE}\n/.reconcile/\n")
        git.git.add("--all")
        git.git.commit("--quiet", "-m", "Everything that is wanted")


def _tickets(size: Size) -> list[str]:
    return [f"DM-{40000 + index}" for index in range(size.tickets)]


def folder(place: str) -> str:
    """Return where below the git root the repository of a place stands."""
    return "repo" if place == PLACE else f"repo-{place.replace('/', '-')}"


def _site(place: str, *, deployed: bool) -> dict[str, Any]:
    site, _, name = place.partition("/")
    return {
        "kind": "Site",
        "site": site,
        "trust": "none",
        "repositories": {name: {"butler": folder(place), "instruments": [INSTRUMENT]}},
        "releases": {"embedded": {}},
        **({"archive": ARCHIVE} if deployed else {}),
    }


def _catalog() -> dict[str, Any]:
    return {
        "kind": "Catalog",
        "instrument": INSTRUMENT,
        "releases": ["*"],
        "detectors": f"{DETECTORS[0]}..{DETECTORS[-1]}",
        "bands": {BAND: FILTER},
        "products": {name: product(name) for name in TYPES},
    }


def product(name: str) -> dict[str, Any]:
    """Return a product as the catalog has it."""
    band, filters = ("-{band}", ["physical_filter"]) if name == "flat" else ("", [])
    return {
        "dataset_type": name,
        "generation": f"{name}Gen{band}",
        "certified": f"{name}{band}",
        "template": f"bps_{name}.yaml",
        "selection_variable": f"SELECTION_{name.upper()}",
        "dimensions": ["instrument", "detector", *filters],
        "precursors": PRECURSORS[name],
        "per_band": name == "flat",
    }


def _chain(size: Size) -> dict[str, Any]:
    return {
        "kind": "Chain",
        "instrument": INSTRUMENT,
        "name": f"{INSTRUMENT}/calib",
        "members": [*(f"{INSTRUMENT}/calib/{ticket}" for ticket in reversed(_tickets(size))), OTHERS],
        "external": [{"collection": OTHERS, "reason": "older than our specs"}],
    }


def _instance(name: str) -> str:
    return f"{name}-{BAND}" if name == "flat" else name


def _set(ticket: str, places: tuple[str, ...]) -> dict[str, Any]:
    there = {place: {"protect": True} for place in places}
    return {
        "kind": "CalibrationSet",
        "instrument": INSTRUMENT,
        "ticket": ticket,
        "tag": "DP1",
        "purpose": "everything",
        "origin": PLACE,
        "raws": RAWS,
        "starting_calibs": [OTHERS],
        "release": "embedded",
        "rerun": RERUN,
        "selections": {_instance(name): _selection(name) for name in TYPES},
        "products": {name: {"bands": [BAND]} if name == "flat" else {} for name in TYPES},
        **({"deployment": {"ticket": "DM-50000", "repositories": there}} if places else {}),
    }


def _selection(name: str) -> str:
    return f"exposure.day_obs=20250101 and exposure.observation_type='{name}'"


def _lock(ticket: str) -> dict[str, Any]:
    starting = {"collection": OTHERS, "type": "CALIBRATION", "dataset_types": list(TYPES), "fingerprint": "0" * 64}
    return {
        "kind": "Lock",
        "instrument": INSTRUMENT,
        "ticket": ticket,
        "raws": RAWS,
        "repository": PLACE,
        "starting_calibs": [OTHERS],
        "starting": [starting],
        "products": {_instance(name): _locked(name, index) for index, name in enumerate(TYPES)},
    }


def _locked(name: str, index: int) -> dict[str, Any]:
    first = 2025010100000 + 100 * index
    return {
        "selection": _selection(name),
        "exposures": [f"{first}..{first + 19}"],
        "detectors": f"{DETECTORS[0]}..{DETECTORS[-1]}",
        **({"physical_filter": FILTER, "band": BAND} if name == "flat" else {}),
    }
