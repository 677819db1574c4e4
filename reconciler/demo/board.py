"""The last chapter: a board with throw-away keys says yes before science sees anything.

Keys, remote and root of trust stand outside the repository of specs, as they do where it counts.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import ReconcileError
from . import specs
from .story import Story

BOARD = ("ada", "ben")
SCIENTIST = "sam"


def tell(story: Story, chain: str, *, waiver: str) -> None:
    """Take the ticket out of the chain, ask for trust, propose, approve, merge, apply."""
    if shutil.which("ssh-keygen") is None:
        story.say("A board would sign with SSH keys; this machine has no ssh-keygen, so the story ends here.")
        return
    folder = Path(tempfile.mkdtemp(prefix="reconcile-board-"))
    story.say("An observatory asks a board: two of it say yes to what science sees, and to who may say yes.")
    path = next(iter(sorted((story.root / "specs").glob("*/chain.yaml")))).relative_to(story.root)
    kept = (story.root / path).read_text(encoding="utf-8")
    story.write(str(path), chain)
    story.commit(f"{specs.TICKET} is not in use yet")
    story.run("apply --auto-approve")
    story.write("specs/policy.yaml", policy({name: new_key(folder / name) for name in (*BOARD, SCIENTIST)}, waiver))
    site = story.root / "sites" / f"{specs.SITE}.yaml"
    story.write(f"sites/{site.name}", site.read_text(encoding="utf-8").replace("trust: none", "trust: required"))
    story.commit("Two of the board")
    with trusting(story, folder):
        story.say("A pull request puts the ticket into the chain. It is merged, and waits.")
        story.write(str(path), kept)
        _merge(story, f"Adopt {specs.TICKET}")
        story.run("plan")
        story.say("Whoever sees the site proposes; two others sign exactly that; the records are merged.")
        for name, option in ((SCIENTIST, " --propose"), *((name, "") for name in BOARD)):
            story.run(f"approve {specs.TICKET} --verb adopt{option} --key {folder / name} --auto-approve")
        _merge(story, f"{specs.TICKET} is approved")
        story.run("approvals verify")
        story.run("apply --auto-approve")
    story.say(f"To go on here, this machine has to say which history it believes: RECONCILE_TRUST={folder}/trust.yaml")


@contextmanager
def trusting(story: Story, folder: Path) -> Iterator[None]:
    """Give the story a remote, and this process a root of trust for its branch, from the commit that is there now."""
    remote, trust = folder / "remote.git", folder / "trust.yaml"
    commit = story.remote(remote)
    root = f'{{remote: "{remote}", branch: main, root: "{commit}"}}'
    trust.write_text(f"kind: Trust\nsites:\n  {specs.SITE}: {root}\n", encoding="utf-8")
    trust.chmod(0o600)
    kept = {name: os.environ.get(name) for name in ("RECONCILE_TRUST", "XDG_CACHE_HOME")}
    os.environ.update(RECONCILE_TRUST=str(trust), XDG_CACHE_HOME=str(folder / "cache"))
    try:
        yield
    finally:
        for name, value in kept.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value


def policy(keys: dict[str, str], waiver: str) -> str:
    """Return a policy for these people: name -> public key."""
    people = "".join(
        f"  {name}:\n    name: {name.title()} of the demo\n    roles: [{'board' if name in BOARD else 'scientist'}]\n"
        f'    keys: [{{key: {key}, from: "2020-01-01T00:00:00", until: "2090-01-01T00:00:00"}}]\n'
        for name, key in keys.items()
    )
    free = f', unverified: "{waiver}"' if waiver else ""
    return (
        f"kind: Policy\npeople:\n{people}rules:\n"
        f'  - {{verbs: [adopt, recertify, reorder, retract], where: ["*"], approvals: {{board: 2}}{free}}}\n'
        '  - {verbs: [policy, site, catalog, processing], where: ["*"], approvals: {board: 2}}\n'
        '  - {verbs: [build], where: ["*"], approvals: {}}\n'
    )


def new_key(file: Path) -> str:
    """Make a key without a passphrase; return its public half."""
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ReconcileError(f"ssh-keygen made no key: {done.stderr.strip()}")
    return " ".join(file.with_name(f"{file.name}.pub").read_text(encoding="utf-8").split()[:2])


def _merge(story: Story, message: str) -> None:
    story.commit(message)
    story.push()
