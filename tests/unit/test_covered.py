"""What of a document is bound: what it says, however it says it, and whatever later versions could say beside."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from reconciler.approval.covered import document_of

PATH = "sites/usdf.yaml"
SITE: dict[str, Any] = {
    "kind": "Site",
    "site": "usdf",
    "repositories": {"main": {"butler": "/repo/main", "instruments": ["Cam"]}},
}


def content(**more: Any) -> str:
    found = document_of(PATH, yaml.safe_dump({**SITE, **more}).encode())
    assert found is not None
    return found[1]


@pytest.mark.parametrize("said", [{"trust": "required"}, {"engine": {"kind": "pipetask"}}, {"releases": {}}])
def test_a_default_that_is_said_aloud_changes_nothing(said: dict[str, Any]) -> None:
    assert content(**said) == content()


@pytest.mark.parametrize(
    "said", [{"trust": "none"}, {"engine": {"processes": 2}}, {"releases": {"w": {"packages": {"pipe_base": "1"}}}}]
)
def test_whatever_else_is_said_makes_another_document(said: dict[str, Any]) -> None:
    assert content(**said) != content()
