"""A record: who says what of a statement, when and why. Its file holds exactly the bytes that are signed.

    approvals/<subject>/<verb>.<statement>.<person>.<decision>.json       the record
    approvals/<subject>/<verb>.<statement>.<person>.<decision>.json.sig   what ssh-keygen -Y sign made of it

Nothing is believed of names and places of files: what counts is inside, and signed.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Literal, TypeAlias, get_args

from ..spec.documents.policy import VERBS
from .statement import Statement, canonical

FOLDER = "approvals"
SIGNATURE = ".sig"
NAMESPACE = "approval@reconcile"
"""What our signatures are for; one that was made for anything else (git, files, a login) does not verify."""
FORMAT = 1
MAX_BYTES = 200_000

Decision: TypeAlias = Literal["propose", "approve", "reject", "withdraw"]
_DECISIONS = get_args(Decision)
_TIME = "%Y-%m-%dT%H:%M:%SZ"
_PERSON = re.compile(r"[a-z][a-z0-9-]{0,39}\Z", re.ASCII)
_SUBJECT = re.compile(r"(?!\.\.?(?:/|\Z))[\w.+@-]+(?:/(?!\.\.?(?:/|\Z))[\w.+@-]+)*\Z", re.ASCII)
"""It becomes part of a path: no step leads upwards."""


@dataclass(frozen=True)
class Record:
    """One decision of one person."""

    decision: Decision
    person: str
    signed: datetime
    reason: str
    statement: Statement

    @property
    def text(self) -> bytes:
        """Return the bytes that are signed."""
        return canonical({"reconcile": FORMAT, **asdict(self), "signed": f"{self.signed.astimezone(UTC):{_TIME}}"})

    @property
    def path(self) -> str:
        """Return where the record is kept."""
        about = f"{self.statement.verb}.{self.statement.digest.removeprefix('sha256:')[:16]}"
        return f"{FOLDER}/{self.statement.subject}/{about}.{self.person}.{self.decision}.json"


class NoRecord(ValueError):
    """The text is not a record, and says why."""


def read(text: bytes) -> Record:
    """Return the record of a text; raise `NoRecord` for anything but exactly what `Record.text` would write."""
    if len(text) > MAX_BYTES:
        raise NoRecord(f"it has more than {MAX_BYTES:,} bytes")
    try:
        record = _record(json.loads(text))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise NoRecord("it is not a record of this version") from error
    if record.text != text:
        raise NoRecord("it is not in its canonical form")
    return record


def _record(values: dict[str, Any]) -> Record:
    if values["reconcile"] != FORMAT or values["decision"] not in _DECISIONS or not _PERSON.match(values["person"]):
        raise ValueError
    about = values["statement"]
    statement = Statement(**{**about, "scope": tuple(about["scope"])})
    texts = (statement.verb, statement.subject, statement.site, statement.root, *statement.scope, values["reason"])
    parts = tuple(text for pair in statement.parts.items() for text in pair)
    if not all(isinstance(text, str) for text in (*texts, *parts)):
        raise TypeError
    if statement.verb not in VERBS or not _SUBJECT.match(statement.subject) or not all(map(is_plain, (*texts, *parts))):
        raise ValueError
    signed = datetime.strptime(values["signed"], _TIME).replace(tzinfo=UTC)
    return Record(values["decision"], values["person"], signed, values["reason"], statement)


def is_plain(text: str) -> bool:
    """Return whether a text looks on a screen like what it is: nothing that moves the cursor, nothing unseen."""
    return text.isprintable()


@dataclass(frozen=True)
class Signed:
    """A record whose signature is good.

    Attributes
    ----------
    key
        The public key that made it; whose key that is, a policy tells.
    owner
        Whose key it was when the record came onto the trusted line: a no outlives the key that it was signed with.
    """

    record: Record
    key: str
    owner: str | None = None
