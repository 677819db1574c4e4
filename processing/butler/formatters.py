"""How Butler reads and writes our files. Imported by name from a repository's butler.yaml: keep the names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from lsst.daf.butler import DatasetProvenance, FormatterV2, Location
from lsst.resources import ResourcePath
from typing_extensions import override

from processing import frame, raw


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


class FrameFormatter(FormatterV2):
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

    @override
    def add_provenance(
        self, in_memory_dataset: frame.Frame, /, *, provenance: DatasetProvenance | None = None
    ) -> frame.Frame:
        """Let the header name the dataset itself and the inputs of its quantum (`LSST BUTLER ...`)."""
        if provenance is None:
            return in_memory_dataset
        said = provenance.to_flat_dict(self.dataset_ref, prefix="LSST BUTLER", sep=" ", simple_types=True)
        return replace(in_memory_dataset, header={**in_memory_dataset.header, **said})
