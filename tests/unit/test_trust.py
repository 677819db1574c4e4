"""The machine's own configuration: where it is, who may write it, and nothing but what it must say."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import PolicyRefused, ReconcileError
from reconciler.spec.documents.trust import Root
from reconciler.spec.problems import InvalidSpec
from reconciler.trust import root_of, trust_file

ROOT = {"remote": "https://git.example.org/calibrations.git", "branch": "main", "root": "a" * 40}
TEXT = yaml.safe_dump({"kind": "Trust", "sites": {"usdf": ROOT}})


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "config" / "trust.yaml"
    path.parent.mkdir()
    path.write_text(TEXT)
    path.chmod(0o600)
    monkeypatch.setenv("RECONCILE_TRUST", str(path))
    return path


def root(tmp_path: Path) -> Root | None:
    return root_of("usdf", tmp_path / "specs")


def test_a_site_has_the_root_that_the_file_names(file: Path, tmp_path: Path) -> None:
    assert root(tmp_path) == Root(**ROOT)
    assert root_of("summit", tmp_path / "specs") is None


def test_without_a_file_no_site_has_a_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RECONCILE_TRUST", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert trust_file() == tmp_path / "reconcile" / "trust.yaml"
    assert root(tmp_path) is None


def test_a_file_that_is_named_and_not_there_is_an_error(file: Path, tmp_path: Path) -> None:
    file.unlink()
    with pytest.raises(PolicyRefused, match="does not exist"):
        root(tmp_path)


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_file_that_others_can_write_is_refused(file: Path, tmp_path: Path, mode: int) -> None:
    file.chmod(mode)
    with pytest.raises(PolicyRefused, match="others can write"):
        root(tmp_path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_file_of_somebody_else_is_refused(file: Path, tmp_path: Path) -> None:
    os.chown(file, 12345, 12345)
    with pytest.raises(PolicyRefused, match="others can write"):
        root(tmp_path)


def test_a_file_in_the_repository_of_specs_is_refused_also_by_a_link(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    specs = tmp_path / "specs"
    specs.mkdir()
    inside = file.rename(specs / "trust.yaml")
    file.symlink_to(inside)
    with pytest.raises(PolicyRefused, match="proves nothing"):
        root(tmp_path)


def refused(file: Path, tmp_path: Path, **changes: Any) -> str:
    file.write_text(yaml.safe_dump({"kind": "Trust", "sites": {"usdf": {**ROOT, **changes}}}))
    with pytest.raises(InvalidSpec) as raised:
        root(tmp_path)
    return str(raised.value)


@pytest.mark.parametrize("remote", ["calibrations", "../x", "-u", "ext::sh", "https://x\n", " https://x", ""])
def test_a_remote_is_a_whole_address(file: Path, tmp_path: Path, remote: str) -> None:
    assert f"{file}:" in refused(file, tmp_path, remote=remote)


@pytest.mark.parametrize("branch", ["refs/heads/main", "-main", "a..b", "a b", "main:other", "*", "/a", "a.lock", ""])
def test_a_branch_is_a_name(file: Path, tmp_path: Path, branch: str) -> None:
    assert f"{file}:" in refused(file, tmp_path, branch=branch)


@pytest.mark.parametrize("commit", ["main", "a" * 39, "A" * 40, "a" * 41, "a" * 40 + "\n"])
def test_a_root_is_a_whole_commit(file: Path, tmp_path: Path, commit: str) -> None:
    assert f"{file}:" in refused(file, tmp_path, root=commit)


@given(st.integers(0, len(TEXT)), st.integers(0, 30), st.sampled_from(["", "x", "\n", "[", "'", ": ", "no", "\u202e"]))
def test_any_slip_gives_a_root_or_an_error_for_people(
    tmp_path_factory: pytest.TempPathFactory, at: int, cut: int, new: str
) -> None:
    path = tmp_path_factory.mktemp("trust") / "trust.yaml"
    path.write_text(TEXT[:at] + new + TEXT[at + cut :])
    path.chmod(0o600)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("RECONCILE_TRUST", str(path))
        with suppress(ReconcileError):
            assert isinstance(root_of("usdf", path.parent / "specs"), Root | None)
