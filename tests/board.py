"""Verbs for tests about approvals: people with keys, a policy, statements and what people sign of them."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import yaml

from reconciler.adapters.memory_trust import MemorySignatures
from reconciler.approval.record import Decision, Record, Signed
from reconciler.approval.statement import Statement
from reconciler.spec.documents import POLICY, Policy
from reconciler.spec.load import parse
from reconciler.spec.source import Source

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
ROOT = "a" * 40
PEOPLE = ("alice", "bob", "carol", "dave")


def key(name: str) -> str:
    """Return a public key that is well formed; nobody has its private half."""
    kind = b"ssh-ed25519"
    blob = len(kind).to_bytes(4, "big") + kind + (32).to_bytes(4, "big") + hashlib.sha256(name.encode()).digest()
    return f"ssh-ed25519 {base64.b64encode(blob).decode()}"


SIGNATURES = MemorySignatures({name: key(name) for name in (*PEOPLE, "alice-2", "mallory")})


def key_entry(name: str, **changes: Any) -> dict[str, Any]:
    """Return a key of the policy that counts for this year and the next."""
    return {"key": key(name), "from": "2026-01-01T00:00:00", "until": "2028-01-01T00:00:00", **changes}


def person(name: str, *roles: str, keys: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """Return a person with one key."""
    return {"name": f"{name.title()} {name[::-1].title()}", "roles": list(roles), "keys": keys or [key_entry(name)]}


def rule(*verbs: str, approvals: Mapping[str, int], **changes: Any) -> dict[str, Any]:
    """Return a rule that holds everywhere."""
    return {"verbs": list(verbs), "where": ["*"], "approvals": dict(approvals), **changes}


def policy_values(**changes: Any) -> dict[str, Any]:
    """Return a policy: a board of four, two of whom must say yes; a scientist proposes."""
    return {
        "kind": "Policy",
        "people": {name: person(name, "board") for name in PEOPLE},
        "rules": [
            rule("adopt", "recertify", "reorder", "retract", approvals={"board": 2}),
            rule("policy", "site", "catalog", "processing", approvals={"board": 2}),
            rule("build", approvals={}),
        ],
        **changes,
    }


def policy(**changes: Any) -> Policy:
    """Return such a policy as a document."""
    document, problems = parse(Source(POLICY, yaml.safe_dump(policy_values(**changes))))
    assert isinstance(document, Policy), problems
    return document


def statement(**changes: Any) -> Statement:
    """Return a statement to adopt a ticket's calibrations."""
    parts = {"bias of biasGen.20250207a": "sha256:1", "files of biasGen.20250207a": "sha256:2", "order": "a, b"}
    scope = ("specs/Cam/DM-1.yaml", "Cam/calib/DM-1", "Cam/calib")
    return replace(Statement("adopt", "Cam/calib/DM-1", scope, "usdf/main", ROOT, parts), **changes)


def says(
    who: str,
    decision: Decision = "approve",
    about: Statement | None = None,
    *,
    days_ago: float = 1,
    by: str | None = None,
    reason: str = "",
) -> Signed:
    """Return what somebody signed; `by` is the key, if it is not the person's own."""
    record = Record(decision, who, NOW - timedelta(days=days_ago), reason, about or statement())
    return Signed(record, key(by or who))
