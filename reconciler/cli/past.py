"""Specs as an earlier commit has them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from ..adapters.checkout import Checkout
from ..errors import ExitCode, ReconcileError
from ..spec.check import check
from ..spec.load import Tree, load_tree
from ..spec.problems import InvalidSpec, raise_if_invalid


class InvalidThen(ReconcileError):
    """The specs of a commit are wrong by today's rules."""

    exit_code = ExitCode.INVALID_SPEC


@contextmanager
def tree_at(checkout: Checkout, commit: str) -> Iterator[Tree]:
    """Read and check the specs of a commit; raise `InvalidThen` with every problem.

    Curated files are read by who asks what the specs want, so the tree is of use within the context only.
    """
    with TemporaryDirectory(prefix="reconcile-") as folder:
        root = Path(folder).resolve()
        checkout.export(commit, root)
        yield _checked(root, commit)


def _checked(root: Path, commit: str) -> Tree:
    try:
        tree = load_tree(root)
        raise_if_invalid(check(tree))
    except InvalidSpec as error:
        raise InvalidThen(f"the specs of {commit[:12]} are invalid: {error.message}") from error
    return tree
