"""Whether files are those of a commit, whatever git is told to say of them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from reconciler.adapters.worktree import differing
from reconciler.commits import Edit


@pytest.fixture(params=["sha1", "sha256"])
def tree(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, dict[str, Edit]]:
    """A working tree, and its commit, with names of either kind."""
    root = tmp_path / "tree"
    (root / "specs").mkdir(parents=True)
    (root / "specs/a.yaml").write_text("a")
    (root / "run.sh").write_bytes(b"\0run")
    (root / "link").symlink_to("run.sh")

    def git(*arguments: str) -> str:
        done = subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True, text=True)
        return done.stdout

    git("init", "-q", f"--object-format={request.param}")
    git("add", "--all")
    found = {}
    for line in git("ls-files", "--stage").splitlines():
        described, path = line.split("\t")
        mode, blob, _ = described.split()
        found[path] = Edit(path, mode, blob)
    return root, found


def test_a_tree_as_it_was_committed_differs_in_nothing(tree: tuple[Path, dict[str, Edit]]) -> None:
    assert list(differing(*tree)) == []


def test_what_is_changed_gone_or_beside_is_named(tree: tuple[Path, dict[str, Edit]]) -> None:
    root, files = tree
    (root / "specs/a.yaml").write_text("b")
    (root / "run.sh").unlink()
    (root / "specs/new.yaml").write_text("a")
    (root / "elsewhere").write_text("nobody looks here")
    assert list(differing(root, files)) == ["run.sh", "specs/a.yaml", "specs/new.yaml"]


def test_a_link_in_place_of_a_file_is_not_the_file(tree: tuple[Path, dict[str, Edit]]) -> None:
    root, files = tree
    (root / "elsewhere").write_bytes((root / "run.sh").read_bytes())
    (root / "run.sh").unlink()
    (root / "run.sh").symlink_to("elsewhere")
    assert list(differing(root, files)) == ["run.sh"]


def test_a_file_in_place_of_a_link_is_not_the_link(tree: tuple[Path, dict[str, Edit]]) -> None:
    root, files = tree
    (root / "link").unlink()
    (root / "link").write_text("run.sh")
    assert list(differing(root, files)) == ["link"]


def test_a_linked_folder_beside_is_named(tree: tuple[Path, dict[str, Edit]]) -> None:
    root, files = tree
    (root / "sites").mkdir()
    (root / "sites/more").symlink_to(root)
    assert list(differing(root, files)) == ["sites/more"]


def test_a_folder_in_place_of_a_file_is_not_the_file(tree: tuple[Path, dict[str, Edit]]) -> None:
    root, files = tree
    (root / "run.sh").unlink()
    (root / "run.sh").mkdir()
    assert list(differing(root, files)) == ["run.sh"]
