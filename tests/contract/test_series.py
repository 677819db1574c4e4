"""One suite for every series: in memory, in Parquet, in a real InfluxDB."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pytest

from reconciler.adapters.series.http import Server as Http
from reconciler.adapters.series.http import authorization
from reconciler.adapters.series.influx import InfluxSeries
from reconciler.adapters.series.memory import MemorySeries
from reconciler.adapters.series.parquet import ParquetSeries
from reconciler.errors import ReconcileError, Unreachable
from reconciler.holdings import Columns
from reconciler.ports import Series
from reconciler.validity import NANOSECOND, tai, unix
from tests.servers.debian import Missing
from tests.servers.influxdb import Server, influxdb

CAMERA, DAY = "Test Cam", 20241208
NIGHT = tai("2024-12-08T20:00:00")
TOKEN = "telescope:secret"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A private InfluxDB that wants a token; where none can be had, the tests are skipped, but never in CI."""
    try:
        running = influxdb(token=TOKEN)
        started = running.__enter__()
    except Missing as reason:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(reason))
    try:
        yield started
    finally:
        running.__exit__(None, None, None)


@pytest.fixture
def database(server: Server) -> str:
    name = f"daily_{uuid4().hex}"
    server.execute(f"create database {name}")
    return name


@pytest.fixture(params=["memory", "parquet", "influx"])
def series(request: pytest.FixtureRequest, tmp_path: Path) -> Series:
    if request.param == "memory":
        return MemorySeries()
    if request.param == "parquet":
        return ParquetSeries(tmp_path / "series")
    name: str = request.getfixturevalue("database")
    return influx(request.getfixturevalue("server"), name)


def influx(server: Server, database: str) -> InfluxSeries:
    return InfluxSeries(Http(server.url, TOKEN), database)


def day(*exposures: int, **changed: float) -> dict[str, Any]:
    """Return a day of two amplifiers and one value of a whole exposure, exposures 60 s apart."""
    rows = [(e, d, a) for e in exposures for d, a in ((0, "C00"), (1, "C 1,=0"), (-1, ""))]
    exposure, detector, amplifier = (np.array(column) for column in zip(*rows, strict=True))
    return {
        "test": np.where(detector < 0, "SCATTER", "NOISE"),
        "detector": detector,
        "amplifier": amplifier,
        "exposure": exposure,
        "time": NIGHT + exposure * 60 * NANOSECOND,
        "value": np.array([changed.get(f"d{d}", 0.1 * e) for e, d, _ in rows]),
        "calibration": np.where(detector < 0, "", "0190-ab"),
    }


def rows(table: Columns) -> list[tuple[Any, ...]]:
    names = ("test", "detector", "amplifier", "exposure", "time", "value", "calibration")
    return list(zip(*(np.asarray(table[name]).tolist() for name in names), strict=True))


def test_a_day_comes_back_as_it_was_written(series: Series) -> None:
    series.write(CAMERA, "flat-r", DAY, day(1, 2))
    assert rows(series.read(CAMERA, "flat-r", DAY)) == [
        ("NOISE", 0, "C00", 1, NIGHT + 60 * NANOSECOND, 0.1, "0190-ab"),
        ("NOISE", 0, "C00", 2, NIGHT + 120 * NANOSECOND, 0.2, "0190-ab"),
        ("NOISE", 1, "C 1,=0", 1, NIGHT + 60 * NANOSECOND, 0.1, "0190-ab"),
        ("NOISE", 1, "C 1,=0", 2, NIGHT + 120 * NANOSECOND, 0.2, "0190-ab"),
        ("SCATTER", -1, "", 1, NIGHT + 60 * NANOSECOND, 0.1, ""),
        ("SCATTER", -1, "", 2, NIGHT + 120 * NANOSECOND, 0.2, ""),
    ]


def test_the_same_day_twice_is_there_once(series: Series) -> None:
    series.write(CAMERA, "bias", DAY, day(1))
    series.write(CAMERA, "bias", DAY, day(1))
    assert series.days(CAMERA, "bias") == (DAY,)
    assert len(rows(series.read(CAMERA, "bias", DAY))) == 3


def test_a_day_grows_with_its_exposures_and_a_value_is_replaced(series: Series) -> None:
    series.write(CAMERA, "bias", DAY, day(1))
    series.write(CAMERA, "bias", DAY, day(1, 2, d0=7.5))
    found = rows(series.read(CAMERA, "bias", DAY))
    assert [(detector, exposure, value) for _, detector, _, exposure, _, value, _ in found] == [
        (0, 1, 7.5),
        (0, 2, 7.5),
        (1, 1, 0.1),
        (1, 2, 0.2),
        (-1, 1, 0.1),
        (-1, 2, 0.2),
    ]


