"""What a calibration set makes, and what is part of its identity."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.desired import desired
from reconciler.errors import ReconcileError
from reconciler.spec.documents import Model
from reconciler.state import Cert, Chain, Gen
from reconciler.timeline import constant, gen
from reconciler.validity import ALWAYS
from reconciler.work import Generation, Pin
from tests.worlds import INSTRUMENT, PLACE, PUBLIC, TICKET, Ask, calibration_set, catalog, in_memory, site, tree

BASE = f"{TICKET}/trial"


def want(*documents: Model) -> Any:
    return in_memory().want(*documents)[0]


def changed(pair: tuple[Model, Model], spec: dict[str, Any], lock: dict[str, Any] | None = None) -> list[Model]:
    """Return set and lock with other fields."""
    one, other = pair
    return [_with(one, spec), _with(other, lock or {})]


def _with(one: Model, fields: dict[str, Any]) -> Model:
    return type(one).model_validate({**one.model_dump(by_alias=True, exclude_unset=True), **fields})


def recipe(*documents: Model, leaf: str = f"{BASE}/biasGen.20250207a") -> str:
    value = want(*documents).state.get(Gen(PLACE, leaf))
    return str(value.recipe)


BIAS = calibration_set([Ask("bias")])


def test_everything_has_the_names_of_the_technote() -> None:
    made = want(*calibration_set([Ask("bias"), Ask("dark")]))
    leaves = (f"{BASE}/biasGen.20250207a", f"{BASE}/darkGen.20250207a")
    assert set(made.works) == {Gen(PLACE, leaf) for leaf in leaves}
    assert made.state.members(Chain(PLACE, TICKET)) == (f"{BASE}/dark.20250207a", f"{BASE}/bias.20250207a")
    cert = Cert(PLACE, f"{BASE}/bias.20250207a", "bias", f"instrument={INSTRUMENT},detector=0")
    assert made.state.timeline(cert) == constant(ALWAYS, gen(leaves[0]))


def test_purpose_and_validity_are_no_part_of_the_identity() -> None:
    other = changed(BIAS, {"purpose": "another", "certify": {"begin": "2024-01-01T00:00:00"}})
    assert recipe(*other) == recipe(*BIAS)


def test_a_release_is_part_of_the_identity() -> None:
    assert recipe(*changed(BIAS, {"release": "w_2025_06"})) != recipe(*BIAS)


def test_an_override_is_part_of_the_identity() -> None:
    assert recipe(*changed(BIAS, {"products": {"bias": {"overrides": {"a:b": 1}}}})) != recipe(*BIAS)


def test_exposures_are_part_of_the_identity() -> None:
    assert recipe(*calibration_set([Ask("bias", frames=2)])) != recipe(*BIAS)


def test_the_recipe_of_a_precursor_is_part_of_the_identity() -> None:
    dark = f"{BASE}/darkGen.20250207a"
    one = recipe(*calibration_set([Ask("bias"), Ask("dark")]), leaf=dark)
    assert recipe(*calibration_set([Ask("bias", frames=2), Ask("dark")]), leaf=dark) != one


def started(ticket: str = "DM-2", *roots: str, locked: tuple[dict[str, Any], ...] = ()) -> list[Model]:
    """Return a set of a dark alone, which starts from other tickets, with what its lock pins of them."""
    pair = calibration_set([Ask("dark")], ticket)
    return changed(pair, {"starting_calibs": roots}, {"starting_calibs": roots, "generations": locked})


def pinned_bias(recipe: str) -> tuple[dict[str, Any], ...]:
    return ({"leaf": f"{BASE}/biasGen.20250207a", "dataset_types": ("bias",), "recipe": recipe},)


DARK = f"{PUBLIC}/DM-2/trial/darkGen.20250207a"


def test_the_recipe_of_another_ticket_is_part_of_the_identity_as_it_was_locked() -> None:
    one, other = (recipe(*started("DM-2", TICKET, locked=pinned_bias(r)), leaf=DARK) for r in ("one", "other"))
    assert one != other


def test_what_another_ticket_makes_anew_rebuilds_nothing_and_is_told() -> None:
    locked = started("DM-2", TICKET, locked=pinned_bias(recipe(*BIAS)))
    before, after = want(*BIAS, *locked), want(*calibration_set([Ask("bias", frames=2)]), *locked)
    assert after.state.get(Gen(PLACE, DARK)) == before.state.get(Gen(PLACE, DARK))
    assert before.notices == ()
    assert after.notices == (
        f"DM-2: mixed generations: {BASE}/biasGen.20250207a is made otherwise now than was locked; "
        "to follow, lock it again and give it a new rerun",
    )


def test_nothing_new_is_built_on_a_ticket_that_makes_it_otherwise_than_was_locked() -> None:
    small = in_memory()
    asked, facts = small.want(*calibration_set([Ask("bias")]), *started("DM-2", TICKET, locked=pinned_bias("old")))
    refused = [p for p in small.plan(asked, facts).steps if p.step.kind == "refuse"]
    assert [p.step.subject for p in refused] == [DARK]
    assert refused[0].expected.reason.endswith("nothing is built on that before `reconcile lock`")


def test_a_ticket_that_a_set_does_not_start_from_is_no_part_of_the_identity() -> None:
    dark = f"{PUBLIC}/DM-2/trial/darkGen.20250207a"
    alone = recipe(*started("DM-2", f"{PUBLIC}/OLD"), leaf=dark)
    assert recipe(*BIAS, *started("DM-2", f"{PUBLIC}/OLD"), leaf=dark) == alone


def test_a_set_comes_after_the_one_that_it_starts_from_in_whatever_order_they_are_read() -> None:
    dark = f"{PUBLIC}/DM-2/trial/darkGen.20250207a"
    assert recipe(*started("DM-2", TICKET), *BIAS, leaf=dark) == recipe(*BIAS, *started("DM-2", TICKET), leaf=dark)


def test_sets_that_start_from_each_other_are_an_error() -> None:
    with pytest.raises(ReconcileError, match="calibration sets start from each other"):
        want(*started("DM-2", f"{PUBLIC}/DM-3"), *started("DM-3", f"{PUBLIC}/DM-2"))


def test_a_pinned_starting_collection_is_part_of_the_identity_and_of_the_work() -> None:
    dark = f"{PUBLIC}/DM-2/trial/darkGen.20250207a"

    def pinned(fingerprint: str) -> list[Model]:
        start = {
            "collection": f"{PUBLIC}/OLD",
            "type": "CALIBRATION",
            "dataset_types": ("bias",),
            "fingerprint": fingerprint,
        }
        return changed(calibration_set([Ask("dark")], "DM-2"), {}, {"starting": (start,)})

    assert recipe(*pinned("one"), leaf=dark) != recipe(*pinned("two"), leaf=dark)
    work = want(*pinned("one")).works[Gen(PLACE, dark)]
    assert isinstance(work, Generation)
    assert [start.fingerprint for start in work.starts] == ["one"]


def test_an_excused_detector_is_not_expected_and_no_part_of_the_identity() -> None:
    excused = ({"detector": 1, "reason": "dead"},)
    locked = BIAS[1].model_dump(by_alias=True, exclude_unset=True)["products"]["bias"]
    other = changed(BIAS, {}, {"products": {"bias": {**locked, "except": excused}}})
    assert recipe(*other) == recipe(*BIAS)
    work = want(*other).works[Gen(PLACE, f"{BASE}/biasGen.20250207a")]
    assert work.expected == {"bias": frozenset({f"instrument={INSTRUMENT},detector=0"})}


@pytest.mark.parametrize("joint", [True, False])
@pytest.mark.parametrize("fewer", [{"except": ({"detector": 1, "reason": "dead"},)}, {"detectors": "0"}], ids=str)
def test_only_what_is_solved_jointly_is_another_with_other_detectors(fewer: dict[str, Any], joint: bool) -> None:
    spec, lock = calibration_set([Ask("flat")])
    locked = lock.model_dump(by_alias=True, exclude_unset=True)["products"]["flat"]
    entries = catalog().model_dump(by_alias=True, exclude_unset=True)
    entries["products"]["flat"]["joint"] = joint
    shelf = type(catalog()).model_validate(entries)

    def flat(lock: Model) -> str:
        made = desired(tree(site(), shelf, spec, lock), site())  # type: ignore[arg-type]
        return str(made.state.get(Gen(PLACE, f"{BASE}/flatGen.20250207a")).recipe)  # type: ignore[union-attr]

    other = flat(_with(lock, {"products": {"flat": {**locked, **fewer}}}))
    assert (other != flat(lock)) is joint


def test_a_product_from_a_run_is_pinned_and_certified() -> None:
    run = {"run": "somebody/run", "digest": "d", "detectors": "0..1"}
    made = want(
        *changed(BIAS, {"products": {"bias": {"from": ("somebody/run",)}}}, {"products": {"bias": {"from": (run,)}}})
    )
    assert made.works == {Gen(PLACE, "somebody/run"): Pin(Gen(PLACE, "somebody/run"), frozenset({"bias"}), "d")}
    cert = Cert(PLACE, f"{BASE}/bias.20250207a", "bias", f"instrument={INSTRUMENT},detector=1")
    assert made.state.timeline(cert) == constant(ALWAYS, gen("somebody/run"))


def test_a_product_from_a_run_is_a_precursor_like_any_other() -> None:
    def dark_from(digest: str) -> list[Model]:
        run = {"run": "somebody/run", "digest": digest, "detectors": "0..1"}
        both = calibration_set([Ask("bias"), Ask("dark")])
        products = both[1].model_dump(by_alias=True, exclude_unset=True)["products"]
        settings = {"bias": {"from": ("somebody/run",)}, "dark": {}}
        return changed(both, {"products": settings}, {"products": {**products, "bias": {"from": (run,)}}})

    dark = f"{BASE}/darkGen.20250207a"
    work = want(*dark_from("one")).works[Gen(PLACE, dark)]
    assert [p.source for p in work.precursors] == [Gen(PLACE, "somebody/run")]
    assert recipe(*dark_from("one"), leaf=dark) != recipe(*dark_from("two"), leaf=dark)


def test_a_set_without_a_lock_is_a_notice_and_nothing_else() -> None:
    made = want(BIAS[0])
    assert made.works == {}
    assert "nothing of it is planned without its lock; run `reconcile lock`" in made.notices[0]


def test_a_product_that_the_lock_lacks_is_a_notice() -> None:
    both = calibration_set([Ask("bias"), Ask("dark")])
    made = want(both[0], BIAS[1])
    assert set(made.works) == {Gen(PLACE, f"{BASE}/biasGen.20250207a")}
    assert "dark is not in the lock" in made.notices[0]


def test_inputs_of_a_products_own_replace_the_usual_ones() -> None:
    made = want(*changed(BIAS, {"products": {"bias": {"inputs": ("a", "b")}}}))
    (work,) = made.works.values()
    assert (work.inputs, work.named) == (("a", "b"), ("a", "b"))


def test_the_environment_is_that_of_the_technote() -> None:
    (work,) = want(*changed(BIAS, {"starting_calibs": ("a", "b")}, {"starting_calibs": ("a", "b")})).works.values()
    assert work.environment == {
        "USER_CALIB_PREFIX": "",
        "INSTRUMENT": INSTRUMENT,
        "TICKET": "DM-1",
        "TAG": "trial",
        "RERUN": "20250207a",
        "RAW_COLLECTION": f"{INSTRUMENT}/raw/all",
        "CALIB_COLLECTIONS": "a,b",
        "BOOTSTRAP_RUN_NUMBER": "1",
        "SELECTION_BIAS": work.data_query,
    }


def test_a_set_is_built_after_all_that_another_ticket_certifies_though_it_takes_none_of_it() -> None:
    small = in_memory()
    first = calibration_set([Ask("bias"), Ask("dark")])
    starts = {"starting_calibs": (f"{BASE}/bias.20250207a", f"{BASE}/dark.20250207a")}
    second = changed(calibration_set([Ask("bias")], "DM-2"), starts, starts)
    asked, facts = small.want(*first, *second)
    results = small.apply(asked, facts)
    assert [r.outcome.reason for r in results if r.outcome.word != "done"] == []
    assert small.plan(asked, facts).empty
