"""What a repository in memory holds."""

from __future__ import annotations

import threading
import uuid as uuids
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from ..errors import ReconcileError
from ..holdings import Columns, Exposure
from ..observation import CollectionType
from ..parcel import Definition
from ..record import Record
from ..seals import Doc

Rows = dict[str, list[tuple[int, int, str]]]


@dataclass
class Store:
    """What one repository holds: collections, datasets, certifications, the record."""

    types: dict[str, CollectionType] = field(default_factory=dict)
    children: dict[str, tuple[str, ...]] = field(default_factory=dict)
    docs: dict[str, Doc] = field(default_factory=dict)
    contents: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    certifications: dict[tuple[str, str], Rows] = field(default_factory=dict)
    tables: dict[str, Columns] = field(default_factory=dict)
    """UUID -> content, of datasets that are tables."""
    exposures: dict[tuple[str, int], Exposure] = field(default_factory=dict)
    applied: dict[str, frozenset[str]] = field(default_factory=dict)
    """Data ID of a corrected frame -> UUIDs of the calibrations that its header names."""
    detectors: frozenset[int] = frozenset()
    record: Record | None = None
    held: set[str] = field(default_factory=set)
    guard: threading.RLock = field(default_factory=threading.RLock)
    reachable: bool = True
    files: dict[str, bytes] = field(default_factory=dict)
    """UUID -> what the file holds, where that is not the UUID itself."""
    versions: dict[str, dict[str, str]] = field(default_factory=dict)
    """RUN -> package -> version."""
    lost: set[str] = field(default_factory=set)
    """UUIDs of datasets whose file is gone."""
    definitions: dict[str, Definition] = field(default_factory=dict)
    """Of dataset types that came with a definition; those of others are what their data IDs look like."""

    def register(self, name: str, kind: CollectionType) -> None:
        """Register a collection as Butler does: another type under the same name is an error here."""
        if self.types.setdefault(name, kind) != kind:
            raise ReconcileError(f"collection {name} exists as {self.types[name]}, not {kind}")

    def add(self, run: str, dataset_type: str, data_id: str) -> str:
        """Put a dataset with a new UUID into a RUN; return the UUID."""
        self.register(run, "RUN")
        name = str(uuids.uuid4())
        self.contents.setdefault((run, dataset_type), {})[data_id] = name
        return name

    def file(self, name: str) -> bytes:
        """Return what the file of a dataset holds, by its UUID."""
        return self.files.get(name, name.encode())

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Let nobody else in, and leave everything as it was if something is raised."""
        with self.guard:
            kept = dict(self.types), dict(self.children), dict(self.docs), self.record
            certified = {key: dict(rows) for key, rows in self.certifications.items()}
            contents = {key: dict(ids) for key, ids in self.contents.items()}
            try:
                yield
            except BaseException:
                self.types, self.children, self.docs, self.record = kept
                self.certifications, self.contents = certified, contents
                raise
