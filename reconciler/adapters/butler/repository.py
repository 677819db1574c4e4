"""The port, composed."""

from __future__ import annotations

from dataclasses import replace
from types import TracebackType

from ...observation import Observation, Scope
from ...seals import Claim, Seal
from ...state import Change
from . import commit, generations, observe
from .connect import Connection, told
from .editing import editing, register, write_record


class ButlerRepository:
    """A Butler repository, opened when it is first used.

    Parameters
    ----------
    place
        Its name in specs and sites.
    address
        Path or URI of the repository, as `Butler.from_config` takes it.
    """

    def __init__(self, place: str, address: str) -> None:
        self._connection = Connection(place, address)

    @property
    def place(self) -> str:
        """Return the name of the repository."""
        return self._connection.place

    def close(self) -> None:
        """Close the connections to the database."""
        self._connection.close()

    def __enter__(self) -> ButlerRepository:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def observe(self, scope: Scope) -> Observation:
        """Look at the repository (see `ports.Repository`)."""
        with told(self.place):
            return observe.observe(self._connection.reader, self.place, scope)

    def commit(self, changes: tuple[Change, ...]) -> None:
        """Make all these registry edits, or none."""
        with told(self.place):
            commit.commit(self._connection, changes)

    def claim(self, leaf: str, claim: Claim) -> Claim:
        """Register a leaf with its claim, unless one stands already; return the claim that stands."""
        with told(self.place):
            return generations.claim(self._connection, leaf, claim)

    def ensure_chain(self, name: str) -> None:
        """Register an empty CHAINED collection unless a collection of that name exists."""
        with told(self.place):
            if generations.find(self._connection.writer, name) is None:
                register(self._connection.writer, name, "CHAINED")

    def seal(self, leaf: str, seal: Seal) -> None:
        """Replace the leaf's claim by the seal, put the output RUN in front of its children, seal the RUN too."""
        with told(self.place):
            generations.seal(self._connection, leaf, seal)

    def remember(self, commit: str) -> None:
        """Write into the record which commit was applied last."""
        with told(self.place), editing(self._connection) as (butler, record):
            if record.applied != commit:
                write_record(butler, replace(record, applied=commit))
