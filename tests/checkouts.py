"""Git repositories of specs, and somebody who commits and types commands there."""

from __future__ import annotations

import io
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from git import Repo

from reconciler.cli.main import run


@dataclass(frozen=True)
class Said:
    """What a command printed, and its exit code."""

    code: int
    text: str


@dataclass(frozen=True)
class Checkout:
    """A git repository of specs."""

    root: Path

    def reconcile(self, *arguments: str) -> Said:
        """Type a command of reconcile."""
        told = io.StringIO()
        with redirect_stdout(told), redirect_stderr(told):
            code = run([*arguments, "--directory", str(self.root)])
        return Said(code, told.getvalue())

    def write(self, name: str, text: str) -> None:
        """Write one file of the specs."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def commit(self, message: str) -> None:
        """Commit everything."""
        with Repo(self.root) as git:
            git.git.add("--all")
            git.git.commit("--quiet", "-m", message)


def begin(root: Path) -> Repo:
    """Return a new git repository in which a scientist commits."""
    made = Repo.init(root, initial_branch="main")
    named(made, "scientist")
    return made


def named(repo: Repo, name: str) -> None:
    """Let somebody of this name commit in a repository, whatever the machine is configured for."""
    with repo.config_writer() as config:
        config.set_value("user", "name", name)
        config.set_value("user", "email", f"{name}@example.org")
        config.set_value("commit", "gpgsign", "false")
        config.set_value("gc", "auto", "0")
