"""A smoke test with the real pipeline: an exposure is corrected with what is in use, and its header names just that."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from lsst.daf.butler import Butler

from reconciler.demo import specs
from tests import playground
from tests.playground import BASE, CAMERA, PRODUCTS, TICKET, Playground, leaf

SPEC = f"{BASE}/{specs.TICKET}.yaml"
RERUN = "20250301a"
SMOKE = f"{TICKET}/demo/deploy.laptop.{RERUN}"


def deploy(world: Playground, **smoke: Any) -> None:
    """Say that the set is tried where it is made."""
    spec = yaml.safe_load((world.root / SPEC).read_text())
    spec["deployment"] = {"ticket": "DM-9", "smoke": {"rerun": RERUN, **smoke}}
    world.write(SPEC, yaml.safe_dump(spec, sort_keys=False))
    world.commit("DM-9: tried")


def exposures(butler: Butler, kind: str) -> list[int]:
    where = f"instrument='{CAMERA.name}' and exposure.observation_type='{kind}'"
    return sorted(row.id for row in butler.query_dimension_records("exposure", where=where))


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> Playground:
    """Everything is built and linked, and one flat is corrected with it."""
    world = playground.locked(tmp_path_factory.mktemp("smoke") / "world")
    with world.butler() as butler:
        deploy(world, exposures=exposures(butler, "flat")[:1])
    said = world.apply()
    assert said.code == 0, said.text
    assert f"done  smoke test {SMOKE} (1 exposure)" in said.text
    return world


def test_headers_name_exactly_what_was_deployed(tried: Playground) -> None:
    with tried.butler() as butler:
        frames = butler.query_datasets("deployIsrExp", SMOKE, find_first=False)
        assert len(frames) == 2
        for ref in frames:
            named = {str(v) for k, v in butler.get(ref).header.items() if k.startswith("LSST CALIB UUID ")}
            deployed = {
                str(one.id)
                for product, dataset_type in PRODUCTS.items()
                for one in butler.query_datasets(dataset_type, leaf(product), find_first=False)
                if one.dataId["detector"] == ref.dataId["detector"]
            }
            assert named == deployed


def test_a_second_plan_has_nothing_to_do(tried: Playground) -> None:
    assert "Nothing to do: laptop is as the specs say." in tried.plan()


def test_an_exposure_through_no_filter_of_the_flats_tries_too_little(tried: Playground, tmp_path: Path) -> None:
    world = tried.copy(tmp_path / "world")
    with world.butler() as butler:
        deploy(world, exposures=exposures(butler, "bias")[:1], rerun="20250301b")
    said = world.apply()
    assert said.code == 1
    assert "no exposure of the smoke test tries" in said.text
    assert "through r_03; name one in `deployment.smoke`" in said.text
