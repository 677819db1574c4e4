"""What a yes is about: a verb, a subject, and the parts that the verb is about, each by its digest or its words.

Two statements are the same if their canonical texts are; whatever is bound and changes makes another statement, and the
names of the parts tell what changed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property

from ..seals import digest

SHA = "sha256:"


@dataclass(frozen=True)
class Statement:
    """One thing that people say yes or no to.

    Attributes
    ----------
    subject
        A collection, or the path of a document.
    scope
        What the rules of a policy are matched with: the document that asks, the subject, the chains that lead there.
    site
        The place that it holds for; empty for documents, which hold everywhere.
    root
        The root commit of the history that is trusted: no yes of another repository counts.
    parts
        Name -> digest or words.
    """

    verb: str
    subject: str
    scope: tuple[str, ...]
    site: str
    root: str
    parts: Mapping[str, str]

    @cached_property
    def digest(self) -> str:
        """Return the identity of the statement."""
        return digest(asdict(self))

    @property
    def title(self) -> str:
        """Return what is asked, in one line."""
        return f"{self.verb} {self.subject}{' at ' + self.site if self.site else ''}"


def canonical(value: object) -> bytes:
    """Return the one text that a value has in a record: sorted, ASCII, a line for each field, so that diffs read."""
    return (json.dumps(value, sort_keys=True, indent=1) + "\n").encode("ascii")


def differences(before: Statement, after: Statement) -> Iterator[str]:
    """Yield, in words, what differs between the statement that was signed and the one that is asked for."""
    for field in ("root", "site", "verb", "subject"):
        was, now = getattr(before, field), getattr(after, field)
        if was != now:
            yield f"it is for {_FIELDS[field]} {was or 'none'}, not {now or 'none'}"
    if before.scope != after.scope:
        yield f"it is asked for by {', '.join(after.scope)}, not {', '.join(before.scope)}"
    for name in sorted(before.parts.keys() | after.parts.keys()):
        was, now = before.parts.get(name), after.parts.get(name)
        if was != now:
            yield _changed(name, was, now)


_FIELDS = {"root": "another repository, with root", "site": "the place", "verb": "the verb", "subject": "the subject"}


def _changed(name: str, was: str | None, now: str | None) -> str:
    if was is None:
        return f"{name} was not there when it was signed"
    if now is None:
        return f"{name} is not there any more"
    if was.startswith(SHA) or now.startswith(SHA):
        return f"{name} changed"
    return f"{name} changed from {was} to {now}"
