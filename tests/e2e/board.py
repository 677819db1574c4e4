"""A board at work: three people with real keys, a remote, a machine that trusts its branch, and clones of their own."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from git import Repo

from tests.board import rule
from tests.e2e import desk as desks
from tests.e2e.desk import Desk, Said
from tests.servers.debian import Missing
from tests.servers.openssh import Key, new_key, require_client

PEOPLE = ("alice", "bob", "carol")
MACHINE = "machine"
"""The site's own, which vouches for what the site holds where a policy has `OBSERVERS`."""
OBSERVERS = {"here": "observer"}
POLICY = "specs/policy.yaml"
MAIN = "main"


@dataclass
class Board:
    """What the story is played with; `site` is the operator's clone, beside which the Butler repository stands."""

    folder: Path
    site: Desk
    keys: dict[str, Key]
    sites: tuple[str, ...] = ("here",)
    """Those that are run from the operator's machine."""

    @property
    def remote(self) -> Path:
        """The repository that everybody pushes to."""
        return self.folder / "remote.git"

    @property
    def trust(self) -> Path:
        """The configuration of the operator's machine."""
        return self.folder / "trust.yaml"

    def says(self, who: str, verb: str, document: str, *options: str) -> Said:
        """Have somebody sign, at the operator's desk."""
        key = str(self.keys[who].file)
        return self.site.run("approve", document, "--verb", verb, "--key", key, "--auto-approve", *options)

    def approves(self, verb: str, document: str, *people: str, proposer: str = "carol", site: str = "") -> None:
        """Have somebody propose and others approve; nothing is pushed yet."""
        named = ("--site", site) if site else ()
        for who, options in ((proposer, ("--propose",)), *((person, ()) for person in people)):
            said = self.says(who, verb, document, *options, *named)
            assert said.code == 0, said.everything

    def merge(self, message: str = "edit") -> str:
        """Commit all that is in the operator's clone, and push it to the trusted branch."""
        commit = self.site.commit(message)
        with Repo(self.site.root) as repo:
            repo.git.push("--quiet", "origin", f"HEAD:{MAIN}")
        return commit

    def apply(self, *arguments: str) -> Said:
        """Apply without being asked."""
        return self.site.apply(*arguments)

    def trust_root(self, commit: str, **changes: Any) -> None:
        """Write the site's own configuration."""
        root = {"remote": str(self.remote), "branch": MAIN, "root": commit, **changes}
        self.trust.write_text(yaml.safe_dump({"kind": "Trust", "sites": {name: dict(root) for name in self.sites}}))
        self.trust.chmod(0o600)


def person(name: str, public: str, *roles: str) -> dict[str, Any]:
    """Return a person of the policy."""
    key = {"key": public, "from": "2020-01-01T00:00:00", "until": "2090-01-01T00:00:00"}
    return {"name": f"{name.title()} of the Board", "roles": list(roles), "keys": [key]}


def policy(keys: dict[str, Key], **changes: Any) -> dict[str, Any]:
    """Return a policy: two of the board for all that science sees, and for all that decides."""
    seen = rule(
        "adopt", "recertify", "reorder", "retract", approvals={"board": 2}, unverified="nothing examines these yet"
    )
    decides = rule("policy", "site", "catalog", "processing", approvals={"board": 2})
    roles = {name: "observer" if name == MACHINE else "board" for name in keys}
    people = {name: person(name, key.public, roles[name]) for name, key in keys.items()}
    rules = [seen, decides, rule("build", approvals={})]
    return {"kind": "Policy", "people": people, "rules": rules, **changes}


def found(folder: Path, locked: Desk, *, sites: tuple[str, ...] = ("here",), **changes: Any) -> Board:
    """Found a board at a desk whose specs are locked: a policy, a remote, a root of trust."""
    try:
        require_client()
    except Missing as reason:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(reason))
    site = desks.copy(locked, folder / "site")
    keys = {name: new_key(folder / name) for name in (*PEOPLE, MACHINE)}
    board = Board(folder, site, keys, sites)
    site.write(POLICY, policy(keys, **changes))
    for name in sites:
        site.edit(f"sites/{name}.yaml", lambda content: content.update(trust="required"))
    root = site.commit("policy")
    with Repo(site.root) as repo:
        repo.clone(str(board.remote), bare=True).close()
        repo.create_remote("origin", str(board.remote))
    board.trust_root(root)
    return board


def at_work(board: Board, environment: pytest.MonkeyPatch) -> Board:
    """Make this process the operator's: with that configuration, and that cache of what is trusted."""
    environment.setenv("RECONCILE_TRUST", str(board.trust))
    environment.setenv("XDG_CACHE_HOME", str(board.folder / "cache"))
    return board


def copied(board: Board, folder: Path) -> Board:
    """Return a copy of a board with everything that it has."""
    shutil.copytree(board.folder, folder, symlinks=True)
    moved = {name: Key(folder / name, key.public) for name, key in board.keys.items()}
    made = Board(folder, Desk(folder / "site"), moved, board.sites)
    with Repo(made.site.root) as repo:
        repo.git.remote("set-url", "origin", str(made.remote))
    old = yaml.safe_load(board.trust.read_text())["sites"][board.sites[0]]["root"]
    made.trust_root(old)
    return made
