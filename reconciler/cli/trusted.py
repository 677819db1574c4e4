"""What a site's root of trust means for a command: the branch is fetched, believed, and held against the files here."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from ..adapters.checkout import Checkout
from ..adapters.ssh_keygen import SshKeygen
from ..adapters.trusted_branch import AsMerged, TrustedBranch
from ..adapters.worktree import differing
from ..approval.covered import ABSENT, document_of, place_of
from ..approval.judge import Judgement
from ..approval.line import Line, walk
from ..approval.record import NAMESPACE
from ..archived import Archive
from ..authority import Authority, Files
from ..content import content_root
from ..errors import ApprovalMissing, PolicyRefused
from ..ports import Repository
from ..seals import Seal
from ..spec.documents import Site
from ..spec.documents.trust import Root
from ..trust import root_of, trust_file


def root_for(site: Site, checkout: Checkout) -> Root | None:
    """Return the site's root of trust; refuse a site's document that would have it open."""
    root = root_of(site.site, checkout.root)
    if root is not None and site.trust == "none":
        raise PolicyRefused(
            f"the document of site {site.site} says `trust: none`, and this machine has a root of trust for it",
            hint=f"{trust_file()} decides; nothing was done",
        )
    return root


def line_of(root: Root, head: str | None, *, fetch: bool = True) -> Line:
    """Return what is believed of the trusted branch, as its remote has it now; without, as it was fetched last."""
    branch = _branch(root)
    if fetch or not branch.known:
        branch.fetch()
    return walk(branch, root.root, SshKeygen(NAMESPACE), now=datetime.now(UTC), head=head)


def line_if_merged(root: Root, checkout: Checkout) -> Line:
    """Return what would be believed of the trusted branch if the commit of a checkout were merged as it is."""
    branch, commit = _branch(root), checkout.commit
    branch.fetch()
    if commit is None or any(one.name == commit for one in branch.commits()):
        return line_of(root, commit, fetch=False)
    history = AsMerged(branch, branch.proposal(checkout.root, commit))
    return walk(history, root.root, SshKeygen(NAMESPACE), now=datetime.now(UTC), head=commit)


def _branch(root: Root) -> TrustedBranch:
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "reconcile" / "trusted"
    return TrustedBranch(root.remote, root.branch, root.root, cache=folder)


def authority(
    site: Site, line: Line, repositories: Mapping[str, Repository] | None, archive: Archive | None = None
) -> Authority:
    """Return what decides at a site; without repositories no files are read."""
    files = _files(repositories, archive) if repositories is not None else None
    return Authority(line, site.site, datetime.now(UTC), files)


def _files(repositories: Mapping[str, Repository], archive: Archive | None) -> Files:
    known: dict[tuple[str, str], str] = {}

    def root(place: str, seal: Seal) -> str:
        if archive is not None and place == archive.place:
            return archive.root(seal)
        if (place, seal.run) not in known:
            digests = repositories[place].digests(seal.run, tuple(sorted(seal.datasets)))
            known[place, seal.run] = content_root(seal, digests)
        return known[place, seal.run]

    return root


def told(strays: tuple[Judgement, ...]) -> Iterator[str]:
    """Yield what a commit holds and nobody has authorised."""
    for stray in strays:
        statement = stray.statement
        way = f"reconcile approve {statement.subject} --verb {statement.verb}"
        yield f"{statement.subject} has changed, and nobody authorised that: {'; '.join(stray.missing)} ({way})"


def require(line: Line, checkout: Checkout) -> None:
    """Refuse to apply a commit that holds what nobody has authorised, or files that are not those of the commit."""
    head = line.head
    if head is not None and head.strays:
        raise ApprovalMissing("\n  ".join(told(head.strays)), hint="nothing was done")
    others = _others(line, checkout.root) if head is None else tuple(differing(checkout.root, head.tree))
    if others:
        listed = "\n  ".join(others[:10]) + ("\n  ..." if len(others) > 10 else "")
        raise PolicyRefused(f"these files are not as the trusted branch has them:\n  {listed}", hint="nothing was done")


def require_later(line: Line, checkout: Checkout, applied: str | None) -> None:
    """Refuse a commit that does not come after the one that a repository was brought to last."""
    if applied is None or applied in line.earlier:
        return
    if applied not in line.commits[: _reach(line, checkout.commit)]:
        raise PolicyRefused(
            f"commit {applied[:12]}, which was applied here last, does not stand on the trusted branch before this one",
            hint="history only moves on: apply a later commit; to take something back, `git revert` it",
        )


def _reach(line: Line, head: str | None) -> int:
    """Return how many commits of the line the head has behind it; all, for a branch that is not merged."""
    return line.commits.index(head) + 1 if head in line.commits else len(line.commits)


def _others(line: Line, root: Path) -> tuple[str, ...]:
    """Return what an unmerged branch changes of what decides who may say yes, or what runs here."""
    believed = {subject: one.content for subject, one in line.believed.items() if one.content != ABSENT}
    documents = [path for folder in ("specs", "sites") for path in sorted((root / folder).rglob("*.yaml"))]
    here = dict(
        found for p in documents if (found := document_of(p.relative_to(root).as_posix(), p.read_bytes())) is not None
    )
    there = {subject: content for subject, content in believed.items() if subject.path.startswith(("specs/", "sites/"))}
    changed = {s.path for s in here.keys() | there.keys() if here.get(s) != there.get(s)}
    tops = {path: edit for path, edit in line.tree.items() if place_of(path) == path.split("/", 1)[0]}
    return tuple(sorted({*changed, *(path for path in differing(root, tops) if path in tops)}))
