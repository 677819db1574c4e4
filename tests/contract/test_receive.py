"""Taking datasets in: under their own UUIDs, each file verified, what is there untouched, what is lost healed."""

from __future__ import annotations

import errno
import os
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

import pytest

from reconciler.adapters.butler import receiving
from reconciler.content import Content
from reconciler.errors import ReconcileError, Unreachable
from reconciler.observation import Scope
from reconciler.parcel import Definition
from reconciler.ports import Foreign
from reconciler.validity import BEGINNING, END
from tests.contract.hands import EVERYTHING, LOSSES, ButlerHands, Hands, Loss, copy, data_id
from tests.contract.parcels import DEFINITIONS, RUN, held, offered, opened, read, receive
from tests.contract.receiver import shipment


def test_datasets_come_under_their_own_uuids_with_their_bytes(hands: Hands) -> None:
    pieces = [offered(3), offered(4), offered(3, "dark")]
    copied = receive(hands, *pieces)
    assert copied == [piece.content for piece in pieces]
    assert held(hands) == {data_id(3): pieces[0].uuid, data_id(4): pieces[1].uuid}
    assert held(hands, "dark") == {data_id(3): pieces[2].uuid}
    assert read(hands, *pieces) == [b"bias: 3\n", b"bias: 4\n", b"dark: 3\n"]


def test_receiving_twice_copies_once(hands: Hands) -> None:
    pieces = [offered(3), offered(4)]
    receive(hands, *pieces)
    before = hands.repository.observe(EVERYTHING)
    assert receive(hands, *pieces) == []
    assert hands.repository.observe(EVERYTHING) == before


def test_only_what_is_lacking_is_read(hands: Hands) -> None:
    first, second = offered(3), offered(4)
    receive(hands, first)
    assert receive(hands, replace(first, open=_never), second) == [second.content]
    assert held(hands) == {data_id(3): first.uuid, data_id(4): second.uuid}


def _never() -> None:
    raise AssertionError("what is there was read again")


def test_nothing_makes_an_empty_run(hands: Hands) -> None:
    assert receive(hands) == []
    assert hands.kind(RUN) == "RUN"


def test_content_that_nobody_knows_is_told(hands: Hands) -> None:
    piece = offered(3)
    assert receive(hands, replace(piece, content=None)) == [piece.content]


def test_what_is_handed_out_by_one_can_be_taken_in_by_another(hands: Hands) -> None:
    """The path keeps its extension."""
    receive(hands, offered(3))
    uuids = {"bias": held(hands)}
    (piece,) = hands.repository.pieces(RUN, uuids)
    assert piece.path.endswith(".yaml")
    assert (piece.data_id, piece.uuid, piece.content) == (data_id(3), uuids["bias"][data_id(3)], None)


def test_one_repository_hands_on_to_another_in_one_process(
    butler_hands: ButlerHands, sqlite_template: Path, tmp_path: Path
) -> None:
    there = ButlerHands(copy(sqlite_template, tmp_path / "there"))
    receive(there, offered(3), offered(4, "defects"))
    uuids = {"bias": held(there), "defects": held(there, "defects")}
    definitions = there.repository.definitions(frozenset(uuids))
    pieces = there.repository.pieces(RUN, uuids)
    with butler_hands.repository.receive(RUN, definitions, pieces, lambda content: None) as arrivals:
        arrivals.keep()
    assert {"bias": held(butler_hands), "defects": held(butler_hands, "defects")} == uuids
    assert butler_hands.repository.digests(RUN, tuple(uuids)) == there.repository.digests(RUN, tuple(uuids))
    there.close()


def test_definitions_are_told_of_those_types_that_there_are(hands: Hands) -> None:
    receive(hands, offered(3), offered(4, "defects"), offered(3, "flat", identity=f"{data_id(3)},physical_filter=r_03"))
    wanted = frozenset({"bias", "defects", "flat", "nothing"})
    assert hands.repository.definitions(wanted) == {name: DEFINITIONS[name] for name in wanted - {"nothing"}}


