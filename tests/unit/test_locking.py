"""Making a lock from what a repository answers; see tests/e2e/test_lock.py for real ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from reconciler.adapters.memory import MemoryRepository
from reconciler.errors import ReconcileError
from reconciler.holdings import Selected
from reconciler.locking import Locking, changed, make_lock
from reconciler.spec.documents import CalibrationSet, Catalog, Lock
from tests.worlds import EXPOSURES, INSTRUMENT, PLACE, Ask, calibration_set, catalog, store


class Answering(MemoryRepository):
    """A repository in memory with one answer to every selection."""

    answer = Selected((), {})

    def select(self, instrument: str, raws: str, expression: str) -> Selected:
        return self.answer


def lock_of(
    answer: Selected,
    change: Callable[[Catalog], Catalog] = lambda one: one,
    product: str = "bias",
    listed: str = "exposure > 0",
) -> Locking:
    repository = Answering(PLACE, store())
    repository.answer = answer
    document, entries = calibration_set([Ask(product)])[0], catalog()
    assert isinstance(document, CalibrationSet)
    assert isinstance(entries, Catalog)
    document = document.model_copy(update={"selections": {product: listed}})
    return make_lock(document, change(entries), repository, frozenset())


def selected(*detectors: int, kind: str = "bias") -> Selected:
    found = tuple(EXPOSURES[kind])
    return Selected(found, {one.id: frozenset(detectors) for one in found})


def test_a_lock_holds_what_was_selected() -> None:
    lock = lock_of(selected(0, 1)).lock
    assert [list(one.exposures) for one in lock.products.values()] == [[e.id for e in EXPOSURES["bias"]]]  # type: ignore[union-attr]


def test_few_exposures_are_a_remark() -> None:
    assert lock_of(selected(0, 1)).remarks == ["bias: only 3 exposures; outliers cannot be told from them"]


def test_frames_of_another_type_are_a_remark() -> None:
    def of_bias(entries: Catalog) -> Catalog:
        bias = entries.products["bias"].model_copy(update={"observation_type": "bias"})
        return entries.model_copy(update={"products": {"bias": bias}})

    assert "3 exposures" in lock_of(selected(0, 1, kind="dark"), of_bias).remarks[0]
    assert "of another observation_type than bias" in lock_of(selected(0, 1, kind="dark"), of_bias).remarks[0]


def test_an_exposure_that_lacks_a_detector_is_a_remark() -> None:
    whole = selected(0, 1)
    partial = replace(whole, detectors={**whole.detectors, EXPOSURES["bias"][0].id: frozenset({0})})
    assert f"bias: 1 exposure ({EXPOSURES['bias'][0].id}) without raws of some detectors" in lock_of(partial).remarks[0]


def test_a_detector_that_all_exposures_lack_is_an_error() -> None:
    with pytest.raises(
        ReconcileError, match=r"DM-1 cannot be locked:\n  bias: no raws of detectors 1; .*allow_missing"
    ):
        lock_of(selected(0))


def test_nothing_selected_is_an_error() -> None:
    with pytest.raises(ReconcileError, match=f"finds no exposures with raws in {INSTRUMENT}/raw/all"):
        lock_of(Selected((), {}))


def test_a_range_of_a_billion_exposures_is_an_error_and_not_unfolded() -> None:
    with pytest.raises(ReconcileError, match="lists 1,000,000,001 exposures; at most 100,000 can be locked"):
        lock_of(selected(0, 1), listed="exposure in (0..1000000000)")


def test_more_exposures_than_a_lock_holds_are_an_error() -> None:
    many = Selected(tuple(EXPOSURES["bias"][:1] * 100_001), {})
    with pytest.raises(ReconcileError, match="finds 100,001 exposures; at most 100,000 can be locked"):
        lock_of(many)


def test_two_filters_are_an_error_for_a_product_of_one() -> None:
    first, *others = EXPOSURES["flat"]
    mixed = (replace(first, physical_filter="i_06"), *others)
    with pytest.raises(ReconcileError, match="flat: the selection mixes filters: i_06, r_03"):
        lock_of(Selected(mixed, selected(0, 1, kind="flat").detectors), product="flat")


def test_a_lock_that_stands_and_says_the_same_has_not_changed() -> None:
    lock = lock_of(selected(0, 1)).lock
    assert changed(lock, lock) == ()


def test_a_lock_that_says_otherwise_tells_the_attribute() -> None:
    lock = lock_of(selected(0, 1)).lock
    other = Lock.model_validate({**lock.model_dump(by_alias=True), "raws": "elsewhere"})
    assert changed(lock, other) == (f"raws: {INSTRUMENT}/raw/all -> elsewhere",)
