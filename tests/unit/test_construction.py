"""How a ticket's calibrations came about, told from its repository."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from reconciler.adapters.memory import MemoryRepository, Store
from reconciler.construction import (
    Certified,
    Deed,
    Generated,
    Linked,
    Ordered,
    Strange,
    Unfinished,
    begun,
    deeds,
    holders,
    in_order,
)
from reconciler.observation import Scope
from reconciler.seals import Claim, Construction, Seal
from reconciler.spec.documents import Model
from reconciler.validity import BEGINNING, END, tai
from tests.worlds import INSTRUMENT, PUBLIC, TICKET, Ask, Small, calibration_set, chain, in_memory

TYPES = frozenset({"bias", "dark", "flat", "verifyBiasResults"})
IDS = tuple(f"instrument={INSTRUMENT},detector={detector}" for detector in (0, 1))


def leaf(stem: str) -> str:
    return f"{TICKET}/trial/{stem}.20250207a"


def made(*documents: Model) -> Small:
    """Return a world to which these were applied."""
    small = in_memory()
    want, facts = small.want(*documents)
    assert {result.outcome.word for result in small.apply(want, facts)} == {"done"}
    return small


def store(small: Small) -> Store:
    assert isinstance(small.repository, MemoryRepository)
    return small.repository.store


def told(small: Small, pinned: Mapping[str, Seal] | None = None, **specified: Construction) -> tuple[Deed, ...]:
    return deeds(small.repository.observe(Scope(None, TYPES)), "DM-1", pinned or {}, specified)


def always(stem: str, product: str) -> tuple[Deed, ...]:
    into = leaf(product)
    return (
        Certified(into, product, leaf(stem), BEGINNING, END, IDS, whole=True),
        Linked(TICKET, into),
    )


def names(found: tuple[Deed, ...]) -> list[str]:
    return [one.leaf.rsplit("/", 1)[1] for one in found if isinstance(one, Generated)]


def test_what_was_made_is_told_in_the_order_of_making_each_with_its_certification_and_link() -> None:
    small = made(*calibration_set([Ask("bias"), Ask("dark")], verify={"bias": {}}), chain(TICKET))
    found = told(small)
    assert names(found) == ["biasGen.20250207a", "verifyBias.20250207a", "darkGen.20250207a"]
    assert found[1:3] == always("biasGen", "bias")
    assert found[5:] == always("darkGen", "dark")


def test_a_seal_keeps_how_it_was_made() -> None:
    small = in_memory()
    want, facts = small.want(*calibration_set([Ask("bias")]))
    stored = store(small)
    world = small.world()
    run = f"{leaf('biasGen')}/20250207T000001Z"
    stored.versions[run] = {"numpy": "2.4.6", "left-pad": "1.0"}
    small.apply(want, facts, world)
    (generated, *_) = told(small)
    assert isinstance(generated, Generated)
    assert generated.remembered
    how = generated.how
    assert how is not None
    assert (how.template, how.home) == ("bps_bias.yaml", "CP_PIPE_DIR")
    assert how.variables["TICKET"] == "DM-1"
    assert how.inputs == (f"{INSTRUMENT}/raw/all",)
    assert (how.started, how.host) == ("2025-02-07T00:00:02Z", "here")
    assert how.started < how.finished < "2025-02-07T00:01:00Z"
    assert how.versions == {"numpy": "2.4.6"}
    assert how.submission.startswith("work/submissions/")


def test_of_a_seal_without_that_the_specs_tell_what_makes_the_same_recipe() -> None:
    small = made(*calibration_set([Ask("bias")]))
    docs = store(small).docs
    for name, doc in docs.items():
        assert isinstance(doc, Seal)
        docs[name] = replace(doc, construction=None)
    sealed = docs[leaf("biasGen")]
    now = Construction("bps_bias.yaml")
    (generated, *_) = told(small, **{sealed.recipe: now})
    assert generated == Generated(leaf("biasGen"), sealed, now)
    assert not generated.remembered
    (generated, *_) = told(small)
    assert generated == Generated(leaf("biasGen"), sealed, None)


def test_ranges_and_parts_are_certified_as_they_stand() -> None:
    small = made(*calibration_set([Ask("bias", begin="2024-12-01T00:00:00", end="2025-01-01T00:00:00")]))
    first, last = tai("2024-12-01T00:00:00"), tai("2025-01-01T00:00:00")
    assert told(small)[1] == Certified(leaf("bias"), "bias", leaf("biasGen"), first, last, IDS, whole=True)
    del store(small).certifications[leaf("bias"), "bias"][IDS[1]]
    assert told(small)[1] == Certified(leaf("bias"), "bias", leaf("biasGen"), first, last, IDS[:1], whole=False)


def test_what_somebody_certified_is_told_as_strange() -> None:
    small = made(*calibration_set([Ask("bias")]))
    store(small).certifications[leaf("bias"), "bias"][IDS[1]] = [(BEGINNING, END, "theirs")]
    found = told(small)
    assert Strange(leaf("bias"), "bias", IDS[1:]) in found
    assert sum(isinstance(one, Linked) for one in found) == 1


def test_work_that_is_not_complete_is_told_last() -> None:
    small = made(*calibration_set([Ask("bias")]))
    claim = Claim("sha256:0", {}, f"{leaf('darkGen')}/run1", (), 1, "here", "work", "2025-02-07T00:00:00Z")
    small.repository.claim(leaf("darkGen"), claim)
    assert told(small)[-1] == Unfinished(leaf("darkGen"), claim)


def test_what_was_begun_side_by_side_comes_in_the_order_of_its_links() -> None:
    small = made(*calibration_set([Ask("bias")]), *calibration_set([Ask("bias", rerun="20250207b")], "DM-2"))
    stored, other = store(small), f"{PUBLIC}/DM-2/trial/biasGen.20250207b"
    ours = f"{TICKET}/trial/aGen.20250207a"
    stored.types |= {ours: "CHAINED", leaf("a"): "CALIBRATION"}
    stored.docs[ours] = stored.docs[other]
    stored.certifications[leaf("a"), "bias"] = stored.certifications.pop(
        (f"{PUBLIC}/DM-2/trial/bias.20250207b", "bias")
    )
    del stored.docs[other]
    for chain_order in ((leaf("a"), leaf("bias")), (leaf("bias"), leaf("a"))):
        stored.children[TICKET] = chain_order
        found = told(small)
        assert [one.member for one in found if isinstance(one, Linked)] == list(reversed(chain_order))
        assert not any(isinstance(one, Ordered) for one in found)


def test_a_chain_in_another_order_than_that_of_making_is_put_in_order_at_the_end() -> None:
    small = made(*calibration_set([Ask("bias"), Ask("dark")]))
    assert not any(isinstance(one, Ordered) for one in told(small))
    turned = (leaf("bias"), leaf("dark"), f"{PUBLIC}/OLD")
    store(small).children[TICKET] = turned
    assert told(small)[-1] == Ordered(TICKET, turned)


def test_what_is_taken_from_a_run_comes_where_its_link_stands() -> None:
    small = made(*calibration_set([Ask("bias"), Ask("dark")]))
    stored, run = store(small), f"{PUBLIC}/DM-9/ptcGen.20240926a/run"
    ids = {one: stored.add(run, "flat", one) for one in IDS}
    stored.register(leaf("ptc"), "CALIBRATION")
    stored.certifications[leaf("ptc"), "flat"] = {one: [(BEGINNING, END, uuid)] for one, uuid in ids.items()}
    stored.children[TICKET] = (leaf("dark"), leaf("ptc"), leaf("bias"))
    found = told(small, {run: Seal("sha256:9", {}, run, {"flat": ids})})
    at = found.index(Certified(leaf("ptc"), "flat", run, BEGINNING, END, IDS, whole=True))
    assert found[at - 1] == Linked(TICKET, leaf("bias"))
    assert found[at + 1] == Linked(TICKET, leaf("ptc"))
    assert not any(isinstance(one, Ordered) for one in found)


def test_another_ticket_is_not_told() -> None:
    small = made(*calibration_set([Ask("bias")]), *calibration_set([Ask("bias")], "DM-2"))
    assert names(told(small)) == ["biasGen.20250207a"]
    assert deeds(small.repository.observe(Scope(None, TYPES)), "DM-3", {}, {}) == ()


def test_chains_of_others_that_hold_the_ticket_are_named() -> None:
    small = made(*calibration_set([Ask("bias")]), chain(TICKET))
    assert holders(small.repository.observe(Scope(None)), "DM-1") == {PUBLIC: (TICKET, f"{PUBLIC}/OLD")}


def seal(run: str = "run", *precursors: str, started: str = "") -> Seal:
    intent: dict[str, Any] = {"precursors": [[name, "sha256:0"] for name in precursors]}
    return Seal("sha256:0", intent, run, {}, Construction(started=started) if started else None)


def test_what_was_begun_first_comes_first_but_never_before_what_it_is_made_with() -> None:
    seals = {
        "late": seal(started="2025-01-03T00:00:00Z"),
        "soon": seal("soon/20250101T000000Z"),
        "after": seal("run", "late", started="2025-01-02T00:00:00Z"),
    }
    assert in_order(seals) == ["soon", "late", "after"]


def test_seals_that_name_each_other_are_told_all_the_same() -> None:
    assert in_order({"b": seal("run", "a"), "a": seal("run", "b")}) == ["a", "b"]


@pytest.mark.parametrize(
    ("run", "when"),
    [("leaf/20250208T185010Z", "2025-02-08T18:50:10Z"), ("leaf/20259999T000000Z", ""), ("leaf/run1", "")],
)
def test_the_name_of_a_run_tells_when_it_was_begun(run: str, when: str) -> None:
    assert begun(seal(run)) == when
