"""Signatures: made and verified alike by the fake and by ssh-keygen, and only in our namespace."""

from __future__ import annotations

import base64
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from reconciler.adapters.memory_trust import MemorySignatures
from reconciler.adapters.ssh_keygen import SshKeygen
from reconciler.errors import ReconcileError
from reconciler.ports import Signatures
from tests.board import key
from tests.servers.debian import Missing
from tests.servers.openssh import new_key, require_client

NAMESPACE = "approval@reconcile"
TEXT = b'{"reconcile": 1}\n'


@dataclass(frozen=True)
class Ring:
    """Signatures with the files and the public keys of two people."""

    signatures: Signatures
    files: tuple[str, str]
    keys: tuple[str, str]


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Ring:
    try:
        require_client()
    except Missing as reason:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(reason))
    folder = tmp_path_factory.mktemp("keys")
    made = [new_key(folder / name) for name in ("alice", "bob")]
    return Ring(SshKeygen(NAMESPACE), (str(made[0].file), str(made[1].file)), (made[0].public, made[1].public))


@pytest.fixture(params=["memory", "ssh-keygen"])
def ring(request: pytest.FixtureRequest) -> Iterator[Ring]:
    if request.param == "ssh-keygen":
        yield request.getfixturevalue("real")
        return
    keys = (key("alice"), key("bob"))
    yield Ring(MemorySignatures({"alice": keys[0], "bob": keys[1]}), ("alice", "bob"), keys)


def test_whoever_signed_is_found_among_many(ring: Ring) -> None:
    for file, public in zip(ring.files, ring.keys, strict=True):
        assert ring.signatures.signer(TEXT, ring.signatures.sign(TEXT, file), ring.keys) == public


def test_a_file_has_its_public_key(ring: Ring) -> None:
    assert tuple(map(ring.signatures.public, ring.files)) == ring.keys


def test_a_private_key_alone_has_one_too(real: Ring, tmp_path: Path) -> None:
    alone = tmp_path / "alone"
    alone.write_bytes(Path(real.files[0]).read_bytes())
    alone.chmod(0o600)
    assert real.signatures.public(str(alone)) == real.keys[0]


def test_nobody_among_others_signed(ring: Ring) -> None:
    signature = ring.signatures.sign(TEXT, ring.files[0])
    assert ring.signatures.signer(TEXT, signature, ring.keys[1:]) is None
    assert ring.signatures.signer(TEXT, signature, ()) is None


def test_another_text_is_not_what_was_signed(ring: Ring) -> None:
    assert ring.signatures.signer(TEXT + b" ", ring.signatures.sign(TEXT, ring.files[0]), ring.keys) is None


@pytest.mark.parametrize("damage", ["", "x", "-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----\n"])
def test_what_is_no_signature_signs_nothing(ring: Ring, damage: str) -> None:
    assert ring.signatures.signer(TEXT, damage, ring.keys) is None


def test_a_key_that_is_not_there_is_named(ring: Ring) -> None:
    with pytest.raises(ReconcileError, match="there is no key"):
        ring.signatures.sign(TEXT, "/nowhere/key")


def test_a_signature_that_names_another_key_than_the_one_that_made_it_does_not_count(real: Ring) -> None:
    mine, theirs = (real.signatures.sign(TEXT, file).split("\n")[1:-2] for file in real.files)
    blobs = [base64.b64decode("".join(lines)) for lines in (mine, theirs)]
    keys = [base64.b64decode(key.split()[1]) for key in real.keys]
    forged = base64.b64encode(blobs[0].replace(keys[0], keys[1])).decode()
    lines = "\n".join(forged[at : at + 70] for at in range(0, len(forged), 70))
    signature = f"-----BEGIN SSH SIGNATURE-----\n{lines}\n-----END SSH SIGNATURE-----\n"
    assert real.signatures.signer(TEXT, signature, real.keys) is None


@pytest.mark.parametrize("namespace", ["git", "file"])
def test_what_was_signed_for_another_purpose_does_not_count(real: Ring, namespace: str) -> None:
    signature = SshKeygen(namespace).sign(TEXT, real.files[0])
    assert real.signatures.signer(TEXT, signature, real.keys) is None


def test_anybody_verifies_with_ssh_keygen_alone(real: Ring, tmp_path: Path) -> None:
    signature = tmp_path / "sig"
    signature.write_text(real.signatures.sign(TEXT, real.files[0]))
    (tmp_path / "allowed").write_text(f"alice {real.keys[0]}\n")
    command = ["ssh-keygen", "-Y", "verify", "-f", "allowed", "-I", "alice", "-n", NAMESPACE, "-s", "sig"]
    done = subprocess.run(command, input=TEXT, capture_output=True, cwd=tmp_path, check=False)
    assert done.returncode == 0
    assert b"Good" in done.stdout
