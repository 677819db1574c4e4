"""How things must be called (DMTN-222 section 2)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...names import is_construction_ticket, is_ticket
from ..documents import CalibrationSet, Chain, CuratedSet
from ..located import FieldPath, Located
from ..problems import Problem
from .context import Context

_PREFIX = re.compile(r"u/[\w.-]+/\Z", re.ASCII)
_TAG = re.compile(r"[\w.-]+\Z", re.ASCII)
_COLLECTION = re.compile(r"[\w.+-]+(?:/[\w.+-]+)*\Z", re.ASCII)

Making = Located[CalibrationSet] | Located[CuratedSet]


def tickets(context: Context) -> Iterator[Problem]:
    """A construction ticket names collections; the board's and the deployment's are of any project."""
    for one in _makers(context):
        if not is_construction_ticket(one.document.ticket):
            found = f"{one.document.ticket!r} is no construction ticket"
            yield one.problem("ticket", ("ticket",), found, "DM- and a number")
    for located in context.tree.sets:
        for path, ticket in _other_tickets(located.document):
            if not is_ticket(ticket):
                yield located.problem("ticket", path, f"{ticket!r} is no ticket", "a ticket like TAXICAB-23")


def tags_and_prefixes(context: Context) -> Iterator[Problem]:
    """A tag is one level of a name; a prefix is empty, or a user's and ends in a slash."""
    for one in _makers(context):
        prefix = one.document.prefix
        if prefix and not _PREFIX.match(prefix):
            yield one.problem("prefix", ("prefix",), f"found {prefix!r}", "u/<user>/ with its slash, or nothing")
    for located in context.tree.sets:
        tag = located.document.tag
        if tag and not _TAG.match(tag):
            yield located.problem("tag", ("tag",), f"found {tag!r}", "one word without a slash")


def curated_collections(context: Context) -> Iterator[Problem]:
    """A curated set certifies into a collection of its own ticket."""
    for one in context.tree.curated:
        name, ticket = one.document.collection, one.document.naming.ticket_chain
        if name is not None and name != ticket and not name.startswith(f"{ticket}/"):
            yield one.problem("curated-collection", ("collection",), f"found {name!r}", f"{ticket}/...")


def folders(context: Context) -> Iterator[Problem]:
    """A document of an instrument stands in the instrument's directory."""
    for one in context.tree.documents:
        instrument = getattr(one.document, "instrument", None)
        folder = one.path.split("/")[1]
        if instrument is not None and folder != instrument:
            yield one.problem(
                "folder", ("instrument",), f"the instrument {instrument!r} in specs/{folder}/", f"specs/{instrument}/"
            )


def collections(context: Context) -> Iterator[Problem]:
    """Names of collections are words with single slashes between them."""
    for one in context.tree.documents:
        for path, name in _collections(one.document):
            if not _COLLECTION.match(name):
                yield one.problem("collection", path, f"{name!r} is no collection", "words with single slashes between")


def user_collections(context: Context) -> Iterator[Problem]:
    """What everybody uses must not depend on a user's own collections (DMTN-167)."""
    for one in context.tree.documents:
        document = one.document
        shared = document.name if isinstance(document, Chain) else getattr(document, "prefix", "u/")
        if shared.startswith("u/"):
            continue
        for path, name in _collections(document):
            if name.startswith("u/"):
                found = f"an official document uses the user collection {name}"
                yield one.problem("user-collection", path, found, "official collections, or a prefix u/<user>/")


def _makers(context: Context) -> Iterator[Making]:
    yield from context.tree.sets
    yield from context.tree.curated


def _other_tickets(document: CalibrationSet) -> Iterator[tuple[FieldPath, str]]:
    if document.approval:
        yield ("approval", "ticket"), document.approval.ticket
    if document.deployment:
        yield ("deployment", "ticket"), document.deployment.ticket
    if document.reviewed:
        yield ("reviewed",), document.reviewed


def _collections(document: object) -> Iterator[tuple[FieldPath, str]]:
    """Yield the collections that a document names, and where."""
    if isinstance(document, CalibrationSet):
        yield ("raws",), document.raws
        yield from ((("starting_calibs", index), name) for index, name in enumerate(document.starting_calibs))
        for product, settings in document.products.items():
            runs, inputs = settings.from_runs, settings.inputs or ()
            yield from ((("products", product, "from", index), name) for index, name in enumerate(runs))
            yield from ((("products", product, "inputs", index), name) for index, name in enumerate(inputs))
    if isinstance(document, CuratedSet) and document.collection:
        yield ("collection",), document.collection
    if isinstance(document, Chain):
        yield ("name",), document.name
        yield from ((("members", index), name) for index, name in enumerate(document.members))
