"""Lint on specs and locks alone: each rule finds its mistake, proves it with a case, and is silent elsewhere."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest

from reconciler.lint import Finding, Report
from reconciler.lint.rules import RULES
from reconciler.render.lint import as_json, text
from reconciler.spec.documents import LintCode, Model
from reconciler.spec.problems import InvalidSpec
from tests.lint_world import edited, on_specs
from tests.worlds import INSTRUMENT, PLACE, PUBLIC, TICKET, Ask, calibration_set, catalog, chain, document

SECOND = f"{PUBLIC}/DM-2"
BIAS = f"{TICKET}/trial/bias.20250207a"
FIRST_ID = f"instrument={INSTRUMENT},detector=0"


def only(report: Report) -> Finding:
    (found,) = report.findings
    return found


def codes(report: Report) -> set[str]:
    return {one.code for one in report.findings}


def two_sets(first: Ask, second: Ask) -> tuple[Model, ...]:
    return (*calibration_set([first]), *calibration_set([second], "DM-2"))


def lacking_a_detector(*asks: Ask) -> tuple[Model, Model]:
    """Return a set whose lock expects detector 0 alone."""

    def narrow(lock: dict[str, Any]) -> None:
        for product in lock["products"].values():
            product["detectors"] = [0]

    spec, lock = calibration_set(asks or [Ask("bias")])
    return spec, edited(lock, narrow)


def external(*members: str) -> Model:
    """Return a chain whose last member no spec makes."""
    odd = [{"collection": members[-1], "reason": "made by hand"}]
    return edited(chain(*members), lambda values: values.update(external=odd))


def test_every_code_that_can_be_waived_is_a_rule_and_says_what_it_is_for() -> None:
    assert {rule.code for rule in RULES} == set(get_args(LintCode))
    assert all(rule.summary for rule in RULES)


def test_nothing_is_found_where_all_is_well(tmp_path: Path) -> None:
    report = on_specs(tmp_path, *calibration_set([Ask("bias"), Ask("dark"), Ask("flat")]), chain(TICKET))
    assert report == Report((), (), ())
    assert text(report, "specs and locks") == "Nothing found in specs and locks.\n"


# gap


GAP = two_sets(Ask("bias", end="2024-12-01T00:00:00"), Ask("bias", begin="2024-12-10T00:00:00"))


def test_a_gap_between_two_certifications_is_found(tmp_path: Path) -> None:
    found = only(on_specs(tmp_path, *GAP, chain(SECOND, TICKET)))
    assert (found.code, found.about) == ("gap", "bias")
    assert "none for detectors 0..1 from 2024-12-01T00:00:00 TAI to 2024-12-10T00:00:00 TAI" in found.message
    assert found.example == f"bias {FIRST_ID} at 2024-12-01T00:00:00 TAI"
    assert found.problem.file == f"specs/{INSTRUMENT}/chain6.yaml"


def test_no_gap_is_proven_where_a_member_is_unknown(tmp_path: Path) -> None:
    assert on_specs(tmp_path, *GAP, external(SECOND, TICKET, f"{PUBLIC}/OLD")).findings == ()


def test_ranges_that_touch_leave_no_gap(tmp_path: Path) -> None:
    touching = two_sets(Ask("bias", end="2024-12-10T00:00:00"), Ask("bias", begin="2024-12-10T00:00:00"))
    assert on_specs(tmp_path, *touching, chain(SECOND, TICKET)).findings == ()


# partial


def test_a_set_without_all_detectors_of_the_catalog_is_found(tmp_path: Path) -> None:
    found = only(on_specs(tmp_path, *lacking_a_detector(), chain(TICKET)))
    assert (found.code, found.about) == ("partial", BIAS)
    assert found.message == "bias for 1 of 2 detectors; detector 1 lacking"
    assert found.example == f"bias instrument={INSTRUMENT},detector=1 at 1970-01-01T00:00:00 TAI gets none"
    assert found.problem.file == f"specs/{INSTRUMENT}/DM-1.yaml"


def test_the_example_tells_from_where_the_lacking_detector_is_served_instead(tmp_path: Path) -> None:
    second, lock = calibration_set([Ask("bias", rerun="20250101a")], "DM-2")
    report = on_specs(tmp_path, *lacking_a_detector(), second, lock, chain(TICKET, SECOND))
    assert only(report).example.endswith(f"gets that of {SECOND}/trial/bias.20250101a")


def test_what_a_set_makes_may_be_excused_in_it(tmp_path: Path) -> None:
    found = only(on_specs(tmp_path, *lacking_a_detector(), chain(TICKET)))
    assert found.expected == "all detectors, `detectors: {allow_missing: ...}`, or a waiver with the reason"


def test_an_excused_detector_is_not_lacking(tmp_path: Path) -> None:
    spec, lock = lacking_a_detector()
    excused = {"allow_missing": [{"detector": 1, "reason": "dead since 2023"}]}
    report = on_specs(tmp_path, edited(spec, lambda s: s.update(detectors=excused)), lock, chain(TICKET))
    assert report.findings == ()


def test_a_chain_with_flats_for_one_filter_of_two_is_found(tmp_path: Path) -> None:
    two = edited(catalog(), lambda values: values.update(bands={"r": "r_03", "g": "g_01"}))
    found = only(on_specs(tmp_path, *calibration_set([Ask("bias"), Ask("dark"), Ask("flat")]), chain(TICKET), two))
    assert (found.code, found.about) == ("partial", "flat")
    assert found.message == f"{PUBLIC} has it for some filters and not for g_01"
    assert "physical_filter=g_01" in found.example


# dead


def test_what_something_above_always_hides_is_dead(tmp_path: Path) -> None:
    report = on_specs(tmp_path, *two_sets(Ask("bias"), Ask("bias")), chain(SECOND, TICKET))
    found = only(report)
    assert (found.code, found.about) == ("dead", BIAS)
    assert found.example.endswith(f"gets that of {SECOND}/trial/bias.20250207a")


def test_what_another_public_chain_gives_is_not_dead(tmp_path: Path) -> None:
    sets = two_sets(Ask("bias"), Ask("bias"))
    other = chain(TICKET, name=f"{INSTRUMENT}/other")
    assert on_specs(tmp_path, *sets, chain(SECOND, TICKET), other).findings == ()


def test_what_is_given_for_a_while_is_not_dead(tmp_path: Path) -> None:
    sets = two_sets(Ask("bias"), Ask("bias", begin="2024-12-10T00:00:00"))
    assert on_specs(tmp_path, *sets, chain(SECOND, TICKET)).findings == ()


# order


def test_an_older_set_above_a_newer_one_is_found_at_its_member(tmp_path: Path) -> None:
    sets = two_sets(Ask("bias", rerun="20250101a", begin="2024-12-01T00:00:00"), Ask("bias"))
    found = only(on_specs(tmp_path, *sets, chain(TICKET, SECOND)))
    assert (found.code, found.about) == ("order", TICKET)
    assert found.message == f"it is searched before {SECOND}, which is newer"
    assert found.example.startswith(f"bias {FIRST_ID} at 2024-12-01T00:00:00 TAI gets that of {TICKET}")
    assert found.path == ("members", 0)


def test_the_place_follows_what_it_is_about(tmp_path: Path) -> None:
    found = replace(only(on_specs(tmp_path, *GAP, chain(SECOND, TICKET))), place=PLACE)
    assert found.problem.message.startswith(f"bias at {PLACE}: {PUBLIC} has none for detectors 0..1 from ")


def test_an_older_fallback_below_is_in_order(tmp_path: Path) -> None:
    sets = two_sets(Ask("bias", rerun="20250101a"), Ask("bias", begin="2024-12-01T00:00:00"))
    assert on_specs(tmp_path, *sets, chain(SECOND, TICKET)).findings == ()


def test_an_older_set_that_never_answers_with_the_newer_one_is_in_order(tmp_path: Path) -> None:
    first = Ask("bias", rerun="20250101a", end="2024-12-01T00:00:00")
    sets = two_sets(first, Ask("bias", begin="2024-12-01T00:00:00"))
    assert on_specs(tmp_path, *sets, chain(TICKET, SECOND)).findings == ()


# mixed


def test_a_start_that_is_made_otherwise_now_is_found(tmp_path: Path) -> None:
    spec, lock = calibration_set([Ask("dark")], "DM-2")
    other = [{"leaf": f"{TICKET}/trial/biasGen.20250207a", "dataset_types": ["bias"], "recipe": "sha256:other"}]
    spec = edited(spec, lambda values: values.update(starting_calibs=[TICKET]))
    lock = edited(lock, lambda values: values.update(starting_calibs=[TICKET], generations=other))
    found = only(on_specs(tmp_path, *calibration_set([Ask("bias")]), spec, lock, chain(SECOND, TICKET)))
    assert (found.code, found.about) == ("mixed", f"{SECOND}/trial/darkGen.20250207a")
    assert "made otherwise now than was locked" in found.message
    assert found.example.startswith("exposure 20241206")


# always


def curated(root: Path, *dates: str) -> Model:
    """Return curated defects from these dates on."""
    folder = root / "specs" / INSTRUMENT
    folder.mkdir(parents=True, exist_ok=True)
    for number, _ in enumerate(dates):
        (folder / f"defects{number}.ecsv").write_text(str(number))
    files = [
        {"file": f"defects{number}.ecsv", "detector": detector, "from": date}
        for number, date in enumerate(dates)
        for detector in (0, 1)
    ]
    dataset = {"storage_class": "Defects", "dimensions": ["instrument", "detector"], "files": files}
    return document(
        kind="CuratedSet", instrument=INSTRUMENT, ticket="DM-9", origin=PLACE, datasets={"defects": dataset}
    )


def test_1970_is_too_early_where_the_camera_has_changed_since(tmp_path: Path) -> None:
    states = curated(tmp_path, "2024-06-01T00:00:00", "2024-10-01T00:00:00", "2025-06-01T00:00:00")
    found = only(on_specs(tmp_path, *calibration_set([Ask("bias")]), states, chain(TICKET, f"{PUBLIC}/DM-9")))
    assert (found.code, found.about) == ("always", BIAS)
    assert "only since 2024-10-01T00:00:37 TAI (defects of DM-9)" in found.message
    assert 'begin: "2024-10-01T00:00:37"' in found.expected
    assert found.problem.file == f"specs/{INSTRUMENT}/DM-1.yaml"
    assert found.path == ("products", "bias", "certify", "begin")


def test_a_begin_that_nobody_wrote_is_found_at_the_product(tmp_path: Path) -> None:
    spec, lock = calibration_set([Ask("bias")])
    spec = edited(spec, lambda values: values["products"]["bias"].pop("certify"))
    states = curated(tmp_path, "2024-06-01T00:00:00")
    found = only(on_specs(tmp_path, spec, lock, states, chain(TICKET, f"{PUBLIC}/DM-9")))
    assert (found.code, found.path) == ("always", ("products", "bias"))


def test_what_begins_with_the_state_of_the_camera_is_right(tmp_path: Path) -> None:
    states = curated(tmp_path, "2024-06-01T00:00:00", "2024-10-01T00:00:00")
    bias = calibration_set([Ask("bias", begin="2024-10-01T00:00:37")])
    assert on_specs(tmp_path, *bias, states, chain(TICKET, f"{PUBLIC}/DM-9")).findings == ()


def test_a_state_that_came_after_it_was_made_does_not_matter(tmp_path: Path) -> None:
    states = curated(tmp_path, "2025-06-01T00:00:00")
    report = on_specs(tmp_path, *calibration_set([Ask("bias")]), states, chain(TICKET, f"{PUBLIC}/DM-9"))
    assert report.findings == ()


# waivers


def waiving(model: Model, code: str, about: str) -> Model:
    return edited(model, lambda values: values.update(waive=[{"code": code, "about": about, "reason": "so agreed"}]))


def test_a_waived_finding_is_told_with_its_reason_and_is_no_finding(tmp_path: Path) -> None:
    report = on_specs(tmp_path, *GAP, waiving(chain(SECOND, TICKET), "gap", "bias"))
    assert report.findings == report.warnings == ()
    ((found, reason),) = report.waived
    assert (found.code, reason) == ("gap", "so agreed")
    assert "waived[gap]: bias: so agreed" in text(report, "specs")
    assert as_json(report, "specs")["findings"][0]["waived"] == "so agreed"


@pytest.mark.parametrize(("about", "waived"), [(TICKET, 1), (f"{TICKET}/trial", 1), (f"{TICKET}/tri", 0)])
def test_a_waiver_of_a_ticket_is_one_of_all_its_collections(about: str, waived: int, tmp_path: Path) -> None:
    spec, lock = lacking_a_detector()
    report = on_specs(tmp_path, waiving(spec, "partial", about), lock, chain(TICKET))
    assert (len(report.waived), len(report.findings)) == (waived, 1 - waived)


def test_a_waiver_holds_in_its_own_document_only(tmp_path: Path) -> None:
    spec, lock, *others = GAP
    report = on_specs(tmp_path, waiving(spec, "gap", "bias"), lock, *others, chain(SECOND, TICKET))
    assert codes(report) == {"gap"}
    assert [one.code for one in report.warnings] == ["unused-waiver"]


def test_a_waiver_of_nothing_is_a_warning_at_its_line(tmp_path: Path) -> None:
    report = on_specs(tmp_path, *calibration_set([Ask("bias")]), waiving(chain(TICKET), "gap", "bias"))
    (warning,) = report.warnings
    assert (warning.code, warning.severity) == ("unused-waiver", "warning")
    assert warning.line > 1
    assert report.findings == ()


def test_a_waiver_that_only_a_site_can_judge_is_not_called_unused(tmp_path: Path) -> None:
    waived = waiving(chain(TICKET), "boundary", "bias at 2024-12-06T00:00:00 TAI")
    assert on_specs(tmp_path, *calibration_set([Ask("bias")]), waived) == Report((), (), ())


@pytest.mark.parametrize(
    "waiver",
    [
        {"code": "gaps", "about": "bias", "reason": "so agreed"},
        {"code": "gap", "about": "bias"},
        {"code": "gap", "about": "bias", "reason": ""},
        {"code": "gap", "about": "bias", "reason": "so agreed", "until": "2026"},
    ],
)
def test_waivers_are_strict(waiver: dict[str, str], tmp_path: Path) -> None:
    on_specs(tmp_path, *calibration_set([Ask("bias")]), chain(TICKET))
    path = next(tmp_path.glob(f"specs/{INSTRUMENT}/chain*.yaml"))
    path.write_text(path.read_text() + f"waive: [{waiver}]\n")
    with pytest.raises(InvalidSpec) as refused:
        on_specs(tmp_path)
    assert {problem.file for problem in refused.value.problems} == {f"specs/{INSTRUMENT}/{path.name}"}


def test_a_finding_is_a_problem_with_file_line_and_column_and_json_has_its_parts(tmp_path: Path) -> None:
    report = on_specs(tmp_path, *GAP, chain(SECOND, TICKET))
    found = only(report)
    said = text(report, "specs and locks")
    assert said.startswith(
        f"specs/{INSTRUMENT}/chain6.yaml:{found.problem.line}:1: error[gap]: bias: {PUBLIC} has none"
    )
    assert "1 finding in specs and locks." in said
    assert 'waive: [{code: gap, about: "bias", reason: ...}]' in said
    content = as_json(report, "specs")
    assert {rule["code"] for rule in content["rules"]} == set(get_args(LintCode))
    (told,) = content["findings"]
    assert (told["about"], told["example"], told["place"], told["waived"]) == ("bias", found.example, None, None)
