"""The fingerprint of a ticket tells what science gets of it apart, and nothing else (DMTN-222 section 3.4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from reconciler.matrix import fingerprint
from reconciler.observation import Collection, Observation
from reconciler.validity import tai
from tests.several import MAIN, SUMMIT
from tests.worlds import PUBLIC, TICKET

BIAS, DARK, RUN = f"{TICKET}/trial/bias.1", f"{TICKET}/trial/dark.1", f"{TICKET}/trial/biasGen.1/20250207T000001Z"
JANUARY, JUNE, ALWAYS = tai("2025-01-01T00:00:00"), tai("2025-06-01T00:00:00"), 2**62
UUID = "11111111-1111-4111-8111-111111111111"
LATER, THIRD, OTHER = UUID.replace("1", "2"), UUID.replace("1", "3"), UUID.replace("1", "4")

Rows = Mapping[str, tuple[tuple[int, int, str], ...]]

SEEN = Observation(
    MAIN,
    {
        PUBLIC: Collection("CHAINED", (TICKET,)),
        TICKET: Collection("CHAINED", (BIAS, DARK)),
        BIAS: Collection("CALIBRATION"),
        DARK: Collection("CALIBRATION"),
        RUN: Collection("RUN"),
    },
    {
        (BIAS, "bias"): {"detector=0": ((JANUARY, JUNE, UUID), (JUNE, ALWAYS, LATER)), "detector=1": ()},
        (DARK, "dark"): {"detector=0": ((JANUARY, ALWAYS, THIRD),)},
    },
)
FIRST, SECOND = SEEN.certifications[BIAS, "bias"]["detector=0"]


def collections(**more: Collection) -> Observation:
    return replace(SEEN, collections={**SEEN.collections, **more})


def biases(rows: Rows, dataset_type: str = "bias") -> Observation:
    darks = {key: found for key, found in SEEN.certifications.items() if key[0] == DARK}
    return replace(SEEN, certifications={**darks, (BIAS, dataset_type): rows})


OTHERS: dict[str, Callable[[], Observation]] = {
    "another UUID": lambda: biases({"detector=0": ((JANUARY, JUNE, OTHER), SECOND)}),
    "datasets change places": lambda: biases({"detector=0": ((JANUARY, JUNE, LATER), (JUNE, ALWAYS, UUID))}),
    "begins a nanosecond later": lambda: biases({"detector=0": ((JANUARY + 1, JUNE, UUID), SECOND)}),
    "ends a nanosecond earlier": lambda: biases({"detector=0": ((JANUARY, JUNE - 1, UUID), SECOND)}),
    "one time span less": lambda: biases({"detector=0": (FIRST,)}),
    "another data ID": lambda: biases({"detector=7": (FIRST, SECOND)}),
    "another dataset type": lambda: biases({"detector=0": (FIRST, SECOND)}, "biasOther"),
    "another member order": lambda: collections(**{TICKET: Collection("CHAINED", (DARK, BIAS))}),
    "a member less": lambda: collections(**{TICKET: Collection("CHAINED", (BIAS,))}),
    "in another collection": lambda: replace(
        SEEN, certifications={(DARK, t): found for (_, t), found in SEEN.certifications.items()}
    ),
}

SAME: dict[str, Callable[[], Observation]] = {
    "rows in another order": lambda: biases({"detector=1": (), "detector=0": (SECOND, FIRST)}),
    "dataset types in another order": lambda: replace(SEEN, certifications=backwards(SEEN.certifications)),
    "collections in another order": lambda: replace(SEEN, collections=backwards(SEEN.collections)),
    "at another place": lambda: replace(SEEN, place=SUMMIT),
    "in another RUN": lambda: replace(
        SEEN,
        collections={**{name: one for name, one in SEEN.collections.items() if name != RUN}, "run": Collection("RUN")},
        contents={("run", "bias"): {"detector=0": UUID}},
    ),
    "a public chain with more members": lambda: collections(**{PUBLIC: Collection("CHAINED", ("local", TICKET))}),
    "what others certified": lambda: replace(
        SEEN, certifications={**SEEN.certifications, ("local", "bias"): {"detector=0": ((JANUARY, JUNE, OTHER),)}}
    ),
}


def backwards(values: Mapping[Any, Any]) -> dict[Any, Any]:
    return dict(reversed(values.items()))


@pytest.mark.parametrize("name", OTHERS)
def test_whatever_changes_what_science_gets_makes_another_fingerprint(name: str) -> None:
    assert fingerprint(OTHERS[name](), TICKET) not in ("", fingerprint(SEEN, TICKET))


@pytest.mark.parametrize("name", SAME)
def test_whatever_does_not_leaves_it_as_it_is(name: str) -> None:
    assert fingerprint(SAME[name](), TICKET) == fingerprint(SEEN, TICKET)


def test_no_two_of_them_are_alike() -> None:
    prints = {fingerprint(change(), TICKET) for change in OTHERS.values()}
    assert len(prints) == len(OTHERS)


def test_of_nothing_there_is_none() -> None:
    assert fingerprint(replace(SEEN, certifications={}), TICKET) == ""
    assert fingerprint(SEEN, f"{PUBLIC}/DM-404") == ""
