"""Many lookups at once, against Butler's own, one by one.

    python -m tests.benchmarks.bench_lookup

1,000 exposures x 189 detectors x 10 dataset types against 39,690 certifications, which a Butler repository (SQLite)
holds in 180 collections of 18 tickets, below a chain for each. Processor time is what counts, and only one thread runs.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from reconciler.adapters.butler import ButlerRepository
from reconciler.adapters.butler.validity_edits import timespan
from reconciler.bulk import NOTHING, STRADDLES, BulkCalendar, Indices, Question, Times
from reconciler.dataid import data_id, parse
from reconciler.observation import Scope, lift, shelves
from reconciler.resolve import Calendar, seams
from reconciler.state import Cert, Chain, Key, State, Value
from reconciler.timeline import gen, timeline
from reconciler.validity import END, NANOSECOND
from tests.benchmarks.harness import Report, Timed, fastest, growth_bytes

PLACE, INSTRUMENT, ROOT = "usdf/main", "LSSTCam", "LSSTCam/calib"
TYPES = ("bfk", "bias", "crosstalk", "cti", "dark", "defects", "flat", "gain_correction", "linearizer", "ptc")
DETECTORS = range(189)
QUESTIONS: list[Question] = [(t, data_id({"instrument": INSTRUMENT, "detector": d})) for t in TYPES for d in DETECTORS]
TICKETS = 18
FIRST, DAY = 1_735_689_600 * NANOSECOND, 86_400 * NANOSECOND
LAST = FIRST + TICKETS * 10 * DAY
SAMPLE = 100
"""How many lookups Butler is asked for."""


def main() -> None:
    report = Report(f"1,000 exposures x {len(DETECTORS)} detectors x {len(TYPES)} types")
    begins, ends = exposures(1_000)
    with TemporaryDirectory() as scratch:
        root = Path(scratch, "repository")
        make_repository(root)
        found = observed(root)
        once_and_again(report, "no two alike", calendar(state(TICKETS, step=1_000)), begins, ends)
        rate = once_and_again(report, "detectors alike", found, begins, ends)
        theirs = against_butler(root, found, begins, ends)
    report.add("Butler's find_dataset", SAMPLE / theirs.cpu_s, "lookups/s")
    report.add("  with the same answers", theirs.result, "lookups", at_least=SAMPLE)
    report.add("  slower by", rate * theirs.cpu_s / SAMPLE, "x")
    linear(report)
    report.finish()


def once_and_again(report: Report, name: str, found: Calendar, begins: Times, ends: Times) -> float:
    """Measure from the state to the answer, then with everything ready; return lookups per second of the latter."""

    def work() -> Indices:
        return BulkCalendar(found).lookup(QUESTIONS, begins, ends)

    report.add(f"cold, {name}", fastest(work, runs=3).cpu_s, "s", at_most=5)
    report.add("  memory beyond the state", growth_bytes(work) / 1e6, "MB", at_most=500)
    again = fastest(partial(BulkCalendar(found).lookup, QUESTIONS, begins, ends), runs=5)
    rate = again.result.size / again.cpu_s
    report.add(f"warm, {name}", rate, "lookups/s", at_least=500_000)
    report.add("  that find nothing", np.count_nonzero(again.result == NOTHING), at_least=1)
    report.add("  that straddle", np.count_nonzero(again.result == STRADDLES), at_least=1)
    return rate


def linear(report: Report) -> None:
    """Twice the exposures, twice the certifications: twice the time and no more."""
    bulk = BulkCalendar(calendar(state(TICKETS, step=1_000)))
    few, many = exposures(4_000), exposures(8_000)
    times = [fastest(partial(bulk.lookup, QUESTIONS, *some), runs=5).cpu_s for some in (few, many)]
    report.add("growth with exposures", times[1] / times[0] / 2, "x linear", at_most=1.3)
    half, full = calendar(state(TICKETS, step=1_000)), calendar(state(2 * TICKETS, step=1_000))
    times = [fastest(partial(BulkCalendar, found), runs=5).cpu_s for found in (half, full)]
    report.add("growth with certifications", times[1] / times[0] / 2, "x linear", at_most=1.3)


def exposures(count: int) -> tuple[Times, Times]:
    """Return exposures of 30 s at all times from a week before the first ticket, one of them across every edge."""
    random = Random(count)
    edges = {edge for number in range(TICKETS) for span in ranges(number) for edge in span} - {END}
    across = [edge - 10 * NANOSECOND for edge in edges]
    begins = [*across, *(random.randrange(FIRST - 7 * DAY, LAST) for _ in range(count - len(across)))]
    array = np.array(sorted(begins), np.int64)
    return array, array + 30 * NANOSECOND


def ranges(ticket: int) -> list[tuple[int, int]]:
    """Return what a ticket certifies: from its day on, or for 25 days; every sixth with two epochs."""
    begin = FIRST + ticket * 10 * DAY
    if ticket % 6 == 0:
        return [(begin, begin + 5 * DAY), (begin + 5 * DAY, END)]
    return [(begin, begin + 25 * DAY if ticket % 3 == 0 else END)]


def collection(ticket: int, dataset_type: str) -> str:
    return f"{ROOT}/DM-{ticket}/{dataset_type}"


def chains(tickets: int) -> dict[str, tuple[str, ...]]:
    """Return the chains, the innermost first: the newest ticket is searched first."""
    below = {f"{ROOT}/DM-{n}": tuple(collection(n, name) for name in TYPES) for n in range(tickets)}
    return {**below, ROOT: tuple(reversed(below))}


def state(tickets: int, *, step: int) -> State:
    """Return what the tickets certify, each data ID `step` nanoseconds later than the one before."""
    values: dict[Key, Value] = {Chain(PLACE, name): members for name, members in chains(tickets).items()}
    for ticket in range(tickets):
        for number, (name, detector) in enumerate(QUESTIONS):
            late = number * step
            spans = [(b + late, min(e + late, END), gen(f"DM-{ticket}/{b}")) for b, e in ranges(ticket)]
            values[Cert(PLACE, collection(ticket, name), name, detector)] = timeline(spans)
    return State(values)


def calendar(state: State) -> Calendar:
    return Calendar(state, PLACE, [ROOT], {})


def make_repository(root: Path) -> None:
    """Make a repository that holds what the tickets certify; the datasets have no files."""
    from lsst.daf.butler import Butler, CollectionType, DatasetType

    Butler.makeRepo(root)
    with Butler.from_config(str(root), writeable=True) as butler:
        for name in TYPES:
            dimensions, universe = ("instrument", "detector"), butler.dimensions
            butler.registry.registerDatasetType(
                DatasetType(name, dimensions, "StructuredDataDict", universe=universe, isCalibration=True)
            )
        with butler.transaction():
            cam, insert = {"instrument": INSTRUMENT}, butler.registry.insertDimensionData
            insert("instrument", {"name": INSTRUMENT, "class_name": "cam.Cam"})
            insert("detector", *({**cam, "id": d, "full_name": f"S{d}"} for d in DETECTORS))
            for ticket in range(TICKETS):
                for name in TYPES:
                    _certify(butler, collection(ticket, name), name, ranges(ticket))
            for chain, members in chains(TICKETS).items():
                butler.collections.register(chain, CollectionType.CHAINED)
                butler.collections.redefine_chain(chain, members)


def _certify(butler: Any, into: str, name: str, validities: list[tuple[int, int]]) -> None:
    from lsst.daf.butler import CollectionType

    butler.collections.register(into, CollectionType.CALIBRATION)
    ids = [{"instrument": INSTRUMENT, "detector": d} for d in DETECTORS]
    for begin, end in validities:
        run = f"{into}/{begin}"
        butler.collections.register(run, CollectionType.RUN)
        refs = butler.registry.insertDatasets(name, ids, run, expand=False)
        butler.registry.certify(into, refs, timespan(begin, end))


def observed(root: Path) -> Calendar:
    """Return the calendar as a repository gives it, by UUID."""
    with ButlerRepository(PLACE, str(root)) as repository:
        seen = repository.observe(Scope(frozenset({ROOT}), frozenset(TYPES)))
    state = lift(seen)
    return Calendar(state, PLACE, [ROOT], shelves(seen), seams=seams(state, seen))


def against_butler(root: Path, found: Calendar, begins: Times, ends: Times) -> Timed[int]:
    """Let Butler look up a sample; return how many answers were the same."""
    from lsst.daf.butler import Butler, CalibrationLookupError

    bulk, random = BulkCalendar(found), Random(1)
    answers = bulk.lookup(QUESTIONS, begins, ends)
    sample = [(random.randrange(len(QUESTIONS)), random.randrange(len(begins))) for _ in range(SAMPLE)]

    def same(question: int, exposure: int) -> bool:
        name, detector = QUESTIONS[question]
        span, ours = timespan(int(begins[exposure]), int(ends[exposure])), int(answers[question, exposure])
        try:
            ref = butler.find_dataset(name, parse(detector), collections=ROOT, timespan=span)
        except CalibrationLookupError:
            return ours == STRADDLES
        return ours == NOTHING if ref is None else ours >= 0 and bulk.sources[ours].name == str(ref.id)

    with Butler.from_config(str(root)) as butler:
        return fastest(lambda: sum(same(*one) for one in sample), runs=1)


if __name__ == "__main__":
    main()
