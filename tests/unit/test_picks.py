"""What a graph picked, held against the calendar."""

from __future__ import annotations

from reconciler.facts import Facts
from reconciler.jobs import Lack, Pick
from reconciler.observation import Collection, Observation
from reconciler.picks import lacking, wrong_picks
from reconciler.resolve import Calendar
from reconciler.seals import Seal
from reconciler.state import Cert, State
from reconciler.timeline import Timeline, constant, gen, timeline, uuid
from reconciler.validity import Validity
from reconciler.work import Precursor

SEAL = Seal("r", {}, "leaf/run", {"bias": {"detector=0": "ours"}})
FACTS = Facts(
    observations={"p": Observation("p", {"leaf": Collection("CHAINED", (), SEAL)})},
    exposures={("Cam", 1): Validity(0, 10), ("Cam", 2): Validity(20, 30)},
)


def said(line: Timeline, dataset: str, *exposures: int, locked: tuple[int, ...] = (1, 2)) -> str | None:
    """Return what is said of one pick, where one collection is certified so."""
    calendar = Calendar(State({Cert("p", "calib", "bias", "detector=0"): line}), "p", ["calib"], {})
    pick = Pick("combine", "bias", "detector=0", dataset, "calib/run", exposures)
    return wrong_picks([pick], locked, calendar, FACTS, "Cam")


def test_the_dataset_that_the_seal_names_is_right() -> None:
    assert said(constant(Validity(0, 99), gen("leaf")), "ours", 1, 2) is None


def test_a_dataset_of_somebodys_is_right_where_it_is_certified() -> None:
    assert said(constant(Validity(0, 99), uuid("theirs")), "theirs", 1) is None


def test_another_dataset_is_wrong_and_both_are_named() -> None:
    told = str(said(constant(Validity(0, 99), uuid("theirs")), "ours", 1))
    assert "picked a calibration of another epoch: combine takes bias detector=0 ours of calib/run, but" in told
    assert told.endswith("should get dataset theirs")


def test_a_pick_without_exposures_is_held_against_all_locked_ones() -> None:
    line = timeline([(0, 15, gen("leaf")), (15, 99, uuid("next"))])
    assert said(line, "ours", locked=(1,)) is None
    assert "exposure 2 at" in str(said(line, "ours"))


def test_a_pick_where_nothing_is_certified_is_wrong() -> None:
    assert "should get none" in str(said(constant(Validity(50, 99), gen("leaf")), "ours", 1))


def test_an_exposure_across_two_ranges_is_wrong() -> None:
    assert "straddles" in str(said(timeline([(0, 5, gen("leaf")), (5, 99, uuid("next"))]), "ours", 1))


def test_an_exposure_that_is_gone_is_named() -> None:
    assert "exposure 3 is not in the repository" in str(said(constant(Validity(0, 99), gen("leaf")), "ours", 3))


def test_further_wrong_picks_are_counted() -> None:
    calendar = Calendar(State(), "p", ["calib"], {})
    picks = [Pick("combine", "bias", f"detector={d}", "x", "run", ()) for d in range(3)]
    assert str(wrong_picks(picks, (1,), calendar, FACTS, "Cam")).endswith("(and 2 more)")


def test_a_precursor_that_a_graph_does_without_is_named_and_the_others_are_counted() -> None:
    lacks = [Lack("isr", "bias", f"detector=0,exposure={e}") for e in (1, 2)]
    told = str(lacking(lacks, [Precursor("bias", ("detector=0",))]))
    assert told == ("the graph does without a precursor: isr finds no bias for detector=0,exposure=1 (and 1 more)")


def test_what_is_no_precursor_may_be_lacking() -> None:
    assert lacking([Lack("isr", "crosstalk", "detector=0")], [Precursor("bias", ("detector=0",))]) is None
