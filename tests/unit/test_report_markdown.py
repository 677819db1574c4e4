"""One page of Markdown: the verdict, what failed, what is accepted, what would change."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from reconciler.render.report import markdown
from reconciler.verification.verdict import Acceptance
from tests.reports.cameras import AMPLIFIERS
from tests.reports.made import report

GOLDEN = Path(__file__).parents[1] / "reports" / "failed.md"
ACCEPTED = Acceptance("NOISE", "rings after a bright row", detectors=frozenset({7}), amplifiers=frozenset({"C13"}))
REPORT = replace(
    report(noisy={(4, "C03"): 1.12, (7, "C13"): 1.12}, missing=(2,), acceptances=(ACCEPTED,)),
    warnings=("flat-g: exposure 2024120600431 is saturated",),
    requested=("A second bias from 2024-12-10.",),
)


def test_the_page_is_as_reviewed() -> None:
    if os.environ.get("ACCEPT"):
        GOLDEN.write_text(markdown(REPORT), encoding="utf-8")
    assert markdown(REPORT) == GOLDEN.read_text(encoding="utf-8")


def test_many_failures_are_summed_up() -> None:
    bad = report(noisy={(d, name): 1.12 for d in (0, 1) for name in AMPLIFIERS}, count=3)
    page = markdown(bad)
    assert "bias NOISE: failed by the strict rule; fails at 32 of 144 places (at most 0.05)" in page
    assert page.count("- detector ") == 20
    assert "- 12 more" in page


def test_single_failures_are_told_although_the_rule_lets_them_pass() -> None:
    page = markdown(report(noisy={(4, "C03"): 1.12}, rule="majority"))
    assert "✓ Passed: 1 calibration" in page
    assert "bias NOISE: passed by the majority rule; fails at 1 of 144 places (at most 0.05)" in page


def test_no_text_is_taken_for_markup() -> None:
    page = markdown(replace(REPORT, warnings=("<script>alert(1)</script> *x* | `y`\n# z",)))
    assert "- &lt;script>alert(1)&lt;/script> \\*x\\* &#124; \\`y\\` # z" in page
