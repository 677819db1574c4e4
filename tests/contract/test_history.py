"""The trusted branch: read alike from memory and from a real remote, and from nowhere else."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Protocol

import pytest

from reconciler.adapters.memory_trust import MemoryHistory
from reconciler.adapters.trusted_branch import AsMerged, TrustedBranch
from reconciler.commits import Edit
from reconciler.errors import PolicyRefused, Unreachable
from reconciler.ports import History
from tests.checkouts import begin


class Branch(Protocol):
    """A branch that tests write, and how it is read."""

    def commit(self, files: Mapping[str, bytes]) -> str: ...
    def history(self, root: str) -> History: ...


class InMemory:
    def __init__(self) -> None:
        self._made = MemoryHistory()

    def commit(self, files: Mapping[str, bytes]) -> str:
        return self._made.commit(files)

    def history(self, root: str) -> History:
        return MemoryHistory(self._made.trees, root)


class InGit:
    """A remote with a branch `main`, and a cache for who reads it."""

    def __init__(self, folder: Path) -> None:
        self.repo = begin(folder / "remote")
        self.cache = folder / "cache"

    @property
    def root(self) -> Path:
        return Path(str(self.repo.working_dir))

    def commit(self, files: Mapping[str, bytes]) -> str:
        for path in self.root.iterdir():
            if path.name != ".git":
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        for name, content in files.items():
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            (self.root / name).write_bytes(content)
        self.repo.git.add("--all")
        self.repo.git.commit("--quiet", "--allow-empty", "-m", "edit")
        return self.repo.head.commit.hexsha

    def branch(self, root: str) -> TrustedBranch:
        return TrustedBranch(str(self.root), "main", root, cache=self.cache)

    def history(self, root: str) -> History:
        branch = self.branch(root)
        branch.fetch()
        return branch


@pytest.fixture
def remote(tmp_path: Path) -> Iterator[InGit]:
    made = InGit(tmp_path)
    yield made
    made.repo.close()


@pytest.fixture(params=["memory", "git"])
def branch(request: pytest.FixtureRequest) -> Branch:
    return InMemory() if request.param == "memory" else request.getfixturevalue("remote")


def changed(history: History) -> list[dict[str, bytes | None]]:
    """Return what each commit changed: path -> content, None where it is gone."""
    return [
        {e.path: history.read((e.blob,))[e.blob] if e.blob else None for e in commit.edits}
        for commit in history.commits()
    ]


def test_each_commit_has_what_it_changed_and_the_root_all_that_it_holds(branch: Branch) -> None:
    first = branch.commit({"specs/a.yaml": b"1", "b": b"2"})
    second = branch.commit({"specs/a.yaml": b"1", "c d/ö": b"3"})
    history = branch.history(first)
    assert [commit.name for commit in history.commits()] == [first, second]
    assert changed(history) == [{"specs/a.yaml": b"1", "b": b"2"}, {"b": None, "c d/ö": b"3"}]


def test_the_line_begins_at_the_root_that_is_named(branch: Branch) -> None:
    branch.commit({"a": b"1"})
    root = branch.commit({"a": b"2"})
    later = branch.commit({"a": b"3"})
    history = branch.history(root)
    assert [commit.name for commit in history.commits()] == [root, later]
    assert changed(history)[0] == {"a": b"2"}


def test_what_the_root_descends_from_is_earlier(branch: Branch) -> None:
    before = [branch.commit({"a": b"1"}), branch.commit({"a": b"2"})]
    root = branch.commit({"a": b"3"})
    branch.commit({"a": b"4"})
    assert branch.history(root).earlier() == set(before)


def test_a_commit_that_changes_nothing_is_one_too(branch: Branch) -> None:
    root = branch.commit({"a": b"1"})
    history = branch.history(root)
    assert [commit.edits for commit in history.commits()][1:] == []


def test_a_root_that_is_not_on_the_line_is_refused(branch: Branch) -> None:
    branch.commit({"a": b"1"})
    with pytest.raises(PolicyRefused, match="root commit 0000"):
        branch.history("0" * 40).commits()


def test_contents_are_read_at_once_and_as_they_are(branch: Branch) -> None:
    contents = {"a": b"", "b": b"\n\n", "c": b"blob 3\n\0\xff" * 1000}
    history = branch.history(branch.commit(contents))
    (commit,) = history.commits()
    read = history.read(tuple(edit.blob for edit in commit.edits))
    assert {edit.path: read[edit.blob] for edit in commit.edits} == contents


def test_a_merge_counts_with_all_that_it_brought_and_what_it_smuggled_in(remote: InGit) -> None:
    root = remote.commit({"a": b"1"})
    remote.repo.git.checkout("-q", "-b", "side")
    remote.commit({"a": b"1", "b": b"2"})
    remote.repo.git.checkout("-q", "main")
    remote.repo.git.merge("--no-ff", "--no-commit", "side")
    (remote.root / "smuggled").write_bytes(b"3")
    remote.repo.git.add("--all")
    remote.repo.git.commit("-m", "merge")
    assert changed(remote.history(root)) == [{"a": b"1"}, {"b": b"2", "smuggled": b"3"}]


def test_a_link_is_told_from_a_file(remote: InGit) -> None:
    root = remote.commit({"a": b"1"})
    (remote.root / "link").symlink_to("a")
    remote.repo.git.add("--all")
    remote.repo.git.commit("-m", "link")
    (edit,) = remote.history(root).commits()[1].edits
    assert (edit.path, edit.mode) == ("link", "120000")


def test_a_branch_that_was_rewritten_is_refused_and_what_was_known_stays(remote: InGit) -> None:
    root = remote.commit({"a": b"1"})
    known = remote.commit({"a": b"2"})
    branch = remote.branch(root)
    branch.fetch()
    remote.repo.git.reset("--hard", root)
    remote.commit({"a": b"3"})
    with pytest.raises(PolicyRefused, match="was rewritten"):
        branch.fetch()
    assert branch.commits()[-1].name == known


def test_a_remote_that_is_gone_is_unreachable(remote: InGit) -> None:
    root = remote.commit({"a": b"1"})
    shutil.rmtree(remote.root)
    with pytest.raises(Unreachable, match="cannot be fetched"):
        remote.history(root)


def test_a_remote_that_would_be_an_option_or_a_program_is_none(remote: InGit, tmp_path: Path) -> None:
    root = remote.commit({"a": b"1"})
    for address in (f"--upload-pack=touch {tmp_path}/run", f"ext::touch {tmp_path}/run"):
        with pytest.raises(Unreachable):
            TrustedBranch(address, "main", root, cache=remote.cache).fetch()
    assert not (tmp_path / "run").exists()


def test_a_tag_named_like_the_branch_is_not_it(remote: InGit) -> None:
    root = remote.commit({"a": b"1"})
    remote.repo.git.checkout("-q", "-b", "other")
    remote.commit({"a": b"2"})
    remote.repo.git.tag("main")
    assert [commit.name for commit in remote.history(root).commits()] == [root]


def test_replaced_objects_of_the_remote_change_nothing(remote: InGit) -> None:
    root = remote.commit({"a": b"1"})
    forged = remote.commit({"a": b"2"})
    remote.repo.git.replace(forged, root)
    assert [commit.name for commit in remote.history(root).commits()] == [root, forged]


def test_the_configuration_of_whoever_runs_it_leads_nowhere_else(
    remote: InGit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = remote.commit({"a": b"1"})
    other = InGit(tmp_path / "other")
    other.commit({"a": b"forged"})
    other.repo.close()
    config = tmp_path / "gitconfig"
    config.write_text(f'[url "{other.root}"]\n  insteadOf = {remote.root}\n')
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    monkeypatch.setenv("GIT_DIR", str(other.root / ".git"))
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", f"url.{other.root}.insteadOf")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", str(remote.root))
    assert changed(remote.history(root)) == [{"a": b"1"}]


def test_an_edit_that_takes_a_file_away_names_no_content(remote: InGit) -> None:
    root = remote.commit({"a": b"1", "b": b"2"})
    remote.commit({"a": b"1"})
    assert remote.history(root).commits()[1].edits == (Edit("b", "", ""),)


def test_a_proposal_is_one_commit_more_with_all_that_merging_it_would_bring(remote: InGit) -> None:
    root = remote.commit({"a": b"1", "b": b"1"})
    last = remote.commit({"a": b"2", "b": b"1"})
    remote.repo.git.checkout("--quiet", "-b", "proposal")
    remote.commit({"a": b"2", "b": b"1", "c": b"draft"})
    proposed = remote.commit({"a": b"2", "c": b"3"})
    branch = remote.branch(root)
    branch.fetch()
    history = AsMerged(branch, branch.proposal(remote.root, proposed))
    assert [commit.name for commit in history.commits()] == [root, last, proposed]
    edits = history.commits()[-1].edits
    assert [(edit.path, bool(edit.blob)) for edit in edits] == [("b", False), ("c", True)]
    (added,) = (edit.blob for edit in edits if edit.blob)
    assert history.read((added,)) == {added: b"3"}
    assert [commit.name for commit in branch.commits()] == [root, last]


def test_a_proposal_that_lacks_what_the_branch_has_is_refused(remote: InGit) -> None:
    root = remote.commit({"a": b"1"})
    remote.repo.git.checkout("--quiet", "-b", "proposal")
    behind = remote.commit({"a": b"1", "b": b"1"})
    remote.repo.git.checkout("--quiet", "main")
    remote.commit({"a": b"2"})
    remote.repo.git.checkout("--quiet", "proposal")
    branch = remote.branch(root)
    branch.fetch()
    with pytest.raises(PolicyRefused, match=f"commit {behind[:12]} does not hold all that branch main"):
        branch.proposal(remote.root, behind)