@pytest.mark.parametrize("wrong", ["bias: 3\n", "bias: 44\n", ""])
def test_a_file_that_is_not_what_was_said_is_refused_by_name_and_nothing_is_written(hands: Hands, wrong: str) -> None:
    good, bad, late = offered(3), offered(4), offered(5)
    wrong_file = replace(bad, open=lambda: opened(wrong.encode()))
    with pytest.raises(ReconcileError) as error:
        receive(hands, good, wrong_file, late)
    assert bad.content is not None
    for words in ("bias", data_id(4), bad.uuid, bad.content.sha256, str(len(wrong))):
        assert words in str(error.value)
    assert hands.kind(RUN) is None
    assert hands.repository.observe(EVERYTHING).contents == {}


def test_files_that_have_come_and_are_not_kept_leave_nothing(hands: Hands) -> None:
    before = hands.repository.observe(EVERYTHING)
    with hands.repository.receive(RUN, DEFINITIONS, [offered(3)], lambda content: None):
        assert hands.again().observe(EVERYTHING) == before
    assert hands.again().observe(EVERYTHING) == before


def test_every_file_that_is_not_what_was_said_is_named_at_once(butler_hands: ButlerHands) -> None:
    bad = [replace(offered(d), open=lambda: opened(b"other")) for d in (3, 5)]
    with pytest.raises(ReconcileError, match=rf"2 files .*\n.*{bad[0].uuid}.*\n.*{bad[1].uuid}"):
        receive(butler_hands, bad[0], offered(4), bad[1])


def test_of_very_many_that_are_wrong_the_first_are_named_and_the_others_counted(butler_hands: ButlerHands) -> None:
    bad = [replace(one, open=lambda: opened(b"other")) for one in shipment()]
    with pytest.raises(ReconcileError, match=r"50 files cannot be taken:\n(?s:.*)and 30 more"):
        receive(butler_hands, *bad)


def test_more_than_there_is_room_for_is_refused_before_anything_is_read(butler_hands: ButlerHands) -> None:
    piece = offered(3)
    huge = replace(piece, open=_never, content=Content(piece.uuid, "0" * 64, 10**18))
    with pytest.raises(ReconcileError, match=r"1000000000000 MB are to come, .* has room for"):
        receive(butler_hands, huge)
    assert butler_hands.kind(RUN) is None


def test_what_its_stream_proves_is_counted_and_not_hashed_again(butler_hands: ButlerHands) -> None:
    piece = offered(3)
    assert piece.content is not None
    proven = replace(piece, proven=True, content=replace(piece.content, sha256="of whoever reads it"))
    with pytest.raises(ReconcileError, match="not what it should be"):
        receive(butler_hands, replace(proven, open=lambda: opened(b"bias:")))
    assert receive(butler_hands, proven) == [proven.content]


def test_after_a_refusal_the_right_file_goes_on(hands: Hands) -> None:
    good, bad = offered(3), offered(4)
    with pytest.raises(ReconcileError):
        receive(hands, good, replace(bad, open=lambda: opened(b"other")))
    assert receive(hands, good, bad) == [good.content, bad.content]


def test_a_source_that_cannot_be_read_is_told_as_it_says(hands: Hands) -> None:
    def gone() -> None:
        raise ReconcileError("archive: object 1234 is gone")

    with pytest.raises(ReconcileError, match="object 1234 is gone"):
        receive(hands, replace(offered(3), open=gone))
    assert held(hands) == {}


@pytest.mark.parametrize("how", LOSSES)
def test_a_lost_file_is_healed_and_certifications_tags_and_chains_survive(hands: Hands, how: Loss) -> None:
    lost, other = offered(3), offered(4)
    receive(hands, lost, other)
    hands.certify("calib", lost.uuid, 3)
    hands.tag("protected", lost.uuid, 3)
    hands.chain("chain", [RUN, "calib"])
    before = hands.repository.observe(EVERYTHING)
    hands.lose(lost.uuid, how)
    assert receive(hands, lost, replace(other, open=_never)) == [lost.content]
    assert read(hands, lost) == [b"bias: 3\n"]
    assert hands.repository.observe(EVERYTHING) == before
    assert hands.certified("calib", 3) == ((BEGINNING, END, lost.uuid),)


