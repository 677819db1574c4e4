"""Selections: every exposure that the expression means, and nothing vanishes silently."""

from __future__ import annotations

import pytest

from reconciler.errors import ReconcileError
from reconciler.holdings import Exposure
from reconciler.ports import Repository
from reconciler.validity import NANOSECOND, Validity
from tests.contract.hands import EXPOSURES, NIGHT, RAW_DETECTORS, ButlerHands, Hands, add_exposures


def found(hands: Hands, expression: str) -> list[int]:
    return [exposure.id for exposure in hands.repository.select("Cam", "Cam/raw", expression).exposures]


def test_an_empty_expression_means_every_exposure_with_all_that_is_known_of_it(repository: Repository) -> None:
    selected = repository.select("Cam", "Cam/raw", "")
    assert selected.exposures == EXPOSURES
    assert selected.detectors == {exposure.id: frozenset(RAW_DETECTORS) for exposure in EXPOSURES}


def test_only_the_exposures_that_the_registry_knows_exist(repository: Repository) -> None:
    assert repository.existing_exposures("Cam", (1, 4, 99)) == {1, 4}
    assert repository.existing_exposures("Cam", ()) == frozenset()
    assert repository.existing_exposures("Other", (1,)) == frozenset()


def test_exposures_whose_raws_are_gone_are_told_from_those_that_have_some(hands: Hands) -> None:
    assert hands.repository.existing_exposures("Cam", (1, 4, 99), raws="Cam/raw") == {1, 4}
    with pytest.raises(ReconcileError, match="Cam/nowhere"):
        hands.repository.existing_exposures("Cam", (1,), raws="Cam/nowhere")


def test_an_exposure_is_found_by_its_number_with_all_that_is_known_of_it(repository: Repository) -> None:
    assert repository.nearest_exposures("Cam", 3) == EXPOSURES[2:3]


@pytest.mark.parametrize(("number", "near"), [(0, EXPOSURES[:1]), (99, EXPOSURES[3:])])
def test_for_a_number_that_no_exposure_has_its_neighbours_are_told(
    repository: Repository, number: int, near: tuple[Exposure, ...]
) -> None:
    assert repository.nearest_exposures("Cam", number) == near
    assert repository.nearest_exposures("Other", number) == ()


def test_a_number_in_a_gap_has_a_neighbour_on_either_side(sqlite_hands: ButlerHands) -> None:
    later = Exposure(9, "flat", "g_01", "g", Validity(NIGHT, NIGHT + NANOSECOND))
    add_exposures(sqlite_hands.butler, [later], RAW_DETECTORS)
    assert sqlite_hands.repository.nearest_exposures("Cam", 6) == (EXPOSURES[3], later)


@pytest.mark.parametrize(
    ("expression", "numbers"),
    [
        ("exposure.observation_type='bias'", [1, 2]),
        ("exposure.day_obs=20241207 and exposure.seq_num in (2..4) and exposure.seq_num != 3", [2, 4]),
        ("exposure in (1, 4)", [1, 4]),
        ("band='g'", [4]),
        ("(exposure.seq_num >= 4 or exposure.seq_num < 2) and exposure.day_obs=20241207", [1, 4]),
        ("exposure.seq_num=1 or exposure.seq_num=4", [1, 4]),
        ("exposure.seq_num=1 or physical_filter='r_03'", [1, 2, 3]),
        ("exposure.day_obs=20241206", []),
    ],
)
def test_an_expression_means_exactly_its_exposures(
    butler_hands: ButlerHands, expression: str, numbers: list[int]
) -> None:
    assert found(butler_hands, expression) == numbers


def test_exposures_without_raws_in_the_collection_are_not_found(butler_hands: ButlerHands) -> None:
    butler_hands.collection("Cam/raw/other", "RUN")
    assert butler_hands.repository.select("Cam", "Cam/raw/other", "").exposures == ()


def test_raws_are_found_through_a_chain(butler_hands: ButlerHands) -> None:
    butler_hands.chain("Cam/raw/all", ["Cam/raw"])
    assert butler_hands.repository.select("Cam", "Cam/raw/all", "exposure=1").exposures == EXPOSURES[:1]


def test_an_unknown_instrument_is_an_error_that_names_the_known_ones(butler_hands: ButlerHands) -> None:
    with pytest.raises(ReconcileError, match="no instrument Came; it knows Cam"):
        butler_hands.repository.select("Came", "Cam/raw", "exposure=1")


def test_an_expression_may_name_its_own_instrument_and_no_other(butler_hands: ButlerHands) -> None:
    assert found(butler_hands, "instrument='Cam' and exposure=1") == [1]
    assert found(butler_hands, "instrument='Other' and exposure=1 or exposure=2") == [2]


def test_an_unknown_collection_of_raws_is_an_error(butler_hands: ButlerHands) -> None:
    with pytest.raises(ReconcileError, match="no collection Cam/raw/none"):
        butler_hands.repository.select("Cam", "Cam/raw/none", "")


@pytest.mark.parametrize(
    "expression",
    [
        "exposure.seq_num=1 and and exposure.seq_num=2",
        'exposure.observation_type="bias"',
        "exposure.observation_type LIKE 'b%'",
        "exposure.sequence=1",
        "exposure.seq_num=",
    ],
)
def test_an_expression_that_butler_refuses_is_quoted_with_its_reason(
    butler_hands: ButlerHands, expression: str
) -> None:
    with pytest.raises(ReconcileError) as error:
        found(butler_hands, expression)
    assert expression in error.value.message
    assert error.value.exit_code == 1


def test_more_than_20000_rows_are_all_found(sqlite_hands: ButlerHands) -> None:
    many = [
        Exposure(number, "dark", "r_03", "r", Validity(NIGHT + number * NANOSECOND, NIGHT + (number + 1) * NANOSECOND))
        for number in range(1000, 3100)
    ]
    add_exposures(sqlite_hands.butler, many, range(10))
    selected = sqlite_hands.repository.select("Cam", "Cam/raw", "exposure.observation_type='dark'")
    assert selected.exposures == tuple(many)
    assert all(len(detectors) == 10 for detectors in selected.detectors.values())
    assert len(sqlite_hands.repository.existing_exposures("Cam", tuple(range(50_000)))) == 2104
