"""Which document may follow which in a leaf; the same for every adapter."""

from __future__ import annotations

from ..ports import Foreign, Moved
from ..seals import Claim, Doc, Seal
from ..state import Gen, Presence


def standing_claim(key: Gen, doc: Doc | None) -> Claim:
    """Return the claim in an existing leaf; raise if it bears no document of ours, or is sealed meanwhile."""
    if doc is None:
        raise Foreign(
            f"collection {key} exists and reconcile did not make it",
            hint="Give the product another rerun, or adopt the collection with `from:`.",
        )
    if isinstance(doc, Seal):
        raise Moved(key, None, Presence(doc.recipe, True))
    return doc


def compare(key: Gen, standing: Doc | None, new: Seal) -> None:
    """A seal may replace a claim of its own recipe and RUN, or itself; raise otherwise."""
    if standing is None:
        raise Foreign(f"collection {key} bears no claim of ours, so it cannot be sealed")
    other_datasets = isinstance(standing, Seal) and standing.datasets != new.datasets
    if other_datasets or (standing.recipe, standing.run) != (new.recipe, new.run):
        raise Moved(key, Presence(new.recipe, False), Presence(standing.recipe, isinstance(standing, Seal)))
