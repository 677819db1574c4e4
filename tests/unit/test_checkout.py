"""The git repository of specs: what is committed, what is not, and that history only moves on."""

from __future__ import annotations

from pathlib import Path

import pytest
from git import Repo

from reconciler.adapters.checkout import Checkout
from reconciler.errors import PolicyRefused, ReconcileError, UsageError
from tests.checkouts import begin


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return begin(tmp_path)


def commit(repo: Repo, name: str, text: str = "x") -> str:
    path = Path(repo.working_dir) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    repo.git.add("--all")
    repo.git.commit("-m", name)
    return repo.head.commit.hexsha


def checkout(repo: Repo) -> Checkout:
    return Checkout(Path(repo.working_dir))


def test_a_directory_below_the_root_finds_it(repo: Repo) -> None:
    commit(repo, "specs/a.yaml")
    assert Checkout(Path(repo.working_dir) / "specs").root == Path(repo.working_dir)


def test_no_git_repository_and_no_directory_are_mistakes_of_usage(tmp_path: Path) -> None:
    for directory in (tmp_path, tmp_path / "none"):
        with pytest.raises(UsageError, match="not in a git repository"):
            Checkout(directory)


def test_a_bare_repository_holds_no_specs(tmp_path: Path) -> None:
    Repo.init(tmp_path, bare=True)
    with pytest.raises(ReconcileError, match="bare"):
        Checkout(tmp_path)


def test_before_the_first_commit_there_is_nothing_to_apply(repo: Repo) -> None:
    assert checkout(repo).commit is None
    with pytest.raises(UsageError, match="no commit yet"):
        checkout(repo).require_clean()


@pytest.mark.parametrize("name", ["specs/new.yaml", "sites/new.yaml", "specs/a.yaml", "specs/ä ö.yaml"])
def test_a_file_that_is_not_as_head_has_it_is_named(repo: Repo, name: str) -> None:
    commit(repo, "specs/a.yaml")
    path = Path(repo.working_dir) / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("edited")
    assert checkout(repo).uncommitted() == (name,)
    with pytest.raises(UsageError, match=name):
        checkout(repo).require_clean()


def test_an_ignored_spec_counts_since_it_would_be_read(repo: Repo) -> None:
    commit(repo, ".gitignore", "*.yaml")
    path = Path(repo.working_dir) / "specs" / "a.yaml"
    path.parent.mkdir()
    path.write_text("x")
    assert checkout(repo).uncommitted() == ("specs/a.yaml",)


def test_other_files_do_not_count(repo: Repo) -> None:
    last = commit(repo, "specs/a.yaml")
    (Path(repo.working_dir) / "notes.txt").write_text("x")
    assert checkout(repo).require_clean() == last


def test_history_may_move_on_and_not_aside(repo: Repo) -> None:
    first = commit(repo, "specs/a.yaml")
    second = commit(repo, "specs/b.yaml")
    checkout(repo).require_descent(None)
    checkout(repo).require_descent(first)
    checkout(repo).require_descent(second)
    repo.git.reset("--hard", first)
    with pytest.raises(PolicyRefused, match="does not descend from"):
        checkout(repo).require_descent(second)


@pytest.mark.parametrize("unknown", ["f" * 40, "no commit"])
def test_a_commit_that_the_clone_lacks_is_refused(repo: Repo, unknown: str) -> None:
    commit(repo, "specs/a.yaml")
    with pytest.raises(PolicyRefused, match="does not know it"):
        checkout(repo).require_descent(unknown)


def test_specs_are_the_same_while_only_other_files_change(repo: Repo) -> None:
    first = commit(repo, "specs/a.yaml")
    commit(repo, "notes.txt")
    assert checkout(repo).same_specs(first)
    commit(repo, "specs/b.yaml")
    assert not checkout(repo).same_specs(first)
    assert not checkout(repo).same_specs(None)
    assert not checkout(repo).same_specs("f" * 40)


def test_a_repository_that_git_refuses_is_told_in_its_words(repo: Repo) -> None:
    commit(repo, "specs/a.yaml")
    one = checkout(repo)
    (Path(repo.working_dir) / ".git" / "config").write_text("[core]\n\trepositoryformatversion = 99\n")
    with pytest.raises(ReconcileError, match=r"git cannot tell .* Expected git repo version"):
        one.uncommitted()


def test_a_commit_is_read_without_touching_the_working_tree(
    repo: Repo, tmp_path_factory: pytest.TempPathFactory
) -> None:
    old = commit(repo, "specs/ä ö/a.yaml", "old")
    (Path(repo.working_dir) / "specs" / "link.yaml").symlink_to("ä ö/a.yaml")
    commit(repo, "notes.txt")
    new = commit(repo, "specs/ä ö/a.yaml", "new")
    (Path(repo.working_dir) / "specs" / "ä ö" / "a.yaml").write_text("edited")
    found = {}
    for revision in (old, new):
        found[revision] = tmp_path_factory.mktemp("export")
        checkout(repo).export(revision, found[revision])
    assert (found[old] / "specs/ä ö/a.yaml").read_text() == "old"
    assert (found[new] / "specs/link.yaml").read_text() == "new"
    assert not (found[new] / "notes.txt").exists()
    assert (Path(repo.working_dir) / "specs" / "ä ö" / "a.yaml").read_text() == "edited"


def test_a_revision_is_a_commit_a_branch_or_a_mistake_of_usage(repo: Repo) -> None:
    last = commit(repo, "specs/a.yaml")
    assert checkout(repo).resolve("main") == checkout(repo).resolve(last[:8]) == last
    for unknown in ("f" * 40, "nowhere", "HEAD~9", "-x"):
        with pytest.raises(UsageError, match="knows no commit"):
            checkout(repo).resolve(unknown)


def test_history_is_the_commits_of_the_branch_that_touch_specs(repo: Repo) -> None:
    first = commit(repo, "specs/a.yaml")
    commit(repo, "notes.txt")
    second = commit(repo, "sites/a.yaml")
    last = commit(repo, "other.txt")
    assert checkout(repo).history(first, last) == (second, last)


def test_what_a_merge_brought_counts_as_the_merge(repo: Repo) -> None:
    first = commit(repo, "specs/a.yaml")
    repo.git.checkout("-b", "side")
    aside = commit(repo, "specs/b.yaml")
    repo.git.checkout("main")
    repo.git.merge("--no-ff", "-m", "merge", "side")
    merge = repo.head.commit.hexsha
    assert checkout(repo).history(first, merge) == (merge,)
    with pytest.raises(UsageError, match="does not stand on the first-parent history"):
        checkout(repo).history(aside, merge)


def test_a_commit_is_told_by_its_day_author_and_first_line(repo: Repo) -> None:
    last = commit(repo, "specs/a.yaml")
    assert checkout(repo).subject(last).endswith(" scientist: specs/a.yaml")
