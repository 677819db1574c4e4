"""`demo --full`: DM-48520 of DMTN-222 section 7, from its own spec, with the collection names that the technote has."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from reconciler.cli.main import run
from reconciler.demo import abroad, camera, worked_example
from reconciler.demo.story import Story, new_root
from reconciler.spec.documents import LockedExposures
from reconciler.spec.load import load_tree
from tests.demo.test_demo import reconcile

BASE = "LSSTComCam/calib/DM-48520"
BANDS = "ugrizy"
GENERATED = [
    *(f"{BASE}/DP1/{kind}BootstrapGen.20250207a" for kind in ("bias", "dark", "flat")),
    f"{BASE}/DP1/defectGen.20250207a",
    *(f"{BASE}/DP1/{kind}Gen.20250207a" for kind in ("cti", "bias", "dark")),
    *(f"{BASE}/DP1/flatGen-{band}.20250207a" for band in BANDS),
]
CERTIFIED = [
    *(f"{BASE}/DP1/{kind}.20250207a" for kind in ("defects", "cti", "bias", "dark")),
    *(f"{BASE}/DP1/flat-{band}.20250207a" for band in BANDS),
]
EXAMINED = [f"{BASE}/DP1/verify{kind}.20240210a" for kind in ("Bias", "Dark", *(f"Flat-{band}" for band in BANDS))]
TRIED = f"{BASE}/DP1/deploy.usdf.20250207a"
STARTS = [
    "LSSTComCam/calib/DM-47447/gainFixup/ptc.20241107a",
    "LSSTComCam/calib/DM-46360/isrTaskLSST/linearizer.20240926a",
    "LSSTComCam/calib/DM-46360/isrTaskLSST/bfk.20240926a",
    "LSSTComCam/calib/DM-46360/isrTaskLSST/ptc.20240926a",
    "LSSTComCam/calib/DM-48650",
]


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the directory of a story that has begun, with nights of very small sensors."""
    root = tmp_path_factory.mktemp("worked-example") / "story"
    worked_example.begin(Story(new_root(root), run), camera.find("LSSTComCam"), "16x16")
    return root


@pytest.fixture(scope="module")
def planned(begun: Path) -> list[dict[str, Any]]:
    """Return the steps that are planned."""
    return steps_of(begun)


def steps_of(root: Path, *options: str) -> list[dict[str, Any]]:
    steps: list[dict[str, Any]] = json.loads(reconcile("plan", "--directory", root, "--json", *options))["steps"]
    return steps


def keys(steps: list[dict[str, Any]], kind: str) -> set[str]:
    return {step["title"].split()[1] for step in steps if step["kind"] == kind}


def test_everything_is_generated_certified_and_linked_under_the_names_of_the_technote(
    planned: list[dict[str, Any]],
) -> None:
    titles = {kind: [step["title"] for step in planned if step["kind"] == kind] for kind in ("certify", "link")}
    assert keys(planned, "produce") == set(GENERATED)
    assert {step["title"].split()[3] for step in planned if step["kind"] == "examine"} == set(EXAMINED)
    for collection in (*CERTIFIED, *STARTS):
        assert any(f"in {collection} " in title for title in titles["certify"]), collection
    for collection in CERTIFIED:
        assert f"link {collection} into {BASE}" in titles["link"]
    assert len(titles["certify"]) == len(CERTIFIED) + len(STARTS)


def test_bootstraps_come_first_and_flats_last(planned: list[dict[str, Any]]) -> None:
    order = [step["title"].split()[1] for step in planned if step["kind"] == "produce"]
    assert order[:7] == GENERATED[:7]


def test_every_selection_finds_five_simulated_exposures_and_not_one_more(begun: Path) -> None:
    (lock,) = [one.document for one in load_tree(begun).locks if one.document.ticket == "DM-48520"]
    made = {name: product for name, product in lock.products.items() if isinstance(product, LockedExposures)}
    found = {name: len(tuple(product.exposures)) for name, product in made.items() if product.selection}
    assert len(found) == len(GENERATED) - 1  # defects select nothing
    assert set(found.values()) == {5}
    assert all(1 <= len(tuple(one.exposures)) <= 5 for one in lock.examinations.values())


