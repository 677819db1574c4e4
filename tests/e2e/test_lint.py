"""Lint as a person types it: on specs, on a site beside Butler's own behaviour, and on a snapshot of it."""

from __future__ import annotations

import shutil
from typing import Any

import pytest
from astropy.time import Time
from lsst.daf.butler import CalibrationLookupError, CollectionType, Timespan

from tests.e2e.desk import EXPOSURES, INSTRUMENT, PLACE, PUBLIC, SITE, SPEC, Desk, leaf

LINT = ("lint",)
CHAIN_FILE = f"specs/{INSTRUMENT}/chain.yaml"


def curated(desk: Desk) -> None:
    """Add a curated file for one of two detectors to the chain."""
    desk.write(f"specs/{INSTRUMENT}/crosstalk.txt", "0")
    files = [{"file": "crosstalk.txt", "detector": 0}]
    dataset = {"storage_class": "StructuredDataDict", "dimensions": ["instrument", "detector"], "files": files}
    common = {"kind": "CuratedSet", "instrument": INSTRUMENT, "ticket": "DM-9", "origin": PLACE}
    desk.write(f"specs/{INSTRUMENT}/DM-9.yaml", {**common, "datasets": {"crosstalk": dataset}})
    desk.edit(CHAIN_FILE, lambda chain: chain["members"].append(f"{PUBLIC}/DM-9"))


def first_exposure(butler: Any) -> Timespan:
    (record,) = butler.query_dimension_records("exposure", instrument=INSTRUMENT, exposure=EXPOSURES[0])
    span: Timespan = record.timespan
    return span


def split(desk: Desk) -> None:
    """Certify the bias of detector 0 anew, with a boundary in the middle of the first exposure."""
    with desk.butler() as butler:
        collection, when = leaf("bias"), first_exposure(butler)
        middle = when.begin + (when.end - when.begin) / 2
        found = butler.find_dataset("bias", instrument=INSTRUMENT, detector=0, collections=collection, timespan=when)
        butler.registry.decertify(collection, "bias", Timespan(None, None), dataIds=[found.dataId])
        butler.registry.certify(collection, [found], Timespan(None, middle))
        butler.registry.certify(collection, [found], Timespan(middle, None))


def test_clean_specs_are_0(locked: Desk) -> None:
    said = locked.done(*LINT)
    assert said.out == "Nothing found in specs and locks.\n"


def test_a_finding_is_1_and_a_waiver_with_a_reason_makes_it_0(locked: Desk) -> None:
    curated(locked)
    said = locked.run(*LINT)
    assert said.code == 1
    assert said.out.startswith(f"{CHAIN_FILE}:")
    assert f"error[partial]: {PUBLIC}/DM-9: crosstalk for 1 of 2 detectors; detector 1 lacking" in said.out
    waiver = {"code": "partial", "about": f"{PUBLIC}/DM-9", "reason": "detector 1 has no crosstalk"}
    locked.edit(CHAIN_FILE, lambda chain: chain.update(waive=[waiver]))
    said = locked.done(*LINT)
    assert "waived[partial]" in said.out
    assert "detector 1 has no crosstalk" in said.out


def test_a_waiver_changes_nothing_else(applied: Desk) -> None:
    waiver = {"code": "partial", "about": leaf("bias"), "reason": "for nothing"}
    applied.edit(SPEC, lambda spec: spec.update(waive=[waiver]))
    assert "warning[unused-waiver]" in applied.done(*LINT).out
    assert "Nothing to do" in applied.done("plan").out


def test_invalid_specs_are_3(locked: Desk) -> None:
    locked.edit(SPEC, lambda spec: spec.update(waive=[{"code": "gps", "about": "x", "reason": "y"}]))
    said = locked.run(*LINT)
    assert said.code == 3
    assert "waive" in said.err or "gps" in said.err


def test_specs_are_linted_without_git_or_a_repository(locked: Desk) -> None:
    shutil.rmtree(locked.root / ".git")
    shutil.rmtree(locked.butler_root)
    assert locked.run(*LINT).code == 0


def test_a_site_in_order_is_0(applied: Desk) -> None:
    assert applied.done(*LINT, "--site", "here").out == "Nothing found in here.\n"


def test_a_boundary_inside_an_exposure_is_where_butler_raises(applied: Desk) -> None:
    split(applied)
    said = applied.run(*LINT, "--site", "here", "--json")
    assert said.code == 1
    (found,) = (one for one in said.json["findings"] if one["code"] == "boundary")
    assert found["place"] == PLACE
    assert f"exposure {EXPOSURES[0]}" in found["example"]
    with applied.butler() as butler, pytest.raises(CalibrationLookupError):
        butler.find_dataset(
            "bias", instrument=INSTRUMENT, detector=0, collections=PUBLIC, timespan=first_exposure(butler)
        )
    offered = found["expected"].split(" TAI")[0].rsplit(" ", 1)[1]
    with applied.butler() as butler:
        when = first_exposure(butler)
    assert Time(offered, scale="tai") in (when.begin, when.end)


def test_a_snapshot_is_linted_like_the_site(applied: Desk) -> None:
    split(applied)
    live = applied.run(*LINT, "--site", "here", "--json").json
    file = applied.root / "here.json"
    applied.done("observe", "--out", file)
    shutil.rmtree(applied.butler_root)
    said = applied.run(*LINT, "--observed", file, "--json")
    assert said.code == 1
    assert said.json["findings"] == live["findings"]


def test_a_tagged_collection_in_the_chain_is_found(applied: Desk) -> None:
    with applied.butler() as butler:
        found = butler.find_dataset("bias", instrument=INSTRUMENT, detector=0, collections=leaf("biasGen"))
        butler.collections.register(f"{PUBLIC}/protected", CollectionType.TAGGED)
        butler.registry.associate(f"{PUBLIC}/protected", [found])
        butler.collections.prepend_chain(PUBLIC, f"{PUBLIC}/protected")
    said = applied.run(*LINT, "--site", "here")
    assert said.code == 1
    assert f"error[protected]: {PUBLIC}/protected at {PLACE}: a TAGGED collection is searched" in said.out


def test_what_cannot_be_reached_is_11(locked: Desk) -> None:
    locked.edit(SITE, lambda site: site["repositories"]["main"].update(butler="./gone"))
    said = locked.run(*LINT, "--site", "here")
    assert said.code == 11
    assert "there is no Butler repository" in said.out
