"""People type commands of plain `butler`: plan shows each edit for what it is, apply mends it or keeps it."""

from __future__ import annotations

from pathlib import Path

import pytest
from git import Repo

from reconciler.record import COLLECTION as RECORD
from tests.e2e import desk as desks
from tests.e2e.desk import CHAIN, INSTRUMENT, PLACE, PUBLIC, RAWS, Desk, leaf
from tests.people import AtShell

THEIRS = f"{PUBLIC}/THEIRS"
IN_SYNC = "Nothing to do: here is as the specs say."
DRIFT = "the specs have not changed since they were applied"


def plan(desk: Desk) -> str:
    """Return what `plan` says."""
    return desk.done("plan").out


def mends(desk: Desk) -> None:
    """Apply once; then nothing is left to do."""
    desk.done("apply", "--auto-approve")
    assert IN_SYNC in plan(desk)


def members(desk: Desk, chain: str) -> tuple[str, ...]:
    return desk.collections()[chain]


@pytest.fixture
def person(applied: Desk) -> AtShell:
    """Somebody with a shell; the camera has got a third detector since we built."""
    with applied.butler() as butler:
        record = {"instrument": INSTRUMENT, "id": 2, "full_name": "D2"}
        butler.registry.insertDimensionData("detector", record)
    return AtShell(applied.butler_root)


def ingests(person: AtShell, desk: Desk, run: str, detector: int) -> str:
    """Let a person ingest a bias of their own into a RUN; return its UUID."""
    file = desk.root.parent / "theirs.yaml"
    file.write_text("by: somebody\n")
    table = file.with_suffix(".csv")
    table.write_text(f"file,instrument,detector\n{file},{INSTRUMENT},{detector}\n")
    person.butler("ingest-files", "bias", run, str(table), "--transfer", "copy")
    with desk.butler() as butler:
        return str(butler.find_dataset("bias", instrument=INSTRUMENT, detector=detector, collections=[run]).id)


def theirs_is_kept(desk: Desk, uuid: str) -> None:
    """What a person ingested can still be read."""
    with desk.butler() as butler:
        assert butler.get(butler.get_dataset(uuid)) == {"by": "somebody"}


def certified(desk: Desk) -> dict[int, str]:
    """Return detector -> UUID of the biases that our collection certifies."""
    with desk.butler() as butler:
        rows = butler.registry.queryDatasetAssociations("bias", collections=[leaf("bias")])
        return {row.ref.dataId["detector"]: str(row.ref.id) for row in rows}


def our_run(desk: Desk) -> str:
    """Return the RUN that the bias was made in."""
    return members(desk, leaf("biasGen"))[0]


def test_a_reordered_chain_is_drift_and_is_put_in_order_again(applied: Desk, person: AtShell) -> None:
    ordered = members(applied, CHAIN)
    person.butler("collection-chain", CHAIN, *ordered[::-1], "--mode", "redefine")
    said = plan(applied)
    assert "~ reorder" in said
    assert DRIFT in said
    mends(applied)
    assert members(applied, CHAIN) == ordered


def test_a_removed_certification_is_certified_again_and_nothing_is_built(applied: Desk, person: AtShell) -> None:
    before = certified(applied)
    person.decertifies(leaf("bias"), "bias", instrument=INSTRUMENT, detector=0)
    said = plan(applied)
    assert "~ certify bias" in said
    assert "detector 0: nothing ->" in said
    assert "produce" not in said
    mends(applied)
    assert certified(applied) == before


def test_a_dataset_of_theirs_in_our_run_is_named_and_kept(applied: Desk, person: AtShell) -> None:
    run = our_run(applied)
    uuid = ingests(person, applied, run, 2)
    for _ in range(2):
        said = plan(applied)
        assert f"bias instrument={INSTRUMENT},detector=2 ({uuid}) is not in our seal" in said
        assert run in said
        assert IN_SYNC in said
        applied.done("apply", "--auto-approve")
    theirs_is_kept(applied, uuid)


def test_a_run_of_theirs_in_our_leaf_is_named_and_kept(applied: Desk, person: AtShell) -> None:
    run = f"{leaf('biasGen')}/theirs"
    uuid = ingests(person, applied, run, 0)
    person.butler("collection-chain", leaf("biasGen"), run, "--mode", "prepend")
    said = plan(applied)
    assert run in said
    assert f"({uuid}) is not in our seal" in said
    assert IN_SYNC in said
    applied.done("apply", "--auto-approve")
    theirs_is_kept(applied, uuid)
    assert uuid not in certified(applied).values()


def test_a_run_of_theirs_certified_beside_ours_is_named_and_kept(applied: Desk, person: AtShell) -> None:
    uuid = ingests(person, applied, THEIRS, 2)
    person.butler("certify-calibrations", THEIRS, leaf("bias"), "bias")
    said = plan(applied)
    assert f"{uuid} is not of our making" in said
    assert IN_SYNC in said
    applied.done("apply", "--auto-approve")
    assert certified(applied)[2] == uuid
    theirs_is_kept(applied, uuid)


def test_a_run_of_theirs_certified_over_ours_is_shown_and_the_spec_wins(applied: Desk, person: AtShell) -> None:
    before = certified(applied)
    uuid = ingests(person, applied, THEIRS, 0)
    person.decertifies(leaf("bias"), "bias", instrument=INSTRUMENT, detector=0)
    person.butler("certify-calibrations", THEIRS, leaf("bias"), "bias", "--begin-date", "2024-01-01")
    said = plan(applied)
    assert "~ certify bias" in said
    assert uuid in said
    mends(applied)
    assert certified(applied) == before
    theirs_is_kept(applied, uuid)


