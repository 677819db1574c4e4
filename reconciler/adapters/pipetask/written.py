"""What a quantum writes: files first, without the repository's database; the repository is told once it has ended.

So no lock of the database is held while anything is read, computed or written, and a quantum is registered with all
that it wrote or not at all. What was written and never registered is written again, under the same names.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from lsst.daf.butler import Butler, DatasetRef, DimensionGroup, Quantum, QuantumBackedButler
from lsst.daf.butler.datastore.record_data import DatastoreRecordData


@dataclass(frozen=True, slots=True)
class Written:
    """The datasets that a quantum has written, and what the datastores know of their files."""

    datasets: frozenset[UUID]
    records: Mapping[str, DatastoreRecordData]


NOTHING = Written(frozenset(), {})


class Files(QuantumBackedButler):
    """Reads and writes files alone, and at its end keeps in mind what it wrote."""

    written = NOTHING

    def clear(self, quantum: Quantum) -> None:
        """Remove, unread, what an attempt that died has left where the quantum will write."""
        if left := [ref for ref, there in self.stored_many(_outputs(quantum)).items() if there]:
            self.pruneDatasets(left, disassociate=True, unstore=True, purge=True)

    def close(self) -> None:
        """Take note of what was written, which its own database forgets."""
        refs = self._actual_output_refs
        self.written = Written(frozenset(ref.id for ref in refs), self._datastore.export_records(refs))
        super().close()


def register(butler: Butler, quantum: Quantum, written: Written) -> None:
    """Make known what a quantum wrote, in one transaction."""
    # As the middleware does it when it gathers what `run-qbb` wrote: pipe_base's aggregator.
    alike: defaultdict[DimensionGroup, list[DatasetRef]] = defaultdict(list)
    for ref in _outputs(quantum):
        if ref.id in written.datasets:
            alike[ref.datasetType.dimensions].append(ref)
    with butler.transaction():
        for refs in alike.values():
            butler.registry._importDatasets(refs, expand=False, assume_new=True)
        butler._datastore.import_records(written.records)


def forget(butler: Butler, run: str, quanta: Iterable[Quantum]) -> None:
    """Remove what failed attempts at the quanta have written, which are about to write it again."""
    known = set(butler.registry._fetch_run_dataset_ids(run))
    refs = [ref for quantum in quanta for ref in _outputs(quantum) if ref.id in known]
    if refs:
        butler.pruneDatasets(refs, disassociate=True, unstore=True, purge=True)


def _outputs(quantum: Quantum) -> list[DatasetRef]:
    return [ref for refs in quantum.outputs.values() for ref in refs]
