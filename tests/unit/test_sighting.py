"""Who vouches for a snapshot: the site's own machine, by a key that counts, not long ago."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from reconciler.approval.sighting import Sighting, vouched
from reconciler.errors import PolicyRefused, StalePlan
from tests.board import NOW, PEOPLE, SIGNATURES, key_entry, person, policy

HOUR = timedelta(hours=1)
TEXT = b"what usdf holds"
OBSERVERS = {"usdf": "usdf-machine"}


def by(who: str, *, taken: datetime | None = NOW - HOUR, text: bytes = TEXT, site: str = "usdf") -> Sighting:
    return Sighting(site, taken, text, SIGNATURES.sign(TEXT, who))


def told(seen: Sighting, *, age: timedelta = 48 * HOUR, **changes: Any) -> str:
    people = {name: person(name, "board") for name in PEOPLE} | {"carol": person("carol", "usdf-machine")}
    return vouched(seen, policy(**{"people": people, "observers": OBSERVERS, **changes}), SIGNATURES, NOW, age)


def with_key(**changes: Any) -> dict[str, Any]:
    people = {name: person(name, "board") for name in PEOPLE}
    return {"people": people | {"carol": person("carol", "usdf-machine", keys=[key_entry("carol", **changes)])}}


def test_the_sites_own_machine_vouches_for_it() -> None:
    assert told(by("carol")) == "carol"


def test_a_snapshot_that_is_not_signed_is_refused() -> None:
    with pytest.raises(PolicyRefused, match=r"is not signed.*root of trust for usdf") as refused:
        told(Sighting("usdf", NOW, TEXT, None))
    assert "reconcile observe --site usdf --sign KEY" in refused.value.hint


def test_a_snapshot_that_does_not_say_when_it_was_taken_is_refused() -> None:
    with pytest.raises(PolicyRefused, match="does not say when it was taken"):
        told(by("carol", taken=None))


def test_a_snapshot_that_was_changed_is_refused() -> None:
    with pytest.raises(PolicyRefused, match="nobody whom the policy knows has signed exactly this snapshot"):
        told(by("carol", text=TEXT + b"!"))


def test_a_stranger_vouches_for_nothing() -> None:
    with pytest.raises(PolicyRefused, match="nobody whom the policy knows"):
        told(by("mallory"))


def test_a_board_may_approve_and_not_say_what_a_site_holds() -> None:
    with pytest.raises(PolicyRefused, match=r"signed by alice .* only usdf-machine may vouch for what usdf holds"):
        told(by("alice"))


def test_the_machine_of_one_site_vouches_for_no_other() -> None:
    with pytest.raises(PolicyRefused, match="does not say who may sign snapshots of site summit"):
        told(by("carol", site="summit"))
    with pytest.raises(PolicyRefused, match="only board may vouch for what summit holds"):
        told(by("carol", site="summit"), observers={**OBSERVERS, "summit": "board"})


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"revoked": "2026-05-31T00:00:00"}, "is revoked since"),
        ({"until": "2026-05-31T00:00:00"}, "expired at"),
        ({"from": "2026-06-01T11:30:00"}, "counts from"),
    ],
)
def test_a_key_that_does_not_count_vouches_for_nothing(changes: dict[str, str], words: str) -> None:
    with pytest.raises(PolicyRefused, match=words):
        told(by("carol"), **with_key(**changes))


def test_a_snapshot_from_the_future_is_refused() -> None:
    with pytest.raises(PolicyRefused, match="still to come"):
        told(by("carol", taken=NOW + HOUR))


def test_an_old_snapshot_is_stale() -> None:
    old = by("carol", taken=NOW - 49 * HOUR)
    with pytest.raises(StalePlan, match="the snapshot is 49 hours old, and 48 hours are allowed"):
        told(old)
    assert told(old, age=50 * HOUR) == "carol"
