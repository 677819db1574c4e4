"""What a Butler export of one ticket holds, for people without this tool.

Only what belongs to the ticket is in it, never a chain that others share: `butler import` redefines every chain of its
file, and members that only the importing repository has would be lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .archive import Item
from .parcel import Definition
from .seals import Seal
from .validity import Validity


@dataclass(frozen=True, slots=True)
class Exported:
    """One dataset, the RUN that it is in, and where its file stands in the export."""

    item: Item
    run: str
    path: str


@dataclass(frozen=True)
class Export:
    """All that goes into one export.

    Attributes
    ----------
    seals
        RUN -> the seal that it bears.
    certified
        CALIBRATION collection -> validity -> UUIDs.
    chains
        Chain -> its members, as far as they are in the export.
    left_out
        Members of these chains that the export does not hold.
    """

    definitions: Mapping[str, Definition]
    datasets: tuple[Exported, ...]
    seals: Mapping[str, Seal]
    certified: Mapping[str, Mapping[Validity, tuple[str, ...]]]
    chains: Mapping[str, tuple[str, ...]]
    left_out: tuple[str, ...]
