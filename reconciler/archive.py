"""What the archive says of a set that was published: the authority for bytes and identity, not for validity or chains.

sets/<ticket>/<content root>/manifest.json      written last; what it names is there
objects/<sha256>                                the files, each once, whichever tickets share it
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from .content import Content, content_root
from .parcel import Definition
from .seals import Seal, digest

PLACE = "archive"
"""The archive's name where places are named; a repository's has a slash."""


@dataclass(frozen=True, slots=True)
class Item:
    """The file of one dataset: its path in the repository that made it, and what it holds."""

    dataset_type: str
    data_id: str
    uuid: str
    path: str
    sha256: str
    size: int


@dataclass(frozen=True)
class Part:
    """One generation: its seal, and a file for every dataset that the seal names."""

    seal: Seal
    items: tuple[Item, ...]

    @cached_property
    def contents(self) -> dict[tuple[str, str], Content]:
        """Return (dataset type, data ID) -> what its file holds."""
        return {(one.dataset_type, one.data_id): Content(one.uuid, one.sha256, one.size) for one in self.items}

    @cached_property
    def root(self) -> str:
        """Return the content root, as approvals sign it."""
        return content_root(self.seal, self.contents)

    @property
    def fault(self) -> str:
        """Return why the items are not what the seal names; empty if they are."""
        named = {(t, d, uuid) for t, ids in self.seal.datasets.items() for d, uuid in ids.items()}
        listed = [(one.dataset_type, one.data_id, one.uuid) for one in self.items]
        if doubled := len(listed) - len(set(listed)):
            return f"{doubled} datasets are listed twice"
        if strange := sorted(set(listed) - named):
            return f"it lists {' '.join(strange[0])}, which its seal does not name"
        if lacking := sorted(named - set(listed)):
            return f"it lacks {' '.join(lacking[0])}, which its seal names"
        return ""


@dataclass(frozen=True)
class Manifest:
    """What was published of one ticket at a time: its generations by leaf, and how their dataset types are defined."""

    instrument: str
    ticket: str
    definitions: Mapping[str, Definition]
    parts: Mapping[str, Part]

    @cached_property
    def root(self) -> str:
        """Return the content root of all parts; it names the manifest."""
        return digest({leaf: part.root for leaf, part in self.parts.items()})