def test_what_was_not_measured_is_still_there_without_a_value(series: Series) -> None:
    series.write(CAMERA, "bias", DAY, day(1, d0=float("nan")))
    (first, *_) = rows(series.read(CAMERA, "bias", DAY))
    assert np.isnan(first[5])


def test_days_are_told_in_order_for_one_product_of_one_instrument(series: Series) -> None:
    assert series.days(CAMERA, "bias") == ()
    for when, number in ((20241210, 3), (DAY, 1), (20241209, 2)):
        series.write(CAMERA, "bias", when, day(number))
    series.write(CAMERA, "dark", 20241211, day(4))
    series.write("Other", "bias", 20241212, day(5))
    assert series.days(CAMERA, "bias") == (DAY, 20241209, 20241210)
    assert series.days(CAMERA, "flat-r") == ()


def test_a_day_without_a_table_is_an_error(series: Series) -> None:
    with pytest.raises(KeyError):
        series.read(CAMERA, "bias", DAY)


def test_the_points_of_a_day_are_exactly_these(server: Server, database: str) -> None:
    for _ in range(2):
        influx(server, database).write(CAMERA, "bias", DAY, day(1, d1=float("nan")))
    answer = influx(server, database)._rows("select * from calibration_verification")
    common = {"day_obs": DAY, "exposure": 1, "instrument": CAMERA, "product": "bias"}
    common["time"] = unix(NIGHT + 60 * NANOSECOND)
    expected = [
        {"test": "NOISE", "detector": "0", "amplifier": "C00", "value": 0.1, "calibration": "0190-ab"},
        {"test": "NOISE", "detector": "1", "amplifier": "C 1,=0", "value": None, "calibration": "0190-ab"},
        {"test": "SCATTER", "detector": "-1", "amplifier": None, "value": 0.1, "calibration": ""},
    ]
    assert sorted(answer, key=lambda point: point["test"] + point["detector"]) == [common | one for one in expected]


def test_many_points_go_in_batches_and_all_arrive(server: Server, database: str) -> None:
    influx(server, database).write(CAMERA, "bias", DAY, day(*range(1, 2001)))
    assert len(rows(influx(server, database).read(CAMERA, "bias", DAY))) == 6000


def test_a_server_that_refuses_us_is_told_at_once_without_the_token(server: Server, database: str) -> None:
    waits: list[float] = []
    stranger = InfluxSeries(Http(server.url, "telescope:wrong", sleep=waits.append), database)
    with pytest.raises(ReconcileError, match="401") as refused:
        stranger.write(CAMERA, "bias", DAY, day(1))
    assert "wrong" not in str(refused.value)
    assert waits == []


def test_a_database_that_does_not_exist_is_named(server: Server) -> None:
    with pytest.raises(ReconcileError, match=r"404 .*nowhere"):
        influx(server, "nowhere").write(CAMERA, "bias", DAY, day(1))


def test_a_server_that_is_away_is_tried_three_times_and_no_more() -> None:
    waits: list[float] = []
    away = InfluxSeries(Http("http://127.0.0.1:9", sleep=waits.append), "daily")
    with pytest.raises(Unreachable, match=r"127.0.0.1:9 cannot be reached \(3 attempts\)"):
        away.write(CAMERA, "bias", DAY, day(1))
    assert waits == [0.5, 2.0]


def test_a_token_is_sent_as_the_version_that_gave_it_knows_it() -> None:
    assert authorization("abc123==") == "Token abc123=="
    assert authorization("user:pass") == "Basic dXNlcjpwYXNz"


def test_a_damaged_file_is_named_with_the_way_out(tmp_path: Path) -> None:
    series = ParquetSeries(tmp_path)
    series.write("Cam", "bias", DAY, day(1))
    (tmp_path / "Cam" / "bias" / f"{DAY}.parquet").write_bytes(b"PAR1 half of a file")
    with pytest.raises(ReconcileError, match=r"20241208.parquet cannot be read[\s\S]*move it away"):
        series.read("Cam", "bias", DAY)


def test_nothing_is_left_beside_the_file_of_a_day(tmp_path: Path) -> None:
    ParquetSeries(tmp_path).write("Cam", "bias", DAY, day(1))
    assert [path.name for path in (tmp_path / "Cam" / "bias").iterdir()] == [f"{DAY}.parquet"]


def test_a_directory_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "series").write_text("a file")
    with pytest.raises(ReconcileError, match="cannot be written"):
        ParquetSeries(tmp_path / "series").write("Cam", "bias", DAY, day(1))
