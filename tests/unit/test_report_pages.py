"""The pages of a report: complete, well formed, sufficient to themselves, and plain about what failed."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from reconciler.render.report import Picture, Report, pages
from reconciler.verification.bound import Bound
from reconciler.verification.measures import Measures, of_amplifiers, scatter_of_amplifiers, scatter_of_detectors
from reconciler.verification.results import Results, results
from reconciler.verification.test import Test
from reconciler.verification.verdict import Acceptance, Judge, Threshold
from tests.reports.made import bias_table, construction, examined, exposures, one_raft, report
from tests.reports.reader import Reader, read, resolved

ACCEPTED = Acceptance("NOISE", "rings after a bright row", detectors=frozenset({7}), amplifiers=frozenset({"C13"}))
REPORT = report(noisy={(4, "C03"): 1.12, (7, "C13"): 1.12}, missing=(2,), count=4, acceptances=(ACCEPTED,))
FILES = pages(REPORT)
PAGES = read(FILES)


def front(of: Report) -> Reader:
    return read({"index.html": pages(of)["index.html"]})["index.html"]


def test_there_is_a_page_for_every_calibration_test_and_detector() -> None:
    tests = {f"bias/{name}.html" for name in ("index", "MEAN", "NOISE", "CR_NOISE")}
    assert set(PAGES) == {"index.html", "record.html"} | tests | {f"bias/detector-{n:03d}.html" for n in range(9)}


@pytest.mark.parametrize("name", PAGES)
def test_every_element_closes_and_identifiers_are_unique(name: str) -> None:
    page = PAGES[name]
    assert page.open == []
    assert len(page.ids) == len(set(page.ids))


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_to_what_is_in_the_folder(name: str) -> None:
    for address in PAGES[name].addresses:
        if address != "data:,":
            file, fragment = resolved(name, address)
            assert file in FILES
            assert not fragment or fragment in PAGES[file].ids


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_loaded_from_elsewhere(name: str) -> None:
    content = FILES[name].decode()
    assert "http:" not in content
    assert "https:" not in content
    assert "default-src 'none'" in content
    assert all("style" not in attributes for _, attributes in PAGES[name].elements)


def test_neither_do_style_and_script_load_anything() -> None:
    for name in ("report.css", "report.js"):
        assert all(word not in FILES[name] for word in (b"http", b"@import", b"fetch(", b"import(", b"XMLHttpRequest"))


@pytest.mark.parametrize("name", PAGES)
def test_headings_go_down_one_level_at_a_time(name: str) -> None:
    levels = PAGES[name].headings
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


@pytest.mark.parametrize("name", PAGES)
def test_a_screen_reader_finds_landmarks_captions_and_scopes(name: str) -> None:
    page = PAGES[name]
    assert [len(page.all(tag)) for tag in ("header", "main", "footer")] == [1, 1, 1]
    assert len(page.all("caption")) == len(page.all("table"))
    assert all("scope" in head for head in page.all("th"))
    assert all(image.keys() & {"aria-label", "aria-hidden"} for image in page.all("svg"))
    assert all(image["alt"] for image in page.all("img"))
    assert page.all("a")[0]["href"] == "#main"


def test_the_front_page_tells_the_verdict_first() -> None:
    text = front(REPORT).text
    assert "✗ Failed: 1 calibration" in " ".join(text.split())
    assert "detector 4 R22_S11, amplifier C03: failed in 4 of 4 exposures" in " ".join(text.split())


def test_the_failing_amplifier_is_a_link_that_says_so() -> None:
    content = FILES["bias/NOISE.html"].decode()
    link = content[content.index('href="detector-004.html#NOISE-C03"', content.index("data-map")) :]
    assert "detector 4 R22_S11, amplifier C03: failed in 4 of 4 exposures" in link[: link.index("</a>")]


def test_every_amplifier_is_a_link_of_the_map() -> None:
    content = FILES["bias/NOISE.html"].decode()
    drawn = content[content.index("<svg") : content.index("</svg>")]
    assert drawn.count("<a href=") == 9 * 16
    assert drawn.count('<path class="mark failed"') == 1
    assert drawn.count("url(#hatch-NOISE)") == 16


def test_an_accepted_failure_is_shown_with_its_reason() -> None:
    assert "rings after a bright row" in PAGES["index.html"].text
    assert "NOISE of every calibration, detector 7, amplifier C13" in PAGES["index.html"].text
    assert "Accepted by the board" in PAGES["bias/NOISE.html"].text


def test_what_is_not_tested_has_not_passed() -> None:
    page = front(report(missing=(2,)))
    assert "? Not tested: 1 calibration" in " ".join(page.text.split())
    assert "bias: MEAN, NOISE, CR_NOISE not tested at 16 places of 144 (detector 2)" in page.text


def test_without_evidence_of_the_one_in_use_the_page_says_so() -> None:
    alone = replace(REPORT, examined=tuple(replace(one, in_use=None) for one in REPORT.examined))
    assert "Nothing is known of the calibrations now in use." in front(alone).text


def test_the_one_in_use_is_compared_median_by_median() -> None:
    assert "better by" in PAGES["bias/index.html"].text
    assert "in use: DM-47447" in PAGES["index.html"].text


def test_construction_exposures_that_were_not_examined_are_a_warning() -> None:
    made = replace(construction("biasGen"), exposures=(*exposures(4), 2024120600999))
    one = replace(REPORT.examined[0], construction=made)
    assert (
        "bias: 1 exposure that it was made of was not examined: 2024120600999"
        in front(replace(REPORT, examined=(one,))).text
    )


def test_without_geometry_detectors_stand_in_order_and_the_page_says_so() -> None:
    files = read(pages(replace(REPORT, focal_plane=())))
    assert "laid out in order of their numbers" in files["bias/NOISE.html"].text


def test_the_record_tells_commands_and_exposures() -> None:
    text = PAGES["record.html"].text
    assert "bps submit $CP_PIPE_DIR/bps/templates/bps_bias.yaml" in text
    assert "18: 2024120600427..2024120600444" in text


def test_an_empty_report_has_a_front_page() -> None:
    page = front(replace(REPORT, examined=()))
    assert "Nothing was examined" in page.text


HOSTILE = '<img src=x onerror=alert(1)>"&'


def test_no_name_escapes_from_its_place() -> None:
    title = replace(REPORT.title, purpose=HOSTILE, ticket=HOSTILE)
    one = REPORT.examined[0]
    made = replace(construction("biasGen"), facts=((HOSTILE, HOSTILE),), commands=(HOSTILE,))
    hostile = replace(
        REPORT,
        title=title,
        examined=(
            replace(
                one,
                verdict=replace(one.verdict, subject=f"../{HOSTILE}"),
                construction=made,
                pictures=(Picture(f"../../{HOSTILE}", HOSTILE, b"png"),),
            ),
        ),
        focal_plane=tuple(replace(d, name=HOSTILE) for d in REPORT.focal_plane),
        effect=((HOSTILE, (HOSTILE,)),),
        acceptances=(Acceptance(HOSTILE, HOSTILE),),
        warnings=(HOSTILE,),
        requested=(HOSTILE,),
    )
    files = pages(hostile)
    assert all(".." not in name for name in files)
    for name, page in read(files).items():
        assert page.open == []
        assert all("onerror" not in attributes for _, attributes in page.elements)
        assert all(resolved(name, address)[0] in files for address in page.addresses if address != "data:,")


def test_pictures_are_written_or_copied(tmp_path: Path) -> None:
    pictures = (Picture("residual mosaic", "After bias.", b"\x89PNG"), Picture("bias", "The bias.", tmp_path / "b.png"))
    one = replace(REPORT.examined[0], pictures=pictures)
    files = pages(replace(REPORT, examined=(one,)))
    assert files["bias/pictures/00-residual_mosaic.png"] == b"\x89PNG"
    assert files["bias/pictures/01-bias.png"] == tmp_path / "b.png"
    assert "After bias." in read({"p.html": files["bias/index.html"]})["p.html"].text


def test_programs_read_the_same_verdict() -> None:
    found = json.loads(FILES["report.json"])
    noise = found["calibrations"][0]["tests"][1]
    assert (found["outcome"], noise["test"], noise["outcome"]) == ("failed", "NOISE", "failed")
    assert [(one["detector"], one["amplifier"]) for one in noise["failed"]] == [(4, "C03")]


def test_two_calibrations_whose_names_differ_by_case_have_folders_of_their_own() -> None:
    table, judge = bias_table(one_raft(), count=2), Judge()
    two = replace(REPORT, examined=tuple(examined(table, judge=judge, subject=name) for name in ("flat-U", "flat-u")))
    assert {"flat-U/index.html", "flat-u_2/index.html"} <= set(pages(two))


def test_a_calibration_is_reported_once() -> None:
    with pytest.raises(ValueError, match="once"):
        replace(REPORT, examined=(*REPORT.examined, *REPORT.examined))


def test_equal_reports_give_equal_bytes() -> None:
    assert pages(report(count=3)) == pages(report(count=3))


def _scatter(results: Results) -> Measures:
    return scatter_of_amplifiers(results, results.column("BIAS_NOISE"))


def _whole(results: Results) -> Measures:
    return scatter_of_detectors(results, results.column("BIAS_NOISE"))


def _level(results: Results) -> Measures:
    return of_amplifiers(results, results.column("BIAS_NOISE"))


def judged(table: Results, *tests: Test) -> dict[str, Reader]:
    verdict = Judge("strict", {"LEVEL": (Threshold(Bound(at_most=9.0), frozenset({3})),)}).verdict(
        "b", "l", table, tests
    )
    one = replace(REPORT.examined[0], verdict=verdict, results=table, in_use=None)
    return read(pages(replace(REPORT, examined=(one,))))


def made_test(name: str, measure: object) -> Test:
    return Test("bias", name, "scatter", "here", Bound(0.0, 20.0), ("BIAS_NOISE",), measure)  # type: ignore[arg-type]


def test_tests_of_detectors_and_of_the_focal_plane_have_pages_too() -> None:
    found = judged(bias_table(one_raft(), count=2), made_test("SCATTER", _scatter), made_test("WHOLE", _whole))
    assert "SCATTER-" in found["b/detector-000.html"].ids
    assert "On the focal plane" in found["b/SCATTER.html"].text
    assert "On the focal plane" not in found["b/WHOLE.html"].text


def test_a_bound_of_some_detectors_is_told_beside_the_general_one() -> None:
    found = judged(bias_table(one_raft(), count=2), made_test("LEVEL", _level))
    assert "0 to 20; at most 9 for detector 3" in found["b/LEVEL.html"].text


def test_a_calibration_judged_by_itself_has_neither_exposures_nor_dates() -> None:
    plain = bias_table(one_raft(), count=1)
    columns = {name: column for name, column in plain.columns.items() if name not in ("exposure", "mjd")}
    found = judged(results(columns, "bias"), made_test("LEVEL", _level))
    assert "Against date" not in found["b/LEVEL.html"].text
    assert "In order of time" not in found["b/LEVEL.html"].text


def test_a_table_without_a_number_has_a_page_without_plots() -> None:
    plain = bias_table(one_raft(), count=2)
    nothing = {**plain.columns, "BIAS_NOISE": np.full(len(plain), np.nan)}
    found = judged(results(nothing, "bias"), made_test("LEVEL", _level))
    assert "Histogram" not in found["b/LEVEL.html"].text
    assert "144 not tested" in found["b/LEVEL.html"].text


def test_an_empty_table_has_a_page() -> None:
    empty = results({name: column[:0] for name, column in bias_table(one_raft(), count=1).columns.items()}, "bias")
    assert "b/LEVEL.html" in judged(empty, made_test("LEVEL", _level))


def test_what_was_tested_in_some_exposures_alone_is_told() -> None:
    plain = bias_table(one_raft(), count=3)
    gap = (plain.detector == 5) & (plain.exposure == exposures(1)[0])
    columns = {**plain.columns, "BIAS_NOISE": np.where(gap, np.nan, plain.column("BIAS_NOISE"))}
    found = judged(results(columns, "bias"), made_test("LEVEL", _level))
    assert "LEVEL not tested in some exposures at 16 places of 144 (detector 5)" in found["index.html"].text
    assert "16 not tested in some exposures" in found["b/LEVEL.html"].text
    assert "passed: " in found["b/LEVEL.html"].text
    assert "; not tested in 1 more" in found["b/LEVEL.html"].text
