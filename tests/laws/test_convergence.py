"""Whatever happens to an apply, the next ones converge: specs edited, crashes, people at work, second writers.

One stateful machine over one repository. Its rules are what can happen; its invariants hold after each; at the end the
operator applies until nothing is left to do.
"""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from reconciler.adapters.memory import MemoryExecutor, MemoryRepository
from reconciler.spec.documents import Model
from tests.fuse import Crash, Fuse, fused
from tests.worlds import DETECTORS, PLACE, PUBLIC, TICKET, Ask, Small, calibration_set, chain, in_memory

OLD = f"{PUBLIC}/OLD"
THEIRS = f"{PUBLIC}/THEIRS"
PRODUCTS = ("bias", "dark", "flat")


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

    def world(self) -> Small:
        """Return the small world; other back ends override this."""
        return in_memory()

    @initialize(wanted=sets())
    def begin(self, wanted: tuple[Ask, ...]) -> None:
        self.small = self.world()
        self.asks = wanted
        self.linked = True
        self.kept: set[str] = {OLD}
        self.recipes: dict[str, str] = {}

    @property
    def repository(self) -> MemoryRepository:
        assert isinstance(self.small.repository, MemoryRepository)
        return self.small.repository

    def documents(self) -> list[Model]:
        members = (TICKET, OLD) if self.linked else (OLD,)
        return [*calibration_set(self.asks), chain(*members)]

    # What operators do

    @rule(wanted=sets())
    def edit_the_set(self, wanted: tuple[Ask, ...]) -> None:
        self.asks = wanted

    @rule()
    def link_or_unlink_the_ticket(self) -> None:
        self.linked = not self.linked

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
            self.repository.store.held.clear()

    @rule(at=st.integers(0, 40), what=st.sampled_from(["apply", "chain", "certify", "decertify", "drop", "reorder"]))
    def apply_while_somebody_works(self, at: int, what: str) -> None:
        want, facts = self.small.want(*self.documents())
        fuse = Fuse(at_boundary=self._once(at, lambda: self._meddle(what)))
        self.small.apply(want, facts, self._fused(fuse))

    def _fused(self, fuse: Fuse) -> object:
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
        store = self.repository.store
        store.register(THEIRS, "CALIBRATION")
        for name in (PUBLIC, TICKET):
            if name in store.children and THEIRS not in store.children[name]:
                store.children[name] = (THEIRS, *store.children[name])
                self.kept.add(THEIRS)

    @rule()
    def somebody_drops_a_member(self) -> None:
        store = self.repository.store
        store.children[PUBLIC] = tuple(m for m in store.children[PUBLIC] if m != TICKET)
        if TICKET in store.children:
            store.children[TICKET] = store.children[TICKET][1:]

    @rule()
    def somebody_reverses_the_chains(self) -> None:
        store = self.repository.store
        for name in (PUBLIC, TICKET):
            if name in store.children:
                store.children[name] = store.children[name][::-1]

    @rule()
    def somebody_removes_a_certification(self) -> None:
        for rows in self.repository.store.certifications.values():
            rows.pop(next(iter(rows), ""), None)

    @rule()
    def somebody_certifies_their_own(self) -> None:
        """Put a dataset into a leaf of ours, and certify it over ours."""
        store = self.repository.store
        for (collection, dataset_type), rows in store.certifications.items():
            for data_id in rows:
                run = collection.replace(f"/{dataset_type}.", f"/{dataset_type}Gen.") + "/theirs"
                rows[data_id] = [(0, 10**18, store.add(run, dataset_type, data_id))]
                break

    @precondition(lambda self: self.repository.store.reachable)
    @rule()
    def the_repository_is_away_for_a_while(self) -> None:
        self.repository.store.reachable = False
        want, facts = self.small.want(*self.documents())
        plan = self.small.plan(want, facts)
        self.repository.store.reachable = True
        assert plan.empty
        assert set(plan.unknown) == {PLACE}

    # What always holds

    @invariant()
    def nothing_is_built_twice(self) -> None:
        if hasattr(self, "small"):
            assert isinstance(self.small.executor, MemoryExecutor)
            assert len(self.small.executor.built) == len(set(self.small.executor.built))

    @invariant()
    def foreign_members_stay(self) -> None:
        if hasattr(self, "small"):
            store = self.repository.store
            assert self.kept <= set(store.children[PUBLIC]) | set(store.children.get(TICKET, ()))

    def teardown(self) -> None:
        if not hasattr(self, "small"):
            return
        self._settle()
        self._holds_what_is_wanted()
        self.linked = False
        self._settle()
        assert TICKET not in self.repository.store.children[PUBLIC]
        assert OLD in self.repository.store.children[PUBLIC]

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
        store = self.repository.store
        base = f"{TICKET}/trial"
        wanted = [f"{base}/{ask.product}.{ask.rerun}" for ask in self.asks][::-1]
        assert [m for m in store.children[TICKET] if m in wanted] == wanted
        assert [m for m in store.children[TICKET] if m.startswith(base)] == wanted
        for ask in self.asks:
            rows = store.certifications[f"{base}/{ask.product}.{ask.rerun}", ask.product]
            assert len(rows) == len(DETECTORS)
        owned = store.record.owned if store.record else {}
        assert all((TICKET, member) in owned for member in wanted)
        assert ((PUBLIC, TICKET) in owned) == self.linked


class TestConvergence(Convergence.TestCase):  # type: ignore[misc]
    settings = settings(stateful_step_count=12)
