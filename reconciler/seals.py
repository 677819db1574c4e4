"""Claims and seals: the small documents that say whose a generation is and what belongs to it.

A *claim* stands in a leaf's documentation while the work is under way: unsealed means resume. A *seal* replaces it at
completion and names every certified dataset by UUID; it is the authority for what `gen(leaf)` means. Both are JSON in
the collection's documentation, which Butler keeps, transfers and shows (`butler query-collections --chains TREE` does
not, `query_info(include_doc=True)` does).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, TypeAlias

from . import shapes

FORMAT = 1
MARK = '{"reconcile":'
"""Every document of ours begins so; anything else is a person's."""

Datasets: TypeAlias = Mapping[str, Mapping[str, str]]
"""Dataset type -> data ID -> UUID."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What determines a product: declared intent only (DESIGN: generation identity).

    Template text, resolved configuration and package versions are provenance, recorded elsewhere, never a reason to
    rebuild.
    """

    intent: Mapping[str, Any]

    @property
    def digest(self) -> str:
        """The identity: sha256 of the canonical JSON of the intent."""
        return digest(self.intent)


@dataclass(frozen=True, slots=True)
class Claim:
    """Work that has begun: which recipe, into which RUN, from which flattened inputs, where it runs, and since when."""

    recipe: str
    intent: Mapping[str, Any]
    run: str
    inputs: tuple[str, ...]
    attempt: int
    host: str
    submission: str
    started: str = ""


@dataclass(frozen=True, slots=True)
class Construction:
    """How a generation came about, kept with it for people (DMTN-222 section 3). Nothing is ever decided from it.

    Attributes
    ----------
    template
        Name of the bps template in `bps/templates` below the directory that the variable `home` names; empty for files
        that were put there as they are.
    variables
        Those of DMTN-222 section 6 but REPO.
    inputs
        Flattened input collections in search order.
    started, finished
        When the work was claimed and sealed: ISO 8601 in UTC; empty where nobody knows.
    submission
        Directory of wrapper, graph and logs on `host`.
    versions
        Package -> version, of the packages that decide what comes out, as the RUN recorded them (see `software`).
    failures
        Quanta of the last attempt that failed, with their reason: of what need not be there.
    """

    template: str = ""
    home: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)
    inputs: tuple[str, ...] = ()
    started: str = ""
    finished: str = ""
    host: str = ""
    submission: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    failures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Seal:
    """Work that is complete: the recipe and the datasets that belong to it.

    Attributes
    ----------
    construction
        None in a seal that was made before this was kept.
    """

    recipe: str
    intent: Mapping[str, Any]
    run: str
    datasets: Datasets
    construction: Construction | None = None


Doc: TypeAlias = Claim | Seal


def write(doc: Doc) -> str:
    """Return the text that stands in a collection's documentation."""
    return json.dumps({"reconcile": FORMAT, **as_json(doc)}, separators=(",", ":"))


def read(text: str | None) -> Doc | None:
    """Return the claim or seal in a collection's documentation; None for anything that is not ours.

    That includes what only begins like ours, or was damaged: it is foreign, so nothing is built over it.
    """
    if not text or not text.startswith(MARK):
        return None
    try:
        return from_json(json.loads(text))
    except (ValueError, RecursionError):
        return None


def as_json(doc: Doc) -> dict[str, Any]:
    """Return a claim or seal as plain values."""
    return {type(doc).__name__.lower(): asdict(doc)}


def from_json(content: Mapping[str, Any]) -> Doc | None:
    """Return the claim or seal that these plain values are; None if they are neither.

    Raises `ValueError` for one that is not as any version wrote it.
    """
    if "claim" in content:
        fields = content["claim"]
        shapes.Claim.check(fields)
        return Claim(**{**fields, "inputs": tuple(fields["inputs"])})
    if "seal" in content:
        fields = content["seal"]
        shapes.Seal.check(fields)
        return Seal(**{**fields, "construction": _construction(fields.get("construction"))})
    return None


def _construction(fields: Mapping[str, Any] | None) -> Construction | None:
    if fields is None:
        return None
    return Construction(**{**fields, "inputs": tuple(fields["inputs"]), "failures": tuple(fields["failures"])})


def digest(value: object) -> str:
    """Return the sha256 of a value's canonical JSON."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()