def test_a_lost_file_is_not_replaced_by_a_wrong_one(hands: Hands) -> None:
    piece = offered(3)
    receive(hands, piece)
    hands.lose(piece.uuid, "truncated")
    with pytest.raises(ReconcileError, match="is not what it should be"):
        receive(hands, replace(piece, open=lambda: opened(b"wrong")))
    assert held(hands) == {data_id(3): piece.uuid}


def test_another_dataset_of_the_same_data_id_is_foreign_and_stays(hands: Hands) -> None:
    theirs = hands.dataset(RUN, 3)
    with pytest.raises(Foreign, match=theirs):
        receive(hands, offered(4), offered(3))
    assert held(hands) == {data_id(3): theirs}


def test_a_dataset_that_stands_in_another_run_is_foreign(hands: Hands) -> None:
    theirs = hands.dataset("theirs", 3)
    with pytest.raises(Foreign, match="theirs"):
        receive(hands, offered(4), offered(3, uuid=theirs))
    assert hands.kind(RUN) is None


def test_pieces_that_are_not_there_are_named(hands: Hands) -> None:
    here = hands.dataset(RUN, 3)
    hands.collection("other", "RUN")
    for run, dataset_type, identity, uuid in (
        (RUN, "bias", data_id(3), str(uuid4())),
        (RUN, "bias", data_id(4), here),
        (RUN, "dark", data_id(3), here),
        ("other", "bias", data_id(3), here),
    ):
        with pytest.raises(ReconcileError, match=uuid):
            hands.repository.pieces(run, {dataset_type: {identity: uuid}})


@pytest.mark.parametrize("how", LOSSES)
def test_pieces_without_their_file_are_named(hands: Hands, how: Loss) -> None:
    piece = offered(3)
    receive(hands, piece)
    hands.lose(piece.uuid, how)
    with pytest.raises(ReconcileError, match=f"{piece.uuid}.* is gone"):
        hands.repository.pieces(RUN, {"bias": {data_id(3): piece.uuid}})


def test_a_dataset_type_that_is_new_is_registered_as_a_calibration(butler_hands: ButlerHands) -> None:
    receive(butler_hands, offered(3, "defects"))
    butler_hands.butler.registry.refresh()
    assert butler_hands.butler.get_dataset_type("defects").isCalibration()
    assert butler_hands.butler.get("defects", instrument="Cam", detector=3, collections=RUN) == {"defects": 3}


def test_more_than_a_batch_comes_in_order(butler_hands: ButlerHands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiving, "BATCH", 16)
    assert receive(butler_hands, *shipment()) == [piece.content for piece in shipment()]
    assert sum(len(held(butler_hands, t)) for t in DEFINITIONS) == len(shipment())


def test_a_dataset_type_that_is_defined_otherwise_is_refused_before_anything_is_written(
    butler_hands: ButlerHands,
) -> None:
    other = Definition(("instrument", "detector"), "StructuredDataList")
    with pytest.raises(ReconcileError, match=r"StructuredDataDict.*StructuredDataList"):
        butler_hands.repository.receive(RUN, {**DEFINITIONS, "bias": other}, [offered(3)], print).__enter__()
    assert butler_hands.kind(RUN) is None


def test_a_dataset_type_that_nobody_defines_is_refused(butler_hands: ButlerHands) -> None:
    with pytest.raises(ReconcileError, match="ptc"):
        receive(butler_hands, offered(3, "ptc"))


