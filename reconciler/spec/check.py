"""Checking documents without a Butler: every rule, every document, all problems at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from .load import Tree, read_tree
from .problems import MOST_PER_FILE, Problem, one_per_place
from .rules import CROSS, LOCAL, Rule
from .rules.context import context


def check(tree: Tree) -> tuple[Problem, ...]:
    """Return the errors and warnings of a tree whose documents could all be read."""
    return _applied(tree, (*LOCAL, *CROSS))


def validate(root: Path) -> tuple[Problem, ...]:
    """Read and check a tree and return everything that is wrong with it.

    If some documents could not be read, the rules that compare documents are left out: what they said would follow from
    the missing ones.
    """
    tree, unread = read_tree(root)
    broken = any(problem.severity == "error" for problem in unread)
    return one_per_place((*unread, *_applied(tree, LOCAL if broken else (*LOCAL, *CROSS))))


def _applied(tree: Tree, rules: Iterable[Rule]) -> tuple[Problem, ...]:
    joined = context(tree)
    return one_per_place(problem for rule in rules for problem in _bounded(rule(joined)))


def _bounded(problems: Iterable[Problem]) -> Iterator[Problem]:
    """Yield the problems until one file has had more than enough of this rule."""
    counts: Counter[str] = Counter()
    for problem in problems:
        yield problem
        counts[problem.file] += 1
        if counts[problem.file] >= MOST_PER_FILE:
            return
