"""Where a dataset comes from: its seal, specs and locks, and the line that asks for it."""

from __future__ import annotations

from pathlib import Path

from reconciler.dataid import data_id
from reconciler.explanation import Question
from reconciler.look import look, whole_scope
from reconciler.makers import maker
from reconciler.origin import Origin, sealed, wanted
from reconciler.spec.load import Tree, load_tree
from reconciler.timeline import gen, uuid
from reconciler.validity import ALWAYS
from tests.worlds import EXPOSURES, INSTRUMENT, PLACE, PUBLIC, TICKET, Ask, calibration_set, chain, in_memory

ID = data_id({"instrument": INSTRUMENT, "detector": 0})
LEAF = f"{TICKET}/trial/darkGen.20250207a"
QUESTION = Question(PLACE, PUBLIC, "dark", ID, ALWAYS)
DOCUMENTS = (*calibration_set([Ask("bias"), Ask("dark")]), chain(TICKET))
DARKS = EXPOSURES["dark"]
RANGE = (f"{DARKS[0].id}..{DARKS[-1].id}",)
BIAS = f"{TICKET}/trial/biasGen.20250207a"


def test_a_sealed_dataset_tells_what_it_was_made_from() -> None:
    small = in_memory()
    want, facts = small.want(*DOCUMENTS)
    small.apply(want, facts)
    seen = look([small.repository], whole_scope(want), want, facts)
    found = sealed(gen(LEAF), QUESTION, seen.facts)
    seal = seen.facts.seals(PLACE)[LEAF]
    assert found == Origin(LEAF, seal.datasets["dark"][ID], seal.run, RANGE, (BIAS,))


def test_a_dataset_without_a_seal_is_not_ours_and_its_run_is_told() -> None:
    small = in_memory()
    name = small.repository.store.add("u/somebody/run", "dark", ID)  # type: ignore[attr-defined]
    want, facts = small.want(*DOCUMENTS)
    seen = look([small.repository], whole_scope(want), want, facts)
    found = sealed(uuid(name), QUESTION, seen.facts)
    assert found == Origin(uuid=name, run="u/somebody/run", remark="not ours: no seal names it")


def test_specs_and_locks_tell_what_a_dataset_will_be_made_from() -> None:
    want, _ = in_memory().want(*DOCUMENTS)
    assert wanted(gen(LEAF), PLACE, want) == Origin(LEAF, exposures=RANGE, precursors=(BIAS,))


def test_of_what_no_spec_makes_only_the_name_is_known() -> None:
    want, _ = in_memory().want(*DOCUMENTS)
    assert wanted(gen("elsewhere"), PLACE, want) == Origin("elsewhere")


# Documents


CATALOG = """\
kind: Catalog
instrument: Cam
releases: ["*"]
detectors: 0..1
products:
  bias:
    {dataset_type: bias, generation: biasGen, certified: bias, template: b.yaml, selection_variable: null,
     dimensions: [instrument, detector]}
"""
SET = """\
kind: CalibrationSet
instrument: Cam
ticket: {ticket}
purpose: test
origin: here/main
raws: Cam/raw/all
release: embedded
rerun: 20250207a
products:
  bias: {product}
"""
CURATED = """\
kind: CuratedSet
instrument: Cam
ticket: DM-9
origin: here/main
datasets:
  bias:
    storage_class: Any
    dimensions: [instrument, detector]
    files:
      - {file: curated/0.yaml, detector: 0}
      - {file: curated/1.yaml, detector: 1}
"""


def written(root: Path, **files: str) -> Tree:
    (root / "specs").mkdir()
    for name, text in files.items():
        (root / "specs" / f"{name}.yaml").write_text(text)
    return load_tree(root)


def test_a_generation_is_made_by_a_line_of_its_set(tmp_path: Path) -> None:
    tree = written(tmp_path, catalog=CATALOG, one=SET.format(ticket="DM-1", product="{}"))
    found = maker(tree, "Cam/calib/DM-1/biasGen.20250207a", "Cam/calib/DM-1/bias.20250207a", "bias", "detector=0")
    assert (str(found), found and found.ticket) == ("specs/one.yaml:10", "DM-1")


def test_an_output_run_that_came_without_its_leaf_is_made_by_the_same_line(tmp_path: Path) -> None:
    tree = written(tmp_path, catalog=CATALOG, one=SET.format(ticket="DM-1", product="{}"))
    run = "Cam/calib/DM-1/biasGen.20250207a/20250208T185010Z"
    assert str(maker(tree, run, "Cam/calib/DM-1/bias.20250207a", "bias", "detector=0")) == "specs/one.yaml:10"


def test_a_run_under_two_tickets_is_told_by_the_collection_that_it_is_certified_into(tmp_path: Path) -> None:
    product = "{from: [Cam/old/run]}"
    tree = written(
        tmp_path,
        catalog=CATALOG,
        one=SET.format(ticket="DM-1", product=product),
        two=SET.format(ticket="DM-2", product=product),
    )
    for ticket, file in (("DM-1", "one"), ("DM-2", "two")):
        found = maker(tree, "Cam/old/run", f"Cam/calib/{ticket}/bias.20250207a", "bias", "detector=0")
        assert str(found) == f"specs/{file}.yaml:10"


def test_a_curated_dataset_is_told_by_the_line_of_its_file(tmp_path: Path) -> None:
    tree = written(tmp_path, curated=CURATED)
    found = maker(tree, "Cam/calib/DM-9/unbounded", "Cam/calib/DM-9", "bias", "instrument=Cam,detector=1")
    assert str(found) == "specs/curated.yaml:11"


def test_what_no_document_makes_has_no_line(tmp_path: Path) -> None:
    tree = written(tmp_path, catalog=CATALOG, curated=CURATED)
    assert maker(tree, "nowhere", "nowhere", "bias", "detector=0") is None
