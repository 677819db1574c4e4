"""Signatures by `ssh-keygen -Y`: the keys that people have, and nothing to install where they sign."""

from __future__ import annotations

import base64
import binascii
import os
import re
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from ..errors import ReconcileError

_ARMOUR = re.compile(
    r"-----BEGIN SSH SIGNATURE-----\n(?:[A-Za-z0-9+/=]{1,76}\n){1,200}-----END SSH SIGNATURE-----\n?\Z", re.ASCII
)
_END = "-----END SSH SIGNATURE-----"
_MAGIC = b"SSHSIG"
"""How it begins; then come a version, the public key, the namespace (PROTOCOL.sshsig of OpenSSH)."""
PATIENCE = 120
"""Seconds for one call; a person may have to touch a token."""


class SshKeygen:
    """Signs and verifies in one namespace (see `ports.Signatures`)."""

    def __init__(self, namespace: str) -> None:
        self._namespace = namespace
        self._known: dict[tuple[bytes, str, tuple[str, ...]], str | None] = {}

    def sign(self, text: bytes, key_file: str) -> str:
        """Return the signature of a text."""
        _require(key_file)
        with TemporaryDirectory(prefix="reconcile-") as folder:
            path = Path(folder, "record")
            path.write_bytes(text)
            # The terminal stays connected: ssh-keygen asks there for the passphrase.
            done = _ssh_keygen("-Y", "sign", "-f", key_file, "-n", self._namespace, str(path))
            signature = path.with_name("record.sig")
            if done.returncode or not signature.exists():
                raise ReconcileError(f"ssh-keygen did not sign with {key_file}: {_said(done)}")
            return signature.read_text(encoding="ascii")

    def public(self, key_file: str) -> str:
        """Return the public key that belongs to a file."""
        _require(key_file)
        beside = Path(key_file if key_file.endswith(".pub") else f"{key_file}.pub")
        if beside.is_file():
            words = beside.read_text(encoding="utf-8", errors="replace").split()
        else:
            told = _ssh_keygen("-y", "-f", key_file)
            if told.returncode:
                raise ReconcileError(f"ssh-keygen cannot read {key_file}: {_said(told)}")
            words = told.stdout.decode("utf-8", "replace").split()
        return " ".join(words[:2])

    def signer(self, text: bytes, signature: str, keys: tuple[str, ...]) -> str | None:
        """Return which of these public keys signed the text."""
        question = (text, signature, keys)
        if question not in self._known:
            self._known[question] = self._signer(*question)
        return self._known[question]

    def _signer(self, text: bytes, signature: str, keys: tuple[str, ...]) -> str | None:
        """Verify by the one key that the signature names; what it names without being signed by it does not verify."""
        named = _named(signature)
        key = next((key for key in keys if named is not None and key.split()[1] == named), None)
        if key is None:
            return None
        with TemporaryDirectory(prefix="reconcile-") as folder:
            allowed, signed = Path(folder, "allowed_signers"), Path(folder, "signature")
            allowed.write_text(f'signer namespaces="{self._namespace}" {key}\n', encoding="ascii")
            signed.write_text(signature, encoding="ascii")
            where = ("-f", str(allowed), "-I", "signer", "-n", self._namespace, "-s", str(signed))
            return key if _ssh_keygen("-Y", "verify", *where, text=text).returncode == 0 else None


def _named(signature: str) -> str | None:
    """Return the public key, in base64, that a signature names; None if it is no SSH signature."""
    if not _ARMOUR.match(signature):
        return None
    try:
        content = base64.b64decode("".join(signature.split("\n")[1:-1]).removesuffix(_END), validate=True)
    except binascii.Error:
        return None
    begin = len(_MAGIC) + 4 + 4
    size = int.from_bytes(content[begin - 4 : begin], "big")
    return base64.b64encode(content[begin : begin + size]).decode() if content.startswith(_MAGIC) else None


def _require(key_file: str) -> None:
    if not Path(key_file).is_file():
        raise ReconcileError(f"there is no key {key_file}", hint="--key FILE, or `ssh-keygen -t ed25519` makes one")


def _ssh_keygen(*arguments: str, text: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    kept = ("PATH", "HOME", "SSH_AUTH_SOCK", "SSH_ASKPASS", "SSH_ASKPASS_REQUIRE", "DISPLAY", "TERM")
    environment = {name: os.environ[name] for name in kept if name in os.environ} | {"LC_ALL": "C"}
    command = ["ssh-keygen", *arguments]
    try:
        return subprocess.run(command, input=text, capture_output=True, check=False, env=environment, timeout=PATIENCE)
    except FileNotFoundError as error:
        raise ReconcileError("ssh-keygen cannot be run; install OpenSSH's client (openssh-client)") from error
    except subprocess.TimeoutExpired as error:
        raise ReconcileError(f"ssh-keygen has not answered for {PATIENCE} seconds; nothing was done") from error


def _said(done: subprocess.CompletedProcess[bytes]) -> str:
    return " ".join(done.stderr.decode("utf-8", "replace").split())
