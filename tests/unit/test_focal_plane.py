"""A focal plane is a file in git that anybody can write: it keeps the limits of every document."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.cli.focal_plane import read
from reconciler.errors import ReconcileError

GOOD = "detectors:\n  - {id: 0, name: R22_S11, box: [0, 0, 1, 1.5e+00], amplifiers: {C00: [0, 0, 0.5, 1]}}\n"


def test_a_focal_plane_is_read(tmp_path: Path) -> None:
    path = tmp_path / "plane.yaml"
    path.write_text(GOOD)
    (one,) = read(path)
    assert (one.number, one.name, list(one.amplifiers)) == (0, "R22_S11", ["C00"])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[" * 100_000, "nested more than 50 deep"),
        ("a: &a [x]\nb: &b [*a, *a]\n", "the anchor 'a'"),
        ("#" * 1_000_001, "1,000,001 bytes"),
        ("detectors: 2024-99-99", "describes no focal plane"),
        ("detectors: [{id: 0, name: a, box: [1]}]", "describes no focal plane: detectors.0.box"),
        ("a: [", "no YAML"),
        ("", "the file is empty"),
        ("\ufeffdetectors: []", "byte order mark"),
    ],
)
def test_what_is_none_is_refused(content: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "plane.yaml"
    path.write_text(content)
    with pytest.raises(ReconcileError, match=message):
        read(path)
