"""Butler exports: what goes into them, what they are called, and how it is written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import yaml

from reconciler.archive import Item, Part
from reconciler.errors import ReconcileError, UsageError
from reconciler.exported import Export
from reconciler.exporting import export
from reconciler.parcel import Definition
from reconciler.render.butler_export import export_yaml
from reconciler.seals import Seal
from reconciler.spec.load import Tree
from tests.contract.shelves import uuid
from tests.worlds import DETECTORS, INSTRUMENT, PUBLIC, TICKET, Ask, calibration_set, catalog, chain, site, tree

LEAVES = {name: f"{TICKET}/trial/{name}Gen.20250207a" for name in ("bias", "flat")}
LATER = "2025-03-01T00:00:00"


def ids(dataset_type: str) -> list[str]:
    end = ",physical_filter=r_03" if dataset_type == "flat" else ""
    return [f"instrument={INSTRUMENT},detector={d}{end}" for d in DETECTORS]


def part(dataset_type: str, leaf: str, run: str = "", **paths: str) -> tuple[Part, Mapping[str, Definition]]:
    items = tuple(
        Item(dataset_type, d, uuid(leaf + d), paths.get(f"d{n}", f"{leaf}/{dataset_type} {n}.fits"), "0" * 64, 1)
        for n, d in enumerate(ids(dataset_type))
    )
    seal = Seal("sha256:1", {}, run or f"{leaf}/run", {dataset_type: {one.data_id: one.uuid for one in items}})
    dimensions = ("instrument", "detector", *(("physical_filter",) if dataset_type == "flat" else ()))
    return Part(seal, items), {dataset_type: Definition(dimensions, "ExposureF")}


def specs() -> Tree:
    asks = [Ask("bias"), Ask("flat", begin=LATER)]
    return tree(site(), catalog(), *calibration_set(asks), chain(TICKET, f"{PUBLIC}/OLD"))  # type: ignore[arg-type]


def made(**parts: tuple[Part, Mapping[str, Definition]]) -> Export:
    there = {LEAVES[name]: part(name, leaf) for name, leaf in LEAVES.items()}
    return export(specs(), "DM-1", {**there, **{LEAVES[name]: one for name, one in parts.items()}})


class Loader(yaml.SafeLoader):
    """Reads the tags that Butler has as plain values."""


Loader.add_constructor("!uuid", lambda loader, node: node.value)
Loader.add_constructor("!butler_time/tai/iso", lambda loader, node: node.value)
Loader.add_constructor("!lsst.daf.butler.Timespan", lambda loader, node: loader.construct_mapping(node))


def written(one: Export) -> list[dict[str, Any]]:
    content = yaml.load(export_yaml(one), Loader)
    assert {key: content[key] for key in content if key != "data"} == {
        "description": "Butler Data Repository Export",
        "version": "1.0.2",
        "universe_version": 8,
        "universe_namespace": "daf_butler",
    }
    found: list[dict[str, Any]] = content["data"]
    return found


def test_collections_come_first_and_none_that_others_share() -> None:
    collections = [(one["collection_type"], one["name"]) for one in written(made()) if one["type"] == "collection"]
    assert collections == [
        ("RUN", f"{LEAVES['bias']}/run"),
        ("RUN", f"{LEAVES['flat']}/run"),
        ("CALIBRATION", f"{TICKET}/trial/bias.20250207a"),
        ("CALIBRATION", f"{TICKET}/trial/flat.20250207a"),
        ("CHAINED", TICKET),
    ]


def test_validity_is_that_of_the_specs_and_open_ends_are_open() -> None:
    bias, flat = (one for one in written(made()) if one["type"] == "associations")
    assert bias["validity_ranges"] == [
        {"timespan": {"begin": None, "end": None}, "dataset_ids": [uuid(LEAVES["bias"] + d) for d in ids("bias")]}
    ]
    (winter,) = flat["validity_ranges"]
    assert winter["timespan"] == {"begin": "2025-03-01 00:00:00", "end": None}


def test_datasets_bear_their_uuids_and_data_ids_and_runs_their_seals() -> None:
    data = written(made())
    flats = next(one for one in data if one["type"] == "dataset" and one["dataset_type"] == "flat")
    assert flats["run"] == f"{LEAVES['flat']}/run"
    assert flats["records"][1] == {
        "dataset_id": [uuid(LEAVES["flat"] + ids("flat")[1])],
        "data_id": [{"instrument": INSTRUMENT, "detector": 1, "physical_filter": "r_03"}],
        "path": f"{LEAVES['flat']}/flat_1.fits",
    }
    types = {one["name"]: one for one in data if one["type"] == "dataset_type"}
    assert types["flat"]["dimensions"] == ["instrument", "detector", "physical_filter"]
    assert types["flat"]["is_calibration"]
    (run, *_) = data
    assert run["doc"].startswith('{"reconcile":1,"seal":')


def test_files_that_would_share_a_path_stand_apart() -> None:
    one = made(bias=part("bias", LEAVES["bias"], d0="a/b#?.fits", d1="a/b%3.fits"))
    paths = [dataset.path for dataset in one.datasets if dataset.item.dataset_type == "bias"]
    assert paths == ["a/b__.fits", "a/b_3.fits"]
    one = made(bias=part("bias", LEAVES["bias"], d0="a b.fits", d1="a_b.fits"))
    first, second = (dataset for dataset in one.datasets if dataset.item.dataset_type == "bias")
    assert (first.path, second.path) == ("a_b.fits", f"{second.item.uuid}_a_b.fits")
    (odd, *_) = made(bias=part("bias", LEAVES["bias"], d0="export.yaml")).datasets
    assert odd.path == f"{odd.item.uuid}_export.yaml"


def test_two_leaves_in_one_run_are_there_once() -> None:
    one = made(flat=part("flat", LEAVES["flat"], run=f"{LEAVES['bias']}/run"))
    assert len(one.datasets) == 4
    assert len([e for e in written(one) if e["type"] == "collection" and e["collection_type"] == "RUN"]) == 1


def test_members_of_the_ticket_that_are_not_its_own_are_told() -> None:
    documents = (site(), catalog(), *calibration_set([Ask("bias")]))
    shared = chain(f"{TICKET}/trial/bias.20250207a", f"{PUBLIC}/OLD", name=TICKET)
    one = export(tree(*documents, shared), "DM-1", {LEAVES["bias"]: part("bias", LEAVES["bias"])})  # type: ignore[arg-type]
    assert one.left_out == (f"{PUBLIC}/OLD",)
    assert one.chains == {TICKET: (f"{TICKET}/trial/bias.20250207a",)}


def test_what_is_lacking_is_named() -> None:
    with pytest.raises(UsageError, match="no spec of DM-2; there are DM-1"):
        export(specs(), "DM-2", {})
    with pytest.raises(ReconcileError, match=f"{LEAVES['bias']} is not in the archive"):
        export(specs(), "DM-1", {})
    with pytest.raises(ReconcileError, match=r"has no bias instrument=TestCam,detector=0, which the specs certify"):
        made(bias=part("flat", LEAVES["bias"]))
    unlocked = tree(site(), catalog(), calibration_set([Ask("bias")])[0])  # type: ignore[arg-type]
    with pytest.raises(ReconcileError, match="DM-1 certifies nothing yet"):
        export(unlocked, "DM-1", {})
