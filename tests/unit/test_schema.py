from pathlib import Path
from typing import Any

import jsonschema
import pytest

from reconciler.errors import UsageError
from reconciler.spec.documents import KINDS
from reconciler.spec.nodes import compose, plain
from reconciler.spec.schema import schema
from reconciler.spec.source import DATA, Source

ROOT = Path(__file__).parents[2]
REAL = sorted(path for path in (*ROOT.glob("specs/**/*.yaml"), *ROOT.glob("sites/*.yaml")) if path.parent.name != DATA)


def values(path: Path) -> Any:
    source = Source(path.name, path.read_text())
    found, problems = plain(source, compose(source))
    assert problems == []
    return as_json(found)


def as_json(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: as_json(item) for key, item in value.items()}
    return [as_json(item) for item in value] if isinstance(value, tuple) else value


def valid(document: Any, kind: str | None) -> bool:
    return jsonschema.Draft202012Validator(schema(kind)).is_valid(document)


@pytest.mark.parametrize("path", REAL, ids=lambda path: path.name)
def test_every_real_spec_keeps_its_schema(path: Path) -> None:
    document = values(path)
    assert valid(document, document["kind"])
    assert valid(document, None)


@pytest.mark.parametrize("kind", [None, *KINDS])
def test_every_schema_is_a_schema(kind: str | None) -> None:
    jsonschema.Draft202012Validator.check_schema(schema(kind))


def test_a_schema_refuses_what_the_loader_refuses() -> None:
    document = values(ROOT / "specs/LSSTComCam/DM-48520.yaml")
    assert not valid({**document, "orign": "usdf/main"}, None)
    assert not valid({**document, "rerun": 20250207}, "CalibrationSet")
    assert not valid({"kind": "Unknown"}, None)


def test_an_unknown_kind_has_a_nearest_word() -> None:
    with pytest.raises(UsageError, match="did you mean Chain"):
        schema("Chian")
