"""The trusted branch, fetched from its remote into a repository of our own.

Nothing is read from the checkout that specs are applied from: not its branches (one may be named like the trusted one),
not its configuration (which may put another address for the remote), hooks, replaced objects or grafts. The remote and
the branch are given by address, and git runs with no configuration but ours.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..commits import Commit, Edit
from ..errors import PolicyRefused, ReconcileError, Unreachable
from ..seals import digest

TIP = "refs/heads/trusted"
PROPOSED = "refs/heads/proposed"
_SAFE = (
    "--no-replace-objects",
    *("-c", "core.hooksPath=/dev/null"),
    *("-c", "core.fsmonitor=false"),
    *("-c", "protocol.ext.allow=never"),
    *("-c", "fetch.fsckObjects=true"),
    *("-c", "gc.auto=0"),
)
_KEPT = ("PATH", "HOME", "SSH_AUTH_SOCK", "GIT_SSH_COMMAND", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy")


class TrustedBranch:
    """One branch of one remote, from one root commit on (see `ports.History`)."""

    def __init__(self, remote: str, branch: str, root: str, *, cache: Path) -> None:
        self._remote, self._branch, self.root = remote, branch, root
        self._git_dir = cache / digest([remote, branch, root]).removeprefix("sha256:")[:32]

    @property
    def known(self) -> bool:
        """Whether the branch was fetched before, so that it can be read without its remote."""
        return (self._git_dir / "HEAD").exists() and self._run("rev-parse", "--verify", "--quiet", TIP).returncode == 0

    def fetch(self) -> None:
        """Bring what the remote has now. A branch that was rewritten is refused, and what was known stays."""
        if not (self._git_dir / "HEAD").exists():
            self._git_dir.mkdir(parents=True, exist_ok=True)
            self._git("init", "--quiet", "--bare", "--template=", str(self._git_dir))
        options = ("--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--atomic")
        done = self._run("fetch", *options, "--", self._remote, f"refs/heads/{self._branch}:{TIP}")
        if done.returncode and b"non-fast-forward" in done.stderr:
            raise PolicyRefused(
                f"branch {self._branch} of {self._remote} was rewritten: it does not descend from what was trusted",
                hint="find out who did that; nothing is applied from it",
            )
        if done.returncode:
            raise Unreachable(f"the trusted branch {self._branch} of {self._remote} cannot be fetched: {_said(done)}")

    def commits(self) -> tuple[Commit, ...]:
        """Return the first parents of the branch, root first, each with all that it changed."""
        line = self._git("rev-list", "--first-parent", TIP).decode().split()
        if self.root not in line:
            raise PolicyRefused(
                f"the root commit {self.root[:12]} is not on the first-parent history of branch {self._branch} "
                f"of {self._remote}",
                hint="the site's own configuration names another history than the one that was fetched",
            )
        options = ("--reverse", "--format=%H", "--raw", "--no-renames", "--no-abbrev", "-z")
        merges = ("--first-parent", "--diff-merges=first-parent")
        told = self._git("log", *merges, *options, f"{self.root}..{TIP}")
        return (Commit(self.root, tuple(self._all(self.root))), *_commits(told))

    def earlier(self) -> frozenset[str]:
        """Return every commit that the root descends from."""
        return frozenset(self._git("rev-list", self.root).decode().split()) - {self.root}

    def read(self, blobs: tuple[str, ...]) -> Mapping[str, bytes]:
        """Return the contents of these blobs."""
        wanted = tuple(dict.fromkeys(blobs))
        if not wanted:
            return {}
        told = self._git("cat-file", "--batch", text="".join(f"{blob}\n" for blob in wanted).encode())
        found: dict[str, bytes] = {}
        at = 0
        for blob in wanted:
            end = told.index(b"\n", at)
            name, kind, size = told[at:end].split()
            if name.decode() != blob or kind != b"blob":
                raise ReconcileError(f"the trusted branch lacks {blob}; remove {self._git_dir} and fetch it again")
            found[blob] = told[end + 1 : end + 1 + int(size)]
            at = end + 2 + int(size)
        return found

    def proposal(self, checkout: Path, commit: str) -> Commit:
        """Return a commit of a checkout with all that it would bring if it were merged as it is.

        Raises `PolicyRefused` if it lacks what the branch has: merging would bring that too, and nobody has tried it.
        """
        done = self._run("fetch", "--no-tags", "--no-write-fetch-head", "--", str(checkout), f"+HEAD:{PROPOSED}")
        if done.returncode or self._git("rev-parse", PROPOSED).decode().strip() != commit:
            raise ReconcileError(f"commit {commit[:12]} of {checkout} cannot be read: {_said(done)}")
        if self._run("merge-base", "--is-ancestor", TIP, PROPOSED).returncode:
            raise PolicyRefused(
                f"commit {commit[:12]} does not hold all that branch {self._branch} of {self._remote} has",
                hint="merge that branch into this one first, as the merge itself would",
            )
        told = self._git("diff-tree", "-r", "--raw", "--no-renames", "--no-abbrev", "-z", TIP, PROPOSED)
        return next(_commits(commit.encode() + b"\0" + told))

    def _all(self, commit: str) -> Iterator[Edit]:
        for entry in filter(None, self._git("ls-tree", "-r", "-z", "--full-tree", commit).split(b"\0")):
            described, _, path = entry.partition(b"\t")
            mode, _, blob = described.decode().split()
            yield Edit(_path(path), mode, blob)

    def _git(self, *arguments: str, text: bytes = b"") -> bytes:
        done = self._run(*arguments, text=text)
        if done.returncode:
            raise ReconcileError(f"git cannot read the trusted branch: {_said(done)}")
        return done.stdout

    def _run(self, *arguments: str, text: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
        environment |= {
            "LC_ALL": "C",
            "GIT_DIR": str(self._git_dir),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_NO_REPLACE_OBJECTS": "1",
            "GIT_TERMINAL_PROMPT": "0",
        }
        try:
            return subprocess.run(
                ["git", *_SAFE, *arguments], input=text, capture_output=True, check=False, env=environment
            )
        except FileNotFoundError as error:
            raise ReconcileError("git cannot be run; install it, or put it on PATH") from error


@dataclass(frozen=True)
class AsMerged:
    """The trusted branch as it would be with one commit more (see `ports.History`)."""

    branch: TrustedBranch
    commit: Commit

    def commits(self) -> tuple[Commit, ...]:
        """Return the line, and the commit that would be its last."""
        return (*self.branch.commits(), self.commit)

    def earlier(self) -> frozenset[str]:
        """Return every commit that the root descends from."""
        return self.branch.earlier()

    def read(self, blobs: tuple[str, ...]) -> Mapping[str, bytes]:
        """Return the contents of these blobs."""
        return self.branch.read(blobs)


def _commits(told: bytes) -> Iterator[Commit]:
    """Yield the commits of a raw log with NUL between its words: a name, then (description, path) pairs."""
    words = iter(told.split(b"\0"))
    name, edits = "", list[Edit]()
    for word in words:
        described = word.lstrip(b"\n")
        if not described:
            continue
        if not described.startswith(b":"):
            if name:
                yield Commit(name, tuple(edits))
            name, edits = described.decode().strip(), []
            continue
        _, mode, _, blob, _ = described[1:].decode().split()
        gone = not blob.strip("0")
        edits.append(Edit(_path(next(words)), "" if gone else mode, "" if gone else blob))
    if name:
        yield Commit(name, tuple(edits))


def _path(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")


def _said(done: subprocess.CompletedProcess[bytes]) -> str:
    return " ".join(done.stderr.decode("utf-8", "replace").split())
