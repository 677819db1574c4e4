"""The sites of this project are those of the technote, with its repositories and cameras (DMTN-222 section 3.5)."""

from __future__ import annotations

from pathlib import Path

from reconciler.spec.load import load_tree

PROJECT = Path(__file__).parents[2]
CAMERAS = {"LATISS", "LSSTComCam", "LSSTComCamSim", "LSSTCam"}
COMMISSIONING = {"LSSTComCam", "LSSTComCamSim"}
TABLE = {
    "usdf": {"embargo_old": CAMERAS, "embargo": CAMERAS, "main": CAMERAS, "ir2": {"LSSTCam"}},
    "summit": {"LATISS": {"LATISS"}, "LSSTComCam": COMMISSIONING, "LSSTCam": {"LSSTCam"}},
    "tts": {"LATISS": {"LATISS"}, "LSSTComCam": COMMISSIONING},
}


def test_every_facility_has_its_repositories_and_each_its_cameras() -> None:
    sites = {one.document.site: one.document.repositories for one in load_tree(PROJECT).sites}
    assert {name: {r: {*one.instruments} for r, one in held.items()} for name, held in sites.items()} == TABLE


def test_where_files_are_cleaned_away_everything_that_arrives_is_tagged() -> None:
    """Summit and test stand (DMTN-222 section 3.5.1)."""
    tagging = {
        one.document.site: {repository.protect for repository in one.document.repositories.values()}
        for one in load_tree(PROJECT).sites
    }
    assert tagging == {"usdf": {False}, "summit": {True}, "tts": {True}}


def test_each_repository_is_the_one_that_the_technote_names() -> None:
    addresses = {
        f"{one.document.site}/{name}": repository.butler
        for one in load_tree(PROJECT).sites
        for name, repository in one.document.repositories.items()
    }
    assert addresses == {place: f"/repo/{place.partition('/')[2]}" for place in addresses}
