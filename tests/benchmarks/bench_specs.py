"""Loading and checking 200 specs with their locks against the bare C-loader composition of the same files.

    python -m tests.benchmarks.bench_specs

Exits with 1 if the ratio that the project promises is missed.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import yaml

from reconciler.spec.check import check
from reconciler.spec.documents import CalibrationSet, Catalog, Lock
from reconciler.spec.instances import expression, instances
from reconciler.spec.load import load_tree, lock_path
from reconciler.spec.lock import dump_lock

ROOT = Path(__file__).parents[2]
SPECS = 200
PROMISED = 5.0
ROUNDS = 5


def main() -> int:
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        make_tree(root, SPECS)
        paths = sorted((*root.glob("specs/**/*.yaml"), *root.glob("sites/*.yaml")))
        bare, ours = best_of(ROUNDS, lambda: compose(paths), lambda: load_and_check(root))
    ratio = ours / bare
    verdict = "ok" if ratio <= PROMISED else "MISSED"
    print(f"{len(paths)} files: bare composition {bare:.3f} s, load and check {ours:.3f} s")
    print(f"specs: {ratio:.2f} times the bare composition, promised at most {PROMISED:g}: {verdict}")
    return 0 if ratio <= PROMISED else 1


def compose(paths: list[Path]) -> None:
    for path in paths:
        yaml.compose(path.read_text(), Loader=yaml.CSafeLoader)


def load_and_check(root: Path) -> None:
    errors = [problem for problem in check(load_tree(root)) if problem.severity == "error"]
    if errors:
        raise AssertionError(f"the benchmark's own specs are wrong: {errors[0]}")


def best_of(rounds: int, *tasks: Callable[[], None]) -> tuple[float, ...]:
    """Return the shortest time in seconds of each task; the tasks take turns, so that both see the same machine."""
    times: list[list[float]] = [[] for _ in tasks]
    for _ in range(rounds):
        for task, seconds in zip(tasks, times, strict=True):
            began = time.perf_counter()
            task()
            seconds.append(time.perf_counter() - began)
    return tuple(min(seconds) for seconds in times)


def make_tree(root: Path, number: int) -> None:
    """Write `number` specs like DM-48520, all different, each with a lock of some 20 exposures per selection."""
    folder = root / "specs/LSSTComCam"
    folder.mkdir(parents=True)
    (root / "sites").mkdir()
    for shared in ("specs/LSSTComCam/catalog.yaml", "sites/usdf.yaml"):
        (root / shared).write_text((ROOT / shared).read_text())
    text = (ROOT / "specs/LSSTComCam/DM-48520.yaml").read_text()
    for index in range(number):
        spec = folder / f"DM-{50000 + index}.yaml"
        # Another ticket, another day and other sequence numbers: nothing that a cache could know already.
        spec.write_text(text.replace("DM-48520", spec.stem).replace("seq_num in (", f"seq_num in ({index}, "))
    tree = load_tree(root)
    catalog = tree.catalogs[0].document
    for one in tree.sets:
        Path(root, lock_path(one.path)).write_text(dump_lock(lock_of(one.document, catalog)))


def lock_of(document: CalibrationSet, catalog: Catalog) -> Lock:
    products = {
        one.name: {
            "selection": expression(document, one),
            "exposures": tuple(2024110800000 + 7 * step for step in range(20)) if one.selection else (),
            "detectors": "0..8",
        }
        for one in instances(document, catalog)
    }
    starting = tuple(
        {
            "collection": name,
            "type": "CALIBRATION",
            "dataset_types": ("crosstalk", "manual_defects", "linearizer", "ptc", "bfk"),
            "fingerprint": "0123456789abcdef" * 4,
        }
        for name in document.starting_calibs
    )
    return Lock.model_validate(
        {
            "kind": "Lock",
            "instrument": document.instrument,
            "ticket": document.ticket,
            "raws": document.raws,
            "repository": document.origin,
            "starting_calibs": document.starting_calibs,
            "starting": starting,
            "products": products,
        }
    )


if __name__ == "__main__":
    sys.exit(main())