def test_foreign_members_of_our_chains_are_named_and_keep_their_places(applied: Desk, person: AtShell) -> None:
    person.butler("associate", THEIRS, "--dataset-type", "raw", "--collections", RAWS)
    for chain in (PUBLIC, CHAIN):
        person.butler("collection-chain", chain, THEIRS, "--mode", "prepend")
    said = plan(applied)
    for chain in (PUBLIC, CHAIN):
        assert f"chain {chain} at {PLACE}: member {THEIRS} is not ours and stays" in said
    assert IN_SYNC in said
    applied.done("apply", "--auto-approve")
    assert members(applied, PUBLIC)[0] == members(applied, CHAIN)[0] == THEIRS


def test_a_member_of_ours_that_was_removed_is_linked_again_where_it_was(applied: Desk, person: AtShell) -> None:
    ordered = members(applied, CHAIN)
    person.butler("collection-chain", CHAIN, leaf("bias"), "--mode", "remove")
    said = plan(applied)
    assert "+ link" in said
    assert DRIFT in said
    mends(applied)
    assert members(applied, CHAIN) == ordered


def test_a_leaf_that_somebody_made_by_hand_is_refused_and_left_alone(locked: Desk) -> None:
    AtShell(locked.butler_root).butler("collection-chain", leaf("biasGen"), RAWS, "--doc", "by hand")
    for _ in range(2):
        said = plan(locked)
        assert f"{leaf('biasGen')} exists and reconcile did not make it" in said
        assert "from:" in said
        applied = locked.apply()
        assert applied.code == 1
        assert "BLOCKED" in applied.out
    with locked.butler() as butler:
        info = butler.collections.get_info(leaf("biasGen"))
        assert (info.doc, tuple(info.children)) == ("by hand", (RAWS,))


def test_a_lost_record_makes_the_place_unknown_until_a_new_one_is_begun(applied: Desk, person: AtShell) -> None:
    ordered = members(applied, CHAIN)
    person.butler("remove-collections", RECORD, "--no-confirm")
    assert applied.run("plan").code == 11
    said = applied.apply()
    assert said.code == 11
    assert "the record of our links is lost" in said.everything
    assert "reconcile apply --new-record" in said.everything
    assert RECORD not in applied.collections()
    applied.done("apply", "--auto-approve", "--new-record")
    assert IN_SYNC in plan(applied)
    assert members(applied, CHAIN) == ordered
    applied.write(f"specs/{INSTRUMENT}/chain.yaml", desks.chain())
    applied.commit("Take the ticket out")
    mends(applied)
    assert members(applied, PUBLIC) == ()


def test_a_sealed_dataset_that_was_removed_is_refused_by_name_and_never_rebuilt(applied: Desk, person: AtShell) -> None:
    run, where = our_run(applied), f"instrument='{INSTRUMENT}' and detector=0"
    person.butler("prune-datasets", run, "--datasets", "bias", "--where", where, "--purge", run, "--no-confirm")
    for _ in range(2):
        said = plan(applied)
        assert "! refused" in said
        assert f"of {leaf('biasGen')}" in said
        assert f"bias instrument={INSTRUMENT},detector=0" in said
        assert applied.apply().code == 1
    with applied.butler() as butler:
        assert butler.find_dataset("bias", instrument=INSTRUMENT, detector=0, collections=[leaf("biasGen")]) is None


def test_reverting_the_commit_of_a_spec_takes_our_link_out_of_the_chain_and_nothing_else(applied: Desk) -> None:
    other = f"{PUBLIC}/DM-2"
    applied.write(f"specs/{INSTRUMENT}/DM-2.yaml", desks.calibration_set("bias", ticket="DM-2"))
    applied.write(f"specs/{INSTRUMENT}/chain.yaml", desks.chain(other, CHAIN))
    applied.lock(commit=False)
    applied.commit("DM-2: bias")
    mends(applied)
    before = snapshot(applied)
    assert before[PUBLIC, "children"] == (other, CHAIN)

    Repo(applied.root).git.revert("--no-edit", "HEAD")
    said = plan(applied)
    assert "- unlink" in said
    assert "1 step to do." in said
    mends(applied)
    assert snapshot(applied) == {**before, (PUBLIC, "children"): (CHAIN,)}


def snapshot(desk: Desk) -> dict[tuple[str, str], object]:
    """Return everything that a repository holds, but the text of our record."""
    found: dict[tuple[str, str], object] = {}
    with desk.butler() as butler:
        for info in butler.collections.query_info("*", include_chains=True, include_doc=True):
            found[info.name, "children"] = tuple(info.children)
            found[info.name, "doc"] = (info.type.name, info.doc if info.name != RECORD else "")
        for dataset_type in butler.registry.queryDatasetTypes():
            for row in butler.registry.queryDatasetAssociations(dataset_type, collections=...):
                found[str(row.ref.id), f"{row.collection} {row.timespan}"] = str(row.ref.dataId)
    files = (desk.butler_root / INSTRUMENT).rglob("*")
    return found | {(str(path), "file"): size(path) for path in files if path.is_file()}


def size(path: Path) -> int:
    return path.stat().st_size
