"""People at work beside us with plain Butler, on a small world in memory or on a real one, or at a shell."""

from __future__ import annotations

import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from reconciler.adapters.butler import ButlerRepository
from reconciler.adapters.butler.validity_edits import timespan
from reconciler.adapters.memory import MemoryRepository, Store
from reconciler.dataid import parse
from reconciler.observation import Observation, Scope, lift
from reconciler.ports import Repository
from reconciler.state import Cert, Chain, State
from reconciler.validity import Validity
from tests import butler_world
from tests.worlds import PLACE, Small

TYPES = frozenset({"bias", "dark", "flat"})


class People(ABC):
    """Somebody at the repository of a small world: what they see, and what they may do to it."""

    small: Small

    def observation(self) -> Observation:
        """Return everything that the repository holds."""
        return self.small.repository.observe(Scope(None, TYPES))

    def state(self) -> State:
        """Return the same as symbolic state."""
        return lift(self.observation())

    def members(self, chain: str) -> tuple[str, ...]:
        """Return the members of a chain; none where there is no chain."""
        return self.state().members(Chain(PLACE, chain))

    @abstractmethod
    def redefine(self, chain: str, members: Iterable[str]) -> None:
        """`butler collection-chain`, with the members as they shall be."""

    @abstractmethod
    def collection(self, name: str) -> None:
        """Register an empty CALIBRATION collection."""

    @abstractmethod
    def decertify(self, cert: Cert) -> None:
        """Take the certifications of one data ID away."""

    @abstractmethod
    def certify(self, cert: Cert, run: str, when: Validity) -> None:
        """Put a dataset of their own into a RUN and certify it instead of what is certified."""

    @abstractmethod
    def absent(self) -> Repository:
        """Return the repository as it is seen while it cannot be reached."""

    @abstractmethod
    def die(self) -> None:
        """Let the operator's process be no more; the next one opens everything anew."""

    @abstractmethod
    def close(self) -> None:
        """Close what is open."""


class InMemory(People):
    """People at a repository in memory."""

    def __init__(self, small: Small) -> None:
        self.small = small

    @property
    def _store(self) -> Store:
        assert isinstance(self.small.repository, MemoryRepository)
        return self.small.repository.store

    def redefine(self, chain: str, members: Iterable[str]) -> None:
        self._store.children[chain] = tuple(members)

    def collection(self, name: str) -> None:
        self._store.register(name, "CALIBRATION")

    def decertify(self, cert: Cert) -> None:
        self._store.certifications[cert.collection, cert.dataset_type].pop(cert.data_id)

    def certify(self, cert: Cert, run: str, when: Validity) -> None:
        added = self._store.add(run, cert.dataset_type, cert.data_id)
        rows = self._store.certifications[cert.collection, cert.dataset_type]
        rows[cert.data_id] = [(when.begin, when.end, added)]

    def absent(self) -> Repository:
        return MemoryRepository(PLACE, replace(self._store, reachable=False))

    def die(self) -> None:
        self._store.held.clear()

    def close(self) -> None:
        """Nothing is open."""


class AtButler(People):
    """People at a Butler repository, with a Butler of their own."""

    def __init__(self, root: Path) -> None:
        self.root, self.small = root, butler_world.on_butler(root)

    @cached_property
    def _butler(self) -> Any:
        from lsst.daf.butler import Butler

        return Butler.from_config(str(self.root), writeable=True)

    def redefine(self, chain: str, members: Iterable[str]) -> None:
        self._butler.collections.redefine_chain(chain, list(members))

    def collection(self, name: str) -> None:
        from lsst.daf.butler import CollectionType

        self._butler.collections.register(name, CollectionType.CALIBRATION)

    def decertify(self, cert: Cert) -> None:
        from lsst.daf.butler import DataCoordinate, Timespan

        dimensions = self._butler.get_dataset_type(cert.dataset_type).dimensions
        where = [DataCoordinate.standardize(parse(cert.data_id), dimensions=dimensions)]
        self._butler.registry.decertify(cert.collection, cert.dataset_type, Timespan(None, None), dataIds=where)

    def certify(self, cert: Cert, run: str, when: Validity) -> None:
        from lsst.daf.butler import CollectionType

        self._butler.collections.register(run, CollectionType.RUN)
        where = parse(cert.data_id)
        there = self._butler.find_dataset(cert.dataset_type, where, collections=[run])
        added = there or self._butler.put({"by": "somebody"}, cert.dataset_type, where, run=run)
        self.decertify(cert)
        self._butler.registry.certify(cert.collection, [added], timespan(when.begin, when.end))

    def absent(self) -> Repository:
        return ButlerRepository(PLACE, str(self.root / "moved"))

    def die(self) -> None:
        """Open the repository anew; the executor goes on counting what was built."""
        assert isinstance(self.small.repository, ButlerRepository)
        self.small.repository.close()
        self.small.repository = ButlerRepository(PLACE, str(self.root))

    def close(self) -> None:
        butler_world.close(self.small)
        if "_butler" in self.__dict__:
            self._butler.close()


@dataclass(frozen=True)
class AtShell:
    """Somebody who types commands, each of which is a process of its own."""

    repository: Path

    def butler(self, command: str, *arguments: str) -> None:
        """Type a command of plain `butler`."""
        _typed(str(Path(sys.executable).with_name("butler")), command, str(self.repository), *arguments)

    def decertifies(self, collection: str, dataset_type: str, **data_id: str | int) -> None:
        """Take a certification away: no command of `butler` does that, so people type a line of Python."""
        line = (
            f"from lsst.daf.butler import Butler, Timespan; b = Butler({str(self.repository)!r}, writeable=True); "
            f"b.registry.decertify({collection!r}, {dataset_type!r}, Timespan(None, None), "
            f"dataIds=[b.registry.expandDataId({data_id!r})])"
        )
        _typed(sys.executable, "-c", line)


def _typed(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
