"""A report's folder: whole or not at all, and never in the place of somebody else's files."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.errors import ReconcileError
from reconciler.render.report import pages, write
from tests.reports.made import report

FILES = pages(report(count=2))


def written(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_a_new_folder_holds_every_file(tmp_path: Path) -> None:
    write(FILES, tmp_path / "public" / "DM-48520")
    assert written(tmp_path / "public" / "DM-48520") == set(FILES)
    assert (tmp_path / "public" / "DM-48520" / "index.html").read_bytes() == FILES["index.html"]


def test_pictures_that_lie_elsewhere_are_copied(tmp_path: Path) -> None:
    (tmp_path / "there.png").write_bytes(b"png")
    write({**FILES, "bias/pictures/00-a.png": tmp_path / "there.png"}, tmp_path / "report")
    assert (tmp_path / "report" / "bias" / "pictures" / "00-a.png").read_bytes() == b"png"


def test_an_older_report_gives_way_with_all_its_files(tmp_path: Path) -> None:
    write({**FILES, "dark/index.html": b"old"}, tmp_path / "report")
    write(FILES, tmp_path / "report")
    assert written(tmp_path / "report") == set(FILES)
    assert [path.name for path in tmp_path.iterdir()] == ["report"]


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    write(FILES, tmp_path)
    assert written(tmp_path) == set(FILES)


@pytest.mark.parametrize("marker", [None, "not json", "[]", '{"format": "something else"}'])
def test_what_is_no_report_stays(tmp_path: Path, marker: str | None) -> None:
    (tmp_path / "thesis.tex").write_text("precious")
    if marker is not None:
        (tmp_path / "report.json").write_text(marker)
    with pytest.raises(ReconcileError, match="is no report; nothing was written"):
        write(FILES, tmp_path)
    assert (tmp_path / "thesis.tex").read_text() == "precious"


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "report").write_text("precious")
    with pytest.raises(ReconcileError, match="is no report"):
        write(FILES, tmp_path / "report")


def test_a_report_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    write(FILES, tmp_path / "report")
    with pytest.raises(FileNotFoundError):
        write({**FILES, "a.png": tmp_path / "missing.png"}, tmp_path / "report")
    assert written(tmp_path / "report") == set(FILES)
    assert [path.name for path in tmp_path.iterdir()] == ["report"]
