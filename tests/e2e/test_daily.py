"""New exposures of a day are verified against what science gets: real Butler, real pipeline, files of a series."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reconciler.adapters.series.parquet import ParquetSeries
from tests.e2e import desk as desks
from tests.e2e.desk import CHAIN, INSTRUMENT, PLACE, PUBLIC, SITE, VERIFY_BIAS, Desk, Said
from tests.pipelines import repository
from tests.pipelines.jobs import wait_until

DAY = 20241209
LEAF = f"{PUBLIC}/daily/verifyBias.{DAY}"
MADE = f"{CHAIN}/trial/biasGen.{desks.RERUN}"
STRICT = {"kind": "Verification", "instrument": INSTRUMENT, "rule": "strict"}
PROJECT = Path(__file__).parents[2]
CATALOG = f"specs/{INSTRUMENT}/catalog.yaml"


def catalog(**changes: Any) -> dict[str, Any]:
    """Return the desk's catalog, which verifies what is taken as a bias."""
    return desks.catalog(bias=desks.product("bias", verify=VERIFY_BIAS, observation_type="bias", **changes))


@pytest.fixture
def desk(applied: Desk) -> Desk:
    """A site whose bias and dark are in use, judged by a strict rule."""
    applied.write(CATALOG, catalog())
    applied.write(f"specs/{INSTRUMENT}/verification.yaml", STRICT)
    applied.commit("verify every day")
    return applied


def take(desk: Desk, day: int = DAY, count: int = 2, kind: str = "bias", **content: object) -> list[int]:
    return repository.take(str(desk.butler_root), day, count, kind, **content)


def daily(desk: Desk, *more: str, day: int | str = DAY) -> Said:
    return desk.run("daily", "--instrument", INSTRUMENT, "--day-obs", str(day), *more)


def kill_daily(desk: Desk, folder: Path, *, at: int) -> None:
    """Kill the installed command, as kill -9 does, in the middle of measuring an exposure."""
    command = [str(Path(sys.executable).with_name("reconcile")), "daily", "--instrument", INSTRUMENT]
    here = folder / "here"
    environment = {**os.environ, "HANG_AT": str(at), "HANG_FILE": str(here), "PYTHONPATH": str(PROJECT)}
    with subprocess.Popen([*command, "--day-obs", str(DAY)], cwd=desk.root, env=environment) as process:
        wait_until(lambda: here.exists() or process.poll() is not None)
        process.kill()
    assert process.returncode == -signal.SIGKILL


def events(said: Said) -> list[dict[str, Any]]:
    return [json.loads(line) for line in said.out.splitlines()]


def named(said: Said, name: str) -> list[dict[str, Any]]:
    return [event for event in events(said) if event["event"] == name]


def series(desk: Desk) -> ParquetSeries:
    return ParquetSeries(desk.root / "series")


def told(desk: Desk) -> list[dict[str, Any]]:
    file = desk.root / "series" / "events.jsonl"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def test_a_good_day_is_verified_against_the_public_chain_and_said_with_its_ticket(desk: Desk) -> None:
    take(desk)
    said = daily(desk)
    assert said.code == 0, said.everything
    assert said.out.splitlines() == [
        f"{INSTRUMENT} {DAY} at {PLACE}: {PUBLIC} is verified with release embedded",
        f"       done  examine bias in {LEAF} (2 exposures)",
        "bias: passed in 2 exposures, by the strict rule",
        f"  detectors 0..1 with {desks.TICKET} ({MADE})",
    ]


def test_the_chain_and_the_raws_are_all_that_goes_in(desk: Desk) -> None:
    take(desk)
    before = desk.collections()
    daily(desk)
    after = desk.collections()
    run, *inputs = after[LEAF]
    assert run.startswith(f"{LEAF}/")
    assert inputs == [f"{CHAIN}/trial/{name}.{desks.RERUN}" for name in ("dark", "bias")] + [desks.RAWS]
    assert {name: members for name, members in after.items() if name not in (LEAF, run)} == before


def test_nothing_of_it_is_drift_or_work_for_a_plan(desk: Desk) -> None:
    desk.apply()
    take(desk)
    daily(desk)
    assert "Nothing to do: here is as the specs say." in desk.done("plan").out


