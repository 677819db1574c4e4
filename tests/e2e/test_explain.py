"""Which calibration an exposure gets and why, beside Butler's own answer."""

from __future__ import annotations

from typing import Any

import pytest
from astropy.time import Time
from lsst.daf.butler import CalibrationLookupError, CollectionType, Timespan

from tests.e2e.desk import CHAIN, EXPOSURES, INSTRUMENT, PLACE, PUBLIC, RERUN, SITE, SPEC, Desk, leaf
from tests.pipelines import repository

EXPOSURE = ("--exposure", str(EXPOSURES[0]), "--detector", "0")
BIAS = ("explain", "--type", "bias")
OLD = f"{INSTRUMENT}/calib/DM-0"
NIGHT = repository.NIGHT
MIDDLE = "2024-12-08T20:00:15"
"""Within the first exposure, in TAI."""


def first_exposure(butler: Any) -> Timespan:
    (record,) = butler.query_dimension_records("exposure", instrument=INSTRUMENT, exposure=EXPOSURES[0])
    return record.timespan


def butlers_answer(desk: Desk, dataset_type: str = "bias") -> str | None:
    """Return the UUID that Butler itself finds for the first exposure."""
    with desk.butler() as butler:
        found = butler.find_dataset(
            dataset_type, instrument=INSTRUMENT, detector=0, collections=PUBLIC, timespan=first_exposure(butler)
        )
    return None if found is None else str(found.id)


def prepend(desk: Desk, collection: str) -> None:
    with desk.butler() as butler:
        butler.collections.prepend_chain(PUBLIC, collection)


def test_the_winner_is_butlers_and_tells_where_it_comes_from(applied: Desk) -> None:
    found = applied.done(*BIAS, *EXPOSURE, "--json").json["answers"][0]
    winner = found["winner"]
    assert winner["origin"]["uuid"] == butlers_answer(applied)
    assert winner["path"] == [PUBLIC, CHAIN, leaf("bias")]
    assert winner["origin"]["leaf"] == leaf("biasGen")
    assert winner["origin"]["exposures"] == [f"{EXPOSURES[0]}..{EXPOSURES[2]}"]
    assert winner["ticket"] == "DM-1"
    assert winner["spec"].startswith(f"{SPEC}:")
    assert winner["approval"] == winner["verdict"] == "not recorded"
    assert found["place"] == PLACE


def test_a_person_reads_it_in_one_page(applied: Desk) -> None:
    said = applied.done("explain", "--type", "dark", *EXPOSURE).out
    uuid = butlers_answer(applied, "dark")
    for words in (
        f"dark instrument={INSTRUMENT},detector=0",
        f"exposure {EXPOSURES[0]}, 2024-12-08T20:00:00 to 2024-12-08T20:00:30 TAI (2024-12-08T19:59:23 to",
        f"reached by  {PUBLIC} > {CHAIN} > {leaf('dark')}",
        "range       always",
        f"made from   exposures {EXPOSURES[3]}..{EXPOSURES[5]}",
        f"made with   {leaf('biasGen')}",
        f"UUID        {uuid}",
        "the last commit applied here",
        "approval    not recorded",
        "verdict     not recorded",
        f"hold no dark: 2. {leaf('bias')}",
    ):
        assert words in said


def test_a_data_id_and_a_time_ask_the_same(applied: Desk) -> None:
    by_exposure = applied.done(*BIAS, *EXPOSURE, "--json").json["answers"][0]
    identity = f"detector=0, instrument={INSTRUMENT}"
    by_time = applied.done(*BIAS, "--data-id", identity, "--at-time", MIDDLE, "--json").json["answers"][0]
    assert by_time["winner"] == by_exposure["winner"]


