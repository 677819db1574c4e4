"""The trusted line of history, walked from its root commit along first parents.

The root is believed as it is. After that, a change of what decides who may say yes, or what runs on a machine with
credentials, is believed only once the policy that was in force before it says so, by records that the line itself
holds. A change that is not believed changes nothing: the policy in force stays, and a commit that holds such a change
is not applied. What a merge brought counts as the merge's own change.

Git knows no time that can be trusted; the clock of the walk is the latest signature that was believed so far, so a key
that has ended, or a signature that is dated back behind what is known, opens nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeAlias

from ..commits import Commit, Edit
from ..errors import PolicyRefused
from ..ports import History, Signatures
from ..spec.documents import POLICY, Policy
from ..spec.load import parse
from ..spec.problems import Problem
from ..spec.source import decode
from .covered import (
    ABSENT,
    NOWHERE,
    REGULAR,
    THE_POLICY,
    Standing,
    Subject,
    authorises,
    content_of,
    place_of,
    public_chain,
)
from .decided import Decided
from .judge import EFFECTS, Judgement, judge
from .record import FOLDER, SIGNATURE, NoRecord, Signed, read
from .statement import Statement

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
Files: TypeAlias = tuple[tuple[bytes, str], ...]
"""Texts of records with the signatures that stand beside them."""


@dataclass(frozen=True)
class Head:
    """The line as of the commit that is applied.

    Attributes
    ----------
    strays
        What the commit holds and nobody has authorised, each with what is missing.
    records
        Every record that the commit holds and that somebody whom the policy knows has signed.
    tree
        Path -> mode and content, as git names them, of every file.
    """

    strays: tuple[Judgement, ...]
    records: tuple[Signed, ...]
    tree: Mapping[str, Edit]


@dataclass(frozen=True)
class Line:
    """What is believed of a branch.

    Attributes
    ----------
    policy
        In force at its end; what is judged now is judged by this one.
    earlier
        Every commit that the root descends from.
    noes
        Every rejection and withdrawal that any commit of the line ever held.
    past
        Every approval that any commit of the line ever held: a yes that is deleted gives no say, and still overtakes.
    believed
        How each covered subject stands at the end.
    public
        Every chain that any commit of the line declared public: who takes its document away does not hide it.
    tree
        Every file at the end.
    head
        None if the commit asked for does not stand on the line.
    decided
        What was ever approved, in that order: for people, years later. No gate opens by it.
    """

    root: str
    commits: tuple[str, ...]
    earlier: frozenset[str]
    policy: Policy
    noes: tuple[Signed, ...]
    past: tuple[Signed, ...]
    believed: Mapping[Subject, Standing]
    public: frozenset[str]
    tree: Mapping[str, Edit]
    head: Head | None
    decided: tuple[Decided, ...] = ()

    @property
    def records(self) -> tuple[Signed, ...]:
        """Every record that speaks at the head: its own, and every no of the line, later ones included."""
        return (*(self.head.records if self.head else ()), *self.noes)


def walk(history: History, root: str, signatures: Signatures, *, now: datetime, head: str | None) -> Line:
    """Return what is believed of the line, and how it stands at the head."""
    walking = _Walk(history, root, signatures, now)
    strays: tuple[Judgement, ...] = ()
    files: Files = ()
    tree: Mapping[str, Edit] | None = None
    commits = history.commits()
    walking.read(commits)
    for commit in commits:
        walking.step(commit)
        if commit.name == head:
            strays, files, tree = walking.strays(), walking.files(), dict(walking.tree)
    return Line(
        root=root,
        commits=tuple(commit.name for commit in commits),
        earlier=history.earlier(),
        policy=walking.policy,
        noes=tuple(walking.noes.values()),
        past=tuple(walking.past.values()),
        believed=walking.believed,
        public=frozenset(walking.public),
        tree=walking.tree,
        head=None if tree is None else Head(strays, verified(files, walking.policy, signatures), tree),
        decided=tuple(walking.decided.values()),
    )


def verified(files: Files, policy: Policy, signatures: Signatures) -> tuple[Signed, ...]:
    """Return the records that somebody whom the policy knows has signed; other files say nothing."""
    found = []
    for text, signature in files:
        try:
            record = read(text)
        except NoRecord:
            continue
        if (key := signatures.signer(text, signature, policy.keys)) is not None:
            found.append(Signed(record, key, policy.owner(key)))
    return tuple(found)


@dataclass
class _Walk:
    """Where the walk is: the files of the commit, how subjects stand and what is believed of them, the records."""

    history: History
    root: str
    signatures: Signatures
    now: datetime
    tree: dict[str, Edit] = field(default_factory=dict)
    contents: dict[str, bytes] = field(default_factory=dict)
    stands: dict[Subject, str] = field(default_factory=dict)
    believed: dict[Subject, Standing] = field(default_factory=dict)
    stray: dict[Subject, Statement] = field(default_factory=dict)
    records: dict[str, Signed] = field(default_factory=dict)
    noes: dict[tuple[bytes, str], Signed] = field(default_factory=dict)
    past: dict[tuple[bytes, str], Signed] = field(default_factory=dict)
    decided: dict[str, Decided] = field(default_factory=dict)
    public: set[str] = field(default_factory=set)
    clock: datetime = BEGINNING
    _policy: Policy | None = None

    @property
    def policy(self) -> Policy:
        """The policy in force."""
        assert self._policy is not None
        return self._policy

    def read(self, commits: Iterable[Commit]) -> None:
        """Read everything that is looked into, at once: every question to git costs a process."""
        blobs = (edit.blob for commit in commits for edit in commit.edits if _is_read(edit))
        self.contents.update(self.history.read(tuple(dict.fromkeys(blobs))))

    def step(self, commit: Commit) -> None:
        """Take in one commit."""
        for edit in commit.edits:
            self.tree.pop(edit.path, None)
            if edit.blob:
                self.tree[edit.path] = edit
        self._stand(commit)
        if self._policy is None:
            self._begin()
        brought = self._take_records(commit)
        self._judge()
        self._decide(commit.name, brought)

    def strays(self) -> tuple[Judgement, ...]:
        """Return what the commit holds and nobody has authorised."""
        return tuple(judge(self.policy, self.stray[s], self._speaking(), self.clock) for s in sorted(self.stray))

    def files(self) -> Files:
        """Return the records of the commit, not looked into."""
        names = (path for path in sorted(self.tree) if path.startswith(f"{FOLDER}/") and not path.endswith(SIGNATURE))
        return tuple(self._file(path) for path in names)

    def _stand(self, commit: Commit) -> None:
        """Note how the subjects stand that the commit touches."""
        places = {place for edit in commit.edits if (place := place_of(edit.path)) is not None}
        self.stands = {subject: content for subject, content in self.stands.items() if subject.path not in places}
        texts = ((e.path, self.contents[e.blob]) for e in commit.edits if e.path.startswith("specs/") and _is_read(e))
        self.public |= {name for path, text in texts if (name := public_chain(path, text)) is not None}
        self.stands |= dict(found for p in sorted(places) if (found := content_of(p, self.tree, self.contents)))

    def _begin(self) -> None:
        """Believe the root."""
        self._policy = self._policy_here()
        if self._policy is None:
            raise PolicyRefused(
                f"the root commit {self.root[:12]} holds no valid {POLICY}",
                hint="the root of trust is a commit that does; `reconcile validate` tells what is wrong",
            )
        for subject, content in self.stands.items():
            self._believe(subject, authorises(subject, content, NOWHERE, self.root))

    def _take_records(self, commit: Commit) -> list[Signed]:
        """Verify the records that the commit brings, by the keys of the policy in force; return them."""
        brought: list[Signed] = []
        for path in sorted({e.path.removesuffix(SIGNATURE) for e in commit.edits if e.path.startswith(f"{FOLDER}/")}):
            self.records.pop(path, None)
            for signed in verified((self._file(path),), self.policy, self.signatures):
                self.records[path] = signed
                brought.append(signed)
                if signed.owner == signed.record.person:
                    self._take(signed)
        return brought

    def _take(self, signed: Signed) -> None:
        record = signed.record
        self.clock = min(self.now, max(self.clock, record.signed))
        if record.decision in ("reject", "withdraw"):
            self.noes[record.text, signed.key] = signed
        if record.decision == "approve" and record.statement.verb in EFFECTS:
            self.past[record.text, signed.key] = signed

    def _judge(self) -> None:
        """Believe what the policy in force allows; the policy itself last, so that none judges its own commit."""
        self.stray = {}
        for subject in sorted(self.stands.keys() | self.believed.keys(), key=lambda s: (s == THE_POLICY, s)):
            content, before = self.stands.get(subject, ABSENT), self.believed.get(subject, NOWHERE)
            if content == before.content:
                continue
            statement = authorises(subject, content, before, self.root)
            approved = judge(self.policy, statement, self._speaking(), self.clock).approved
            if approved and (subject != THE_POLICY or self._policy_here() is not None):
                self._believe(subject, statement)
            else:
                self.stray[subject] = statement

    def _decide(self, commit: str, brought: Iterable[Signed]) -> None:
        """Note what has enough approvals by what the commit brings."""
        for statement in {s.record.statement.digest: s.record.statement for s in brought}.values():
            if statement.verb in EFFECTS and statement.digest not in self.decided:
                found = judge(self.policy, statement, self._speaking(), self.clock, past=self.past.values())
                if found.approved:
                    self.decided[statement.digest] = Decided(statement, found.by, self.clock, commit)

    def _believe(self, subject: Subject, statement: Statement) -> None:
        self.believed[subject] = Standing(statement.parts["content"], statement.digest)
        if subject == THE_POLICY:
            self._policy = self._policy_here()

    def _policy_here(self) -> Policy | None:
        """Return the policy that the commit holds; None if it holds none that is valid."""
        edit = self.tree.get(POLICY)
        source = decode(POLICY, self.contents[edit.blob]) if edit and edit.mode == "100644" else None
        if source is None or isinstance(source, Problem):
            return None
        document, problems = parse(source)
        return document if isinstance(document, Policy) and not problems else None

    def _file(self, path: str) -> tuple[bytes, str]:
        text, signature = (self._content(name) for name in (path, path + SIGNATURE))
        return text, signature.decode("ascii", "replace")

    def _content(self, path: str) -> bytes:
        edit = self.tree.get(path)
        return self.contents.get(edit.blob, b"") if edit else b""

    def _speaking(self) -> tuple[Signed, ...]:
        return (*self.records.values(), *self.noes.values())


def _is_read(edit: Edit) -> bool:
    """Return whether the content of a file is looked into: documents and records."""
    if edit.mode not in REGULAR:
        return False
    return edit.path.startswith(f"{FOLDER}/") or (
        edit.path.startswith(("specs/", "sites/")) and edit.path.endswith(".yaml")
    )
