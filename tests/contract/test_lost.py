"""Files that are gone: looked for where seals name their datasets, at a fixed price."""

from __future__ import annotations

import pytest

from reconciler.observation import Scope
from reconciler.parcel import Piece
from reconciler.seals import Claim, Seal
from tests.contract.hands import LOSSES, TYPES, ButlerHands, Hands, Loss, data_id
from tests.contract.parcels import offered, receive
from tests.contract.test_observe import counted

RUN = "Cam/calib/DM-1/unbounded"
FILES = Scope(None, TYPES, files=True)


def sealed(hands: Hands, *pieces: Piece, run: str = RUN) -> None:
    """Take datasets into a RUN of ours, and seal it."""
    hands.repository.claim(run, Claim("sha256:1", {}, run, (), 1, "host", ""))
    receive(hands, *pieces, run=run)
    ids = {t: {p.data_id: p.uuid for p in pieces if p.dataset_type == t} for t in TYPES}
    hands.repository.seal(run, Seal("sha256:1", {}, run, {t: found for t, found in ids.items() if found}))


def test_where_all_files_are_there_nothing_is_lost(hands: Hands) -> None:
    sealed(hands, offered(3), offered(4), offered(3, "dark"))
    assert hands.repository.observe(FILES).lost == frozenset()


@pytest.mark.parametrize("how", LOSSES)
def test_a_sealed_dataset_whose_file_is_gone_is_lost_and_the_others_are_not(hands: Hands, how: Loss) -> None:
    three, four, dark = offered(3), offered(4), offered(3, "dark")
    sealed(hands, three, four, dark)
    hands.lose(three.uuid, how)
    hands.lose(dark.uuid, how)
    assert hands.repository.observe(FILES).lost == {three.uuid, dark.uuid}


def test_nobody_looks_for_files_unless_asked(hands: Hands) -> None:
    piece = offered(3)
    sealed(hands, piece)
    hands.lose(piece.uuid, "removed")
    assert hands.repository.observe(Scope(None, TYPES)).lost == frozenset()


def test_only_types_and_collections_of_the_scope_are_looked_at(hands: Hands) -> None:
    bias, dark, other = offered(3), offered(3, "dark"), offered(4)
    sealed(hands, bias, dark)
    sealed(hands, other, run="Cam/calib/DM-2/unbounded")
    for piece in (bias, dark, other):
        hands.lose(piece.uuid, "removed")
    scope = Scope(frozenset({RUN}), frozenset({"dark"}), files=True)
    assert hands.repository.observe(scope).lost == {dark.uuid}


def test_what_no_seal_names_is_not_looked_for(hands: Hands) -> None:
    piece = offered(3)
    receive(hands, piece, run="theirs")
    hands.lose(piece.uuid, "removed")
    assert hands.repository.observe(FILES).lost == frozenset()


def test_what_was_healed_is_lost_no_more(hands: Hands) -> None:
    piece = offered(3)
    sealed(hands, piece)
    hands.lose(piece.uuid, "truncated")
    receive(hands, piece, run=RUN)
    assert hands.repository.observe(FILES).lost == frozenset()


def test_looking_for_files_costs_the_same_queries_for_one_dataset_and_for_ten(butler_hands: ButlerHands) -> None:
    counts = []
    for number, detectors in enumerate((range(1), range(10))):
        run = f"Cam/calib/DM-{number}/unbounded"
        sealed(butler_hands, *(offered(detector) for detector in detectors), run=run)
        with butler_hands.again() as repository, counted() as statements:
            assert repository.observe(Scope(frozenset({run}), TYPES, files=True)).lost == frozenset()
        counts.append(len(statements))
    assert counts[0] == counts[1]


def test_a_directory_that_is_gone_loses_all_that_was_in_it(butler_hands: ButlerHands) -> None:
    three, four = offered(3), offered(4)
    sealed(butler_hands, three, four)
    folder = butler_hands.file(three.uuid).parent
    folder.rename(folder.with_name("elsewhere"))
    assert butler_hands.repository.observe(FILES).lost == {three.uuid, four.uuid}
    assert butler_hands.repository.observe(FILES).contents[RUN, "bias"].keys() == {data_id(3), data_id(4)}


def test_a_link_that_leads_nowhere_is_no_file(butler_hands: ButlerHands) -> None:
    piece = offered(3)
    sealed(butler_hands, piece)
    path = butler_hands.file(piece.uuid)
    path.unlink()
    path.symlink_to("nowhere")
    assert butler_hands.repository.observe(FILES).lost == {piece.uuid}
