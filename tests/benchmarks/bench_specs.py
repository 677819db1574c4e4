"""Loading and checking 200 specs with their locks against the bare C-loader composition of the same files.

python -m tests.benchmarks.bench_specs
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

from reconciler.spec.check import check
from reconciler.spec.documents import CalibrationSet, Catalog, Lock
from reconciler.spec.examinations import examined
from reconciler.spec.instances import expression, instances
from reconciler.spec.load import load_tree, lock_path
from reconciler.spec.lock import dump_lock
from tests.benchmarks.harness import Report, taking_turns

ROOT = Path(__file__).parents[2]
SPECS = 200
TURNS = 5


def main() -> None:
    report = Report(f"Loading and checking {SPECS} specs with their locks")
    with TemporaryDirectory() as scratch:
        root = Path(scratch)
        make_tree(root, SPECS)
        paths = sorted((*root.glob("specs/**/*.yaml"), *root.glob("sites/*.yaml")))
        bare, ours = taking_turns(partial(compose, paths), partial(load_and_check, root), turns=TURNS)
    report.add("files", len(paths))
    report.add("bare composition (yaml.CSafeLoader)", bare.cpu_s, "s")
    report.add("load and check", ours.cpu_s, "s")
    report.add("takes", ours.cpu_s / bare.cpu_s, "x the bare composition", at_most=5)
    report.finish()


def compose(paths: list[Path]) -> None:
    for path in paths:
        yaml.compose(path.read_text(), Loader=yaml.CSafeLoader)


def load_and_check(root: Path) -> None:
    errors = [problem for problem in check(load_tree(root)) if problem.severity == "error"]
    if errors:
        raise AssertionError(f"the benchmark's own specs are wrong: {errors[0]}")


def make_tree(root: Path, number: int) -> None:
    """Write `number` specs like DM-48520, all different, each with a lock of some 20 exposures per selection."""
    folder = root / "specs/LSSTComCam"
    folder.mkdir(parents=True)
    (root / "sites").mkdir()
    for shared in (ROOT / "specs/LSSTComCam/catalog.yaml", *(ROOT / "sites").glob("*.yaml")):
        (root / shared.relative_to(ROOT)).write_text(shared.read_text())
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
            "examinations": {
                one.name: {"selection": one.selection, "exposures": tuple(2024110800000 + step for step in range(25))}
                for one in examined(document, catalog)
                if one.selection
            },
        }
    )


if __name__ == "__main__":
    main()
