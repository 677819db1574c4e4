"""Bootstraps are never certified: what is made from them names their RUNs, and the ticket's chain stays out of it."""

from __future__ import annotations

from reconciler.desired import desired
from reconciler.facts import Facts
from reconciler.spec.documents import Model
from reconciler.state import Gen
from reconciler.work import Generation
from tests.worlds import EXPOSURES, INSTRUMENT, PLACE, PUBLIC, TICKET, document, in_memory, site, tree

BASE = f"{TICKET}/trial"


def catalog() -> Model:
    """Return a catalog of bootstraps and of the defects that are found in them."""
    common = {"dimensions": ["instrument", "detector"], "run": "run{bootstrap_run}", "certified": None}
    return document(
        kind="Catalog",
        instrument=INSTRUMENT,
        releases=["*"],
        detectors="0..1",
        products={
            "biasBootstrap": {
                "dataset_type": "bias",
                "generation": "biasBootstrapGen",
                "template": "bps_biasBootstrap.yaml",
                "selection_variable": "SELECTION_BIAS",
                **common,
            },
            "darkBootstrap": {
                "dataset_type": "dark",
                "generation": "darkBootstrapGen",
                "template": "bps_darkBootstrap.yaml",
                "selection_variable": "SELECTION_DARK",
                "precursors": ["biasBootstrap"],
                **common,
            },
            "defects": {
                "dataset_type": "defects",
                "generation": "defectGen",
                "certified": "defects",
                "template": "bps_defects.yaml",
                "selection_variable": None,
                "dimensions": ["instrument", "detector"],
                "precursors": ["biasBootstrap", "darkBootstrap"],
            },
        },
    )


def documents() -> tuple[Model, Model]:
    """Return the set and its lock."""
    common = {"instrument": INSTRUMENT, "ticket": "DM-1", "raws": f"{INSTRUMENT}/raw/all"}
    names = {"biasBootstrap": "bias", "darkBootstrap": "dark"}
    spec = document(
        kind="CalibrationSet",
        **common,
        tag="trial",
        purpose="defects",
        origin=PLACE,
        release="embedded",
        rerun="20250207a",
        bootstrap_run=3,
        selections=dict.fromkeys(names, "exposure > 0"),
        products={"biasBootstrap": {}, "darkBootstrap": {}, "defects": {}},
    )
    locked = {
        name: {"selection": "exposure > 0", "exposures": [e.id for e in EXPOSURES[kind]], "detectors": "0..1"}
        for name, kind in names.items()
    }
    lock = document(kind="Lock", **common, repository=PLACE, products={**locked, "defects": {"detectors": "0..1"}})
    return spec, lock


def works() -> dict[str, Generation]:
    """Return leaf stem -> work of the wanted generations."""
    want = desired(tree(site(), catalog(), *documents()), site())  # type: ignore[arg-type]  # a Site document
    found = {key.leaf.rsplit("/", 1)[1].split(".")[0]: work for key, work in want.works.items()}
    return {stem: work for stem, work in found.items() if isinstance(work, Generation)}


def test_a_bootstrap_goes_into_a_run_whose_name_is_known_beforehand() -> None:
    assert works()["biasBootstrapGen"].fixed_run == f"{BASE}/biasBootstrapGen.20250207a/run3"


def test_what_is_made_from_bootstraps_names_their_runs_and_not_the_ticket_chain() -> None:
    defects = works()["defectGen"]
    assert defects.inputs == (
        f"{BASE}/biasBootstrapGen.20250207a/run3",
        f"{BASE}/darkBootstrapGen.20250207a/run3",
        f"{INSTRUMENT}/raw/all",
    )
    assert defects.data_query == f"(instrument='{INSTRUMENT}')"


def test_bootstraps_and_defects_are_made_in_order_with_one_apply_and_only_defects_are_certified() -> None:
    small = in_memory()
    want = desired(tree(site(), catalog(), *documents()), site())  # type: ignore[arg-type]  # a Site document
    facts = Facts(trust="none", public=frozenset({PUBLIC}))
    small.executor.outputs = lambda job: {  # type: ignore[attr-defined]  # the memory executor's own
        dataset_type: dict.fromkeys(ids, "")
        for dataset_type, ids in want.works[Gen(PLACE, job.leaf)].expected.items()  # type: ignore[union-attr]
    }
    results = small.apply(want, facts)
    assert [(r.step.kind, r.outcome.word) for r in results] == [
        ("produce", "done"),
        ("produce", "done"),
        ("produce", "done"),
        ("certify", "done"),
        ("link", "done"),
    ]
    assert small.repository.store.children[TICKET] == (f"{BASE}/defects.20250207a",)  # type: ignore[attr-defined]
    assert small.plan(want, facts).empty
