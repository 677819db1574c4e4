"""Whatever happens to an apply, the next ones converge: specs edited, crashes, people at work, second writers.

One stateful machine over one repository, in memory here and on real ones in `real_convergence`. Its rules are
what can happen; its invariants hold after each; at the end the operator applies until nothing is left to do.
"""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from reconciler.spec.documents import Model
from reconciler.state import Cert, Owned
from reconciler.steps import World
from reconciler.validity import Validity
from tests.fuse import Crash, Fuse, fused
from tests.people import InMemory, People
from tests.worlds import DETECTORS, PLACE, PUBLIC, TICKET, Ask, Small, calibration_set, chain, in_memory

OLD = f"{PUBLIC}/OLD"
THEIRS = f"{PUBLIC}/THEIRS"
PRODUCTS = ("bias", "dark", "flat")
SOMETIME = Validity(0, 10**18)


@st.composite
def sets(draw: st.DrawFn) -> tuple[Ask, ...]:
    """Draw a set that can be built: precursors are there, and every recipe has a rerun of its own.

    A rerun's letter counts what the recipe rests on: other frames, or precursors with other letters.
    """
    letter, asked = 0, []
    for product in PRODUCTS[: draw(st.integers(1, 3))]:
        frames = draw(st.integers(2, 3))
        letter = 2 * letter + frames - 2
        begin = draw(st.sampled_from(["1970-01-01T00:00:00", "2024-12-01T00:00:00", "2024-12-05T00:00:00"]))
        end = draw(st.sampled_from([None, "2025-01-01T00:00:00"]))
        asked.append(Ask(product, f"20250207{'abcdefgh'[letter]}", begin, end, frames))
    return tuple(asked)