@pytest.mark.parametrize("identity", [data_id(99), "instrument=Other,detector=3", "instrument=Cam"])
def test_a_detector_that_the_camera_does_not_have_is_refused_before_anything_is_written(
    butler_hands: ButlerHands, identity: str
) -> None:
    with pytest.raises(ReconcileError, match=identity.rpartition("=")[2]):
        receive(butler_hands, offered(3, "defects"), offered(3, "defects", identity=identity))
    assert butler_hands.kind(RUN) is None
    assert not butler_hands.butler.registry.queryDatasetTypes(["defects"], missing=[])


def test_a_filter_that_the_camera_does_not_have_is_refused_before_anything_is_written(
    butler_hands: ButlerHands,
) -> None:
    with pytest.raises(ReconcileError, match="y_10"):
        receive(butler_hands, offered(3, "flat", identity=f"{data_id(3)},physical_filter=y_10"))
    assert butler_hands.kind(RUN) is None


def test_a_run_that_exists_as_something_else_is_refused(butler_hands: ButlerHands) -> None:
    butler_hands.collection(RUN, "CALIBRATION")
    with pytest.raises(ReconcileError, match="CALIBRATION"):
        receive(butler_hands, offered(3, "defects"))
    assert not butler_hands.butler.registry.queryDatasetTypes(["defects"], missing=[])


def test_a_file_of_a_kind_that_the_formatter_does_not_read_is_refused(butler_hands: ButlerHands) -> None:
    with pytest.raises(ReconcileError, match=r"\.txt"):
        receive(butler_hands, offered(3, extension="txt"))
    assert held(butler_hands) == {}


def test_a_dataset_that_comes_twice_is_refused(butler_hands: ButlerHands) -> None:
    piece = offered(3)
    with pytest.raises(ReconcileError, match="comes twice"):
        receive(butler_hands, piece, replace(piece, data_id=data_id(4)))


def test_everybody_may_read_what_came_whatever_the_umask(butler_hands: ButlerHands) -> None:
    before = os.umask(0o077)
    try:
        receive(butler_hands, piece := offered(3))
        path = butler_hands.file(piece.uuid)
        assert os.umask(0o077) == 0o077
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o644
    folders = [folder for folder in path.parents if folder.is_relative_to(butler_hands.root / "Cam")]
    assert {folder.stat().st_mode & 0o777 for folder in folders} == {0o755}


def test_nothing_is_left_beside_the_datasets(butler_hands: ButlerHands) -> None:
    with pytest.raises(ReconcileError):
        receive(butler_hands, offered(3), replace(offered(4), open=lambda: opened(b"other")))
    receive(butler_hands, offered(3))
    assert spools(butler_hands) == []
    assert len(_files(butler_hands.root / "Cam")) == 1


def spools(hands: ButlerHands) -> list[Path]:
    """Return the directories of those who receive, or died of it."""
    return [path for path in (hands.root / "reconcile-spool").iterdir() if path.is_dir()]


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_file_that_a_killed_attempt_left_is_written_over(butler_hands: ButlerHands) -> None:
    piece = offered(3)
    receive(butler_hands, piece)
    path = butler_hands.file(piece.uuid)
    refs = butler_hands.butler.get_many_datasets([piece.uuid])
    butler_hands.butler.pruneDatasets(refs, purge=True, unstore=True, disassociate=True)
    path.write_text("half of a fi")
    receive(butler_hands, piece)
    assert path.read_text() == "bias: 3\n"


def test_what_the_dead_left_in_the_spool_long_ago_is_removed_and_what_the_living_have_there_stays(
    butler_hands: ButlerHands,
) -> None:
    dead, dying = (butler_hands.root / "reconcile-spool" / name for name in ("dead", "dying"))
    for folder in (dead, dying):
        folder.mkdir(parents=True)
        (folder / "file").write_text("half of a fi")
    os.utime(dead, (0, 0))
    inner = offered(4)

    def note(content: Content) -> None:
        assert not dead.exists()
        if content.uuid != inner.uuid:
            receive(butler_hands, inner, progress=note)
            assert len(spools(butler_hands)) == 2

    outer = offered(3)
    receive(butler_hands, outer, progress=note)
    assert held(butler_hands) == {data_id(3): outer.uuid, data_id(4): inner.uuid}
    assert spools(butler_hands) == [dying]


