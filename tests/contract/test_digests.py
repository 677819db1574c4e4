"""Digests of files: of the bytes that are stored, by data ID, and an error where bytes are missing."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from reconciler.content import Content
from reconciler.errors import ReconcileError
from tests.contract.hands import ButlerHands, Hands
from tests.contract.test_put import file

RUN = "Cam/calib/DM-1/unbounded"


def put(hands: Hands, tmp_path: Path, *detectors: int) -> dict[str, str]:
    """Put a file for each detector; return data ID -> UUID."""
    return dict(hands.repository.put(RUN, tuple(file(tmp_path, d, "bias") for d in detectors))["bias"])


def test_each_dataset_of_a_run_has_its_own(hands: Hands, tmp_path: Path) -> None:
    uuids = put(hands, tmp_path, 3, 4)
    found = hands.repository.digests(RUN, ("bias", "dark"))
    assert {key: content.uuid for key, content in found.items()} == {("bias", d): u for d, u in uuids.items()}
    assert all(content.size > 0 and len(content.sha256) == 64 for content in found.values())


def test_asking_twice_gives_the_same(hands: Hands, tmp_path: Path) -> None:
    put(hands, tmp_path, 3)
    assert hands.repository.digests(RUN, ("bias",)) == hands.again().digests(RUN, ("bias",))


@pytest.mark.parametrize("types", [(), ("bias",), ("nothing",)])
def test_a_run_that_does_not_exist_or_holds_nothing_of_the_type_has_none(hands: Hands, types: tuple[str, ...]) -> None:
    assert hands.repository.digests("nowhere", types) == {}


def stored(hands: ButlerHands, tmp_path: Path) -> Path:
    """Put one file; return where the repository keeps it."""
    put(hands, tmp_path, 3)
    (path,) = (path for path in (hands.root / RUN).rglob("*") if path.is_file())
    return path


def test_the_digest_is_that_of_the_bytes(butler_hands: ButlerHands, tmp_path: Path) -> None:
    content = stored(butler_hands, tmp_path).read_bytes()
    (found,) = butler_hands.repository.digests(RUN, ("bias",)).values()
    assert found == Content(found.uuid, hashlib.sha256(content).hexdigest(), len(content))


def test_bytes_that_are_swapped_in_place_are_noticed(butler_hands: ButlerHands, tmp_path: Path) -> None:
    path = stored(butler_hands, tmp_path)
    before = butler_hands.repository.digests(RUN, ("bias",))
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert butler_hands.repository.digests(RUN, ("bias",)) != before


def test_a_file_that_is_gone_is_an_error(butler_hands: ButlerHands, tmp_path: Path) -> None:
    stored(butler_hands, tmp_path).unlink()
    with pytest.raises(ReconcileError, match="cannot be read"):
        butler_hands.repository.digests(RUN, ("bias",))


def test_a_dataset_that_never_had_a_file_is_an_error(butler_hands: ButlerHands) -> None:
    butler_hands.dataset(RUN, 3)
    with pytest.raises(ReconcileError, match="1 dataset of"):
        butler_hands.repository.digests(RUN, ("bias",))
