"""Reading result tables: what was put is what is judged, with missing values and text as they were."""

from __future__ import annotations

import numpy as np
import pytest

from reconciler.errors import ReconcileError, Unreachable
from tests.contract.hands import ButlerHands, Hands

RUN, RESULTS = "Cam/calib/DM-1/verifyBias.20250207a/20250208T000000Z", "verifyBiasResults"
COLUMNS = {
    "detector": [0, 1],
    "amplifier": ["C00", "C10"],
    "BIAS_MEAN": [0.25, float("nan")],
    "BIAS_VERIFY_MEAN": [True, False],
}


def test_a_table_comes_back_by_data_id_with_all_its_columns(hands: Hands) -> None:
    hands.table(RUN, RESULTS, COLUMNS)
    (found,) = hands.repository.tables(RUN, RESULTS).items()
    assert found[0] == "instrument=Cam"
    assert found[1].keys() == COLUMNS.keys()
    for name, values in COLUMNS.items():
        np.testing.assert_array_equal(found[1][name], values)


def test_text_is_text(hands: Hands) -> None:
    hands.table(RUN, RESULTS, COLUMNS)
    (found,) = hands.again().tables(RUN, RESULTS).values()
    assert [str(name) for name in found["amplifier"]] == ["C00", "C10"]


def test_where_nothing_was_measured_there_is_no_table(hands: Hands) -> None:
    assert hands.repository.tables(RUN, RESULTS) == {}
    hands.dataset(RUN, 3)
    assert hands.repository.tables(RUN, RESULTS) == {}
    hands.table(RUN, "verifyDarkResults", COLUMNS)
    assert hands.repository.tables(RUN, RESULTS) == {}


def test_a_damaged_table_is_named(butler_hands: ButlerHands) -> None:
    butler_hands.table(RUN, RESULTS, COLUMNS)
    (path,) = butler_hands.root.rglob("*.parq")
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(ReconcileError, match=rf"{path.name} is damaged"):
        butler_hands.repository.tables(RUN, RESULTS)


def test_a_table_whose_file_is_lost_cannot_be_read(butler_hands: ButlerHands) -> None:
    butler_hands.table(RUN, RESULTS, COLUMNS)
    (path,) = butler_hands.root.rglob("*.parq")
    path.unlink()
    with pytest.raises(Unreachable, match=path.name):
        butler_hands.repository.tables(RUN, RESULTS)
