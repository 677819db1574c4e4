"""Lint against a site: what counts is who is hit, so exposures that exist are the proof."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from reconciler.lint import Finding, Report
from reconciler.spec.documents import Model
from reconciler.validity import BEGINNING, END, NANOSECOND, Validity, tai
from tests.lint_world import Repository, edited, on_site
from tests.worlds import INSTRUMENT, PLACE, PUBLIC, TICKET, Ask, calibration_set, catalog, chain

BIAS = f"{TICKET}/trial/bias.20250207a"
OLD, NEW = f"{PUBLIC}/OLD", f"{PUBLIC}/NEW"
NIGHT = tai("2024-12-06T00:00:00")
FIRST_ID = f"instrument={INSTRUMENT},detector=0"


def at(seconds: int) -> int:
    return NIGHT + seconds * NANOSECOND


def external(*members: str) -> Model:
    odd = [{"collection": name, "reason": "made by hand"} for name in members if name != TICKET]
    return edited(chain(*members), lambda values: values.update(external=odd))


def only(report: Report) -> Finding:
    (found,) = report.findings
    return found


def until(seconds: int) -> Validity:
    return Validity(BEGINNING, at(seconds))


def since(seconds: int) -> Validity:
    return Validity(at(seconds), END)


# gap


def test_a_gap_is_proven_by_an_exposure_inside_it(tmp_path: Path) -> None:
    site = Repository(OLD)
    site.certify(OLD, until(0), since(100))
    site.expose(7, at(40), at(70))
    found = only(on_site(tmp_path, site.store, external(OLD)))
    assert (found.code, found.about, found.place) == ("gap", "bias", PLACE)
    assert found.example == f"bias {FIRST_ID} at 2024-12-06T00:00:40 TAI, exposure 7"


@pytest.mark.parametrize(("begin", "end"), [(-50, -20), (-20, 20), (100, 130), (90, 120)])
def test_a_gap_that_no_exposure_lies_in_hits_nobody(begin: int, end: int, tmp_path: Path) -> None:
    site = Repository(OLD)
    site.certify(OLD, until(0), since(100))
    site.expose(7, at(begin), at(end))
    assert on_site(tmp_path, site.store, external(OLD)).findings == ()


def test_calibrations_that_have_run_out_are_a_gap(tmp_path: Path) -> None:
    site = Repository(OLD)
    site.certify(OLD, until(0))
    site.expose(7, at(40), at(70))
    assert only(on_site(tmp_path, site.store, external(OLD))).message.endswith(
        "for detectors 0..1 from 2024-12-06T00:00:00 TAI on"
    )


def test_a_gap_of_one_filter_is_not_proven_by_an_exposure_through_another(tmp_path: Path) -> None:
    site = Repository(OLD)
    site.certify(OLD, until(0), since(100), kind="flat", physical_filter="r_03")
    site.expose(7, at(40), at(70), "g_01")
    assert on_site(tmp_path, site.store, external(OLD)).findings == ()


# partial


def test_a_collection_of_others_that_lacks_a_detector_is_found_at_its_member(tmp_path: Path) -> None:
    site = Repository(NEW, OLD)
    site.certify(NEW, since(0), detectors=(0,))
    site.certify(OLD)
    found = only(on_site(tmp_path, site.store, external(NEW, OLD)))
    assert (found.code, found.about, found.path) == ("partial", NEW, ("members", 0))
    assert found.example == f"bias instrument={INSTRUMENT},detector=1 at 2024-12-06T00:00:00 TAI gets that of {OLD}"


def test_a_filter_without_flats_counts_if_it_was_used(tmp_path: Path) -> None:
    two = edited(catalog(), lambda values: values.update(bands={"r": "r_03", "g": "g_01"}))
    site = Repository(OLD)
    site.certify(OLD, kind="flat", physical_filter="r_03")
    site.expose(7, at(0), at(30))
    assert on_site(tmp_path, site.store, external(OLD), two).findings == ()
    site.expose(8, at(60), at(90), "g_01")
    found = only(on_site(tmp_path, site.store, external(OLD), two))
    assert found.about == "flat"
    assert found.message.endswith("not for g_01")
    assert found.example.endswith("exposure 8")


def test_a_flat_through_a_filter_without_flats_hits_nobody(tmp_path: Path) -> None:
    def bands_and_types(values: dict[str, Any]) -> None:
        values["bands"] = {"r": "r_03", "g": "g_01"}
        values["products"]["flat"]["observation_type"] = "flat"

    site = Repository(OLD)
    site.certify(OLD, kind="flat", physical_filter="r_03")
    site.expose(8, at(60), at(90), "g_01", "flat")
    assert on_site(tmp_path, site.store, external(OLD), edited(catalog(), bands_and_types)).findings == ()


# dead, order


def test_what_others_certified_for_nothing_is_dead_here(tmp_path: Path) -> None:
    site = Repository(NEW, OLD)
    site.certify(NEW)
    site.certify(OLD, since(0))
    found = only(on_site(tmp_path, site.store, external(NEW, OLD)))
    assert (found.code, found.about, found.path) == ("dead", OLD, ("members", 1))
    assert found.example == f"bias {FIRST_ID} at 2024-12-06T00:00:00 TAI gets that of {NEW}"


def test_what_is_dead_is_proven_by_an_exposure(tmp_path: Path) -> None:
    site = Repository(NEW, OLD)
    site.certify(NEW)
    site.certify(OLD, since(0))
    site.expose(7, at(40), at(70))
    found = only(on_site(tmp_path, site.store, external(NEW, OLD)))
    assert found.example == f"bias {FIRST_ID} at 2024-12-06T00:00:40 TAI, exposure 7 gets that of {NEW}"


def test_a_lacking_detector_is_proven_by_an_exposure(tmp_path: Path) -> None:
    site = Repository(NEW, OLD)
    site.certify(NEW, since(0), detectors=(0,))
    site.certify(OLD)
    site.expose(7, at(40), at(70))
    found = only(on_site(tmp_path, site.store, external(NEW, OLD)))
    lacking = f"bias instrument={INSTRUMENT},detector=1"
    assert found.example == f"{lacking} at 2024-12-06T00:00:40 TAI, exposure 7 gets that of {OLD}"


def test_an_older_ticket_above_a_newer_one_is_proven_by_an_exposure(tmp_path: Path) -> None:
    older, newer = f"{PUBLIC}/DM-5", f"{PUBLIC}/DM-40"
    site = Repository(older, newer)
    site.certify(older, since(0))
    site.certify(newer)
    site.expose(7, at(40), at(70))
    found = only(on_site(tmp_path, site.store, external(older, newer)))
    assert (found.code, found.about) == ("order", older)
    assert found.example.endswith(f"exposure 7 gets that of {older}, not of {newer}")


def below_a_third(root: Path, *newest: Validity) -> Report:
    """Lint an older set above a newer one, both below a third; one exposure before the night, one in it."""
    members = tuple(f"{PUBLIC}/DM-{number}" for number in (50, 5, 40))
    site = Repository(*members)
    for name, ranges in zip(members, (newest, (), ()), strict=True):
        site.certify(name, *ranges)
    site.expose(6, at(40), at(70))
    site.expose(5, at(-70), at(-40))
    return on_site(root, site.store, external(*members))


def test_the_exposure_that_proves_an_order_gets_the_older_one(tmp_path: Path) -> None:
    found = {one.code: one for one in below_a_third(tmp_path, until(0)).findings}
    assert found["order"].about == f"{PUBLIC}/DM-5"
    assert "exposure 6 gets that of" in found["order"].example


def test_where_nobody_gets_the_older_one_the_order_does_not_matter(tmp_path: Path) -> None:
    assert {one.code for one in below_a_third(tmp_path).findings} == {"dead"}


def test_an_old_ticket_without_reruns_above_a_newer_set_is_found(tmp_path: Path) -> None:
    older, newer = f"{PUBLIC}/DM-5", f"{PUBLIC}/DM-40/trial/bias.20250207a"
    site = Repository(older, newer)
    site.certify(older, since(0))
    site.certify(newer)
    found = only(on_site(tmp_path, site.store, external(older, newer)))
    assert (found.code, found.about) == ("order", older)


def test_a_curated_ticket_below_an_older_set_is_in_order(tmp_path: Path) -> None:
    made, curated = f"{PUBLIC}/DM-5/trial/bias.20250207a", f"{PUBLIC}/DM-40"
    site = Repository(made, curated)
    site.certify(made, since(0))
    site.certify(curated)
    assert on_site(tmp_path, site.store, external(made, curated)).findings == ()


def test_what_no_spec_makes_can_only_be_waived(tmp_path: Path) -> None:
    site = Repository(OLD)
    site.certify(OLD, detectors=(0,))
    found = only(on_site(tmp_path, site.store, external(OLD)))
    assert found.expected == "all detectors, or a waiver with the reason"


# boundary


def test_a_boundary_inside_an_exposure_is_found_and_the_nearest_gap_offered(tmp_path: Path) -> None:
    site = Repository(OLD)
    site.certify(OLD, until(10), since(10))
    site.expose(6, at(-60), at(-30))
    site.expose(7, at(0), at(30))
    site.expose(8, at(60), at(90))
    found = only(on_site(tmp_path, site.store, external(OLD)))
    assert (found.code, found.about) == ("boundary", "bias at 2024-12-06T00:00:10 TAI")
    assert found.example.endswith("exposure 7")
    assert found.expected == (
        "a boundary from 2024-12-05T23:59:30 TAI (2024-12-05T23:58:53 UTC) "
        "to 2024-12-06T00:00:00 TAI (2024-12-05T23:59:23 UTC), between two exposures"
    )


@pytest.mark.parametrize(
    ("edge", "words"), [(10, "not after 2024-12-06T00:00:00"), (20, "not before 2024-12-06T00:00:30")]
)
def test_before_the_first_and_after_the_last_exposure_there_is_no_end(edge: int, words: str, tmp_path: Path) -> None:
    site = Repository(OLD)
    site.certify(OLD, until(edge), since(edge))
    site.expose(7, at(0), at(30))
    assert words in only(on_site(tmp_path, site.store, external(OLD))).expected


@pytest.mark.parametrize(
    ("begin", "end", "words"),
    [
        (BEGINNING, at(30), "a boundary not before 2024-12-06T00:00:30 TAI"),
        (at(0), END, "a boundary not after 2024-12-06T00:00:00 TAI"),
        (BEGINNING, END, "no boundary: by its record an exposure never begins nor ends"),
    ],
)
def test_an_exposure_with_open_ends_is_no_reason_to_fail(begin: int, end: int, words: str, tmp_path: Path) -> None:
    site = Repository(OLD)
    site.certify(OLD, until(10), since(10))
    site.expose(7, begin, end)
    assert only(on_site(tmp_path, site.store, external(OLD))).expected.startswith(words)


def test_a_boundary_that_something_above_hides_hits_nobody(tmp_path: Path) -> None:
    site = Repository(NEW, OLD)
    site.certify(NEW, Validity(at(5), at(15)))
    site.certify(OLD, until(10), since(10))
    site.expose(7, at(0), at(30))
    assert on_site(tmp_path, site.store, external(NEW, OLD)).findings == ()


@pytest.mark.parametrize(("begin", "end"), [(-20, 10), (10, 40)])
def test_a_boundary_at_the_end_of_an_exposure_is_where_it_should_be(begin: int, end: int, tmp_path: Path) -> None:
    site = Repository(OLD)
    site.certify(OLD, until(10), since(10))
    site.expose(7, at(begin), at(end))
    assert on_site(tmp_path, site.store, external(OLD)).findings == ()


# always


def recrosstalked(site: Repository, *ranges: Validity) -> tuple[Model, ...]:
    """Let a bias hold from 1970 on, and others curate the crosstalk; return the documents."""
    site.certify(BIAS)
    site.certify(f"{PUBLIC}/DM-9", *ranges, kind="crosstalk")
    site.expose(7, at(-60), at(-30))
    curated = edited(catalog(), lambda values: values.update(curated=["crosstalk"]))
    return (*calibration_set([Ask("bias")]), external(TICKET, f"{PUBLIC}/DM-9"), curated)


def test_a_state_of_the_camera_that_others_curated_counts_too(tmp_path: Path) -> None:
    site = Repository(BIAS, f"{PUBLIC}/DM-9")
    found = only(on_site(tmp_path, site.store, *recrosstalked(site, until(0), since(0))))
    assert (found.code, found.about) == ("always", BIAS)
    assert "only since 2024-12-06T00:00:00 TAI (crosstalk of DM-9)" in found.message
    assert found.example.endswith("exposure 7")


def test_one_crosstalk_for_all_times_is_no_other_state(tmp_path: Path) -> None:
    site = Repository(BIAS, f"{PUBLIC}/DM-9")
    assert on_site(tmp_path, site.store, *recrosstalked(site)).findings == ()


# protected


def test_a_tagged_collection_in_a_search_path_is_found(tmp_path: Path) -> None:
    site = Repository(OLD)
    site.certify(OLD)
    tagged = f"{PUBLIC}/protected"
    site.store.register(tagged, "TAGGED")
    site.store.children[PUBLIC] = (tagged, OLD)
    ((_, _, uuid),) = site.store.certifications[OLD, "bias"][FIRST_ID]
    site.store.contents[tagged, "bias"] = {FIRST_ID: uuid}
    report = on_site(tmp_path, site.store, external(OLD))
    found = next(one for one in report.findings if one.code == "protected")
    assert found.about == tagged
    assert found.path == ("members",)
    assert found.example == f"bias {FIRST_ID} at 1970-01-01T00:00:00 TAI gets that of it"


def test_a_tagged_collection_that_something_hides_is_told_once(tmp_path: Path) -> None:
    site = Repository(OLD)
    site.certify(OLD)
    tagged = f"{PUBLIC}/protected"
    site.store.register(tagged, "TAGGED")
    site.store.children[PUBLIC] = (OLD, tagged)
    ((_, _, uuid),) = site.store.certifications[OLD, "bias"][FIRST_ID]
    site.store.contents[tagged, "bias"] = {FIRST_ID: uuid}
    found = only(on_site(tmp_path, site.store, external(OLD)))
    assert (found.code, found.about) == ("protected", tagged)
    assert found.example.startswith("nothing yet")


def test_a_chain_that_is_not_there_yet_is_not_judged(tmp_path: Path) -> None:
    site = Repository()
    del site.store.types[PUBLIC]
    del site.store.children[PUBLIC]
    assert on_site(tmp_path, site.store, chain(TICKET)) == Report((), (), ())