def _unreachable() -> None:
    raise Unreachable("the archive is gone")


def test_where_the_source_went_away_the_next_attempt_goes_on_with_what_had_come(butler_hands: ButlerHands) -> None:
    came, gone = offered(3), offered(4)
    before = butler_hands.repository.observe(EVERYTHING)
    with pytest.raises(Unreachable):
        receive(butler_hands, came, replace(gone, open=_unreachable))
    assert butler_hands.repository.observe(EVERYTHING) == before
    assert receive(butler_hands, replace(came, open=_never), gone) == [came.content, gone.content]
    assert read(butler_hands, came, gone) == [b"bias: 3\n", b"bias: 4\n"]
    assert spools(butler_hands) == []


def test_nothing_that_was_left_is_believed(butler_hands: ButlerHands) -> None:
    """Half a file, and one of the right size, as a kill or a crash of the machine may leave them."""
    pieces = offered(3), offered(4)
    with pytest.raises(Unreachable):
        receive(butler_hands, *pieces, replace(offered(5), open=_unreachable))
    (left,) = spools(butler_hands)
    for piece, text in zip(pieces, ("bia", "bias: 9\n"), strict=True):
        (left / f"{piece.uuid}.yaml").write_text(text)
    receive(butler_hands, *pieces)
    assert read(butler_hands, *pieces) == [b"bias: 3\n", b"bias: 4\n"]


def test_what_came_for_one_run_waits_while_another_is_received(butler_hands: ButlerHands) -> None:
    came, gone, other = offered(3), offered(4), offered(3)
    with pytest.raises(Unreachable):
        receive(butler_hands, came, replace(gone, open=_unreachable), run="Cam/calib/DM-9/run")
    receive(butler_hands, other)
    assert held(butler_hands) == {data_id(3): other.uuid}
    receive(butler_hands, replace(came, open=_never), gone, run="Cam/calib/DM-9/run")
    assert spools(butler_hands) == []


@pytest.mark.parametrize("error", [OSError(errno.ESTALE, "Stale file handle"), TimeoutError("timed out")])
def test_a_repository_that_goes_away_while_it_is_read_is_asked_no_more_and_what_came_stays(
    butler_hands: ButlerHands, error: OSError
) -> None:
    came, gone = offered(3), offered(4)
    with pytest.raises(Unreachable, match="cannot be read"):
        receive(butler_hands, came, replace(gone, open=lambda: _breaks(error)))
    assert receive(butler_hands, replace(came, open=_never), gone) == [came.content, gone.content]


def _breaks(error: OSError) -> AbstractContextManager[BinaryIO]:
    """Open a file that cannot be read to its end."""

    class Broken(BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise error

    return nullcontext(Broken())


def test_nobody_moves_into_what_a_link_leads_to(butler_hands: ButlerHands, tmp_path: Path) -> None:
    with pytest.raises(Unreachable):
        receive(butler_hands, replace(offered(3), open=_unreachable))
    (left,) = spools(butler_hands)
    left.rename(elsewhere := tmp_path / "elsewhere")
    left.symlink_to(elsewhere)
    receive(butler_hands, offered(3))
    assert [path.name for path in elsewhere.iterdir()] == [".lock"]


def test_what_others_may_write_into_is_no_place_to_go_on_from(butler_hands: ButlerHands) -> None:
    with pytest.raises(Unreachable):
        receive(butler_hands, came := offered(3), replace(offered(4), open=_unreachable))
    (left,) = spools(butler_hands)
    left.chmod(0o770)
    assert receive(butler_hands, came) == [came.content]
    assert spools(butler_hands) == [left]


def test_who_may_write_into_the_datastore_may_spool_there(butler_hands: ButlerHands) -> None:
    butler_hands.root.chmod(0o2775)
    receive(butler_hands, offered(3))
    spool = butler_hands.root / "reconcile-spool"
    assert (spool.stat().st_mode & 0o7777, (spool / ".lock").stat().st_mode & 0o777) == (0o3775, 0o664)


def test_nothing_is_read_any_more_from_a_place_that_went_away(butler_hands: ButlerHands) -> None:
    import threading

    going = threading.Event()

    def slowly() -> object:
        going.wait(60)
        return opened(b"late")

    pieces = [offered(d, t) for t in ("bias", "dark", "defects") for d in range(10)]
    late = [replace(piece, open=slowly) for piece in pieces[4:]]
    threading.Timer(0.2, going.set).start()
    with pytest.raises(Unreachable):
        receive(butler_hands, replace(pieces[0], open=_unreachable), *pieces[1:4], *late)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("ThreadPoolExecutor")]


