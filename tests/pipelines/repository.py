"""A small real repository: one camera of two detectors, six exposures in two bands, raws that are dictionaries."""

from __future__ import annotations

from pathlib import Path

from astropy.time import Time, TimeDelta
from lsst.daf.butler import Butler, CollectionType, DatasetRef, DatasetType, Timespan

CAMERA, RAWS = "TestCam", "TestCam/raw/all"
DETECTORS = (0, 1)
EXPOSURES = tuple(range(2024120800001, 2024120800007))
"""Odd ones were taken in u, even ones in g."""
NIGHT = Time("2024-12-08T20:00:00", scale="tai")
DICT = "StructuredDataDict"


def create(path: Path, *, raws: bool = True) -> str:
    """Make a repository, with raws or with the camera alone; return its address."""
    config = Butler.makeRepo(str(path))
    butler = Butler.from_config(config, writeable=True)
    _register_camera(butler)
    if raws:
        _take_raws(butler)
    butler.close()
    return str(path)


def _take_raws(butler: Butler) -> None:
    for exposure in EXPOSURES:
        _register_exposure(butler, exposure, "bias" if exposure in EXPOSURES[:3] else "dark")
    raw = DatasetType("raw", ("instrument", "detector", "exposure"), DICT, universe=butler.dimensions)
    butler.registry.registerDatasetType(raw)
    butler.collections.register(RAWS, CollectionType.RUN)
    for exposure in EXPOSURES:
        for detector in DETECTORS:
            where = {"instrument": CAMERA, "detector": detector, "exposure": exposure}
            butler.put({"exposure": exposure}, "raw", where, run=RAWS)


def certify_bias(
    address: str, collection: str, epoch: str, begin: Time | None, end: Time | None, run: str = "run"
) -> dict[int, str]:
    """Put a bias per detector and certify it; return the UUIDs by detector."""
    butler = Butler.from_config(address, writeable=True)
    bias = DatasetType("bias", ("instrument", "detector"), DICT, universe=butler.dimensions, isCalibration=True)
    butler.registry.registerDatasetType(bias)
    butler.collections.register(f"{collection}/{run}", CollectionType.RUN)
    butler.collections.register(collection, CollectionType.CALIBRATION)
    refs = [_put_bias(butler, f"{collection}/{run}", detector, epoch) for detector in DETECTORS]
    butler.registry.certify(collection, refs, Timespan(begin, end))
    butler.close()
    return {int(ref.dataId["detector"]): str(ref.id) for ref in refs}


def take(address: str, day: int, count: int, kind: str = "bias", **content: object) -> list[int]:
    """Take exposures of one more day, or more of a day, with raws that hold this; return their numbers."""
    butler = Butler.from_config(address, writeable=True)
    butler.registry.insertDimensionData("day_obs", {"instrument": CAMERA, "id": day}, skip_existing=True)
    known = butler.registry.queryDataIds("exposure", instrument=CAMERA, dataId={"day_obs": day})
    last = max((int(one["exposure"]) for one in known), default=day * 100_000)
    taken = list(range(last + 1, last + 1 + count))
    for exposure in taken:
        _register_exposure(butler, exposure, kind)
        for detector in DETECTORS:
            where = {"instrument": CAMERA, "detector": detector, "exposure": exposure}
            butler.put({"exposure": exposure, **content}, "raw", where, run=RAWS)
    butler.close()
    return taken


def _put_bias(butler: Butler, run: str, detector: int, epoch: str) -> DatasetRef:
    return butler.put({"epoch": epoch}, "bias", {"instrument": CAMERA, "detector": detector}, run=run)


def _register_camera(butler: Butler) -> None:
    record = {"name": CAMERA, "visit_max": 10**14, "exposure_max": 10**14, "detector_max": 10, "class_name": "none"}
    butler.registry.insertDimensionData("instrument", record)
    for detector in DETECTORS:
        butler.registry.insertDimensionData(
            "detector", {"instrument": CAMERA, "id": detector, "full_name": f"D{detector}"}
        )
    for band in "ug":
        butler.registry.insertDimensionData(
            "physical_filter", {"instrument": CAMERA, "name": f"{band}_01", "band": band}
        )
    butler.registry.insertDimensionData("day_obs", {"instrument": CAMERA, "id": 20241208})


def _register_exposure(butler: Butler, exposure: int, kind: str = "bias") -> None:
    day, number = divmod(exposure, 100_000)
    date = f"{day // 10_000}-{day // 100 % 100:02}-{day % 100:02}"
    begin = Time(f"{date}T20:00:00", scale="tai") + TimeDelta(60 * (number - 1), format="sec")
    butler.registry.insertDimensionData("group", {"instrument": CAMERA, "name": str(exposure)})
    butler.registry.insertDimensionData(
        "exposure",
        {
            "instrument": CAMERA,
            "id": exposure,
            "obs_id": str(exposure),
            "physical_filter": "u_01" if exposure % 2 else "g_01",
            "group": str(exposure),
            "day_obs": day,
            "seq_num": number,
            "observation_type": kind,
            "timespan": Timespan(begin, begin + TimeDelta(30, format="sec")),
        },
    )