def test_a_second_run_of_the_same_exposures_does_nothing(desk: Desk) -> None:
    take(desk, noisy=[1])
    first = daily(desk, "--json")
    before, file = desk.collections(), told(desk)
    second = daily(desk, "--json")
    assert (first.code, second.code) == (9, 9)
    assert named(second, "step") == []
    assert [e for e in events(first) if e["event"] != "step"] == events(second)
    assert desk.collections() == before
    assert told(desk) == file


def test_what_was_measured_is_in_the_series(desk: Desk) -> None:
    exposures = take(desk)
    daily(desk)
    table = series(desk).read(INSTRUMENT, "bias", DAY)
    noise = np.asarray(table["test"]) == "NOISE"
    assert sorted(set(np.asarray(table["exposure"])[noise].tolist())) == exposures
    assert np.asarray(table["value"])[noise].tolist() == [0.0] * 8
    with desk.butler() as butler:
        made = {str(ref.id) for ref in butler.registry.queryDatasets("bias", collections=PUBLIC, findFirst=True)}
    assert set(np.asarray(table["calibration"]).tolist()) == made


def test_exposures_that_came_since_get_a_name_of_their_own_and_count_for_the_day(desk: Desk) -> None:
    take(desk)
    daily(desk)
    more = take(desk, count=3)
    said = daily(desk)
    assert f"bias: 3 exposures ({more[0]}..{more[-1]}) came since {LEAF} was begun" in said.out
    assert f"done  examine bias in {LEAF}b (3 exposures)" in said.out
    assert "bias: passed in 5 exposures" in said.out
    assert len(set(np.asarray(series(desk).read(INSTRUMENT, "bias", DAY)["exposure"]).tolist())) == 5
    assert "examine" not in daily(desk).out


def test_a_failure_is_an_event_with_everything_that_an_alarm_needs(desk: Desk) -> None:
    exposures = take(desk, noisy=[1])
    said = daily(desk, "--json")
    assert said.code == 9
    (failed,) = [event for event in named(said, "test failed") if event["test"] == "NOISE"]
    assert failed == {
        "event": "test failed",
        "instrument": INSTRUMENT,
        "repository": PLACE,
        "day_obs": DAY,
        "product": "bias",
        "test": "NOISE",
        "says": "excess of the clipped standard deviation over the read noise of the photon transfer curve, relative",
        "places": [{"detector": 1, "amplifiers": ["C01"]}],
        "worst": 1.0,
        "bound": "at most 0.05",
        "exposures": exposures,
        "of_exposures": 2,
        "calibrations": [
            {
                "detectors": "0..1",
                "ticket": desks.TICKET,
                "leaf": MADE,
                "uuid": None,
                "collection": f"{CHAIN}/trial/bias.{desks.RERUN}",
                "in_use": True,
            }
        ],
    }
    assert told(desk) == [event for event in events(said) if event["event"] in ("test failed", "replacement needed")]


def test_people_read_what_fails_where_and_since_when(desk: Desk) -> None:
    take(desk, noisy=[1])
    said = daily(desk)
    assert said.code == 9
    assert "bias: FAILED in 2 exposures, by the strict rule" in said.out
    assert "NOISE fails in 2 of 2 exposures: detector 1 C01 (worst 1, must be at most 0.05)" in said.out
    assert "replacement needed from 2024-12-09T12:00:37 TAI (2024-12-09T12:00:00 UTC)" in said.out
    assert "An end makes no gap, it exposes what is searched below" in said.out


def test_a_replacement_is_needed_from_the_first_failing_day_of_the_run_that_reaches_today(desk: Desk) -> None:
    for day, noisy in ((20241205, [0]), (20241206, []), (20241208, None), (20241210, [1]), (20241213, [0, 1])):
        if noisy is not None:
            take(desk, day, noisy=noisy)
            daily(desk, day=day)
    (need,) = named(daily(desk, "--json", day=20241213), "replacement needed")
    assert need["failing"] == [20241210, 20241213]
    assert need["since"] == {"tai": "2024-12-10T12:00:37", "utc": "2024-12-10T12:00:00"}
    assert need["last_passed"] == 20241206
    assert need["without_data"] == [20241207, 20241208, 20241209, 20241211, 20241212]
    assert need["proposal"]["only_together"]


