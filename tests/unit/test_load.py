"""Loading: what hostile or careless files lead to, and nothing else."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import ExitCode
from reconciler.spec.check import check, validate
from reconciler.spec.load import load_tree, parse, read_tree
from reconciler.spec.located import locate
from reconciler.spec.nodes import compose
from reconciler.spec.problems import InvalidSpec
from reconciler.spec.source import MAX_BYTES, Source

ROOT = Path(__file__).parents[2]
SPEC = (ROOT / "specs/LSSTComCam/DM-48520.yaml").read_text()


def put(root: Path, content: bytes | str, name: str = "specs/Cam/a.yaml") -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def codes(root: Path) -> list[str]:
    return [problem.code for problem in read_tree(root)[1]]


def test_the_projects_own_tree_has_no_errors_and_only_the_warnings_we_know() -> None:
    found = validate(ROOT)
    assert [(problem.severity, problem.code) for problem in found if problem.file.endswith("DM-48520.yaml")] == [
        ("warning", "not-locked"),
        ("warning", "verify-rerun"),
    ]
    assert [problem for problem in found if problem.severity == "error"] == []


def test_a_tree_has_its_documents_by_kind() -> None:
    tree = load_tree(ROOT)
    assert [one.document.ticket for one in tree.sets] == ["DM-48520"]
    assert [one.document.name for one in tree.chains] == ["LSSTComCam/calib"]
    catalog = tree.catalog_of(tree.sets[0].document)
    assert catalog is not None
    assert (catalog.instrument, catalog.releases) == ("LSSTComCam", ("*",))
    assert "usdf/main" in tree.places()


def test_checking_what_was_loaded_finds_what_validate_finds() -> None:
    assert check(load_tree(ROOT)) == validate(ROOT)


def test_a_field_knows_its_line_and_column() -> None:
    (one,) = load_tree(ROOT).sets
    line = SPEC.splitlines().index("rerun: 20250207a") + 1
    assert one.where(("rerun",)) == (line, 8)


def test_a_field_that_is_left_out_is_where_it_would_be() -> None:
    (one,) = load_tree(ROOT).sets
    assert one.where(("products", "bias", "select")) == one.where(("products", "bias"))


def test_invalid_specs_exit_with_3_and_carry_every_problem(tmp_path: Path) -> None:
    put(tmp_path, "kind: A\n")
    put(tmp_path, "kind: B\n", "specs/Cam/b.yaml")
    with pytest.raises(InvalidSpec, match="2 errors in 2 files") as raised:
        load_tree(tmp_path)
    assert raised.value.exit_code is ExitCode.INVALID_SPEC
    assert [problem.file for problem in raised.value.problems] == ["specs/Cam/a.yaml", "specs/Cam/b.yaml"]


def test_a_directory_without_specs_is_said_to_be_none(tmp_path: Path) -> None:
    assert codes(tmp_path) == ["no-specs"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"\xef\xbb\xbfkind: Lock", "encoding"),
        (b"kind: \xff", "encoding"),
        (b"kind: \0", "encoding"),
        ("kind: \u202eLock".encode(), "encoding"),
        (b"x" * (MAX_BYTES + 1), "file"),
        (b"[" * 100_000, "too-deep"),
        (b"- " * 100_000, "too-deep"),
        (b"[" + b"a," * 60_000 + b"]", "too-large"),
        (b"a: [", "syntax"),
        (b"a: &x [1]\nb: [*x, *x]", "anchor"),
        (b"<<: {}", "merge"),
        (b"? [a]\n: b", "key"),
        (b"1: b", "key"),
        (b"kind: .inf", "surprise"),
        (b"kind: 1:30", "surprise"),
        (b"kind: Yes", "surprise"),
    ],
)
def test_what_yaml_should_not_be_has_a_name(tmp_path: Path, content: bytes, code: str) -> None:
    put(tmp_path, content)
    assert code in codes(tmp_path)


@pytest.mark.parametrize("text", ["kind: Lock\na", "a: [", "a: 'b", "- a\nb"])
def test_a_mistake_at_the_end_of_a_file_is_inside_it(text: str) -> None:
    _, (problem,) = parse(Source("specs/Cam/a.yaml", text))
    assert (problem.line, problem.column) <= (text.count("\n") + 1, len(text.rsplit("\n", maxsplit=1)[-1]) + 1)


def test_a_link_out_of_the_tree_is_refused(tmp_path: Path) -> None:
    secret = put(tmp_path, "kind: Lock", "elsewhere/secret.yaml")
    root = tmp_path / "tree"
    put(root, SPEC).with_name("b.yaml").symlink_to(secret)
    assert ("specs/Cam/b.yaml", "file") in [(one.file, one.code) for one in read_tree(root)[1]]


def test_a_linked_directory_is_not_passed_over_in_silence(tmp_path: Path) -> None:
    put(tmp_path, "", "elsewhere/a.yaml")
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs/Cam").symlink_to(tmp_path / "elsewhere")
    assert codes(tmp_path) == ["file"]


def test_a_circle_of_links_is_unreadable(tmp_path: Path) -> None:
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs/a.yaml").symlink_to("a.yaml")
    assert codes(tmp_path) == ["unreadable"]


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "specs").mkdir()
    os.mkfifo(tmp_path / "specs/a.yaml")
    assert codes(tmp_path) == ["file"]


def test_a_file_of_the_other_suffix_is_not_passed_over_in_silence(tmp_path: Path) -> None:
    put(tmp_path, SPEC, "specs/Cam/a.yml")
    assert codes(tmp_path) == ["file"]


def test_a_site_among_the_specs_is_misplaced(tmp_path: Path) -> None:
    put(tmp_path, (ROOT / "sites/usdf.yaml").read_text())
    assert codes(tmp_path) == ["place"]


def test_a_misspelt_field_does_not_hide_a_broken_selection(tmp_path: Path) -> None:
    text = SPEC.replace("raws:", "raw:\nraws:").replace("(44..63)", "(44..63) and and 1=1")
    put(tmp_path, text, "specs/LSSTComCam/DM-48520.yaml")
    assert [problem.code for problem in validate(tmp_path)] == ["unknown-field", "selection-syntax", "verify-rerun"]


def is_understood(text: str) -> bool:
    document, problems = parse(Source("specs/Cam/a.yaml", text))
    return document is not None or bool(problems)


@given(st.text())
def test_any_text_is_a_document_or_a_problem(text: str) -> None:
    assert is_understood(text)


@given(
    st.lists(st.sampled_from([*"[]{}:,-&*!|>'\"#%?@ \n\r", "a", "1", "<<", "---", "- ", "kind: Lock\n"]), max_size=40)
)
def test_any_yaml_punctuation_is_a_document_or_a_problem(parts: list[str]) -> None:
    assert is_understood("".join(parts))


@given(
    st.integers(0, len(SPEC)),
    st.integers(0, 30),
    st.sampled_from(["", "x", "\n", "  ", "[", "'", ": ", "010", "no", "é", "- "]),
)
def test_any_slip_in_a_real_spec_is_a_document_or_a_problem(
    tmp_path_factory: pytest.TempPathFactory, at: int, cut: int, new: str
) -> None:
    root = tmp_path_factory.mktemp("tree")
    put(root, SPEC[:at] + new + SPEC[at + cut :], "specs/LSSTComCam/DM-48520.yaml")
    assert validate(root)


@given(st.binary(max_size=200))
def test_any_bytes_lead_to_problems_and_to_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    root = tmp_path_factory.mktemp("tree")
    put(root, content)
    with pytest.raises(InvalidSpec):
        load_tree(root)


def test_reading_specs_imports_nothing_heavy() -> None:
    code = (
        "import sys, reconciler.spec.check, reconciler.spec.lock, reconciler.spec.schema, reconciler.render.problems;"
        "heavy = {'numpy', 'astropy', 'erfa', 'deepdiff', 'rich', 'git', 'lsst', 'typer'} & set(sys.modules);"
        "sys.exit(str(sorted(heavy)) if heavy else 0)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize(
    "written",
    [
        "a=1 and and b=2",
        "'x=''é'' and and b=2'",
        "\"x='\\u00e9' \\\n    and and b=2\"",
        ">\n    a=1\n    and\n\n    and b=2",
        "|- # the doubled and\n    a=1\n      and\n    and b=2",
        "a=1\n    and\n    and b=2",
    ],
)
def test_a_character_of_a_value_has_its_own_place_in_every_style(written: str) -> None:
    source = Source("specs/Cam/a.yaml", f"selections:\n  bias: {written}\n")
    value = compose(source).value[0][1].value[0][1].value
    at = locate(source, ("selections", "bias"), offset=value.rindex("and"))
    line = source.text.split("\n")[at.line - 1]
    assert line[at.column - 1 :].startswith("and b=2")
