"""Signatures and a trusted branch in memory; both pass the contract tests of the real ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from ..commits import Commit, Edit
from ..errors import PolicyRefused, ReconcileError


@dataclass
class MemorySignatures:
    """Keys are names of files with the public key behind each; a signature names both digests."""

    keys: Mapping[str, str]

    def sign(self, text: bytes, key_file: str) -> str:
        """Return the signature of a text (see `ports.Signatures.sign`)."""
        return _signature(text, self.public(key_file))

    def public(self, key_file: str) -> str:
        """Return the public key behind a file (see `ports.Signatures.public`)."""
        if key_file not in self.keys:
            raise ReconcileError(f"there is no key {key_file}")
        return self.keys[key_file]

    def signer(self, text: bytes, signature: str, keys: tuple[str, ...]) -> str | None:
        """Return which of these public keys signed the text (see `ports.Signatures.signer`)."""
        return next((key for key in keys if signature == _signature(text, key)), None)


@dataclass
class MemoryHistory:
    """A branch as a list of trees: path -> content, root first (see `ports.History`)."""

    trees: list[dict[str, bytes]] = field(default_factory=list)
    root: str = ""

    def commit(self, files: Mapping[str, bytes]) -> str:
        """Add a commit that holds these files and no others; return its name."""
        self.trees.append(dict(files))
        name = self._name(len(self.trees) - 1)
        self.root = self.root or name
        return name

    def commits(self) -> tuple[Commit, ...]:
        """Return the line (see `ports.History.commits`)."""
        names = [self._name(at) for at in range(len(self.trees))]
        if self.root not in names:
            raise PolicyRefused(f"the root commit {self.root[:12]} is not on the first-parent history of the branch")
        first = names.index(self.root)
        return tuple(Commit(names[at], self._edits(at, first)) for at in range(first, len(names)))

    def earlier(self) -> frozenset[str]:
        """Return the commits before the root (see `ports.History.earlier`)."""
        names = [self._name(at) for at in range(len(self.trees))]
        return frozenset(names[: names.index(self.root)])

    def read(self, blobs: tuple[str, ...]) -> Mapping[str, bytes]:
        """Return the contents of these blobs (see `ports.History.read`)."""
        known = {_blob(content): content for tree in self.trees for content in tree.values()}
        return {blob: known[blob] for blob in blobs}

    def _edits(self, at: int, first: int) -> tuple[Edit, ...]:
        before = {} if at == first else self.trees[at - 1]
        now = self.trees[at]
        changed = sorted(path for path in before.keys() | now.keys() if before.get(path) != now.get(path))
        return tuple(Edit(p, "100644", _blob(now[p])) if p in now else Edit(p, "", "") for p in changed)

    def _name(self, at: int) -> str:
        return sha256(repr([sorted(tree.items()) for tree in self.trees[: at + 1]]).encode()).hexdigest()[:40]


def _signature(text: bytes, key: str) -> str:
    return sha256(key.encode() + b"\n" + text).hexdigest()


def _blob(content: bytes) -> str:
    return sha256(content).hexdigest()