def test_what_an_end_would_expose_is_shown(desk: Desk) -> None:
    """Below the ticket of the specs an older one is certified by hand, for always."""
    repository.certify_bias(str(desk.butler_root), f"{PUBLIC}/DM-9", "old", None, None)
    with desk.butler() as butler:
        butler.collections.extend_chain(PUBLIC, f"{PUBLIC}/DM-9")
    take(desk, noisy=[1])
    said = daily(desk)
    text = [line.strip() for line in said.out.splitlines()]
    at = text.index(f"{PUBLIC} at {PLACE}, as seen (times are TAI)")
    assert text[at : at + 7] == [
        f"{PUBLIC} at {PLACE}, as seen (times are TAI)",
        "bias",
        "always: DM-1",
        "always: DM-9 [shadowed]",
        "",
        f"{PUBLIC} at {PLACE}, if this ended then and nothing followed (times are TAI)",
        "bias",
    ]
    assert text[at + 7 : at + 9] == ["until 2024-12-09T12:00:37: DM-1", "from 2024-12-09T12:00:37: DM-9"]
    assert f"what would end is certified in {CHAIN}/trial/bias.{desks.RERUN}" in text


def test_a_calibration_that_no_seal_names_is_told_by_its_uuid(desk: Desk) -> None:
    names = repository.certify_bias(str(desk.butler_root), f"{PUBLIC}/by-hand", "new", None, None)
    with desk.butler() as butler:
        butler.collections.prepend_chain(PUBLIC, f"{PUBLIC}/by-hand")
    take(desk)
    (verified,) = named(daily(desk, "--json"), "verified")
    assert {one["detectors"]: one["uuid"] for one in verified["calibrations"]} == {str(d): n for d, n in names.items()}


def test_what_was_replaced_since_is_not_asked_to_be_replaced(desk: Desk) -> None:
    take(desk, noisy=[1])
    assert "replacement needed" in daily(desk).out
    repository.certify_bias(str(desk.butler_root), f"{PUBLIC}/DM-9", "new", None, None)
    with desk.butler() as butler:
        butler.collections.prepend_chain(PUBLIC, f"{PUBLIC}/DM-9")
    said = daily(desk)
    assert said.code == 9
    assert f"detectors 0..1 with {desks.TICKET} ({MADE}), which the chain gives no more" in said.out
    assert "replacement needed" not in said.out
    assert "no replacement is proposed: the chain gives others by now" in said.out


def test_a_name_that_somebody_else_has_taken_is_left_alone(desk: Desk) -> None:
    with desk.butler() as butler:
        butler.collections.register(LEAF)
    take(desk)
    said = daily(desk)
    assert said.code == 0
    assert f"{LEAF} exists and is no daily verification of ours" in said.out
    assert f"done  examine bias in {LEAF}b (2 exposures)" in said.out


def test_a_site_that_asks_for_approvals_asks_for_none_here(desk: Desk) -> None:
    """Evidence of a day is nothing that science sees."""
    desk.write(SITE, desks.site(trust="required"))
    take(desk)
    assert daily(desk).code == 0


def test_two_failing_days_are_told_in_a_row(desk: Desk) -> None:
    for day in (20241209, 20241210):
        take(desk, day, noisy=[1])
        daily(desk, day=day)
    text = daily(desk, day=20241210).out
    assert "fails on 20241209, 20241210 (2 days in a row); no earlier day of the series passed" in text
    assert "fails on 20241209; no earlier day" in daily(desk, day=20241209).out


def test_a_run_that_was_killed_goes_on_where_it_was(desk: Desk, tmp_path: Path) -> None:
    kill_daily(desk, tmp_path, at=take(desk, count=3)[1])
    begun = desk.collections()
    assert begun[LEAF]
    assert series(desk).days(INSTRUMENT, "bias") == ()
    assert f"done  examine bias in {LEAF} (3 exposures)" in daily(desk).out
    after = desk.collections()
    assert [name for name in after if name.startswith(f"{LEAF}/")] == [
        name for name in begun if name.startswith(f"{LEAF}/")
    ]
    assert series(desk).days(INSTRUMENT, "bias") == (DAY,)


