"""A policy: who may say yes to what, with which keys, how many must, and when a site may be changed.

There is one, `specs/policy.yaml`. What counts is not the copy in the working tree but what the trusted line of history
holds, each change of it authorised by the policy before (see `reconciler.approval.line`).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, Field, model_validator

from ..lookalikes import alike
from .base import Model, Name, Text, UtcInstant

POLICY = "specs/policy.yaml"

Verb = Literal["build", "adopt", "deploy", "recertify", "reorder", "retract", "policy", "site", "catalog", "processing"]
VERBS: tuple[Verb, ...] = get_args(Verb)

Day = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
DAYS: tuple[Day, ...] = get_args(Day)

# RSA and DSA are left out: what is signed here is to be believed for decades.
_KINDS = (
    "ssh-ed25519",
    "sk-ssh-ed25519@openssh.com",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "sk-ecdsa-sha2-nistp256@openssh.com",
)
_KEY = re.compile(r"([a-z0-9@.-]+) ([A-Za-z0-9+/]+={0,2})\Z", re.ASCII)
_MOST_STARS = 8
_IDENTITY = re.compile(r"[a-z][a-z0-9-]{0,39}\Z", re.ASCII)
_CLOCK = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]\Z|24:00\Z", re.ASCII)


def _identity(text: str) -> str:
    if not _IDENTITY.match(text):
        raise ValueError(f"{text!r} is no name for people and roles: lower-case ASCII letters, digits, hyphens")
    return text


def _public_key(text: str) -> str:
    """Refuse all but one bare public key: options or a second line would mean something to ssh-keygen."""
    match = _KEY.match(text)
    if match is None or match[1] not in _KINDS:
        raise ValueError(f"no public key of a kind that counts ({', '.join(_KINDS)}), without options and comment")
    try:
        blob = base64.b64decode(match[2], validate=True)
    except binascii.Error:
        raise ValueError("the public key is not base64") from None
    kind = match[1].encode()
    if not blob.startswith(len(kind).to_bytes(4, "big") + kind) or base64.b64encode(blob).decode() != match[2]:
        raise ValueError(f"the public key is not the {match[1]} that it says it is")
    return text


def _composed(text: str) -> str:
    if unicodedata.normalize("NFC", text) != text:
        raise ValueError(f"{text!r} is not in the composed form of Unicode (NFC)")
    return text


def _clock(text: str) -> str:
    if not _CLOCK.match(text):
        raise ValueError(f"{text!r} is no time of day like 14:00 (UTC)")
    return text


def _pattern(text: str) -> str:
    if text.count("*") > _MOST_STARS:
        raise ValueError(f"{text!r} has more than {_MOST_STARS} stars")
    return text


Pattern = Annotated[Name, AfterValidator(_pattern)]
Identity = Annotated[str, AfterValidator(_identity)]
PublicKey = Annotated[str, AfterValidator(_public_key)]
Clock = Annotated[str, AfterValidator(_clock)]


def instant(text: str) -> datetime:
    """Return a UTC instant of a document."""
    when = datetime.fromisoformat(text)
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)


def fingerprint(key: str) -> str:
    """Return a public key as `ssh-keygen -l` names it."""
    digest = hashlib.sha256(base64.b64decode(key.split()[1])).digest()
    return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")


class Key(Model):
    """One public key of a person, and when it counts."""

    key: PublicKey
    from_instant: UtcInstant = Field(alias="from")
    until: UtcInstant
    """Every key ends: nobody notices one that lies about for ever."""
    revoked: UtcInstant | None = None
    """What it signed from then on counts for nothing; if it was stolen, the instant from which that may be so."""

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Key:
        if instant(self.until) <= instant(self.from_instant):
            raise ValueError(f"the key ends at {self.until}, not after it begins")
        return self


class Person(Model):
    """Somebody who signs."""

    name: Annotated[Text, Field(max_length=200), AfterValidator(_composed)]
    roles: tuple[Identity, ...] = ()
    keys: tuple[Key, ...] = Field(min_length=1)


class Rule(Model):
    """How many different people of which roles must say yes; of the rules that fit, every one must be satisfied."""

    verbs: tuple[Verb, ...] = Field(min_length=1)
    where: tuple[Pattern, ...] = Field(min_length=1, max_length=100)
    """Patterns for the document that asks, the collection that it is about and the chains that lead there."""
    approvals: dict[Identity, Annotated[int, Field(ge=0, le=100)]]
    """Role -> how many people; each person fills one seat. No seat at all says yes by itself."""
    proposer: Literal["excluded", "allowed"] = "excluded"
    days: int = Field(default=90, ge=1, le=3650)
    """How old a signature may be when it is used."""
    unverified: Text | None = None
    """Why what fits this rule is adopted without a verification that passed."""

    def fits(self, names: Iterable[str]) -> bool:
        """Return whether one of these names is like one of the patterns."""
        return any(fnmatchcase(name, pattern) for name in names for pattern in self.where)


class Window(Model):
    """Hours of some days, in UTC, in which a site may be changed."""

    days: tuple[Day, ...] = Field(min_length=1)
    begin: Clock
    end: Clock

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Window:
        if self.end <= self.begin:
            raise ValueError(f"the window ends at {self.end}, not after it begins; one over midnight is two")
        return self

    def holds(self, now: datetime) -> bool:
        """Return whether an instant lies in the window."""
        utc = now.astimezone(UTC)
        return DAYS[utc.weekday()] in self.days and self.begin <= f"{utc:%H:%M}" < self.end


class Policy(Model):
    """People, rules and windows."""

    kind: Literal["Policy"]
    people: dict[Identity, Person] = Field(min_length=1)
    rules: tuple[Rule, ...] = Field(min_length=1, max_length=100)
    windows: dict[Name, tuple[Window, ...]] = Field(default_factory=dict)
    """By site; one that is not named may be changed at any time."""
    observers: dict[Name, Identity] = Field(default_factory=dict)
    """Site -> the role of whoever may vouch for what it holds: its own machine, which signs snapshots."""

    @model_validator(mode="after")
    def _tells_people_apart(self) -> Policy:
        names = {person: self.people[person].name for person in self.people}
        for one, other in (*alike(self.people), *alike(names.values())):
            raise ValueError(f"{one!r} and {other!r} look alike; call them so that nobody takes one for the other")
        if len(set(names.values())) < len(names):
            raise ValueError("two people have the same name")
        keys = Counter(key.key for person in self.people.values() for key in person.keys)
        for key in (key for key, times in keys.items() if times > 1):
            raise ValueError(f"the key {fingerprint(key)} is given twice; a key belongs to one person")
        return self

    @model_validator(mode="after")
    def _can_be_satisfied(self) -> Policy:
        roles = Counter(role for person in self.people.values() for role in dict.fromkeys(person.roles))
        for one, other in alike(sorted(roles)):
            raise ValueError(f"the roles {one!r} and {other!r} look alike")
        for rule in self.rules:
            for role, wanted in rule.approvals.items():
                if roles[role] < wanted:
                    raise ValueError(f"a rule asks for {wanted} people of role {role!r}, and there are {roles[role]}")
        for site, role in self.observers.items():
            if not roles[role]:
                raise ValueError(f"the snapshots of {site} are signed by the role {role!r}, which nobody has")
        own = [rule for rule in self.rules if "policy" in rule.verbs and rule.fits([POLICY])]
        if not any(sum(rule.approvals.values()) for rule in own):
            raise ValueError(f"no rule says who may change the policy itself, {POLICY}")
        return self

    def owner(self, key: str) -> str | None:
        """Return the person that a key belongs to."""
        return next((who for who, p in self.people.items() if any(k.key == key for k in p.keys)), None)

    @property
    def keys(self) -> tuple[str, ...]:
        """Every key of everybody, ended and revoked ones too."""
        return tuple(key.key for person in self.people.values() for key in person.keys)
