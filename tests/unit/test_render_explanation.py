"""Explanations as people read them; whole ones are seen end to end (tests/e2e/test_explain.py)."""

from __future__ import annotations

from reconciler.explanation import Candidate, Explanation, Question
from reconciler.origin import Origin
from reconciler.render.explanation import Answer, Heading, as_json, outcome, text
from reconciler.timeline import Span, gen, uuid
from reconciler.validity import BEGINNING, END, Validity, tai

NIGHT = tai("2024-12-06T00:00:00")
QUESTION = Question("usdf/main", "Cam/calib", "bias", "instrument=Cam,detector=3", Validity(NIGHT, NIGHT + 1))
THEIRS = Span(BEGINNING, END, uuid("1234"))
RUN = "Cam/calib/DM-2/trial/biasGen.20250207a/20250208T185010Z"


def candidate(name: str, verdict: str, *spans: Span) -> Candidate:
    return Candidate(("Cam/calib", name), verdict, spans)  # type: ignore[arg-type]  # as the test writes it


def answer(*candidates: Candidate) -> Answer:
    return Answer(Explanation(QUESTION, candidates), Origin(uuid="1234", run=RUN), runs={"1234": RUN})


def told(one: Answer) -> list[str]:
    return [line.strip() for line in text((one,), Heading("usdf")).splitlines()]


def test_what_others_made_is_named_by_its_run() -> None:
    found = answer(candidate("DM-9", "wins", Span(BEGINNING, END, gen("leaf"))), candidate("DM-2", "shadowed", THEIRS))
    assert f"2. DM-2: shadowed by DM-9; would give {RUN}, always" in told(found)
    assert as_json(found, Heading("usdf"))["candidates"][1]["ranges"][0]["run"] == RUN


def test_a_dataset_of_no_known_run_is_named_by_its_uuid() -> None:
    found = Answer(Explanation(QUESTION, (candidate("DM-2", "not valid", THEIRS),)))
    assert "1. DM-2: not valid then; nearest: dataset 1234, always" in told(found)


def test_the_ticket_that_others_made_it_for_is_told() -> None:
    assert "ticket      DM-9, made for DM-2" in told(answer(candidate("Cam/calib/DM-9/bias", "wins", THEIRS)))


def test_collections_that_have_nothing_to_say_share_a_line() -> None:
    silent = [candidate(name, "none of the type") for name in ("flats", "darks")]
    unknown = [candidate(name, "not known") for name in ("theirs", "others")]
    found = told(answer(silent[0], candidate("DM-9", "wins", THEIRS), silent[1], *unknown))
    assert "hold no bias: 1. flats, 3. darks" in found
    assert "no spec says what these hold: 4. theirs, 5. others" in found


def test_all_that_might_answer_before_are_named_in_one_breath() -> None:
    unknown = [candidate(name, "not known") for name in ("theirs", "others")]
    assert outcome(Explanation(QUESTION, tuple(unknown))) == "nothing, unless theirs or others answers before"
