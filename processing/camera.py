"""A camera as a value: sensors, amplifiers, filters and where a raw's header says what.

A raw is one image, the segments of the amplifiers tiled as on the sensor. Each segment stands in readout
order: its first pixel read is its lower left one, so that the prescan is left, the serial overscan right and
the parallel overscan on top. `flip_x` and `flip_y` say how the assembly turns it into the sensor's own frame.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from processing.errors import ProcessingError

SEGMENT_KEYS = {
    "columns": "SEGCOLS",
    "rows": "SEGROWS",
    "prescan_columns": "SEGPRE",
    "overscan_columns": "SEGOVCOL",
    "overscan_rows": "SEGOVROW",
}
"""Header keywords with which a raw overrides its camera's segment: one camera file serves scaled sensors."""


class CameraError(ProcessingError):
    """A camera that does not exist or whose file is wrong."""


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Segment(_Value):
    """What one amplifier reads, in pixels."""

    columns: int = Field(gt=0)
    rows: int = Field(gt=0)
    prescan_columns: int = Field(default=0, ge=0)
    overscan_columns: int = Field(default=0, ge=0)
    overscan_rows: int = Field(default=0, ge=0)

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns) as read, scans included."""
        return self.rows + self.overscan_rows, self.prescan_columns + self.columns + self.overscan_columns

    def scaled_to(self, columns: int, rows: int) -> Segment:
        """The same amplifier on a smaller or larger sensor; its scans stay wide enough to measure."""
        return Segment(
            columns=columns,
            rows=rows,
            prescan_columns=_scaled(self.prescan_columns, columns / self.columns, least=1),
            overscan_columns=_scaled(self.overscan_columns, columns / self.columns, least=8),
            overscan_rows=_scaled(self.overscan_rows, rows / self.rows, least=4),
        )


class Amplifier(_Value):
    """One readout: its place in the grid of the sensor and its nominal electronics."""

    name: str
    column: int = Field(ge=0)
    row: int = Field(ge=0)
    flip_x: bool = False
    flip_y: bool = False
    gain_e_per_adu: float = Field(gt=0)
    read_noise_e: float = Field(ge=0)
    saturation_adu: float = Field(gt=0)


class Detector(_Value):
    """One sensor; `position` is its column and row in the focal plane, `segment` what the camera's is not."""

    id: int = Field(ge=0)
    name: str
    position: tuple[int, int] = (0, 0)
    segment: Segment | None = None
    amplifiers: tuple[Amplifier, ...]

    @property
    def grid(self) -> tuple[int, int]:
        """(rows, columns) of amplifiers."""
        return 1 + max(a.row for a in self.amplifiers), 1 + max(a.column for a in self.amplifiers)

    def raw_shape(self, segment: Segment) -> tuple[int, int]:
        """(rows, columns) of a raw image."""
        return self.grid[0] * segment.shape[0], self.grid[1] * segment.shape[1]

    def shape(self, segment: Segment) -> tuple[int, int]:
        """(rows, columns) of the assembled image."""
        return self.grid[0] * segment.rows, self.grid[1] * segment.columns


class HeaderField(_Value):
    """Where a header says something: a keyword, a constant if the keyword is absent, and a translation."""

    key: str | None = None
    default: str | int | float | None = None
    values: Mapping[str, str] = {}

    @model_validator(mode="after")
    def _says_something(self) -> HeaderField:
        if self.key is None and self.default is None:
            raise ValueError("needs `key`, `default` or both")
        return self


class HeaderMap(_Value):
    """The header fields that become an exposure record. What is optional has a rule when absent."""

    camera: HeaderField
    detector: HeaderField
    observation_type: HeaderField
    begin: HeaderField
    exposure_time: HeaderField
    filter: HeaderField
    dark_time: HeaderField | None = None
    day_obs: HeaderField | None = None
    seq_num: HeaderField | None = None
    obs_id: HeaderField | None = None
    group: HeaderField | None = None
    reason: HeaderField = HeaderField(default="unknown")
    program: HeaderField = HeaderField(default="unknown")
    target: HeaderField = HeaderField(default="unknown")
    temperature: HeaderField | None = None
    """Of the sensor, degrees Celsius."""


class Flats(_Value):
    """What the camera has already done to its flats before they were written."""

    dark_subtracted: bool = False
    pedestal_adu: float = 0.0


def _text(value: object) -> object:
    """YAML reads `y: y` as booleans: a band must be quoted, and the error should say so."""
    if isinstance(value, bool):
        raise ValueError("YAML reads this as true or false: put it in quotes")
    return value


BandName = Annotated[str, BeforeValidator(_text)]


class Camera(_Value):
    """Everything about a camera that ingest, simulation and signature removal need."""

    name: str = Field(pattern=r"^[A-Za-z][\w-]*$", max_length=16)
    time_scale: Literal["utc", "tai"]
    day_begins_hour: float = Field(default=12.0, ge=0, lt=24)
    segment: Segment
    filters: Mapping[BandName, BandName] = Field(min_length=1)
    detectors: tuple[Detector, ...] = Field(min_length=1)
    header: HeaderMap
    flats: Flats = Flats()

    @model_validator(mode="after")
    def _detectors_differ(self) -> Camera:
        ids = [d.id for d in self.detectors]
        if repeated := {i for i in ids if ids.count(i) > 1}:
            raise ValueError(f"detector ids stand twice: {sorted(repeated)}")
        return self

    @property
    def identifier(self) -> str:
        """The name as Python can spell it: the instrument class is called so."""
        return re.sub(r"\W", "_", self.name)

    def detector(self, number: int) -> Detector:
        """The detector with this id."""
        for detector in self.detectors:
            if detector.id == number:
                return detector
        known = ", ".join(str(d.id) for d in self.detectors)
        raise CameraError(f"{self.name} has no detector {number}: it has {known}")

    def physical_filter(self, band: str) -> str:
        """The first filter of this band."""
        for name, of in self.filters.items():
            if of == band:
                return name
        known = ", ".join(sorted(set(self.filters.values())))
        raise CameraError(f"{self.name} has no filter of band {band!r}: its bands are {known}")

    def segment_for(self, detector: Detector) -> Segment:
        """The segment of a detector at its real size: cameras mix sensors of several makers."""
        return detector.segment or self.segment

    def segment_of(self, header: Mapping[str, Any]) -> Segment:
        """The segment that this raw was read with."""
        usual = self._usual_segment(header)
        stated = {name: header[key] for name, key in SEGMENT_KEYS.items() if key in header}
        return Segment(**(usual.model_dump() | stated)) if stated else usual

    def _usual_segment(self, header: Mapping[str, Any]) -> Segment:
        if all(detector.segment is None for detector in self.detectors):
            return self.segment
        where = self.header.detector
        return self.segment_for(self.detector(int(header.get(where.key or "", where.default))))


def _scaled(pixels: int, factor: float, *, least: int) -> int:
    return max(least, round(pixels * factor)) if pixels else 0
