"""Draw what a repository holds: the products of one dataset type, all detectors in one picture per filter."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from lsst.daf.butler import (
    Butler,
    CalibrationLookupError,
    DatasetRef,
    DatasetType,
    MissingCollectionError,
    MissingDatasetTypeError,
)

from processing.butler.instrument import CameraInstrument
from processing.butler.repository import RepositoryError
from processing.pictures.drawing import pictures
from processing.pictures.figure import Subject

DIMENSIONS = ({"instrument", "detector"}, {"instrument", "detector", "physical_filter"})
"""Of what a picture can show all detectors of."""


def draw(butler: Butler, kind: str, collections: Sequence[str], directory: Path) -> list[Path]:
    """Write the pictures of a dataset type, named by camera, type and filter; returns their paths.

    Each product is the first that the collections have. Raises RepositoryError if they have none.
    """
    written = []
    for _, together in groupby(_found(butler, kind, collections), key=_camera_and_filter):
        refs = list(together)
        subject = subject_of(refs)
        stem = "_".join(part for part in (subject.camera.name, subject.physical_filter, kind) if part)
        products = ((int(ref.dataId["detector"]), butler.get(ref)) for ref in refs)
        for end, picture in pictures(subject, products).items():
            directory.mkdir(parents=True, exist_ok=True)
            path = directory / f"{stem}{end}.png"
            path.write_bytes(picture.png)
            written.append(path)
    return written


def subject_of(refs: Sequence[DatasetRef]) -> Subject:
    """What these datasets of one type, camera and filter show."""
    first = refs[0]
    camera = CameraInstrument.from_data_id(first.dataId).camera
    runs = sorted({ref.run for ref in refs})
    source = runs[0] if len(runs) == 1 else f"{runs[0]} and {len(runs) - 1} other RUNs"
    return Subject(camera, first.datasetType.name, _camera_and_filter(first)[1], source)


def _found(butler: Butler, kind: str, collections: Sequence[str]) -> list[DatasetRef]:
    """By camera, filter and detector."""
    where = f"dataset type {kind!r} in {', '.join(collections)}"
    try:
        _refuse_dimensions(butler.get_dataset_type(kind))
        found = butler.query_datasets(
            kind, list(collections), find_first=True, with_dimension_records=True, limit=None, explain=False
        )
    except (MissingDatasetTypeError, MissingCollectionError) as missing:
        raise RepositoryError(f"nothing to draw: {missing}") from missing
    except CalibrationLookupError as several:
        raise RepositoryError(f"{where}: certified more than once: name a RUN instead") from several
    if not found:
        raise RepositoryError(f"nothing to draw: no {where}")
    return sorted(found, key=lambda ref: (*_camera_and_filter(ref), ref.dataId["detector"]))


def _refuse_dimensions(kind: DatasetType) -> None:
    if set(kind.dimensions.required) not in DIMENSIONS:
        found = ", ".join(kind.dimensions.required)
        raise RepositoryError(
            f"dataset type {kind.name!r} is of {found}; a picture shows what there is one of per detector and filter"
        )


def _camera_and_filter(ref: DatasetRef) -> tuple[str, str]:
    of_filter = "physical_filter" in ref.dimensions.required
    return str(ref.dataId["instrument"]), str(ref.dataId["physical_filter"]) if of_filter else ""
