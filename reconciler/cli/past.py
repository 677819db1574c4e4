"""Specs as an earlier commit has them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from ..adapters.checkout import Checkout
from ..spec.check import check
from ..spec.load import Tree, load_tree
from ..spec.problems import raise_if_invalid


@contextmanager
def tree_at(checkout: Checkout, commit: str) -> Iterator[Tree]:
    """Read and check the specs of a commit; raise `InvalidSpec` with every problem.

    Curated files are read by who asks what the specs want, so the tree is of use within the context only.
    """
    with TemporaryDirectory(prefix="reconcile-") as folder:
        root = Path(folder).resolve()
        checkout.export(commit, root)
        tree = load_tree(root)
        raise_if_invalid(check(tree))
        yield tree
