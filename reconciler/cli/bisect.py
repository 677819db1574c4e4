"""`reconcile bisect`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TypeAlias

from ..adapters.checkout import Checkout
from ..bisection import Turn, turn
from ..desired import desired
from ..errors import ExitCode, ReconcileError, UsageError
from ..explanation import explain_wanted
from ..render.explanation import outcome
from ..site import choose
from ..words import count
from .explain import places, repositories
from .output import write, write_json
from .past import tree_at
from .question import Asked, Subject, identity, subject

Outcomes: TypeAlias = tuple[tuple[str, str], ...]
"""Place and outcome, in the site's order."""


def run(asked: Asked, directory: Path, site_name: str | None, *, good: str, bad: str, as_json: bool) -> ExitCode:
    """Find the commit of this branch at which what the specs ask for a data ID changed."""
    checkout = Checkout(directory)
    first, last = checkout.resolve(good), checkout.resolve(bad)
    commits = (first, *(commit for commit in checkout.history(first, last) if commit != first))
    about, name = _subject(asked, checkout, directory, site_name, first, last)

    def ask(commit: str) -> Outcomes:
        return _outcomes(checkout, commit, site_name, about, name)

    found = turn(commits, ask)
    if found is None:
        told = "; ".join(f"{place}: {answer}" for place, answer in ask(last))
        raise ReconcileError(
            f"the answer is the same at {first[:12]} and at {last[:12]}: {told}", hint="name an earlier --good"
        )
    if as_json:
        write_json(_json(found, about, name))
    else:
        write("\n".join(_lines(found, about, name, checkout)))
    return ExitCode.OK


def _subject(
    asked: Asked, checkout: Checkout, directory: Path, site_name: str | None, first: str, last: str
) -> tuple[Subject, str]:
    """Return what is asked about, as the last commit has it; the first one tells of a type that the last has lost."""
    with repositories(directory, site_name) as opened:
        with tree_at(checkout, last) as tree:
            about = subject(asked, tree, choose(tree, site_name), opened)
            with suppress(UsageError):
                return about, identity(about, tree)
        with tree_at(checkout, first) as tree:
            return about, identity(about, tree)


def _outcomes(checkout: Checkout, commit: str, site_name: str | None, about: Subject, name: str) -> Outcomes:
    with tree_at(checkout, commit) as tree:
        site = choose(tree, site_name)
        want = desired(tree, site)
    asked = places(site, about.instrument)
    return tuple((place, outcome(explain_wanted(about.question(place, name), want))) for place in asked)


def _json(found: Turn[Outcomes], about: Subject, name: str) -> dict[str, object]:
    return {
        "chain": about.chain,
        "dataset_type": about.dataset_type,
        "data_id": name,
        "commit": found.after,
        "answers": dict(found.became),
        "before": {"commit": found.before, "answers": dict(found.was)},
        "between": list(found.between),
        "skipped": dict(found.skipped),
        "asked": found.asked,
    }


def _lines(found: Turn[Outcomes], about: Subject, name: str, checkout: Checkout) -> Iterator[str]:
    yield f"{about.dataset_type} {name} by {about.chain}"
    yield f"changed in {found.after[:12]}  {checkout.subject(found.after)}"
    for commit in found.between:
        yield f"  or in   {commit[:12]}  {checkout.subject(commit)}: {found.skipped[commit]}"
    was, became = dict(found.was), dict(found.became)
    for place in dict.fromkeys((*was, *became)):
        if was.get(place) != became.get(place):
            yield f"  {place}"
            yield f"    before  {was.get(place, 'not a place of the site')}"
            yield f"    after   {became.get(place, 'not a place of the site')}"
    skipped = len(found.skipped)
    told = f", {count(skipped, 'commit')} skipped, whose specs are invalid" if skipped else ""
    yield f"{count(found.asked, 'commit')} asked{told}."
    yield from (f"  {commit[:12]}: {reason}" for commit, reason in found.skipped.items())
