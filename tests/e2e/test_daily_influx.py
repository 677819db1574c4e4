"""What a day measured is in InfluxDB too, where the site says so: each point once, nothing lost while it is away."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

from tests.e2e.desk import INSTRUMENT, SITE, Desk
from tests.e2e.test_daily import DAY, daily, desk, events, series, take
from tests.servers.debian import Missing
from tests.servers.influxdb import Server, influxdb

__all__ = ["desk"]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A private InfluxDB; where none can be had, the tests are skipped, but never in CI."""
    try:
        running = influxdb()
        started = running.__enter__()
    except Missing as reason:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(reason))
    try:
        started.execute("create database daily")
        yield started
    finally:
        running.__exit__(None, None, None)


def writes_to(desk: Desk, url: str, **more: str) -> None:
    desk.edit(SITE, lambda site: site.update(influx={"url": url, "database": "daily", **more}))


def points(server: Server, where: str = "") -> list[dict[str, Any]]:
    question = f"select * from calibration_verification {where}"
    with urlopen(f"{server.url}/query?{urlencode({'db': 'daily', 'q': question})}") as answer:
        found = json.load(answer)["results"][0].get("series", [])
    return [dict(zip(one["columns"], row, strict=True)) for one in found for row in one["values"]]


def test_the_points_of_a_day_are_there_once_however_often_it_runs(desk: Desk, server: Server) -> None:
    first, second = take(desk, noisy=[1])
    writes_to(desk, server.url)
    assert daily(desk).code == 9
    assert daily(desk).code == 9
    noise = points(server, "where test = 'NOISE'")
    told = [(p["time"], p["detector"], p["amplifier"], p["exposure"], p["value"]) for p in noise]
    begin, later = "2024-12-09T19:59:23Z", "2024-12-09T20:00:23Z"
    assert sorted(told) == [
        (time, detector, amplifier, exposure, 1 if (detector, amplifier) == ("1", "C01") else 0)
        for time, exposure in ((begin, first), (later, second))
        for detector in "01"
        for amplifier in ("C00", "C01")
    ]
    assert {(p["instrument"], p["product"], p["day_obs"]) for p in noise} == {(INSTRUMENT, "bias", DAY)}
    assert len(points(server)) == 5 * len(noise)  # of five tests


def test_a_server_that_is_away_keeps_nothing_else_from_being_told(desk: Desk) -> None:
    take(desk, noisy=[1])
    writes_to(desk, "http://127.0.0.1:9")
    said = daily(desk, "--json")
    assert said.code == 11
    assert any("http://127.0.0.1:9 cannot be reached" in event.get("says", "") for event in events(said))
    assert "test failed" in {event["event"] for event in events(said)}
    assert series(desk).days(INSTRUMENT, "bias") == (DAY,)


def test_a_token_that_is_not_in_the_environment_is_asked_for_before_anything_is_done(desk: Desk) -> None:
    take(desk)
    writes_to(desk, "http://127.0.0.1:9", token="INFLUX_TOKEN_OF_NOBODY")
    said = daily(desk)
    assert said.code == 64
    assert "the environment variable INFLUX_TOKEN_OF_NOBODY, its token, is not set" in said.err
    assert said.out == ""


def test_an_address_that_is_none_is_an_invalid_spec(desk: Desk) -> None:
    writes_to(desk, "localhost:8086")
    assert daily(desk).code == 3