def test_what_is_certified_is_to_be_fetched_certified_linked_and_tagged_at_the_summit(
    begun: Path, tmp_path: Path
) -> None:
    shutil.copytree(begun, root := tmp_path / "story")
    abroad.lay_out(Story(root, run), camera.find("LSSTComCam"))
    steps = steps_of(root, "--site", "summit")
    generated = {leaf for leaf in GENERATED if "Bootstrap" not in leaf}
    assert keys(steps, "fetch") == generated | {f"{start}/unbounded" for start in STARTS}
    assert len([step for step in steps if step["kind"] == "certify"]) == len(CERTIFIED) + len(STARTS)
    tagged = {step["title"].split()[-1] for step in steps if step["kind"] == "protect"}
    assert tagged == {f"LSSTComCam/calib_tagged/DM-{n}" for n in (46360, 47447, 48520, 48650)}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Return the directory of the whole story, and what it told."""
    root = tmp_path_factory.mktemp("full") / "story"
    return root, reconcile("demo", root, "--full")


@pytest.mark.long
def test_all_of_it_is_built_and_nothing_is_left_to_do(told: tuple[Path, str]) -> None:
    assert "Nothing to do: usdf is as the specs say." in told[1]
    butler = Path(sys.executable).with_name("butler")
    command = [butler, "query-collections", told[0] / "repo", BASE, "--chains", "TREE"]
    tree = subprocess.run([*map(str, command)], capture_output=True, text=True, check=True).stdout
    names = [line.split()[0] for line in tree.splitlines()[2:]]
    assert set(names) == {BASE, *CERTIFIED}


@pytest.mark.long
def test_at_most_1500_quanta_make_it(told: tuple[Path, str]) -> None:
    reports = [json.loads(p.read_text()) for p in told[0].glob(".reconcile/submissions/*/report.json")]
    assert len(reports) == len([*GENERATED, *EXAMINED, TRIED])
    assert sum(report["done"] for report in reports) == sum(report["quanta"] for report in reports) <= 1500


@pytest.mark.long
def test_every_product_has_its_pictures(told: tuple[Path, str]) -> None:
    pictures = {path.parent.name: [] for path in told[0].glob("pictures/*/*.png")}
    drawn = {leaf.rpartition("/")[2] for leaf in (*GENERATED, *EXAMINED)}
    assert set(pictures) == drawn


@pytest.mark.long
def test_what_was_built_passes_its_verification(told: tuple[Path, str]) -> None:
    report = json.loads((told[0] / "reports" / "DM-48520" / "report.json").read_text())
    assert report["outcome"] in ("passed", "accepted"), report


@pytest.mark.long
def test_its_record_is_told_as_the_technote_has_it(told: tuple[Path, str]) -> None:
    deeds = json.loads(reconcile("record", "DM-48520", "--site", "usdf", "--directory", told[0], "--json"))["deeds"]
    of = {kind: [one for one in deeds if one["deed"] == kind] for kind in ("generated", "certified", "linked")}
    made = [one["leaf"] for one in of["generated"]]
    assert [leaf for leaf in made if leaf not in (*EXAMINED, TRIED)] == GENERATED
    assert set(made) == {*GENERATED, *EXAMINED, TRIED}
    assert made[-1] == TRIED
    assert [one["collection"] for one in of["certified"]] == CERTIFIED
    assert [(one["chain"], one["member"]) for one in of["linked"]] == [(BASE, name) for name in CERTIFIED]
    assert len(deeds) == sum(map(len, of.values())), "nothing strange, nothing out of order, nothing unfinished"


@pytest.mark.long
def test_in_the_end_every_place_has_the_same(told: tuple[Path, str]) -> None:
    rows = json.loads(reconcile("status", "--all-sites", "--directory", told[0], "--json"))["rows"]
    tickets = [row for row in rows if row["ticket"]]
    assert {row["ticket"] for row in tickets} == {"DM-48520", "DM-48650", "DM-47447", "DM-46360"}
    for row in tickets:
        words = {place: cell["word"] for place, cell in row["places"].items()}
        assert words == {
            "usdf/main": "linked",
            "usdf/embargo": "linked",
            "summit/LSSTComCam": "protected",
            "tts/LSSTComCam": "protected",
        }
        assert len({cell["fingerprint"] for cell in row["places"].values()}) == 1


@pytest.mark.long
def test_what_was_broken_was_named(told: tuple[Path, str]) -> None:
    named = told[1].split("# Meanwhile, at the Summit")[1].split("# What differs has a name")[0]
    for reason in (
        "LSSTComCam/calib is searched in another order",
        f"{BASE}/DP1/flat-u.20250207a is not in {BASE}",
        "not protected by LSSTComCam/calib_tagged/DM-46360",
        f"9 certifications of dark in {BASE}/DP1/dark.20250207a differ",
        f"{BASE}/DP1/biasGen.20250207a is not as it was sealed",
    ):
        assert reason in named


@pytest.mark.long
def test_what_was_broken_is_planned_to_be_mended_and_nothing_else(told: tuple[Path, str]) -> None:
    planned = told[1].split("# What differs has a name")[1].split("$ reconcile apply")[0]
    for step in (
        "~ reorder LSSTComCam/calib\n",
        f"+ link {BASE}/DP1/flat-u.20250207a into {BASE}\n",
        f"+ fetch lost files of {BASE}/DP1/biasGen.20250207a from archive\n",
        f"~ certify dark in {BASE}/DP1/dark.20250207a (9 data IDs)\n",
        "* protect 27 datasets by LSSTComCam/calib_tagged/DM-46360\n",
    ):
        assert step in planned
    assert "\n5 steps to do." in planned
