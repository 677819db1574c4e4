"""What `validate` says, to the letter, in situations named like sentences.

A case is a directory with the documents of a small tree and `expected.txt`. Run with ACCEPT=1 to rewrite the expected
texts, and review the difference.
"""

import os
from pathlib import Path

import pytest

from reconciler.render.problems import text
from reconciler.spec.check import validate

CASES = Path(__file__).parent / "specs"
PLACES = {
    "spec.yaml": "specs/Cam/DM-1.yaml",
    "lock.yaml": "specs/Cam/DM-1.lock.yaml",
    "other.yaml": "specs/Cam/other.yaml",
    "chain.yaml": "specs/Cam/chain.yaml",
    "curated.yaml": "specs/Cam/DM-2.yaml",
    "catalog.yaml": "specs/Cam/catalog.yaml",
    "site.yaml": "sites/usdf.yaml",
    "summit.yaml": "sites/summit.yaml",
}


def lay_out(case: Path, root: Path) -> None:
    """Put the base's documents, and then the case's, where a tree has them."""
    for source in (*sorted((CASES / "_base").iterdir()), *sorted(case.glob("*.yaml"))):
        target = root / PLACES[source.name]
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(source.read_bytes())


@pytest.mark.parametrize(
    "case", [path for path in sorted(CASES.iterdir()) if path.name != "_base"], ids=lambda p: p.name
)
def test_validate_says_what_is_wrong(case: Path, tmp_path: Path) -> None:
    lay_out(case, tmp_path)
    said = text(validate(tmp_path))
    expected = case / "expected.txt"
    if os.environ.get("ACCEPT"):
        expected.write_text(said)
    assert said == expected.read_text()