def test_two_datasets_that_share_a_file_are_healed_apart(butler_hands: ButlerHands) -> None:
    """`unstore` leaves a file that another dataset has on record, too."""
    from lsst.daf.butler import FileDataset

    shared = butler_hands.root / "shared.yaml"
    shared.write_text("{}\n")
    butler = butler_hands.butler
    refs = butler.get_many_datasets([butler_hands.dataset(RUN, d) for d in (3, 4)])
    butler.ingest(FileDataset(str(shared), refs), transfer=None)
    shared.unlink()
    pieces = [offered(ref.dataId["detector"], uuid=str(ref.id)) for ref in refs]
    assert len(receive(butler_hands, *pieces)) == 2
    assert sorted(read(butler_hands, *pieces)) == [b"bias: 3\n", b"bias: 4\n"]


def test_a_dataset_that_is_halfway_into_the_trash_is_healed_and_stays_when_it_is_emptied(
    butler_hands: ButlerHands,
) -> None:
    """As a kill in the middle of `butler prune-datasets --unstore` leaves it."""
    piece = offered(3)
    receive(butler_hands, piece)
    butler = butler_hands.butler
    butler._datastore.trash(butler.get_many_datasets([piece.uuid]))
    butler_hands.lose(piece.uuid, "removed")
    assert receive(butler_hands, piece) == [piece.content]
    butler._datastore.emptyTrash()
    assert read(butler_hands, piece) == [b"bias: 3\n"]


def test_looking_costs_the_same_queries_for_one_dataset_and_for_many(butler_hands: ButlerHands) -> None:
    from tests.contract.test_observe import counted

    counts = []
    for detectors in (range(1), range(10)):
        pieces = [offered(detector, uuid=held(butler_hands).get(data_id(detector))) for detector in detectors]
        receive(butler_hands, *pieces)
        repository = butler_hands.again()
        repository.observe(Scope(frozenset()))
        with counted() as statements:
            repository.pieces(RUN, {"bias": {piece.data_id: piece.uuid for piece in pieces}})
        counts.append(len(statements))
    assert counts[0] == counts[1]


@pytest.mark.parametrize(("transfer", "name"), [("direct", "a b+c%20d.yaml"), ("direct", "é.yaml"), (None, "é b.yaml")])
def test_a_file_of_a_strange_name_that_somebody_ingested_in_place_is_there(
    butler_hands: ButlerHands, tmp_path: Path, name: str, transfer: str | None
) -> None:
    from lsst.daf.butler import FileDataset
    from lsst.resources import ResourcePath

    from reconciler.adapters.butler.stored import lost

    path = (butler_hands.root if transfer is None else tmp_path) / name
    path.write_text("{}\n")
    butler = butler_hands.butler
    uuid = butler_hands.dataset(RUN, 3)
    uri = ResourcePath(path.as_uri())
    butler.ingest(FileDataset(uri, butler.get_many_datasets([uuid])), transfer=transfer)
    assert lost(butler, [uuid]) == frozenset()
    path.unlink()
    assert lost(butler, [uuid]) == {uuid}
