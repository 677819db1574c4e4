"""What a raw's header says of its exposure, in the words of the exposure record: header in, value out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from typing import Any

from processing.camera import Camera, HeaderField
from processing.errors import ProcessingError

SEQUENCES_PER_DAY = 100_000
"""An exposure id is day_obs times this plus seq_num."""

LONGEST = {
    "obs_id": 64,
    "group": 64,
    "observation_type": 16,
    "observation_reason": 68,
    "science_program": 64,
    "target_name": 64,
}
"""Characters that Butler's columns hold."""


class HeaderError(ProcessingError):
    """A header that does not say what an exposure record needs, or says it of another camera."""


@dataclass(frozen=True)
class Observation:
    """One exposure. `begin` is ISO 8601 in the camera's time scale; times are in seconds."""

    day_obs: int
    seq_num: int
    obs_id: str
    group: str
    observation_type: str
    observation_reason: str
    science_program: str
    target_name: str
    physical_filter: str
    begin: str
    exposure_time: float
    dark_time: float

    @property
    def exposure(self) -> int:
        """The exposure id of the data ID."""
        return self.day_obs * SEQUENCES_PER_DAY + self.seq_num

    def difference(self, other: Observation) -> str:
        """The fields in which two observations disagree, for a person; empty if they agree."""
        names = [f.name for f in fields(self) if getattr(self, f.name) != getattr(other, f.name)]
        return ", ".join(f"{n} {getattr(self, n)!r} against {getattr(other, n)!r}" for n in names)


def detector_of(header: Mapping[str, Any], camera: Camera) -> int:
    """The detector id that a raw of this camera names; raises HeaderError for a raw of another camera."""
    found = str(_value(header, camera.header.camera, "camera"))
    if found != camera.name:
        raise HeaderError(f"it is of camera {found!r}, expected {camera.name!r}: ingest it as --camera {found}")
    number = _integer(header, camera.header.detector, "detector")
    return camera.detector(number).id


def observe(header: Mapping[str, Any], camera: Camera) -> Observation:
    """Read the exposure's record; raises HeaderError with the keyword that is missing or wrong."""
    where = camera.header
    begin = _begin(header, camera)
    exposure_time = _number(header, where.exposure_time, "exposure_time")
    day_obs, seq_num = _sequence(header, camera, begin)
    obs_id = str(_optional(header, where.obs_id, f"{day_obs}_{seq_num:05d}"))
    observation = Observation(
        day_obs=day_obs,
        seq_num=seq_num,
        obs_id=obs_id,
        group=str(_optional(header, where.group, obs_id)),
        observation_type=_observation_type(header, where.observation_type),
        observation_reason=str(_value(header, where.reason, "reason")),
        science_program=str(_value(header, where.program, "program")),
        target_name=str(_value(header, where.target, "target")),
        physical_filter=_filter(header, camera),
        begin=begin.isoformat(),
        exposure_time=exposure_time,
        dark_time=float(_optional(header, where.dark_time, exposure_time)),
    )
    for name, longest in LONGEST.items():
        if len(text := getattr(observation, name)) > longest:
            raise HeaderError(f"{name} is {text!r}, expected at most {longest} characters")
    return observation


def temperature(header: Mapping[str, Any], camera: Camera) -> float | None:
    """Return the sensor's temperature in degrees Celsius, where the camera states it; raise HeaderError if wrongly."""
    field = camera.header.temperature
    if field is None or (field.key not in header and field.default is None):
        return None
    return _number(header, field, "temperature")


def _sequence(header: Mapping[str, Any], camera: Camera, begin: datetime) -> tuple[int, int]:
    """(day_obs, seq_num) from the header, else from the time.

    Without a counter in the header the number is the second of the observing day: it keeps the order of time
    and, unlike a rank, does not move when further frames of the night are ingested, in whatever order.
    """
    shifted = begin - timedelta(hours=camera.day_begins_hour)
    midnight = datetime.combine(shifted.date(), datetime.min.time())
    day_obs, seq_num = int(f"{shifted:%Y%m%d}"), int((shifted - midnight).total_seconds())
    if camera.header.day_obs:
        day_obs = _day(header, camera.header.day_obs)
    if camera.header.seq_num:
        seq_num = _integer(header, camera.header.seq_num, "seq_num")
    if not 0 <= seq_num < SEQUENCES_PER_DAY:
        raise HeaderError(f"seq_num is {seq_num}, expected 0 to {SEQUENCES_PER_DAY - 1}")
    return day_obs, seq_num


def _day(header: Mapping[str, Any], field: HeaderField) -> int:
    text = str(_value(header, field, "day_obs")).replace("-", "")
    try:
        date.fromisoformat(text)
        return int(text)
    except ValueError:
        raise HeaderError(f"{field.key} (day_obs) is {text!r}, expected a date like 20241208") from None


def _begin(header: Mapping[str, Any], camera: Camera) -> datetime:
    text = str(_value(header, camera.header.begin, "begin"))
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        key = camera.header.begin.key
        raise HeaderError(f"{key} (begin) is {text!r}, expected a time like 2024-12-08T23:59:59.123") from None


def _observation_type(header: Mapping[str, Any], field: HeaderField) -> str:
    found = str(_value(header, field, "observation_type"))
    if field.values and found not in field.values.values():
        known = ", ".join(sorted(field.values))
        raise HeaderError(f"{field.key} (observation_type) is {found!r}, expected one of {known}")
    return found


def _filter(header: Mapping[str, Any], camera: Camera) -> str:
    found = str(_value(header, camera.header.filter, "filter"))
    if found not in camera.filters:
        known = ", ".join(camera.filters)
        raise HeaderError(f"{camera.header.filter.key} (filter) is {found!r}, expected one of {known}")
    return found


def _optional(header: Mapping[str, Any], field: HeaderField | None, otherwise: str | float) -> Any:
    if field is None or (field.key not in header and field.default is None):
        return otherwise
    return _value(header, field, "")


def _value(header: Mapping[str, Any], field: HeaderField, meaning: str) -> Any:
    if field.key is None or field.key not in header:
        if field.default is None:
            raise HeaderError(f"the header has no {field.key} ({meaning})")
        return field.default
    found = header[field.key]
    if isinstance(found, str):
        found = found.strip()
    return field.values.get(str(found), found)


def _number(header: Mapping[str, Any], field: HeaderField, meaning: str) -> float:
    found = _value(header, field, meaning)
    try:
        return float(found)
    except (TypeError, ValueError):
        raise HeaderError(f"{field.key} ({meaning}) is {found!r}, expected a number") from None


def _integer(header: Mapping[str, Any], field: HeaderField, meaning: str) -> int:
    found = _number(header, field, meaning)
    if found != int(found):
        raise HeaderError(f"{field.key} ({meaning}) is {found!r}, expected a whole number")
    return int(found)
