"""`reconcile history`: what was applied where, when, by which commit, approved by whom; no repository is opened."""

from __future__ import annotations

from pathlib import Path

from ..adapters.checkout import Checkout
from ..adapters.journal import read as read_journal
from ..adapters.ssh_keygen import SshKeygen
from ..approval.record import NAMESPACE, Signed
from ..errors import ExitCode, PolicyRefused, UsageError
from ..history import Applied, applied, names
from ..names import is_ticket
from ..render import history as render
from ..site import choose
from ..spec.documents import Site
from ..spec.load import Tree
from . import records
from .output import write, write_json
from .session import read


def run(directory: Path, site: str | None, ticket: str | None, *, as_json: bool) -> ExitCode:
    """Print what journals, git and approval records tell."""
    if ticket is not None and not is_ticket(ticket):
        raise UsageError(f"{ticket!r} is no ticket such as DM-48520")
    checkout, tree = read(directory)
    sites = [choose(tree, site)] if site else [one.document for one in tree.sites]
    found = _history(checkout, tree, sites, site, ticket)
    if as_json:
        write_json(render.as_json(found))
    else:
        write(render.text(found))
    return ExitCode.UNREACHABLE if found.faults else ExitCode.OK


def _history(checkout: Checkout, tree: Tree, sites: list[Site], site: str | None, ticket: str | None) -> render.History:
    journals = {folder: read_journal(folder) for folder in {_work(one, checkout.root) for one in sites}}
    remarks = [_silent(one, checkout.root) for one in sites if not journals[_work(one, checkout.root)].exists]
    signed, remark = _signed(checkout, tree, sites)
    # Several sites may share a journal, and it may tell of one that specs do not have any more.
    lines = [line for told in journals.values() for line in told.lines if site in (None, line["site"])]
    whole = applied(lines, signed)
    since = {name: _since(checkout, name, whole) for name in sorted({one.site for one in whole})}
    if ticket is not None:
        whole = tuple(about for one in whole if (about := one.about(ticket)).steps)
        since = {name: tuple(c for c in later if _names(checkout, c, ticket)) for name, later in since.items()}
    commits = (*(one.commit for one in whole), *(commit for later in since.values() for commit in later))
    known = {commit: checkout.told(commit) for commit in dict.fromkeys(commits)}
    faults = tuple(fault for _, told in sorted(journals.items()) for fault in told.faults)
    return render.History(whole, known, since, (*remarks, *remark), faults)


def _work(site: Site, root: Path) -> Path:
    return (root / site.work).resolve()


def _silent(site: Site, root: Path) -> str:
    return f"{site.site}: no journal in {_work(site, root)}; what other machines applied there is not known here"


def _names(checkout: Checkout, commit: str, ticket: str) -> bool:
    """Return whether a commit names a ticket, or touches a file that does."""
    return names("\n".join((checkout.subject(commit), *checkout.touched(commit))), ticket)


def _signed(checkout: Checkout, tree: Tree, sites: list[Site]) -> tuple[tuple[Signed, ...], tuple[str, ...]]:
    """Return the approval records that are, or ever were, on the trusted line, and in words what is not known."""
    try:
        desk, remarks = records.latest(checkout, tree, sites[0].site if len(sites) == 1 else None)
        return (*desk.merged(SshKeygen(NAMESPACE)), *desk.past), remarks
    except PolicyRefused as refused:
        return (), (f"No approvals are told: {refused.message}",)


def _since(checkout: Checkout, site: str, whole: tuple[Applied, ...]) -> tuple[str, ...]:
    """Return the commits of specs that came after the last one that a journal tells of, the latest first."""
    last = next((one.commit for one in whole if one.site == site), None)
    if last is None or checkout.commit is None or checkout.told(last) is None:
        return ()
    try:
        later = checkout.history(last, checkout.commit)
    except UsageError:  # it was applied from another branch
        return ()
    return tuple(commit for commit in reversed(later) if commit != last)