def test_a_collection_in_front_wins_while_it_is_valid_and_is_told_as_not_ours(applied: Desk) -> None:
    uuids = repository.certify_bias(str(applied.butler_root), OLD, "old", NIGHT, None)
    prepend(applied, OLD)
    said = applied.done(*BIAS, *EXPOSURE, "--json").json["answers"][0]
    assert said["winner"]["origin"]["uuid"] == butlers_answer(applied) == uuids[0]
    assert said["winner"]["origin"]["run"] == f"{OLD}/run"
    assert "not ours: no seal names it" in applied.done(*BIAS, *EXPOSURE).out
    assert (
        f"{leaf('bias')}: shadowed by {OLD}; would give {leaf('biasGen')}, always" in applied.done(*BIAS, *EXPOSURE).out
    )


def test_a_collection_that_is_not_valid_then_tells_its_nearest_range(applied: Desk) -> None:
    repository.certify_bias(str(applied.butler_root), OLD, "old", Time("2025-01-01T00:00:00", scale="tai"), None)
    prepend(applied, OLD)
    said = applied.done(*BIAS, *EXPOSURE).out
    assert f"{OLD}: not valid then; nearest: {OLD}/run, from " in said
    assert "from 2025-01-01T00:00:00 TAI (2024-12-31T23:59:23 UTC)" in said


def test_a_run_in_front_answers_at_any_date(applied: Desk) -> None:
    repository.certify_bias(str(applied.butler_root), OLD, "old", NIGHT, None)
    prepend(applied, f"{OLD}/run")
    said = applied.done(*BIAS, *EXPOSURE, "--json").json["answers"][0]["winner"]
    assert said["any_date"]
    assert said["origin"]["uuid"] == butlers_answer(applied)


def test_another_detector_is_no_answer(applied: Desk) -> None:
    repository.certify_bias(str(applied.butler_root), OLD, "old", NIGHT, None)
    with applied.butler() as butler:
        butler.registry.decertify(
            OLD, "bias", Timespan(None, None), dataIds=[{"instrument": INSTRUMENT, "detector": 0}]
        )
    prepend(applied, OLD)
    assert f"{OLD}: holds bias, but only for detector 1" in applied.done(*BIAS, *EXPOSURE).out


def test_where_butler_raises_it_is_told_with_both_ranges(applied: Desk) -> None:
    middle = Time(MIDDLE, scale="tai")
    repository.certify_bias(str(applied.butler_root), OLD, "old", None, middle, "run1")
    repository.certify_bias(str(applied.butler_root), OLD, "new", middle, None, "run2")
    prepend(applied, OLD)
    with pytest.raises(CalibrationLookupError):
        butlers_answer(applied)
    said = applied.run(*BIAS, *EXPOSURE)
    assert said.code == 1
    assert f"Butler raises CalibrationLookupError: ambiguous calibration lookup for bias in {OLD}" in said.out
    assert f"until {MIDDLE} TAI" in said.out
    assert f"from {MIDDLE} TAI" in said.out
    assert "not asked, since Butler raises before" in said.out


def test_where_nothing_is_found_the_next_move_is_told(applied: Desk) -> None:
    with applied.butler() as butler:
        butler.registry.decertify(leaf("bias"), "bias", Timespan(None, None))
    said = applied.run(*BIAS, *EXPOSURE)
    assert said.code == 1
    assert butlers_answer(applied) is None
    assert "nothing is found" in said.out
    assert f"`reconcile show {PUBLIC} --site here`" in said.out


def test_a_chain_that_is_not_there_is_told_with_the_nearest(applied: Desk) -> None:
    said = applied.run(*BIAS, *EXPOSURE, "--chain", f"{PUBLIC}s")
    assert said.code == 1
    assert f"did you mean {PUBLIC}?" in said.err


