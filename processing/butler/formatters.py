"""How Butler reads and writes our files. Imported by name from a repository's butler.yaml: keep the names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

from lsst.daf.butler import DatasetProvenance, FormatterV2, Location
from lsst.resources import ResourcePath
from typing_extensions import override

from processing import camera_files, defect_boxes, defect_file, frame, raw, table_file
from processing.camera import Camera
from processing.pictures import binned_file
from processing.pictures.binning import Binned
from processing.pictures.figure import Picture


class RawFormatter(FormatterV2):
    """Reads raws as they came from the camera; never writes."""

    default_extension = ".fits"
    supported_extensions = frozenset(raw.SUFFIXES)
    can_read_from_local_file = True

    @override
    def read_from_local_file(self, path: str, component: str | None = None, expected_size: int = -1) -> raw.RawFrame:
        """Read image and header."""
        return raw.read(Path(path))

    @classmethod
    @override
    def validate_extension(cls, location: Location) -> None:
        """Accept the names of raws in any case, as cameras write `.FIT` and `.fits`."""
        if not raw.is_raw_name(Path(location.path)):
            raise ValueError(f"{location.path}: expected a name that ends in one of {', '.join(raw.SUFFIXES)}")


class _ProvenanceFormatter(FormatterV2):
    """Lets the header of what is written name the dataset itself and the inputs of its quantum."""

    max_inputs: ClassVar[int | None] = None
    """If there are more inputs, only their number is stated."""

    @override
    def add_provenance(self, in_memory_dataset: Any, /, *, provenance: DatasetProvenance | None = None) -> Any:
        """A copy whose header has the cards `LSST BUTLER ...`."""
        if provenance is None:
            return in_memory_dataset
        said = provenance.to_flat_dict(
            self.dataset_ref, prefix="LSST BUTLER", sep=" ", simple_types=True, max_inputs=self.max_inputs
        )
        return replace(in_memory_dataset, header={**in_memory_dataset.header, **said})


class FrameFormatter(_ProvenanceFormatter):
    """Reads and writes frames; parameter `rows` (begin, end) reads part of one."""

    default_extension = ".fits"
    unsupported_parameters: ClassVar[frozenset[str]] = frozenset()
    can_read_from_local_file = True

    @override
    def read_from_local_file(self, path: str, component: str | None = None, expected_size: int = -1) -> frame.Frame:
        """Read the frame or the rows that were asked for."""
        parameters: Mapping[str, Any] = self.file_descriptor.parameters or {}
        return frame.read(Path(path), parameters.get("rows"))

    @override
    def write_local_file(self, in_memory_dataset: frame.Frame, uri: ResourcePath) -> None:
        """Write the frame."""
        frame.write(in_memory_dataset, Path(uri.ospath))


class BinnedFormatter(FormatterV2):
    """Reads and writes binned frames."""

    default_extension = ".fits"
    can_read_from_local_file = True

    @override
    def read_from_local_file(self, path: str, component: str | None = None, expected_size: int = -1) -> Binned:
        """Read the cells."""
        return binned_file.read(Path(path))

    @override
    def write_local_file(self, in_memory_dataset: Binned, uri: ResourcePath) -> None:
        """Write the cells."""
        binned_file.write(in_memory_dataset, Path(uri.ospath))


class DefectsFormatter(_ProvenanceFormatter):
    """Reads and writes defects."""

    default_extension = ".ecsv"
    can_read_from_local_file = True

    @override
    def read_from_local_file(
        self, path: str, component: str | None = None, expected_size: int = -1
    ) -> defect_boxes.Defects:
        """Read the table."""
        return defect_file.read(Path(path))

    @override
    def write_local_file(self, in_memory_dataset: defect_boxes.Defects, uri: ResourcePath) -> None:
        """Write the table."""
        defect_file.write(in_memory_dataset, Path(uri.ospath))


class TableFormatter(_ProvenanceFormatter):
    """Reads and writes tables of results, of the class that the dataset's storage class names."""

    default_extension = ".ecsv"
    can_read_from_local_file = True

    @override
    def read_from_local_file(
        self, path: str, component: str | None = None, expected_size: int = -1
    ) -> table_file.Table:
        """Read the table."""
        return _table(self.file_descriptor.storageClass.pytype, Path(path), Path(path).stat().st_mtime_ns)

    @override
    def write_local_file(self, in_memory_dataset: table_file.Table, uri: ResourcePath) -> None:
        """Write the table."""
        table_file.write(in_memory_dataset, Path(uri.ospath))


@lru_cache(maxsize=64)
def _table(kind: type[table_file.Table], path: Path, changed_ns: int) -> table_file.Table:
    """Read a table once for all exposures of a detector: parsing takes longer than much of what is done with it.

    Tables are frozen, and so are their arrays: everybody may have the same.
    """
    del changed_ns  # only tells files apart that stood under the same name
    return table_file.read(kind, path)


class ScalesFormatter(TableFormatter):
    """Reads and writes the joint normalisation of flats."""

    max_inputs: ClassVar[int | None] = 0  # of thousands; the rows name them


class CameraFormatter(FormatterV2):
    """Reads and writes the description of a camera."""

    default_extension = ".yaml"
    can_read_from_local_file = True

    @override
    def read_from_local_file(self, path: str, component: str | None = None, expected_size: int = -1) -> Camera:
        """Read the YAML."""
        return camera_files.read(Path(path))

    @override
    def write_local_file(self, in_memory_dataset: Camera, uri: ResourcePath) -> None:
        """Write the YAML, with all that defaults say."""
        camera_files.write(in_memory_dataset, Path(uri.ospath))


class PictureFormatter(FormatterV2):
    """Reads and writes pictures, byte by byte."""

    default_extension = ".png"
    can_read_from_local_file = True

    @override
    def read_from_local_file(self, path: str, component: str | None = None, expected_size: int = -1) -> Picture:
        """Read the PNG."""
        return Picture(Path(path).read_bytes())

    @override
    def write_local_file(self, in_memory_dataset: Picture, uri: ResourcePath) -> None:
        """Write the PNG."""
        Path(uri.ospath).write_bytes(in_memory_dataset.png)
