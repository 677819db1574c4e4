"""What the files of datasets hold: the digests that approvals sign, and that every copy is compared with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .seals import Seal, digest


@dataclass(frozen=True, slots=True)
class Content:
    """What a dataset's file holds, by its digest; of several files, the digest of theirs."""

    uuid: str
    sha256: str
    size: int


def content_root(seal: Seal, digests: Mapping[tuple[str, str], Content]) -> str:
    """Return one digest for what the files of a seal hold; a file that is lacking is part of it."""
    rows = [
        [dataset_type, data_id, uuid, str(digests.get((dataset_type, data_id)))]
        for dataset_type, ids in sorted(seal.datasets.items())
        for data_id, uuid in sorted(ids.items())
    ]
    return digest(rows)
