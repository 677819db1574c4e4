"""What of a tree decides who may say yes, or what runs on a machine with credentials: its changes need a yes.

The policy, the sites and the catalogs are documents, and what is bound are their values: a comment changes nothing.
Everything else that stands at the top beside specs/, sites/ and approvals/ (pipelines, templates, workflows) is bound
as git names it, one subject for each file or folder there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from ..commits import Edit
from ..seals import digest
from ..spec.documents import POLICY, Catalog, Chain, Model, Policy, Site
from ..spec.load import parse
from ..spec.problems import Problem
from ..spec.source import decode
from .record import FOLDER
from .statement import Statement

ABSENT = "absent"
REGULAR = ("100644", "100755")
_KINDS = (b"Policy", b"Site", b"Catalog", b"Chain")
_VERBS: dict[type[Model], str] = {Policy: "policy", Site: "site", Catalog: "catalog"}


class Subject(NamedTuple):
    """What is covered, and the verb that its changes need: a file that becomes another kind is another subject."""

    verb: str
    path: str


@dataclass(frozen=True, slots=True)
class Standing:
    """How a subject stands: its content, and one digest for all that was ever believed of it."""

    content: str = ABSENT
    lineage: str = ABSENT


NOWHERE = Standing()
THE_POLICY = Subject("policy", POLICY)


def authorises(subject: Subject, content: str, before: Standing, root: str) -> Statement:
    """Return what is said yes to by whoever authorises a content.

    The lineage binds it to all that was believed before, so that a yes is good once: a policy that was replaced does
    not come back by the yes that it had.
    """
    parts = {"content": content, "what was in force before": before.lineage}
    return Statement(subject.verb, subject.path, (subject.path,), "", root, parts)


def place_of(path: str) -> str | None:
    """Return what a change of this file belongs to: itself, or what holds it at the top; None for records."""
    top, below, _ = path.partition("/")
    if below and top == FOLDER:
        return None
    return path if below and top in ("specs", "sites") else top


def content_of(place: str, tree: Mapping[str, Edit], contents: Mapping[str, bytes]) -> tuple[Subject, str] | None:
    """Return what is covered at a place, and its content; None if there is nothing of the kind."""
    if place.split("/", 1)[0] in ("specs", "sites"):
        edit = tree.get(place)
        return None if edit is None else _document(place, edit, contents)
    files = [
        [path.encode("utf-8", "surrogateescape").hex(), edit.mode, edit.blob]
        for path, edit in sorted(tree.items())
        if path == place or path.startswith(f"{place}/")
    ]
    return (Subject("processing", place), digest(files)) if files else None


def document_of(path: str, text: bytes) -> tuple[Subject, str] | None:
    """Return a covered document and its content: by what it says, not by what its file is called."""
    document = _parsed(path, text)
    verb = "policy" if path == POLICY else next((v for kind, v in _VERBS.items() if isinstance(document, kind)), None)
    if verb is None:
        return None
    # Without defaults: a field that a later version knows does not change what was said yes to.
    content = digest(document.model_dump(mode="json", by_alias=True, exclude_defaults=True) if document else text.hex())
    return Subject(verb, path), content


def public_chain(path: str, text: bytes) -> str | None:
    """Return the chain that a file declares for everybody to search; None if it declares none."""
    document = _parsed(path, text)
    return document.name if isinstance(document, Chain) and not document.name.startswith("u/") else None


@lru_cache(maxsize=64)
def _parsed(path: str, text: bytes) -> Model | None:
    """Return the document of a file, as far as it may be of a kind that matters here; most are sets and locks.

    Only an escape could write the name of a kind without its letters.
    """
    if path != POLICY and b"\\" not in text and not any(kind in text for kind in _KINDS):
        return None
    source = decode(path, text)
    return None if isinstance(source, Problem) else parse(source)[0]


def _document(path: str, edit: Edit, contents: Mapping[str, bytes]) -> tuple[Subject, str] | None:
    if edit.mode not in REGULAR:  # a link: what it leads to may be anything
        return Subject("processing", path), digest([edit.mode, edit.blob])
    text = contents.get(edit.blob)
    return None if text is None else document_of(path, text)
