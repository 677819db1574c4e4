"""The commit at which what specs want for a data ID changed."""

from __future__ import annotations

import pytest
from git import Repo

from tests.e2e.desk import CHAIN, EXPOSURES, INSTRUMENT, PLACE, PUBLIC, SITE, SPEC, Desk, chain, leaf

BISECT = ("bisect", "--type", "bias", "--detector", "0")
TIME = ("--at-time", "2024-12-08T20:00:15")
CHAIN_FILE = f"specs/{INSTRUMENT}/chain.yaml"


def rerun(desk: Desk, name: str) -> str:
    desk.edit(SPEC, lambda spec: spec.update(rerun=name))
    desk.lock(commit=False)
    return desk.commit(f"rerun {name}")


def remark(desk: Desk, text: str) -> str:
    """Commit a change of specs that changes no answer."""
    desk.edit(SPEC, lambda spec: spec.update(purpose=text))
    return desk.commit(text)


def spoil(desk: Desk) -> str:
    text = (desk.root / SPEC).read_text()
    desk.write(SPEC, text + "nonsense: 1\n")
    spoiled = desk.commit("spoiled")
    desk.write(SPEC, text)
    return spoiled


def test_the_commit_that_changed_the_answer_is_found(locked: Desk) -> None:
    good = remark(locked, "one")
    for number in range(3):
        remark(locked, f"before {number}")
    changed = rerun(locked, "20241208b")
    for number in range(3):
        remark(locked, f"after {number}")
    said = locked.done(*BISECT, *TIME, "--good", good)
    assert f"changed in {changed[:12]}" in said.out
    assert "scientist: rerun 20241208b" in said.out
    assert f"before  {leaf('biasGen')} by {leaf('bias')}" in said.out
    assert f"after   {leaf('biasGen', '20241208b')} by {leaf('bias', '20241208b')}" in said.out


def test_an_exposure_asks_at_its_time(locked: Desk) -> None:
    good = locked.commit("good")
    changed = rerun(locked, "20241208b")
    found = locked.done(*BISECT, "--exposure", str(EXPOSURES[0]), "--good", good, "--json").json
    assert found["commit"] == changed
    assert found["before"]["answers"] == {PLACE: f"{leaf('biasGen')} by {leaf('bias')}"}


def test_commits_with_invalid_specs_are_skipped_and_said(locked: Desk) -> None:
    good = remark(locked, "one")
    spoiled = spoil(locked)
    changed = rerun(locked, "20241208b")
    remark(locked, "two")
    found = locked.done(*BISECT, *TIME, "--good", good, "--json").json
    assert found["commit"] == changed
    assert found["between"] == list(found["skipped"]) == [spoiled]
    said = locked.done(*BISECT, *TIME, "--good", good).out
    assert f"or in   {spoiled[:12]}" in said
    assert "1 commit skipped, whose specs are invalid" in said


def test_a_removed_chain_is_a_change(locked: Desk) -> None:
    good = locked.commit("good")
    (locked.root / CHAIN_FILE).unlink()
    changed = locked.commit("no chain")
    found = locked.done(*BISECT, *TIME, "--good", good, "--chain", PUBLIC, "--json").json
    assert found["commit"] == changed
    assert found["answers"][PLACE].startswith("nothing")


def test_an_external_collection_in_front_puts_the_answer_in_doubt(locked: Desk) -> None:
    good = locked.commit("good")
    old = f"{PUBLIC}/DM-7"
    external = {"external": [{"collection": old, "reason": "older"}]}
    locked.write(CHAIN_FILE, {**chain(old, CHAIN), **external})
    changed = locked.commit("old in front")
    found = locked.done(*BISECT, *TIME, "--good", good, "--json").json
    assert found["commit"] == changed
    assert found["answers"][PLACE].endswith(f"unless {old} answers before")


def test_what_a_branch_brought_counts_as_its_merge(locked: Desk) -> None:
    good, git = locked.commit("good"), Repo(locked.root)
    git.git.checkout("-b", "side")
    rerun(locked, "20241208b")
    git.git.checkout("main")
    git.git.merge("--no-ff", "-m", "merge side", "side")
    found = locked.done(*BISECT, *TIME, "--good", good, "--json").json
    assert found["commit"] == git.head.commit.hexsha


def test_the_same_answer_at_both_ends_is_told(locked: Desk) -> None:
    good = locked.commit("good")
    remark(locked, "other words")
    said = locked.run(*BISECT, *TIME, "--good", good)
    assert said.code == 1
    assert "the answer is the same" in said.err
    assert "name an earlier --good" in said.err


@pytest.mark.parametrize("end", ["--good", "--bad"])
def test_the_ends_must_be_valid(locked: Desk, end: str) -> None:
    first, spoiled = locked.commit("first"), spoil(locked)
    last = locked.commit("last")
    ends = {"--good": (spoiled, last), "--bad": (first, spoiled)}[end]
    said = locked.run(*BISECT, *TIME, "--good", ends[0], "--bad", ends[1])
    assert said.code == 3
    assert f"the specs of {spoiled[:12]} are invalid" in said.err


def test_a_commit_beside_the_branch_is_a_mistake_of_usage(locked: Desk) -> None:
    git = Repo(locked.root)
    git.git.checkout("-b", "side")
    aside = remark(locked, "aside")
    git.git.checkout("main")
    said = locked.run(*BISECT, *TIME, "--good", aside)
    assert said.code == 64
    assert "first-parent history" in said.err


def test_neither_the_working_tree_nor_a_repository_is_needed(locked: Desk) -> None:
    good = locked.commit("good")
    changed = rerun(locked, "20241208b")
    locked.write(SPEC, "nonsense")
    locked.edit(SITE, lambda site: site["repositories"]["main"].update(butler="./nowhere"))
    found = locked.done(*BISECT, *TIME, "--good", good, "--json").json
    assert found["commit"] == changed
    assert (locked.root / SPEC).read_text() == "nonsense"
