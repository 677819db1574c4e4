"""Exposure records of raws: insert, read back and expand them, each with one query for any number of files."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from astropy.time import Time
from lsst.daf.butler import Butler, DataCoordinate, DatasetType, DimensionRecord, Timespan

from processing.camera import Camera
from processing.observation import Observation

Place = tuple[int, int]
"""Exposure id and detector: where a raw belongs."""

_CHOSEN = "instrument = chosen_instrument AND exposure IN (chosen)"


def has_instrument(butler: Butler, camera: Camera) -> bool:
    """Whether the camera is registered."""
    with butler.query() as query:
        return query.dimension_records("instrument").where(instrument=camera.name).any()


def known(butler: Butler, camera: Camera, exposures: Collection[int]) -> dict[int, DimensionRecord]:
    """The records that the repository has of these exposures."""
    if not exposures:
        return {}
    with butler.query() as query:
        found = query.dimension_records("exposure").where(_CHOSEN, bind=_bind(camera, exposures)).limit(None)
        return {record.id: record for record in found}


def insert(butler: Butler, camera: Camera, observations: Collection[Observation]) -> None:
    """Insert groups, days and exposures; what is there already stays."""
    groups = sorted({o.group for o in observations})
    days = sorted({o.day_obs for o in observations})
    rows: dict[str, list[dict[str, Any]]] = {
        "group": [{"instrument": camera.name, "name": name} for name in groups],
        "day_obs": [_day_record(camera, day) for day in days],
        "exposure": [exposure_record(o, camera) for o in observations],
    }
    for element, records in rows.items():
        butler.registry.insertDimensionData(element, *records, skip_existing=True)


def expanded(butler: Butler, camera: Camera, places: Collection[Place]) -> dict[Place, DataCoordinate]:
    """Data IDs with all their records, by (exposure, detector)."""
    if not places:
        return {}
    bind = _bind(camera, {exposure for exposure, _ in places})
    with butler.query() as query:
        ids = query.data_ids(["exposure", "detector"]).where(_CHOSEN, bind=bind).limit(None)
        found = {(int(i["exposure"]), int(i["detector"])): i for i in ids.with_dimension_records()}
    return {place: found[place] for place in places}


def stored(
    butler: Butler, camera: Camera, kind: DatasetType, run: str, exposures: Collection[int]
) -> dict[Place, Path]:
    """The files of the raws that the RUN holds of these exposures, by (exposure, detector)."""
    if not exposures:
        return {}
    with butler.query() as query:
        found = query.datasets(kind, [run]).where(_CHOSEN, bind=_bind(camera, exposures)).limit(None)
        refs = list(found)
    uris = butler.get_many_uris(refs, allow_missing=True)
    return {
        (int(ref.dataId["exposure"]), int(ref.dataId["detector"])): Path(location.primaryURI.ospath)
        for ref, location in uris.items()
        if location.primaryURI
    }


def difference(observation: Observation, camera: Camera, known: DimensionRecord) -> str:
    """In what an observation contradicts the record of its exposure, for a person; empty if in nothing."""
    there = known.toDict()
    wrong = [(k, v, there[k]) for k, v in exposure_record(observation, camera).items() if there[k] != v]
    return ", ".join(f"{name} {new!s} against {old!s}" for name, new, old in wrong)


def exposure_record(observation: Observation, camera: Camera) -> dict[str, Any]:
    """The exposure's record; its timespan is TAI whatever scale the camera writes."""
    return {
        "instrument": camera.name,
        "id": observation.exposure,
        "obs_id": observation.obs_id,
        "physical_filter": observation.physical_filter,
        "group": observation.group,
        "day_obs": observation.day_obs,
        "exposure_time": observation.exposure_time,
        "dark_time": observation.dark_time,
        "observation_type": observation.observation_type,
        "observation_reason": observation.observation_reason,
        "seq_num": observation.seq_num,
        "seq_start": observation.seq_num,
        "seq_end": observation.seq_num,
        "target_name": observation.target_name,
        "science_program": observation.science_program,
        "timespan": _timespan(observation, camera.time_scale),
    }


def _timespan(observation: Observation, scale: str) -> Timespan:
    begin = datetime.fromisoformat(observation.begin)
    end = begin + timedelta(seconds=observation.exposure_time)
    return Timespan(_tai(begin, scale), _tai(end, scale))


def _day_record(camera: Camera, day_obs: int) -> dict[str, Any]:
    begin = datetime.strptime(str(day_obs), "%Y%m%d") + timedelta(hours=camera.day_begins_hour)
    timespan = Timespan(_tai(begin, camera.time_scale), _tai(begin + timedelta(days=1), camera.time_scale))
    return {"instrument": camera.name, "id": day_obs, "timespan": timespan}


def _tai(moment: datetime, scale: str) -> Time:
    return Time(moment.isoformat(), format="isot", scale=scale).tai


def _bind(camera: Camera, exposures: Collection[int]) -> dict[str, Any]:
    return {"chosen_instrument": camera.name, "chosen": sorted(exposures)}
