"""Daily verification through the pipelines that we ship: a night like the first passes, a changed bias is found."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reconciler.demo import frames
from tests import playground
from tests.playground import CAMERA, PUBLIC, Playground, leaf

GOOD, CHANGED = 20241207, 20241209
SIZE = "48x48"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Playground:
    """Calibrations in use, a good night after them, and one after something happened to the bias.

    Of 16 frames each: what fewer combine adds more noise to others than a verification allows.
    """
    made = playground.locked(tmp_path_factory.mktemp("daily") / "world", size=SIZE, count=16)
    said = made.apply()
    assert said.code == 0, said.text
    ingest(made, GOOD, "--bias", "3", "--dark", "3", "--exptime", "30", "--flat", "r:3")
    ingest(made, CHANGED, "--bias", "3", "--effect", "bias_structure=false")
    return made


def ingest(world: Playground, night: int, *options: str) -> None:
    folder = world.root / f"raws-{night}"
    playground.take(folder, night, *options, size=SIZE)
    answer = frames.processing("repo", "ingest", world.root / "repo", folder, "--camera", CAMERA.name)
    assert answer["ingested"]


def daily(world: Playground, night: int, *options: str) -> tuple[int, list[dict[str, Any]]]:
    said = world.reconcile("daily", "--instrument", CAMERA.name, "--day-obs", str(night), "--json", *options)
    return said.code, [json.loads(line) for line in said.text.splitlines()]


def test_a_night_like_the_one_that_the_calibrations_are_of_passes(world: Playground) -> None:
    code, events = daily(world, GOOD)
    found = {event["product"]: event for event in events if event["event"] == "verified"}
    assert {name: (one["outcome"], one["exposures"]) for name, one in found.items()} == {
        "bias": ("passed", 3),
        "dark": ("passed", 3),
        "flat-r": ("passed", 3),
    }
    assert code == 0
    assert {name: [use["leaf"] for use in one["calibrations"]] for name, one in found.items()} == {
        name: [leaf(name)] for name in found
    }
    assert found["flat-r"]["collections"] == [f"{PUBLIC}/daily/verifyFlat-r.{GOOD}"]


def test_a_bias_that_has_changed_is_found_in_every_amplifier_and_a_replacement_asked_for(world: Playground) -> None:
    daily(world, GOOD, "--type", "bias")
    code, events = daily(world, CHANGED)
    assert code == 9
    (noise,) = [event for event in events if event["event"] == "test failed" and event["test"] == "NOISE"]
    assert [(one["detector"], len(one["amplifiers"])) for one in noise["places"]] == [(0, 16), (1, 16)]
    (need,) = [event for event in events if event["event"] == "replacement needed"]
    assert (need["failing"], need["last_passed"], need["without_data"]) == ([CHANGED], GOOD, [20241208])
    assert need["since"]["utc"] == "2024-12-09T12:00:00"


def test_exposures_of_one_type_alone_are_verified_where_that_is_asked_for(world: Playground) -> None:
    code, events = daily(world, GOOD, "--type", "dark")
    assert code == 0
    assert [event["product"] for event in events if event["event"] == "verified"] == ["dark"]


def test_the_series_has_a_file_for_each_product_and_day(world: Playground) -> None:
    daily(world, GOOD)
    folder = world.root / "series" / CAMERA.name
    there = sorted(path.relative_to(folder) for path in folder.rglob(f"{GOOD}.parquet"))
    assert there == [Path(f"{name}/{GOOD}.parquet") for name in ("bias", "dark", "flat-r")]
