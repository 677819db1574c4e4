"""Curated sets: undated files always valid, dated ones from their date to the next; dates are UTC."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from reconciler.curation import made
from reconciler.errors import ReconcileError
from reconciler.generation import Made
from reconciler.spec.located import Located
from reconciler.spec.source import Source
from reconciler.state import Cert, Gen
from reconciler.timeline import gen, timeline
from reconciler.validity import ALWAYS, END, tai
from tests.worlds import INSTRUMENT, PLACE, document

TICKET = f"{INSTRUMENT}/calib/DM-5"
CERT = Cert(PLACE, TICKET, "crosstalk", f"instrument={INSTRUMENT},detector=0")


def curated(root: Path, *files: dict[str, Any], **fields: Any) -> Made:
    """Return what a set of these files of one type makes."""
    for file in files:
        (root / file["file"]).write_text(file["file"])
    dataset = {"storage_class": "Dict", "dimensions": ["instrument", "detector"], "files": list(files)}
    one = document(
        kind="CuratedSet", instrument=INSTRUMENT, ticket="DM-5", origin=PLACE, datasets={"crosstalk": dataset}, **fields
    )
    return made(Located(one, Source("spec.yaml", "")), root)  # type: ignore[arg-type]


def test_an_undated_file_is_always_valid(tmp_path: Path) -> None:
    result = curated(tmp_path, {"file": "a", "detector": 0})
    assert result.values[CERT] == timeline([(ALWAYS.begin, ALWAYS.end, gen(f"{TICKET}/unbounded"))])
    assert set(result.works) == {Gen(PLACE, f"{TICKET}/unbounded")}


def test_dated_files_hold_from_their_date_in_utc_to_the_next(tmp_path: Path) -> None:
    first = {"file": "a", "detector": 0, "from": "2024-01-01T00:00:00"}
    second = {"file": "b", "detector": 0, "from": "2024-06-01T00:00:00"}
    one, other = tai("2024-01-01T00:00:37"), tai("2024-06-01T00:00:37")
    assert curated(tmp_path, second, first).values[CERT] == timeline(
        [
            (one, other, gen(f"{TICKET}/curated/20240101T000000Z")),
            (other, END, gen(f"{TICKET}/curated/20240601T000000Z")),
        ]
    )


def test_a_date_of_1970_is_always(tmp_path: Path) -> None:
    """Most curated files of real cameras bear this date."""
    result = curated(tmp_path, {"file": "a", "detector": 0, "from": "1970-01-01T00:00:00"})
    run = f"{TICKET}/curated/19700101T000000Z"
    assert result.values[CERT] == timeline([(ALWAYS.begin, ALWAYS.end, gen(run))])


def test_an_undated_file_beside_a_dated_one_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ReconcileError, match="an undated file and others"):
        curated(tmp_path, {"file": "a", "detector": 0}, {"file": "b", "detector": 0, "from": "2024-01-01T00:00:00"})


def test_other_bytes_are_another_recipe(tmp_path: Path) -> None:
    before = curated(tmp_path, {"file": "a", "detector": 0}).values
    (tmp_path / "other").mkdir()
    after = curated(tmp_path / "other", {"file": "b", "detector": 0}).values
    assert before[Gen(PLACE, f"{TICKET}/unbounded")] != after[Gen(PLACE, f"{TICKET}/unbounded")]


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    dataset = {"storage_class": "Dict", "dimensions": ["instrument"], "files": [{"file": "a"}]}
    one = document(kind="CuratedSet", instrument=INSTRUMENT, ticket="DM-5", origin=PLACE, datasets={"camera": dataset})
    with pytest.raises(ReconcileError, match=r"curated file .*a cannot be read: Is a directory"):
        made(Located(one, Source("spec.yaml", "")), tmp_path)  # type: ignore[arg-type]


def test_a_set_may_certify_into_a_collection_of_its_ticket_with_the_runs_below_it(tmp_path: Path) -> None:
    name = f"{TICKET}/isrTaskLSST/crosstalk.20240926a"
    result = curated(tmp_path, {"file": "a", "detector": 0}, collection=name)
    cert = Cert(PLACE, name, "crosstalk", f"instrument={INSTRUMENT},detector=0")
    assert result.values[cert] == timeline([(ALWAYS.begin, ALWAYS.end, gen(f"{name}/unbounded"))])
    assert set(result.works) == {Gen(PLACE, f"{name}/unbounded")}
