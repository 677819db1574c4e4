"""What a curated set makes: RUNs of files, certified into the ticket's own collection (DMTN-222 section 5)."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from .dataid import data_id
from .errors import ReconcileError
from .intent import Made
from .parcel import File
from .seals import Recipe
from .spec.documents import CuratedFile, CuratedSet
from .spec.located import Located
from .state import Cert, Gen, Presence
from .timeline import Span, Timeline, gen, timeline
from .validity import ALWAYS, END, utc
from .work import Curation


def made(located: Located[CuratedSet], root: Path) -> Made:
    """Return the RUNs and certifications of one curated set; raise `ReconcileError` for a file that cannot be read."""
    document = located.document
    result = Made()
    runs: defaultdict[str, list[File]] = defaultdict(list)
    spans: defaultdict[Cert, list[tuple[int | None, str]]] = defaultdict(list)
    for dataset_type, run, file, identity in _files(document):
        path = (root / located.path).parent / file.file
        dataset = document.datasets[dataset_type]
        runs[run].append(
            File(dataset_type, dataset.storage_class, dataset.dimensions, identity, str(path), _sha256(path))
        )
        cert = Cert(document.origin, document.certified, dataset_type, identity)
        spans[cert].append((utc(file.from_date) if file.from_date else None, run))
    for run, files in runs.items():
        work = _work(document, run, tuple(files))
        result.works[work.key] = work
        result.values[work.key] = Presence(work.recipe.digest, True)
    result.values.update({cert: _timeline(cert, dates) for cert, dates in spans.items()})
    return result


def collections(document: CuratedSet) -> frozenset[str]:
    """Return every collection that a curated set makes."""
    runs = {run for _, run, _, _ in _files(document)}
    return frozenset({document.certified, *runs})


def _files(document: CuratedSet) -> Iterator[tuple[str, str, CuratedFile, str]]:
    """Yield dataset type, RUN, file and data ID."""
    for dataset_type, dataset in document.datasets.items():
        for file in dataset.files:
            dimensions = {
                "instrument": document.instrument,
                "detector": file.detector,
                "physical_filter": file.physical_filter,
            }
            yield (
                dataset_type,
                document.run(file),
                file,
                data_id({n: v for n, v in dimensions.items() if v is not None}),
            )


def _timeline(cert: Cert, dates: list[tuple[int | None, str]]) -> Timeline:
    """Return the timeline of one data ID: undated always; dated from its date to the next."""
    dated = sorted((when, run) for when, run in dates if when is not None)
    if len(dated) != len(dates):
        if len(dates) > 1:
            raise ReconcileError(f"{cert} has an undated file and others: which one counts when cannot be told")
        return timeline([Span(ALWAYS.begin, ALWAYS.end, gen(dates[0][1]))])
    ends = [when for when, _ in dated[1:]] + [END]
    return timeline((begin, end, gen(run)) for (begin, run), end in zip(dated, ends, strict=True))


def _work(document: CuratedSet, run: str, files: tuple[File, ...]) -> Curation:
    intent = {
        "curated": [
            [f.dataset_type, f.data_id, f.sha256, f.storage_class, list(f.dimensions)]
            for f in sorted(files, key=lambda f: (f.dataset_type, f.data_id))
        ]
    }
    return Curation(Gen(document.origin, run), document.ticket, Recipe(intent), files)


def _sha256(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise ReconcileError(f"curated file {path} cannot be read: {error.strerror}") from error
