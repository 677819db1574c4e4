"""The archive, looked at as if it were a repository: its leaves are sealed, and may lack files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set

from .archive import PLACE, Manifest, Part
from .content import Content
from .errors import ReconcileError
from .holdings import Taken
from .observation import Collection, Observation, Scope
from .parcel import Definition
from .ports import Store
from .record import Record
from .seals import Seal
from .validity import Validity


class Archive:
    """A `Reader` of what the archive holds of some tickets.

    Parameters
    ----------
    tickets
        Those that a site publishes or receives; of others nothing is read.
    """

    def __init__(self, store: Store, tickets: frozenset[str]) -> None:
        self.store = store
        self.tickets = tickets

    @property
    def place(self) -> str:
        """Return the name by which the archive stands among places."""
        return PLACE

    def observe(self, scope: Scope) -> Observation:
        """Return the leaves that manifests name, and of their datasets those whose files are there, whole in size."""
        manifests = self.store.manifests(self.tickets)
        parts = {
            leaf: part
            for leaf, (part, _) in agreed(manifests).items()
            if scope.collections is None or leaf in scope.collections
        }
        there = self.store.sizes(frozenset(item.sha256 for part in parts.values() for item in part.items))
        contents: dict[tuple[str, str], dict[str, str]] = {}
        for part in parts.values():
            for item in part.items:
                if there.get(item.sha256) == item.size:
                    contents.setdefault((part.seal.run, item.dataset_type), {})[item.data_id] = item.uuid
        return Observation(
            place=PLACE,
            collections={leaf: Collection("CHAINED", (), part.seal) for leaf, part in sorted(parts.items())},
            contents=contents,
            record=Record(PLACE),
            published=_by_ticket(manifests, parts.keys()),
        )

    def part(self, leaf: str) -> tuple[Part, Mapping[str, Definition]]:
        """Return what was published of a generation, and how its dataset types are defined."""
        found = self._read()
        if leaf not in found:
            raise ReconcileError(f"the archive holds nothing of {leaf}")
        return found[leaf]

    def published(self, ticket: str) -> Mapping[str, Part]:
        """Return leaf -> what the manifests of one ticket name of it."""
        return {leaf: part for one in self.store.manifests(frozenset({ticket})) for leaf, part in one.parts.items()}

    def contents(self, leaf: str) -> Mapping[tuple[str, str], Content]:
        """Return what the files of a generation hold, as far as it was published."""
        found = self._read().get(leaf)
        return found[0].contents if found else {}

    def root(self, seal: Seal) -> str:
        """Return the content root of what a seal names, as its manifest has it."""
        names = seal.run, seal.datasets
        parts = (part for part, _ in self._read().values())
        return next((part.root for part in parts if (part.seal.run, part.seal.datasets) == names), "absent")

    def calibration_types(self, collections: frozenset[str]) -> frozenset[str]:
        """Return the dataset types that these leaves hold."""
        parts = (part for leaf, (part, _) in self._read().items() if leaf in collections)
        return frozenset(dataset_type for part in parts for dataset_type in part.seal.datasets)

    def held_types(self) -> frozenset[str]:
        """Return every dataset type of which something was published."""
        return frozenset(t for part, _ in self._read().values() for t in part.seal.datasets)

    def exposures_during(
        self,
        instrument: str,  # noqa: ARG002
        windows: tuple[Validity, ...],  # noqa: ARG002
        filters: frozenset[str] | None = None,  # noqa: ARG002
    ) -> tuple[Taken, ...]:
        """Return nothing: the archive has no exposures."""
        return ()

    def _read(self) -> dict[str, tuple[Part, Mapping[str, Definition]]]:
        return agreed(self.store.manifests(self.tickets))


def _by_ticket(manifests: Iterable[Manifest], leaves: Set[str]) -> dict[str, frozenset[str]]:
    """Return ticket -> which of these leaves its manifests name."""
    found: dict[str, frozenset[str]] = {}
    for one in manifests:
        found[one.ticket] = found.get(one.ticket, frozenset()) | (one.parts.keys() & leaves)
    return found


def agreed(manifests: Iterable[Manifest]) -> dict[str, tuple[Part, Mapping[str, Definition]]]:
    """Return leaf -> part; two manifests that name different datasets for one leaf cannot both be believed."""
    found: dict[str, tuple[Part, Mapping[str, Definition]]] = {}
    named: dict[str, Manifest] = {}
    for manifest in manifests:
        for leaf, part in manifest.parts.items():
            first = named.setdefault(leaf, manifest)
            if found.setdefault(leaf, (part, manifest.definitions))[0].root != part.root:
                raise ReconcileError(
                    f"two manifests name different contents of {leaf}: {first.root} and {manifest.root}",
                    hint="look which one was approved, and move the other one away",
                )
    return found
