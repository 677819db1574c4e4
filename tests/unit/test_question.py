"""From the words typed to a data ID and a time: what is told, what is asked back."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.adapters.memory import MemoryRepository
from reconciler.cli.question import Asked, Subject, identity, subject
from reconciler.errors import Unreachable, UsageError
from reconciler.spec.documents import Site
from reconciler.spec.load import Tree
from tests.worlds import EXPOSURES, INSTRUMENT, PLACE, PUBLIC, catalog, chain, document, store, tree

EXPOSURE = EXPOSURES["flat"][0]


def site(*instruments: str) -> Site:
    made = document(
        kind="Site",
        site="usdf",
        trust="none",
        repositories={"main": {"butler": "repo", "instruments": list(instruments)}},
        releases={},
    )
    assert isinstance(made, Site)
    return made


def specs(*chains: str) -> Tree:
    return tree(catalog(), *(chain(name=name) for name in chains or (PUBLIC,)))


def asked(*, instruments: tuple[str, ...] = (INSTRUMENT,), chains: tuple[str, ...] = (), **options: Any) -> Subject:
    options = {"dataset_type": "flat", "exposure": EXPOSURE.id, "detector": 0, **options}
    repository = MemoryRepository(PLACE, store())
    return subject(Asked(**options), specs(*chains), site(*instruments), lambda: [repository])


def test_an_exposure_tells_its_time_and_its_filter() -> None:
    about = asked()
    assert about.when == EXPOSURE.validity
    assert identity(about, specs()) == f"instrument={INSTRUMENT},detector=0,physical_filter=r_03"


def test_a_type_without_filters_is_asked_for_without_one() -> None:
    assert identity(asked(dataset_type="bias"), specs()) == f"instrument={INSTRUMENT},detector=0"


def test_what_a_data_id_lacks_is_asked_for() -> None:
    about = asked(exposure=None, at_time="2024-12-07T00:00:00")
    with pytest.raises(UsageError, match="flat is told apart by instrument, detector, physical_filter: say physical_f"):
        identity(about, specs())


def test_a_filter_that_nobody_knows_is_told_with_the_nearest() -> None:
    about = asked(exposure=None, at_time="2024-12-07T00:00:00", data_id="physical_filter=r_3")
    with pytest.raises(UsageError, match="did you mean r_03"):
        identity(about, specs())


def test_the_public_chain_is_searched_unless_another_is_named() -> None:
    assert asked(chains=(f"{PUBLIC}/other", "u/somebody/calib", PUBLIC)).chain == PUBLIC
    assert asked(chains=("u/somebody/calib", f"{PUBLIC}/other")).chain == f"{PUBLIC}/other"
    assert asked(chain="u/somebody/calib").chain == "u/somebody/calib"


def test_of_several_chains_one_is_to_be_named() -> None:
    with pytest.raises(UsageError, match=f"which chain.* {PUBLIC}/a, {PUBLIC}/b"):
        asked(chains=(f"{PUBLIC}/a", f"{PUBLIC}/b"))


def test_of_several_instruments_the_chain_or_the_option_tells() -> None:
    both = ("OtherCam", INSTRUMENT)
    with pytest.raises(UsageError, match=f"which instrument.*OtherCam, {INSTRUMENT}"):
        asked(instruments=both)
    assert asked(instruments=both, chain=PUBLIC).instrument == INSTRUMENT
    assert asked(instruments=both, instrument=INSTRUMENT).instrument == INSTRUMENT


def test_an_exposure_that_a_place_out_of_reach_may_know_is_unknown() -> None:
    near, far = MemoryRepository(PLACE, store()), Unreached("usdf/far", store())
    with pytest.raises(Unreachable):
        subject(Asked("flat", exposure=1, detector=0), specs(), site(INSTRUMENT), lambda: [near, far])
    found = subject(Asked("flat", exposure=EXPOSURE.id, detector=0), specs(), site(INSTRUMENT), lambda: [far, near])
    assert found.exposure == EXPOSURE


class Unreached(MemoryRepository):
    """A repository out of reach."""

    def nearest_exposures(self, instrument: str, exposure: int) -> tuple[Any, ...]:
        raise Unreachable(f"{self.place} cannot be reached")