class Convergence(RuleBasedStateMachine):
    """Operators, people and accidents at one repository."""

    def somebody(self) -> People:
        """Return people at a new repository; other back ends override this."""
        return InMemory(in_memory())

    @initialize(wanted=sets())
    def begin(self, wanted: tuple[Ask, ...]) -> None:
        self.people = self.somebody()
        self.asks = wanted
        self.linked = True
        self.verified = False
        self.kept: set[str] = {OLD}

    @property
    def small(self) -> Small:
        return self.people.small

    def documents(self) -> list[Model]:
        members = (TICKET, OLD) if self.linked else (OLD,)
        verify = {"verify": {ask.product: {} for ask in self.asks}} if self.verified else {}
        return [*calibration_set(self.asks, **verify), chain(*members)]

    # What operators do

    @rule(wanted=sets())
    def edit_the_set(self, wanted: tuple[Ask, ...]) -> None:
        self.asks = wanted

    @rule()
    def link_or_unlink_the_ticket(self) -> None:
        self.linked = not self.linked

    @rule()
    def verify_or_do_not(self) -> None:
        self.verified = not self.verified

    @rule()
    def apply(self) -> None:
        want, facts = self.small.want(*self.documents())
        self.small.apply(want, facts)

    @rule(burns_at=st.integers(0, 60))
    def apply_and_die(self, burns_at: int) -> None:
        want, facts = self.small.want(*self.documents())
        try:
            self.small.apply(want, facts, self._fused(Fuse(burns_at)))
        except Crash:
            self.people.die()

    @rule(at=st.integers(0, 40), what=st.sampled_from(["apply", "chain", "certify", "decertify", "drop", "reorder"]))
    def apply_while_somebody_works(self, at: int, what: str) -> None:
        want, facts = self.small.want(*self.documents())
        fuse = Fuse(at_boundary=self._once(at, lambda: self._meddle(what)))
        self.small.apply(want, facts, self._fused(fuse))

    def _fused(self, fuse: Fuse) -> World:
        return self.small.world(*fused(self.small.repository, self.small.executor, fuse))

    def _once(self, at: int, act: Callable[[], None]) -> Callable[[int], None]:
        return lambda number: act() if number == at else None

    def _meddle(self, what: str) -> None:
        if what == "apply":
            want, facts = self.small.want(*self.documents())
            self.small.apply(want, facts)
        else:
            {
                "chain": self.somebody_adds_a_member,
                "certify": self.somebody_certifies_their_own,
                "decertify": self.somebody_removes_a_certification,
                "drop": self.somebody_drops_a_member,
                "reorder": self.somebody_reverses_the_chains,
            }[what]()

    # What people do with plain butler commands

    @rule()
    def somebody_adds_a_member(self) -> None:
        self.people.collection(THEIRS)
        for name in (PUBLIC, TICKET):
            members = self.people.members(name)
            if members and THEIRS not in members:
                self.people.redefine(name, (THEIRS, *members))
                self.kept.add(THEIRS)

    @rule()
    def somebody_drops_a_member(self) -> None:
        self.people.redefine(PUBLIC, [m for m in self.people.members(PUBLIC) if m != TICKET])
        if members := self.people.members(TICKET):
            self.people.redefine(TICKET, members[1:])

    @rule()
    def somebody_reverses_the_chains(self) -> None:
        for name in (PUBLIC, TICKET):
            if members := self.people.members(name):
                self.people.redefine(name, members[::-1])

    @rule()
    def somebody_removes_a_certification(self) -> None:
        for cert in self._one_of_each():
            self.people.decertify(cert)

    @rule()
    def somebody_certifies_their_own(self) -> None:
        """Put a dataset into a leaf of ours, and certify it over ours."""
        for cert in self._one_of_each():
            run = cert.collection.replace(f"/{cert.dataset_type}.", f"/{cert.dataset_type}Gen.") + "/theirs"
            self.people.certify(cert, run, SOMETIME)

    def _one_of_each(self) -> list[Cert]:
        """Return one certified data ID of each collection."""
        certs = sorted(key for key in self.people.state().values if isinstance(key, Cert))
        return list({cert.collection: cert for cert in reversed(certs)}.values())

    @rule()
    def the_repository_is_away_for_a_while(self) -> None:
        want, facts = self.small.want(*self.documents())
        plan = self.small.plan(want, facts, self.people.absent())
        assert plan.empty
        assert set(plan.unknown) == {PLACE}

    # What always holds

    @invariant()
    def nothing_is_built_twice(self) -> None:
        if hasattr(self, "people"):
            built = self.small.executor.built  # type: ignore[attr-defined]  # both executors of tests count
            assert len(built) == len(set(built))

    @invariant()
    def foreign_members_stay(self) -> None:
        if hasattr(self, "people"):
            assert self.kept <= {*self.people.members(PUBLIC), *self.people.members(TICKET)}

    def teardown(self) -> None:
        if not hasattr(self, "people"):
            return
        try:
            self._settle()
            self._holds_what_is_wanted()
            self.linked = False
            self._settle()
            assert TICKET not in self.people.members(PUBLIC)
            assert OLD in self.people.members(PUBLIC)
        finally:
            self.people.close()

    def _settle(self) -> None:
        """Apply until nothing is left to do; three passes are enough for anything."""
        want, facts = self.small.want(*self.documents())
        for _ in range(3):
            if self.small.plan(want, facts).empty:
                break
            results = self.small.apply(want, facts)
            assert {r.outcome.word for r in results} <= {"done", "unchanged"}, [
                (r.step.title, r.outcome) for r in results if r.outcome.word not in ("done", "unchanged")
            ]
        assert self.small.plan(want, facts).empty

    def _holds_what_is_wanted(self) -> None:
        seen, state = self.people.observation(), self.people.state()
        base = f"{TICKET}/trial"
        wanted = [f"{base}/{ask.product}.{ask.rerun}" for ask in self.asks][::-1]
        assert [m for m in self.people.members(TICKET) if m.startswith(base)] == wanted
        for ask in self.asks:
            assert len(seen.certifications[f"{base}/{ask.product}.{ask.rerun}", ask.product]) == len(DETECTORS)
            runs = {run for run, _ in seen.contents if run.startswith(f"{base}/{ask.product}Gen.{ask.rerun}/")}
            assert len([run for run in runs if not run.endswith("/theirs")]) == 1
        assert all(Owned(PLACE, TICKET, member) in state.values for member in wanted)
        assert (Owned(PLACE, PUBLIC, TICKET) in state.values) == self.linked


class TestConvergence(Convergence.TestCase):  # type: ignore[misc, valid-type]  # hypothesis makes the class
    settings = settings(stateful_step_count=12)
