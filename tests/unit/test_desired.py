"""From documents to what is wanted at one site."""

from __future__ import annotations

from typing import Any

from reconciler.desired import desired
from reconciler.spec.documents import Model
from reconciler.state import Chain, Owned
from tests.worlds import INSTRUMENT, PLACE, PUBLIC, TICKET, Ask, calibration_set, catalog, chain, document, site, tree


def want(*documents: Model, at: Model | None = None) -> Any:
    where = at or site()
    return desired(tree(where, catalog(), *documents), where)  # type: ignore[arg-type]


def elsewhere() -> Model:
    return document(
        kind="Site", site="summit", repositories={"cam": {"butler": "r", "instruments": [INSTRUMENT]}}, releases={}
    )


def test_a_chain_document_owns_its_links() -> None:
    made = want(chain("a", "b"))
    assert made.state.members(Chain(PLACE, PUBLIC)) == ("a", "b")
    assert made.state.get(Owned(PLACE, PUBLIC, "a")) == "chain"


def test_a_set_owns_the_links_of_its_ticket() -> None:
    made = want(*calibration_set([Ask("bias")]))
    assert made.state.get(Owned(PLACE, TICKET, f"{TICKET}/trial/bias.20250207a")) == "set"


def test_two_sets_of_one_ticket_share_its_chain() -> None:
    one, lock = calibration_set([Ask("bias")])
    other = type(one).model_validate(
        {**calibration_set([Ask("bias", rerun="20250207b")])[0].model_dump(by_alias=True, exclude_unset=True)}
    )
    from pathlib import Path

    from reconciler.spec.load import Tree
    from reconciler.spec.located import Located
    from reconciler.spec.source import Source

    placed = ((one, "a.yaml"), (lock, "a.lock.yaml"), (other, "b.yaml"), (lock, "b.lock.yaml"), (catalog(), "c.yaml"))
    found = Tree(Path("/nowhere"), tuple(Located(what, Source(f"specs/{name}", "")) for what, name in placed))
    made = desired(found, site())  # type: ignore[arg-type]
    assert set(made.state.members(Chain(PLACE, TICKET))) == {f"{TICKET}/trial/bias.2025020{n}" for n in ("7a", "7b")}


def test_public_are_chains_without_a_users_prefix() -> None:
    assert want(chain("a"), chain("b", name="u/me/calib")).public == {Chain(PLACE, PUBLIC)}


def test_a_set_is_made_at_its_origin_only() -> None:
    made = want(*calibration_set([Ask("bias")]), at=elsewhere())
    assert (made.state.values, made.works) == ({}, {})


def test_what_is_built_elsewhere_is_left_out_of_the_chain_with_a_notice() -> None:
    made = want(*calibration_set([Ask("bias")]), chain(TICKET, f"{PUBLIC}/OLD"), at=elsewhere())
    assert made.state.members(Chain("summit/cam", PUBLIC)) == (f"{PUBLIC}/OLD",)
    assert f"without {TICKET}, which is built at {PLACE}; `deployment:` of DM-1 does not name" in made.notices[0]


def test_a_curated_ticket_of_elsewhere_is_left_out_too() -> None:
    curated = document(
        kind="CuratedSet",
        instrument=INSTRUMENT,
        ticket="DM-5",
        origin=PLACE,
        datasets={"camera": {"storage_class": "Dict", "dimensions": ["instrument"], "files": [{"file": "a"}]}},
    )
    made = want(curated, chain(f"{PUBLIC}/DM-5"), at=elsewhere())
    assert made.state.members(Chain("summit/cam", PUBLIC)) == ()
    assert "DM-5, which is built at" in made.notices[0]


def test_a_place_may_have_members_of_its_own() -> None:
    exceptions = {PLACE: {"members": ("b",), "reason": "no a there"}}
    one = document(kind="Chain", instrument=INSTRUMENT, name=PUBLIC, members=["a", "b"], exceptions=exceptions)
    assert want(one).state.members(Chain(PLACE, PUBLIC)) == ("b",)


def test_a_chain_of_another_place_or_instrument_is_not_wanted_here() -> None:
    other_place = document(kind="Chain", instrument=INSTRUMENT, name=PUBLIC, members=["a"], repositories=["summit/cam"])
    other_camera = document(kind="Chain", instrument="OtherCam", name="OtherCam/calib", members=["a"])
    assert want(other_place, other_camera).state.values == {}
