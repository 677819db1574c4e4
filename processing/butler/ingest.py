"""Take raws into a repository: what can be ingested is, what cannot is named with the reason.

A file's place is its exposure and detector. The same bytes again are skipped; other bytes for a place that is
taken are refused, whether the first came in this call or long ago. All records and files go in together: a call
that fails half-way leaves the repository as it was, and can be repeated.
"""

from __future__ import annotations

import filecmp
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lsst.daf.butler import (
    Butler,
    DataCoordinate,
    DatasetIdGenEnum,
    DatasetRef,
    DatasetType,
    FileDataset,
)

from processing import raw
from processing.butler import records
from processing.butler.formatters import RawFormatter
from processing.butler.records import Place
from processing.butler.registration import class_name, raw_type
from processing.butler.repository import RepositoryError
from processing.camera import Camera
from processing.errors import ProcessingError
from processing.observation import HeaderError, Observation, detector_of, observe


@dataclass(frozen=True)
class Refusal:
    """A file that was not taken and why."""

    file: str
    why: str


@dataclass
class Outcome:
    """What became of the files."""

    ingested: int = 0
    skipped: int = 0
    refused: list[Refusal] = field(default_factory=list)

    def refuse(self, path: Path, why: str) -> None:
        """Remember a file that was not taken."""
        self.refused.append(Refusal(str(path), why))


@dataclass(frozen=True)
class Candidate:
    """A readable raw of this camera and where it goes."""

    path: Path
    observation: Observation
    detector: int

    @property
    def place(self) -> Place:
        """Exposure id and detector."""
        return self.observation.exposure, self.detector


def raw_files(inputs: Sequence[Path]) -> list[Path]:
    """The given files and, by name, the raws under the given directories; sorted, each once."""
    found: set[Path] = set()
    for given in inputs:
        if given.is_dir():
            found |= {p for p in given.rglob("*") if p.is_file() and raw.is_raw_name(p)}
        else:
            found.add(given)
    if not found:
        places = ", ".join(str(given) for given in inputs)
        raise ProcessingError(f"{places}: no raws, expected names that end in {', '.join(raw.SUFFIXES)}")
    return sorted(found)


def ingest(butler: Butler, camera: Camera, files: Sequence[Path], *, run: str, transfer: str) -> Outcome:
    """Ingest raws of one camera into a RUN; `transfer` is copy, symlink or direct."""
    outcome = Outcome()
    kind = _checked_raw_type(butler, camera)
    candidates = _readable(files, camera, outcome)
    candidates = _agreeing(butler, camera, candidates, outcome)
    # A RUN is two rows: a kill between them, outside a transaction, leaves a RUN that nothing can ever be put into.
    with butler.transaction():
        butler.collections.register(run)
    candidates = _new(butler, camera, kind, run, candidates, outcome)
    observations = {c.observation.exposure: c.observation for c in candidates}
    with butler.transaction():
        records.insert(butler, camera, observations.values())
        data_ids = records.expanded(butler, camera, [c.place for c in candidates])
        butler.ingest(*(_dataset(c, kind, data_ids[c.place], run) for c in candidates), transfer=transfer)
    outcome.ingested = len(candidates)
    return outcome


def _checked_raw_type(butler: Butler, camera: Camera) -> DatasetType:
    """Refuse a repository of another universe before anything is written."""
    if not butler.registry.queryDatasetTypes("raw"):
        raise RepositoryError("the repository has no dataset type raw: it was not made by `repo create`")
    kind, ours = butler.get_dataset_type("raw"), raw_type(butler.registry)
    if kind != ours:
        raise RepositoryError(f"the repository defines raws otherwise: {kind}, expected {ours}")
    if not records.has_instrument(butler, camera):
        add = f"butler register-instrument REPO {class_name(camera)}"
        raise RepositoryError(f"the repository has no instrument {camera.name}; add it with: {add}")
    return kind


def _readable(files: Iterable[Path], camera: Camera, outcome: Outcome) -> list[Candidate]:
    found = []
    for path in files:
        try:
            header, shape = raw.inspect(path)
            detector = detector_of(header, camera)
            _check_shape(shape, camera.detector(detector).raw_shape(camera.segment_of(header)))
            found.append(Candidate(path.absolute(), observe(header, camera), detector))
        except ProcessingError as wrong:
            outcome.refuse(path, str(wrong))
    return found


def _check_shape(found: tuple[int, int], expected: tuple[int, int]) -> None:
    if found != expected:
        raise HeaderError(f"the image has {found} (rows, columns), expected {expected}")


def _agreeing(butler: Butler, camera: Camera, candidates: Sequence[Candidate], outcome: Outcome) -> list[Candidate]:
    """Refuse files that contradict what the repository or an earlier file says of their exposure."""
    known = records.known(butler, camera, {c.observation.exposure for c in candidates})
    said: dict[int, Observation] = {}
    agreeing = []
    for candidate in candidates:
        mine = candidate.observation
        differs = mine.difference(said.setdefault(mine.exposure, mine))
        if not differs and mine.exposure in known:
            differs = records.difference(mine, camera, known[mine.exposure])
        if differs:
            outcome.refuse(candidate.path, f"exposure {mine.exposure} is known already and differs: {differs}")
        else:
            agreeing.append(candidate)
    return agreeing


def _new(
    butler: Butler,
    camera: Camera,
    kind: DatasetType,
    run: str,
    candidates: Sequence[Candidate],
    outcome: Outcome,
) -> list[Candidate]:
    """Leave out what is there already: skipped if its bytes are the same, refused otherwise."""
    taken = records.stored(butler, camera, kind, run, {c.observation.exposure for c in candidates})
    new = []
    for candidate in candidates:
        first = taken.setdefault(candidate.place, candidate.path)
        exposure, detector = candidate.place
        if first is candidate.path:
            new.append(candidate)
        elif _same_bytes(first, candidate.path):
            outcome.skipped += 1
        else:
            why = f"duplicate of {first}: exposure {exposure}, detector {detector}, with other contents"
            outcome.refuse(candidate.path, why)
    return new


def _same_bytes(first: Path, second: Path) -> bool:
    return first.exists() and filecmp.cmp(first, second, shallow=False)


def _dataset(candidate: Candidate, kind: DatasetType, data_id: DataCoordinate, run: str) -> FileDataset:
    # Derived from data ID and RUN: the same raw has the same UUID wherever and whenever it is ingested.
    ref = DatasetRef(kind, data_id, run, id_generation_mode=DatasetIdGenEnum.DATAID_TYPE_RUN)
    return FileDataset(path=str(candidate.path), refs=[ref], formatter=RawFormatter)