def test_a_chain_may_be_any_collection(applied: Desk) -> None:
    with applied.butler() as butler:
        butler.collections.register("u/somebody/tagged", CollectionType.TAGGED)
    assert applied.run(*BIAS, *EXPOSURE, "--chain", "u/somebody/tagged").code == 1
    assert applied.done(*BIAS, *EXPOSURE, "--chain", leaf("bias")).code == 0


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        (("--type", "bais", *EXPOSURE), "did you mean bias?"),
        (("--type", "bias", "--exposure", "2024120800009", "--detector", "0"), f"the nearest are {EXPOSURES[-1]}"),
        (("--type", "bias", "--exposure", str(EXPOSURES[0]), "--detector", "7"), "no detector 7; it has 0..1"),
        (("--type", "bias", "--exposure", str(EXPOSURES[0])), "say detector"),
        (("--type", "bias", "--detector", "0"), "say --exposure"),
        (("--type", "bias", "--data-id", "detektor=0", "--at-time", MIDDLE), "did you mean detector?"),
        (("--type", "bias", "--data-id", "detector", "--at-time", MIDDLE), "is not a data ID"),
        (("--type", "bias", "--data-id", "instrument=TestCan", "--at-time", MIDDLE), f"did you mean {INSTRUMENT}?"),
        (("--type", "bias", "--detector", "0", "--at-time", "yesterday"), "is not an instant"),
        (EXPOSURE, "--type"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_unknown_words_are_told_with_the_nearest_right_ones(applied: Desk, typed: tuple[str, ...], told: str) -> None:
    said = applied.run("explain", *typed)
    assert said.code == 64
    assert told in said.err


def test_a_repository_that_cannot_be_reached_is_unknown(applied: Desk) -> None:
    applied.edit(SITE, lambda site: site["repositories"]["main"].update(butler="./nowhere"))
    for time in (EXPOSURE, ("--detector", "0", "--at-time", MIDDLE)):
        assert applied.run(*BIAS, *time).code == 11


def with_another_place(desk: Desk, butler: str) -> None:
    other = {"butler": butler, "instruments": [INSTRUMENT]}
    desk.edit(SITE, lambda site: site["repositories"].update(other=other))


def test_of_two_places_the_reachable_one_answers(applied: Desk) -> None:
    with_another_place(applied, "./nowhere")
    said = applied.run(*BIAS, *EXPOSURE)
    assert said.code == 11
    assert f"made from   exposures {EXPOSURES[0]}" in said.out
    assert "unknown: here/other: " in said.out


def test_a_place_without_the_chain_says_so(applied: Desk) -> None:
    repository.create(applied.butler_root.parent / "repo/other")
    with_another_place(applied, "./repo/other")
    said = applied.done(*BIAS, *EXPOSURE, "--json").json["answers"]
    assert [answer["outcome"] for answer in said] == ["found", "nothing"]
    assert "there is no collection of this name here" in applied.done(*BIAS, *EXPOSURE).out


# Specs of earlier commits


def test_an_earlier_commit_answers_from_its_specs_and_the_working_tree_stays(applied: Desk) -> None:
    before = applied.commit()
    applied.edit(SPEC, lambda spec: spec.update(rerun="20241208b"))
    applied.lock()
    edited = (applied.root / SPEC).read_text() + "# uncommitted\n"
    applied.write(SPEC, edited)
    answers = {
        at: applied.done(*BIAS, *EXPOSURE, "--at", at, "--json").json["answers"][0]["winner"] for at in (before, "HEAD")
    }
    assert answers[before]["collection"] == leaf("bias")
    assert answers["HEAD"]["collection"] == leaf("bias", "20241208b")
    assert answers[before]["origin"]["exposures"] == [f"{EXPOSURES[0]}..{EXPOSURES[2]}"]
    assert (applied.root / SPEC).read_text() == edited


def test_an_earlier_commit_needs_no_repository_for_a_data_id_and_a_time(locked: Desk) -> None:
    locked.edit(SITE, lambda site: site["repositories"]["main"].update(butler="./nowhere"))
    said = locked.done(*BIAS, "--detector", "0", "--at-time", MIDDLE, "--at", "HEAD")
    assert "as the specs of" in said.out
    assert leaf("biasGen", RERUN) in said.out


def test_an_unknown_commit_is_a_mistake_of_usage(locked: Desk) -> None:
    assert locked.run(*BIAS, *EXPOSURE, "--at", "nowhere").code == 64
