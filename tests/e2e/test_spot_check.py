"""Pictures of what was built, beside each step that built it: `apply --spot-check`, with the real pipelines."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from matplotlib.image import imread

from tests import playground
from tests.playground import PRODUCTS, Playground, leaf


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Playground, str]:
    """What was printed while everything was built with pictures, from a world in which nothing was."""
    world = playground.locked(tmp_path_factory.mktemp("looked") / "world")
    said = world.apply("--spot-check", str(world.root / "pictures"))
    assert said.code == 0, said.text
    return world, said.text


def looked(text: str) -> Mapping[str, list[Path]]:
    """The paths that stand right below each step, by its title."""
    found: dict[str, list[Path]] = {}
    title = ""
    for line in text.splitlines():
        if step := re.match(r" +(?:done|unchanged)  (.*)", line):
            title = step[1]
        elif path := re.match(r" +look  (.*)", line):
            found.setdefault(title, []).append(Path(path[1]))
    return found


@pytest.mark.parametrize("product", PRODUCTS)
def test_each_product_is_drawn_and_its_pictures_stand_below_its_step(
    told: tuple[Playground, str], product: str
) -> None:
    world, text = told
    (of_product,) = [paths for title, paths in looked(text).items() if title.startswith(f"produce {leaf(product)} ")]
    folder = world.root / "pictures" / leaf(product).rpartition("/")[2]
    names = sorted(path.name.partition("_")[0] for path in of_product)
    assert names == [f"{PRODUCTS[product]}Mosaic{cells}" for cells in (64, 8)]
    for path in of_product:
        assert path.parent == folder
        height, width, _ = imread(path, format="png").shape
        assert min(height, width) > 100


def test_verifications_link_what_calibrations_leave(told: tuple[Playground, str]) -> None:
    examined = {title: paths for title, paths in looked(told[1]).items() if title.startswith("examine ")}
    assert len(examined) == len(PRODUCTS)
    for paths in examined.values():
        assert {path.suffix for path in paths} == {".png"}


def test_nothing_is_drawn_twice(told: tuple[Playground, str]) -> None:
    world, _ = told
    said = world.reconcile("apply", "--auto-approve", "--spot-check", str(world.root / "again"), "--json")
    assert said.code == 0, said.text
    assert json.loads(said.text)["pictures"] == {}
    assert not (world.root / "again").exists()
