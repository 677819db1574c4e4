"""Whatever becomes of a good document, what reads it answers as it says it does, and never with a traceback."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from .mutations import json_of, spliced, yaml_of
from .seeds import SEEDS
from .targets import TARGETS

JSON = ("approval", "manifest", "sight", "documentation")


@pytest.mark.parametrize("name", TARGETS)
def test_good_documents_are_read(name: str) -> None:
    for seed in SEEDS[name]():
        TARGETS[name](seed)


@pytest.mark.parametrize("name", TARGETS)
@given(st.data())
def test_any_slip_of_the_pen_is_answered(name: str, data: st.DataObject) -> None:
    TARGETS[name](data.draw(spliced(SEEDS[name]())))


@given(st.data())
def test_any_change_of_a_spec_is_a_document_or_problems_with_their_places(data: st.DataObject) -> None:
    TARGETS["spec"](data.draw(yaml_of(SEEDS["spec"]())))


@pytest.mark.parametrize("name", JSON)
@given(st.data())
def test_any_change_of_a_record_a_manifest_a_snapshot_or_a_seal_is_answered(name: str, data: st.DataObject) -> None:
    TARGETS[name](data.draw(json_of(SEEDS[name]())))
