"""A report of the largest camera: how long it takes, how large it is, how soon its pages stand.

    python -m tests.benchmarks.bench_report

205 detectors of 16 amplifiers in 20 exposures, three tests, and as many exposures of the calibration in use. A page
stands when Chromium has loaded it from disk and painted it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from reconciler.render.report import Report as Evidence
from reconciler.render.report import markdown, pages, write
from tests.benchmarks.harness import Report, fastest, growth_bytes
from tests.reports.cameras import large_camera, one_raft
from tests.reports.made import report as evidence
from tests.servers.chromium import chromium

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

RUNS, LOADS = 3, 7
PAGES = ("index.html", "bias/index.html", "bias/NOISE.html", "bias/detector-094.html")
MOMENT = """
const done = arguments[0];
new PerformanceObserver((list) => {
  const [paint] = list.getEntriesByName("first-contentful-paint");
  const [load] = performance.getEntriesByType("navigation");
  if (paint) done(Math.max(load.loadEventEnd, paint.startTime));
}).observe({type: "paint", buffered: true});
"""
"""Milliseconds from the order to go to a page until it is both loaded and painted."""


def main() -> None:
    report = Report("Report of 205 detectors x 16 amplifiers x 20 exposures")
    large = evidence(large_camera(), noisy={(94, "C03"): 1.12, (30, "C13"): 1.09})
    with TemporaryDirectory() as scratch:
        folder = Path(scratch, "report")
        report.add("peak memory above the evidence", growth_bytes(lambda: made(large, folder)) / 1e9, "GB", at_most=1)
        timed = fastest(lambda: made(large, folder), runs=RUNS)
        report.add("pages, Markdown and folder", timed.wall_s, "s", at_most=60)
        small = fastest(lambda: pages(evidence(one_raft())), runs=RUNS)
        report.add("  the same of 9 detectors", small.wall_s, "s")
        sizes(report, folder)
        worst = Path(scratch, "worst")
        write(pages(evidence(large_camera(), noisy=dict.fromkeys(places(), 1.12))), worst)
        with chromium() as browser:
            loads(report, browser, folder, PAGES)
            loads(report, browser, worst, PAGES[:3], where=" where every amplifier fails,")
    report.finish()


def made(large: Evidence, folder: Path) -> None:
    write(pages(large), folder)
    markdown(large)


def sizes(report: Report, folder: Path) -> None:
    files = [path for path in folder.rglob("*") if path.is_file()]
    report.add("files", len(files))
    report.add("  all together", sum(path.stat().st_size for path in files) / 1e6, "MB", at_most=50)
    report.add("  front page", (folder / "index.html").stat().st_size / 1e3, "kB", at_most=50)
    largest = max(path.stat().st_size for path in files if path.suffix == ".html")
    report.add("  largest page", largest / 1e3, "kB", at_most=1000)


def places() -> list[tuple[int, str]]:
    return [(one.number, name) for one in large_camera() for name in one.amplifiers]


def loads(report: Report, browser: Chrome, folder: Path, names: Sequence[str], *, where: str = "") -> None:
    for name in names:
        times = []
        for _ in range(LOADS):
            browser.get((folder / name).as_uri())
            times.append(browser.execute_async_script(MOMENT))
        report.add(f"{name}{where} stands after", median(times), "ms", at_most=1000)


if __name__ == "__main__":
    main()
