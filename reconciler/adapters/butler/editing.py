"""The one way to write: a transaction that begins by taking the row locks, so that what it then reads stays true.

`butler.transaction()` alone is READ COMMITTED on PostgreSQL, and a chain or a document that is read and then written
in it loses the updates of others silently. Extending a chain by nothing locks its row on every back end. All our
writes lock the record first and chains by name, so they never wait for each other in a circle.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from ... import record as records
from ...errors import ReconcileError
from ...observation import CollectionType
from ...record import COLLECTION, Record
from ...seals import MARK
from ..identity import own
from .connect import Connection


@contextmanager
def editing(connection: Connection, chains: Iterable[str] = ()) -> Iterator[tuple[Any, Record]]:
    """Yield the Butler that writes, in a transaction that holds the record's row and those of the chains.

    Chains that do not exist are registered in the same transaction; so is the record's text if there is none. Raises
    before anything is written if the record is that of another repository.
    """
    butler = connection.writer
    register(butler, COLLECTION, "CHAINED")
    with butler.transaction():
        lock(butler, COLLECTION)
        record = _record(butler, connection.place)
        for name in sorted(chains):
            register(butler, name, "CHAINED")
            lock(butler, name)
        yield butler, record


def identify(connection: Connection) -> Any:
    """Return the Butler that writes; raise if the repository is another than it should be.

    For what is too long for one transaction.
    """
    with editing(connection) as (butler, _):
        return butler


def lock(butler: Any, chain: str) -> None:
    """Hold the row of a chain until the transaction ends."""
    butler.collections.extend_chain(chain, [])


def register(butler: Any, name: str, kind: CollectionType, doc: str | None = None) -> None:
    """Register a collection unless it exists; refuse if it exists as another type, where Butler says nothing."""
    from lsst.daf.butler import CollectionType as ButlerType

    # A RUN is two rows: a kill between them, outside a transaction, leaves a RUN that nothing can ever be put into.
    with butler.transaction():
        if butler.collections.register(name, ButlerType.from_name(kind), doc):
            return
    found = butler.collections.get_info(name).type.name
    if found != kind:
        raise ReconcileError(
            f"collection {name} exists as {found}, expected {kind}",
            hint="Rename one of the two; reconcile never replaces a collection.",
        )


def write_record(butler: Any, record: Record) -> None:
    """Write the record's text; within `editing` only."""
    butler.registry.setCollectionDocumentation(COLLECTION, records.write(record))


def parse_record(text: str) -> Record | None:
    """Return the record of its collection's documentation; None where there is none, or none of ours."""
    return records.read(text) if text.startswith(MARK) else None


def _record(butler: Any, place: str) -> Record:
    text = butler.collections.get_info(COLLECTION).doc
    found = parse_record(text)
    if found is None and text:
        raise ReconcileError(
            f"{place}: the documentation of {COLLECTION} is not the record that reconcile keeps there",
            hint="Somebody else wrote it. Save it elsewhere and clear it; then links made before are kept as foreign.",
        )
    record = own(place, found)
    if found is None:
        write_record(butler, record)
    return record
