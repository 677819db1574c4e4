"""The git repository that holds the specs: which commit it is at, and what differs from it."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from ..commits import Edit
from ..errors import PolicyRefused, ReconcileError, UsageError

if TYPE_CHECKING:
    from git import Repo
    from git.exc import GitCommandError

FOLDERS = ("specs", "sites")
LINK = "120000"
"""How git marks a symbolic link."""


class Checkout:
    """The working tree that `directory` is in; specs/ and sites/ stand at its root."""

    def __init__(self, directory: Path) -> None:
        self._repo = _repo(directory)
        self.root = Path(str(self._repo.working_dir))

    @property
    def commit(self) -> str | None:
        """The commit of HEAD; None before the first commit."""
        return self._repo.head.commit.hexsha if self._repo.head.is_valid() else None

    def uncommitted(self) -> tuple[str, ...]:
        """Return the files below specs/ and sites/ that are not as HEAD has them, ignored ones included."""
        from git.exc import GitCommandError

        try:
            status = self._repo.git.status("--porcelain=v1", "-z", "--untracked-files=all", "--ignored", "--", *FOLDERS)
        except GitCommandError as error:
            raise ReconcileError(f"git cannot tell what is committed in {self.root}: {_said(error)}") from error
        return tuple(entry[3:] for entry in status.split("\0") if entry[:3].strip())

    def require_clean(self) -> str:
        """Return HEAD's commit; refuse uncommitted specs, since what is applied must be what history holds."""
        if self.commit is None:
            raise UsageError("there is no commit yet; apply reads HEAD", hint="git add specs sites && git commit")
        if dirty := self.uncommitted():
            listed = "\n  ".join(dirty[:10]) + ("\n  ..." if len(dirty) > 10 else "")
            raise UsageError(
                f"apply reads HEAD only, and these files are not as HEAD has them:\n  {listed}",
                hint="commit them, or put them aside (git stash); nothing was done",
            )
        return self.commit

    def require_descent(self, applied: str | None) -> None:
        """Refuse a HEAD that does not descend from the commit applied last: history only moves on."""
        if applied is None or applied == self.commit:
            return
        from git.exc import BadName, GitCommandError

        try:
            descends = self._repo.is_ancestor(self._repo.commit(applied), self._repo.head.commit)
        except (ValueError, BadName, GitCommandError) as error:
            raise PolicyRefused(
                f"commit {applied[:12]} was applied here last, and this clone does not know it",
                hint="git fetch, and apply from the branch that holds it",
            ) from error
        if not descends:
            raise PolicyRefused(
                f"HEAD does not descend from {applied[:12]}, which was applied here last",
                hint="merge that commit first; to take something back, `git revert` it",
            )

    def resolve(self, revision: str) -> str:
        """Return the commit that a revision names: a commit, a branch, a tag."""
        from git import BadName, BadObject, GitCommandError

        try:
            return str(self._repo.commit(revision).hexsha)
        except (ValueError, IndexError, BadName, BadObject, GitCommandError) as error:
            raise UsageError(
                f"this clone knows no commit {revision!r}", hint="`git log --oneline` lists them; or git fetch"
            ) from error

    def export(self, commit: str, into: Path) -> None:
        """Write specs/ and sites/ as a commit has them below a directory; the working tree is not touched."""
        listed = self._repo.git.ls_tree("-r", "-z", commit, "--", *FOLDERS)
        for entry in filter(None, listed.split("\0")):
            described, name = entry.split("\t", 1)
            mode, kind, sha = described.split()
            if kind == "blob":
                content = self._repo.odb.stream(bytes.fromhex(sha)).read()
                _write(into, PurePosixPath(name), content, link=mode == LINK)

    def listed(self, path: str) -> dict[str, Edit]:
        """Return the files of HEAD at or below a path, as git names them."""
        entries = self._repo.git.ls_tree("-r", "-z", "HEAD", "--", path).split("\0")
        found: dict[str, Edit] = {}
        for entry in filter(None, entries):
            described, name = entry.split("\t", 1)
            mode, _, blob = described.split()
            found[name] = Edit(name, mode, blob)
        return found

    def history(self, good: str, bad: str) -> tuple[str, ...]:
        """Return the commits after `good` up to `bad` that touch specs/ or sites/, oldest first, `bad` always last.

        Only first parents are followed: what a merge brought counts as the merge.
        """
        mainline = self._repo.git.rev_list("--first-parent", bad).split()
        if good not in mainline:
            raise UsageError(
                f"{good[:12]} does not stand on the first-parent history of {bad[:12]}",
                hint="name an earlier commit of the branch itself: `git log --first-parent --oneline`",
            )
        listed = self._repo.git.rev_list("--first-parent", "--reverse", f"{good}..{bad}", "--", *FOLDERS).split()
        return tuple(dict.fromkeys((*listed, bad)))

    def subject(self, commit: str) -> str:
        """Return who made a commit, when, and the first line of its message."""
        one = self._repo.commit(commit)
        return f"{one.authored_datetime:%Y-%m-%d} {one.author.name}: {str(one.message).splitlines()[0]}"

    def told(self, commit: str) -> str | None:
        """Return the same of a commit that this clone may not know; None if it does not."""
        from git import BadName, BadObject

        try:
            return self.subject(commit)
        except (ValueError, IndexError, BadName, BadObject):
            return None

    def touched(self, commit: str) -> tuple[str, ...]:
        """Return the paths that a commit changed, compared with its first parent."""
        options = ("-r", "-z", "--root", "--no-commit-id", "--name-only", "-m", "--first-parent")
        return tuple(filter(None, self._repo.git.diff_tree(*options, commit).split("\0")))

    def same_specs(self, applied: str | None) -> bool:
        """Return whether specs/ and sites/ at HEAD are as they were at the commit applied last."""
        from git.exc import GitCommandError

        if applied is None or self.commit is None:
            return False
        try:
            return not self._repo.git.diff("--name-only", applied, "HEAD", "--", *FOLDERS)
        except GitCommandError:
            return False


def _write(into: Path, name: PurePosixPath, content: bytes, *, link: bool) -> None:
    if ".." in name.parts:
        raise ReconcileError(f"a commit that holds the path {name} is not read")
    path = into / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if link:
        path.symlink_to(os.fsdecode(content))
    else:
        path.write_bytes(content)


def _repo(directory: Path) -> Repo:
    try:
        from git import InvalidGitRepositoryError, NoSuchPathError, Repo
    except ImportError as error:  # GitPython looks for the program when it is imported
        raise ReconcileError("git cannot be run; install it, or put it on PATH") from error

    try:
        repo = Repo(directory, search_parent_directories=True)
    except (InvalidGitRepositoryError, NoSuchPathError) as error:
        raise UsageError(f"{directory} is not in a git repository", hint="`reconcile init` makes one") from error
    if repo.bare:
        raise ReconcileError(f"{directory} is a bare git repository; specs are read from a working tree")
    return repo


def _said(error: GitCommandError) -> str:
    """Return what git itself said, in one line."""
    return " ".join(str(error.stderr).replace("stderr:", "").split()).strip("' ")
