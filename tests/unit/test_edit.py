"""Edits of a document's text change what they are about and nothing else."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from reconciler.spec.edit import with_scalar
from reconciler.spec.source import Source

PATH = ("products", "bias", "rerun")
NEW = "20250207b"


def edited(text: str, path: tuple[str, ...] = PATH) -> str:
    return with_scalar(Source("spec.yaml", text), path, NEW)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("products:\n  bias: {}  # why\n", "products:\n  bias: {rerun: 20250207b}  # why\n"),
        ("products: {bias: {select: x}}\n", "products: {bias: {rerun: 20250207b, select: x}}\n"),
        ("products: {bias: {rerun: '20250207a', a: 1}}\n", "products: {bias: {rerun: 20250207b, a: 1}}\n"),
        (
            "products:\n  bias:\n    # note\n    select: x\n",
            "products:\n  bias:\n    # note\n    rerun: 20250207b\n    select: x\n",
        ),
        ("products:\n  bias:\n    rerun: 20250207a # old\n", "products:\n  bias:\n    rerun: 20250207b # old\n"),
    ],
)
def test_a_scalar_is_replaced_or_added_in_the_style_of_its_place(before: str, after: str) -> None:
    assert edited(before) == after


def test_keys_that_are_missing_on_the_way_are_added() -> None:
    after = edited("products:\n  flat: {bands: [u]}\n", ("products", "flat", "reruns", "u"))
    assert after == "products:\n  flat: {reruns: {u: 20250207b}, bands: [u]}\n"


VALUES = st.recursive(
    st.sampled_from(["x", "a: b", "it's"]), lambda inner: st.dictionaries(st.sampled_from("abc"), inner), max_leaves=6
)
PRODUCTS = st.fixed_dictionaries({}, optional={"rerun": st.just("20250207a"), "select": VALUES, "bands": VALUES})


@given(PRODUCTS, st.booleans())
def test_every_other_value_stays_as_it_was(bias: dict[str, object], flow: bool) -> None:
    before = {"kind": "x", "products": {"bias": bias, "dark": {"rerun": "20250207a"}}, "z": "end"}
    after = yaml.safe_load(edited(yaml.safe_dump(before, default_flow_style=flow, sort_keys=False)))
    assert after == {**before, "products": {"bias": {**bias, "rerun": NEW}, "dark": {"rerun": "20250207a"}}}
