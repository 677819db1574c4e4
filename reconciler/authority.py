"""From what the trusted line says to facts: which edits of a plan are approved, and what the others lack.

Asked once, when a plan is made or applied. What may still happen between the judgement and an edit is met by the needs
of each step (its certifications and generations, looked at again) and by compare-and-set.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias

from .approval.adoption import adoptions, signed_files
from .approval.deployments import Deployment, deployable, deployment, deployments
from .approval.documents import builds
from .approval.effects import Asked, Scene, asked, files_of
from .approval.evidence import UNREAD
from .approval.judge import Judgement, judge, rules_for
from .approval.line import Line
from .approval.statement import Statement
from .distribution import destinations
from .facts import Approval, Facts
from .intent import Desired
from .look import Look, look, whole_scope
from .observation import Scope
from .overlay import overlay
from .plan import make_plan
from .ports import Reader
from .resolve import children_at, reachable
from .seals import Seal
from .spec.load import Tree
from .state import State
from .steps import Step
from .steps.chains import Link

Files: TypeAlias = Callable[[str, Seal], str]
"""Place and seal -> the digest of all the files that the seal names: the content root."""

_SNAPSHOT = "a snapshot holds no files and no evidence to compare with what they signed"


@dataclass(frozen=True)
class Authority:
    """What a site believes, and by whose clock.

    Attributes
    ----------
    files
        None where the files cannot be read.
    """

    line: Line
    site: str
    now: datetime
    files: Files | None

    def judged(self, seen: Look, want: Desired, tree: Tree, readers: Mapping[str, Reader], bare: Facts) -> Facts:
        """Return the facts with what is approved; `bare` are those that the look began with."""
        found = [(one, self._judged(one)) for one in self.asked(seen, want, tree, readers, bare)]
        approved, lacking, shared = set[Approval](), dict[Approval, str](), dict[Approval, str]()
        for one, judgement in found:
            if waiting := [*judgement.missing, *_waits(one, found)]:
                signed = any(_SNAPSHOT in reason for reason in waiting)
                way = "" if one.open or signed else f" ({_way(judgement)})"
                for grant in one.grants:
                    (shared if _is_shared(grant, one) else lacking)[grant] = "; ".join(waiting) + way
            else:
                approved |= one.grants
        lacking |= {grant: why for grant, why in shared.items() if grant not in approved}
        return replace(
            self._public(seen).facts,
            approvals=frozenset(approved - lacking.keys()),
            revealed={grant: one.revealed for one, _ in found if one.revealed for grant in one.grants},
            files={
                **{grant: root for one, judgement in found for grant, root in _delivered(one, judgement)},
                **_restored(signed_files(self.line.records), seen.facts.observations),
            },
            lacking=lacking,
            unverified=self._unverified(one for one, _ in found),
            unmerged="" if self.line.head else "this commit does not stand on the trusted branch",
            shut=self._shut(),
        )

    def asked(
        self, seen: Look, want: Desired, tree: Tree, readers: Mapping[str, Reader], bare: Facts
    ) -> tuple[Asked, ...]:
        """Return what people must say yes to for the plan to be done."""
        seen, bare = self._public(seen), replace(bare, public=bare.public | self.line.public)
        plan = make_plan(seen.state, seen.facts, want, seen.unknown)
        steps = [planned.step for planned in plan.steps]
        wide = _wide(steps, seen, want, readers, bare)
        scene = Scene(wide.state, overlay(wide.state, want.state), wide.facts, want, tree, self.line.root)
        return (*asked(steps, scene), *deployments(steps, scene), *builds(want, tree, self.line.root))

    def deployments(self, seen: Look, want: Desired, tree: Tree) -> tuple[Deployment, ...]:
        """Return what people may say yes to of where sets go, whichever site that is, as far as it can be told here."""
        scene = Scene(seen.state, overlay(seen.state, want.state), seen.facts, want, tree, self.line.root)
        return tuple(deployment(one, to, scene) for one in deployable(tree) for to in destinations(one.document))

    def _public(self, seen: Look) -> Look:
        """Return the look with every chain that was ever public."""
        return replace(seen, facts=replace(seen.facts, public=seen.facts.public | self.line.public))

    def statement(self, one: Asked) -> Asked:
        """Return what is asked with the digests of its files."""
        if not one.seals or self.files is None:
            return one
        roots = {leaf: self.files(one.at.get(leaf, one.place), seal) for leaf, seal in one.seals.items()}
        return replace(one, statement=one.with_files(roots), seals={})

    def _judged(self, one: Asked) -> Judgement:
        """Judge what is asked; files are read only where all else is approved, since there may be many."""
        if one.open:
            return Judgement(one.statement, missing=(one.open,))
        if isinstance(one, Deployment):
            return self._deployed(one)
        if not one.seals and not self._unread(one):
            return self._judge(one)
        assumed = [self._judge(replace(one, statement=statement)) for statement in self._signed(one)]
        approved = [judgement for judgement in assumed if judgement.approved]
        if not approved:
            return assumed[-1] if assumed else self._judge(one)
        if self.files is None:
            people = ", ".join(approved[-1].by)
            return Judgement(one.statement, missing=(f"{people} said yes, and {_SNAPSHOT}",))
        return self._judge(self.statement(one))

    def _deployed(self, one: Deployment) -> Judgement:
        """Judge a deployment: what it brings must be adopted where it was made, byte for byte."""
        plausible = list(adoptions(one, self.line, self.now))
        adopted = [(said, judgement) for said, judgement in plausible if judgement.approved]
        if not adopted:
            missing = plausible[-1][1].missing if plausible else ("nobody has adopted it as it is",)
            return Judgement(one.statement, missing=tuple(f"at {one.origin}, {line}" for line in missing))
        if self.files is None:
            return Judgement(one.statement, missing=(_SNAPSHOT,))
        whole = self.statement(one).statement
        files = {files_of(leaf): whole.parts[files_of(leaf)] for leaf in one.seals}
        same = [judgement for said, judgement in adopted if files.items() <= said.parts.items()]
        if not same:
            return Judgement(whole, missing=(f"at {one.origin}, its files are not those that were adopted",))
        if whole.verb == "adopt":
            return replace(same[-1], statement=whole)
        return self._judge(replace(one, statement=whole))

    def _signed(self, one: Asked) -> Iterator[Statement]:
        """Yield what is asked with what was not read as people signed it, the latest last."""
        about = one.statement
        names = one.with_files(dict.fromkeys(one.seals, "")).parts.keys() - about.parts.keys() | self._unread(one)
        for signed in sorted(self.line.records, key=lambda signed: signed.record.signed):
            said = signed.record.statement
            if (said.verb, said.subject) == (about.verb, about.subject) and names <= said.parts.keys():
                yield replace(about, parts={**about.parts, **{name: said.parts[name] for name in names}})

    def _unread(self, one: Asked) -> frozenset[str]:
        """Return the parts that could be read only where the files are."""
        parts = one.statement.parts.items() if self.files is None else ()
        return frozenset(name for name, words in parts if words == UNREAD)

    def _judge(self, one: Asked) -> Judgement:
        return judge(self.line.policy, one.statement, self.line.records, self.now, past=self.line.past)

    def _unverified(self, found: Iterable[Asked]) -> frozenset[str]:
        """Return the collections that no rule wants verified, whichever chain leads to them."""
        waived: dict[str, bool] = {}
        for one in found:
            if one.statement.verb == "adopt":
                rules = rules_for(self.line.policy, one.statement)
                free = bool(rules) and all(rule.unverified for rule in rules)
                waived[one.statement.subject] = free and waived.get(one.statement.subject, True)
        return frozenset(subject for subject, free in waived.items() if free)

    def _shut(self) -> str:
        windows = self.line.policy.windows.get(self.site)
        if windows is None or any(window.holds(self.now) for window in windows):
            return ""
        hours = "; ".join(f"{', '.join(window.days)} {window.begin} to {window.end} UTC" for window in windows)
        return f"{self.site} may be changed only in its windows: {hours}"


def _delivered(one: Asked, judgement: Judgement) -> Iterator[tuple[Approval, str]]:
    """Yield what the files of a generation that is deployed must hold, by what the yes opens."""
    if isinstance(one, Deployment):
        for grant in one.grants:
            if root := judgement.statement.parts.get(files_of(grant.subject)):
                yield grant, root


def _is_shared(grant: Approval, one: Asked) -> bool:
    """Return whether it is to carry what a ticket certifies and does not make: the yes to another ticket is enough."""
    made = f"{grant.subject}/".startswith(f"{one.statement.subject}/")
    return isinstance(one, Deployment) and grant.subject in one.seals and not made


def _restored(files: Mapping[str, str], places: Iterable[str]) -> dict[Approval, str]:
    """Return what a generation that is brought back must hold: what was signed when it was adopted."""
    return {Approval("restore", leaf, place): root for place in places for leaf, root in files.items()}


def _waits(one: Asked, found: Iterable[tuple[Asked, Judgement]]) -> Iterator[str]:
    """Yield which other edits of the same chain are not approved: the calendar that was judged has all of them."""
    if not one.chain:
        return
    for other, judgement in found:
        if other is not one and other.place == one.place and one.chain in other.edits and judgement.missing:
            yield f"waits for the approval to {other.statement.title}, with which its effect was judged"


def _way(judgement: Judgement) -> str:
    """Return what to type."""
    statement = judgement.statement
    document = next((name for name in statement.scope if name.endswith(".yaml")), statement.subject)
    proposed = not any("nobody has signed the proposal" in line for line in judgement.missing)
    return f"reconcile approve {document} --verb {statement.verb}{'' if proposed else ' --propose'}"


def _wide(steps: Iterable[Step], seen: Look, want: Desired, readers: Mapping[str, Reader], bare: Facts) -> Look:
    """Look at the dataset types too that are in what is linked, and of which the specs do not speak."""
    goal: State = overlay(seen.state, want.state)
    silent: dict[str, frozenset[str]] = {}
    for place, observation in seen.facts.observations.items():
        linked = [step.member for step in steps if isinstance(step, Link) and step.place == place]
        below = reachable(linked, children_at(goal, place))
        there = frozenset(
            n for n in below if n in observation.collections and observation.collections[n].type != "CHAINED"
        )
        silent[place] = readers[place].calibration_types(there) - whole_scope(want)(place).dataset_types
    if not any(silent.values()):
        return seen

    def scope(place: str) -> Scope:
        whole = whole_scope(want)(place)
        return replace(whole, dataset_types=whole.dataset_types | silent.get(place, frozenset()))

    return look(readers.values(), scope, want, bare)
