"""The records in a working tree, and the policy that they are read by."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..adapters.checkout import Checkout
from ..approval.line import Line, verified
from ..approval.record import FOLDER, SIGNATURE, NoRecord, Signed, read
from ..approval.statement import Statement
from ..errors import PolicyRefused, Unreachable
from ..ports import Signatures
from ..spec.documents import Policy
from ..spec.documents.trust import Root
from ..spec.load import Tree
from ..trust import root_of
from .trusted import line_of


@dataclass(frozen=True)
class Desk:
    """What a person has who signs or verifies: a checkout, its documents, and a trusted line if there is one."""

    checkout: Checkout
    tree: Tree
    line: Line | None

    @property
    def policy(self) -> Policy:
        """The policy in force; without a root of trust, the one in the working tree."""
        if self.line is not None:
            return self.line.policy
        found = [one.document for one in self.tree.documents if isinstance(one.document, Policy)]
        if not found:
            raise PolicyRefused("there is no policy, specs/policy.yaml: nobody can approve anything")
        return found[0]

    def records(self, signatures: Signatures) -> tuple[Signed, ...]:
        """Return the records of the working tree that somebody whom the policy knows has signed, and every no."""
        return (*verified(tuple(files(self.checkout.root)), self.policy, signatures), *self.noes)

    def merged(self, signatures: Signatures) -> tuple[Signed, ...]:
        """Return the records that the trusted branch holds at its tip; without one, those of the working tree."""
        return self.line.records if self.line is not None else self.records(signatures)

    @property
    def noes(self) -> tuple[Signed, ...]:
        """Return the rejections and withdrawals that the trusted branch ever held."""
        return () if self.line is None else self.line.noes

    @property
    def past(self) -> tuple[Signed, ...]:
        """Return the approvals that the trusted branch ever held."""
        return () if self.line is None else self.line.past


def desk(checkout: Checkout, tree: Tree, site: str | None, *, fetch: bool) -> Desk:
    """Return what a person has at hand; the root of trust is that of the site, or of the only one that has one."""
    root = _root(checkout, tree, site)
    return Desk(checkout, tree, line_of(root, checkout.commit, fetch=fetch) if root is not None else None)


def latest(checkout: Checkout, tree: Tree, site: str | None) -> tuple[Desk, tuple[str, ...]]:
    """Return the same as the trusted branch has it at its tip, and in words what is not known of that."""
    root = _root(checkout, tree, site)
    remarks: tuple[str, ...] = ()
    if root is None:
        return Desk(checkout, tree, None), ()
    try:
        line = line_of(root, checkout.commit)
    except Unreachable as error:
        line = line_of(root, checkout.commit, fetch=False)
        remarks = (f"{error.message}; this is told from what was fetched last.",)
    tip = line.commits[-1]
    return Desk(checkout, tree, line if tip == checkout.commit else line_of(root, tip, fetch=False)), remarks


def _root(checkout: Checkout, tree: Tree, site: str | None) -> Root | None:
    names = [site] if site else [one.document.site for one in tree.sites]
    roots = {root for name in names if (root := root_of(name, checkout.root)) is not None}
    if len(roots) > 1:
        raise PolicyRefused(f"the sites {', '.join(names)} have different roots of trust", hint="type --site NAME")
    return roots.pop() if roots else None


def paths(root: Path) -> Iterator[Path]:
    """Yield the files of records in a working tree, in order."""
    folder = root / FOLDER
    yield from sorted(p for p in folder.rglob("*") if p.is_file() and not p.is_symlink() and p.suffix != SIGNATURE)


def files(root: Path) -> Iterator[tuple[bytes, str]]:
    """Yield each record with the signature beside it."""
    for path in paths(root):
        yield path.read_bytes(), _signature(path)


def faults(root: Path, policy: Policy, signatures: Signatures) -> Iterator[str]:
    """Yield which files among the records say nothing, and why."""
    for path in paths(root):
        name = path.relative_to(root).as_posix()
        try:
            record = read(path.read_bytes())
        except NoRecord as reason:
            yield f"{name}: {reason}"
            continue
        key = signatures.signer(path.read_bytes(), _signature(path), policy.keys)
        if key is None:
            yield f"{name}: nobody whom the policy knows has signed exactly this"
        elif policy.owner(key) != record.person:
            yield f"{name}: it speaks for {record.person} and is signed by {policy.owner(key)}"


def about(records: tuple[Signed, ...], document: str, verb: str | None) -> Iterator[Statement]:
    """Yield the statements that were proposed of a document, the latest of each verb, subject and chain only."""
    latest: dict[tuple[str, str, str, tuple[str, ...]], Signed] = {}
    for signed in sorted(records, key=lambda signed: signed.record.signed):
        statement = signed.record.statement
        fits = concerns(statement, document) and verb in (None, statement.verb)
        if fits and signed.record.decision == "propose":
            latest[statement.verb, statement.subject, statement.site, statement.scope] = signed
    yield from (signed.record.statement for signed in latest.values())


def concerns(statement: Statement, document: str) -> bool:
    """Return whether a statement is about a document: by its path, its ticket, or a collection; all, of none."""
    named = document.removeprefix("./")
    return not named or any(named in (name, Path(name).stem) for name in statement.scope)


def _signature(path: Path) -> str:
    beside = path.with_name(path.name + SIGNATURE)
    return beside.read_text(encoding="ascii", errors="replace") if beside.is_file() else ""
