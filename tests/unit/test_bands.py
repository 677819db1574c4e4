"""Products that are made per band, from precursors that are made per band too: each takes those of its own."""

from __future__ import annotations

from reconciler.desired import desired
from reconciler.spec.documents import Model
from reconciler.work import Generation
from tests.worlds import INSTRUMENT, PLACE, document, site, tree

BANDS = {"u": "u_02", "g": "g_01"}


def product(name: str, dimensions: list[str], precursors: list[str]) -> dict[str, object]:
    return {
        "dataset_type": name,
        "generation": f"{name}Gen-{{band}}",
        "certified": f"{name}-{{band}}",
        "template": f"bps_{name}_{{band}}.yaml",
        "selection_variable": f"SELECTION_{name}_{{band}}",
        "dimensions": dimensions,
        "precursors": precursors,
        "per_band": True,
    }


def catalog() -> Model:
    """Return a catalog of flats, which are brought to a reference gradient of their filter."""
    return document(
        kind="Catalog",
        instrument=INSTRUMENT,
        releases=["*"],
        detectors="0..1",
        bands=BANDS,
        products={
            "reference": product("reference", ["instrument", "physical_filter"], []),
            "flat": product("flat", ["instrument", "detector", "physical_filter"], ["reference"]),
        },
    )


def flats(*products: str) -> list[Generation]:
    """Return the works of the flats of a set of these products."""
    common = {"instrument": INSTRUMENT, "ticket": "DM-1", "raws": f"{INSTRUMENT}/raw/all"}
    selections = {f"{name}-{band}": "exposure > 0" for name in products for band in BANDS}
    spec = document(
        kind="CalibrationSet",
        **common,
        purpose="flats",
        origin=PLACE,
        release="embedded",
        rerun="20250207a",
        selections=selections,
        products={name: {"bands": list(BANDS)} for name in products},
    )
    locked = {
        f"{name}-{band}": {"selection": "exposure > 0", "exposures": 1, "detectors": "0..1", "physical_filter": f}
        for name in products
        for band, f in BANDS.items()
    }
    lock = document(kind="Lock", **common, repository=PLACE, products=locked)
    want = desired(tree(site(), catalog(), spec, lock), site())  # type: ignore[arg-type]  # a Site document
    return [w for w in want.works.values() if isinstance(w, Generation) and w.product.startswith("flat")]


def test_a_flat_takes_the_reference_of_its_own_filter() -> None:
    for work, (band, name) in zip(flats("reference", "flat"), BANDS.items(), strict=True):
        (precursor,) = work.precursors
        assert precursor.data_ids == (f"instrument={INSTRUMENT},physical_filter={name}",)
        assert precursor.source is not None
        assert precursor.source.leaf.endswith(f"referenceGen-{band}.20250207a")


def test_a_reference_from_elsewhere_is_asked_for_by_the_dimensions_that_the_catalog_gives() -> None:
    for work, name in zip(flats("flat"), BANDS.values(), strict=True):
        (precursor,) = work.precursors
        assert (precursor.source, precursor.data_ids) == (None, (f"instrument={INSTRUMENT},physical_filter={name}",))