def test_what_came_while_a_killed_run_lay_is_verified_after_it(desk: Desk, tmp_path: Path) -> None:
    kill_daily(desk, tmp_path, at=take(desk)[0])
    take(desk, count=1)
    said = daily(desk)
    assert f"done  examine bias in {LEAF} (2 exposures)" in said.out
    assert f"done  examine bias in {LEAF}b (1 exposure)" in said.out
    assert "bias: passed in 3 exposures" in said.out


def test_nothing_taken_is_nothing_to_verify(desk: Desk) -> None:
    take(desk, kind="science")
    said = daily(desk)
    assert said.code == 0
    assert said.out == f"Nothing to verify: {PLACE} has no raws of {INSTRUMENT} of {DAY} (bias) in {desks.RAWS}\n"


def test_exposures_that_the_chain_gives_nothing_are_blocked_and_named(desk: Desk) -> None:
    with desk.butler() as butler:
        butler.collections.redefine_chain(PUBLIC, [])
    (first, _) = take(desk)
    said = daily(desk)
    assert said.code == 1
    where = f"bias instrument={INSTRUMENT},detector=0 (and 3 more)"
    assert f"exposure {first}, {where}: the inputs give nothing" in said.out


def test_a_site_without_the_chain_says_so(unlocked: Desk) -> None:
    unlocked.write(CATALOG, catalog())
    take(unlocked)
    said = daily(unlocked)
    assert said.code == 1
    assert f"{PLACE} has no chain {PUBLIC}" in said.err


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (["--instrument", "TestCan"], 64, "did you mean TestCam?"),
        (["--day-obs", "yesterday"], 64, "'yesterday' is not a day like 20241208"),
        (["--day-obs", "20241308"], 64, "20241308 is no day of the calendar"),
        (["--type", "bios"], 64, "did you mean bias?"),
        (["--repository", "mine"], 64, "TestCam is in main"),
        (["--release", "w_2025_05"], 64, "site here knows embedded"),
        (["--raws", "TestCam/raw/none"], 1, "has no collection TestCam/raw/none"),
    ],
)
def test_what_does_not_exist_is_told_with_what_does(desk: Desk, options: list[str], code: int, words: str) -> None:
    asked = {"--instrument": INSTRUMENT, "--day-obs": str(DAY), options[0]: options[1]}
    said = desk.run("daily", *(part for pair in asked.items() for part in pair))
    assert said.code == code
    assert words in said.err


def test_a_catalog_is_needed(desk: Desk) -> None:
    desk.edit(CATALOG, lambda found: found.update(releases=["w_*"]))
    for name in (desks.SPEC, desks.LOCK):
        (desk.root / name).unlink()
    desk.edit(f"specs/{INSTRUMENT}/chain.yaml", lambda found: found.update(members=[]))
    said = daily(desk)
    assert said.code == 64
    assert "no catalog of TestCam for release embedded" in said.err


def test_a_catalog_that_verifies_nothing_day_by_day_says_what_it_lacks(desk: Desk) -> None:
    desk.write(CATALOG, desks.catalog())
    said = daily(desk)
    assert said.code == 1
    assert "the catalog of TestCam verifies nothing that is taken day by day" in said.err


def test_several_releases_or_repositories_are_asked_for(desk: Desk) -> None:
    desk.edit(SITE, lambda found: found["releases"].update(w_2025_05={"environment": {}}))
    said = daily(desk)
    assert said.code == 64
    assert "type --release NAME" in said.err
    desk.edit(SITE, lambda found: found["repositories"].update(other={"butler": "./x", "instruments": [INSTRUMENT]}))
    assert "type --repository NAME" in daily(desk).err


def test_a_repository_that_is_not_there_is_unreachable(desk: Desk) -> None:
    desk.edit(SITE, lambda found: found["repositories"]["main"].update(butler="./nowhere"))
    said = daily(desk)
    assert said.code == 11
    assert "there is no Butler repository" in said.err
