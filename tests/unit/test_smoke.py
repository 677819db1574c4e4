"""After a deployment, exposures are corrected with what science gets; their headers name what was deployed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reconciler.errors import ExitCode
from reconciler.spec.documents import Model
from reconciler.state import Gen, Presence
from reconciler.validity import ALWAYS
from tests.several import EMBARGO, MAIN, SUMMIT, Several, deployment, words
from tests.worlds import EXPOSURES, INSTRUMENT, PUBLIC, TICKET, Ask, calibration_set, chain

FLAT = EXPOSURES["flat"][0].id
SMOKE = {"exposures": [FLAT], "rerun": "20250301a"}
LEAF = f"{TICKET}/trial/deploy.usdf.20250301a"


def spec(*asks: Ask, smoke: dict[str, Any] | None = None, **more: Any) -> tuple[Model, ...]:
    said = {**deployment(EMBARGO, **more), "smoke": smoke or SMOKE}
    return (*calibration_set(asks or [Ask("bias")], deployment=said), chain(TICKET, f"{PUBLIC}/OLD"))


WAIVED: dict[str, Any] = {EMBARGO: {"smoke_waived": "no raws there"}}


@pytest.fixture
def several() -> Several:
    """Both repositories of the site where the set is made; the second one has no raws."""
    made = Several()
    made.stores[EMBARGO].register(f"{PUBLIC}/OLD", "CALIBRATION")
    return made


def deployed(several: Several, *documents: Model) -> None:
    """Let everything be done but the smoke test, then let its frames be corrected with what is in use."""
    several.apply("usdf", *documents)
    run = next(key[0] for key in several.stores[MAIN].contents if key[1] == "bias" and "biasGen" in key[0])
    for data_id, uuid in several.stores[MAIN].contents[run, "bias"].items():
        corrected(several, data_id.rpartition("=")[2], uuid)


def corrected(several: Several, detector: str, *uuids: str) -> None:
    data_id = f"instrument={INSTRUMENT},detector={detector},exposure={FLAT}"
    several.stores[MAIN].applied[data_id] = frozenset(uuids)


def test_headers_that_name_what_science_gets_seal_it(several: Several) -> None:
    documents = spec(**WAIVED)
    deployed(several, *documents)
    assert words(several.apply("usdf", *documents)) == [("smoke", "done")]
    assert several.plan("usdf", *documents).empty


def test_a_header_that_names_nothing_fails_and_names_exposure_detector_and_dataset(several: Several) -> None:
    documents = spec(**WAIVED)
    deployed(several, *documents)
    corrected(several, "1")
    (result,) = several.apply("usdf", *documents)
    assert (result.outcome.word, result.outcome.exit_code) == ("failed", ExitCode.VERIFICATION)
    assert f"exposure {FLAT}, detector 1: its header does not name bias of" in result.outcome.reason


def test_a_header_that_names_what_science_does_not_get_fails_and_names_it(several: Several) -> None:
    """The bias of another detector, beside its own."""
    documents = spec(**WAIVED)
    deployed(several, *documents)
    biases = several.stores[MAIN].certifications[f"{TICKET}/trial/bias.20250207a", "bias"]
    zero, one = (biases[f"instrument={INSTRUMENT},detector={detector}"][0][-1] for detector in (0, 1))
    corrected(several, "1", one, zero)
    (result,) = several.apply("usdf", *documents)
    assert (result.outcome.word, result.outcome.exit_code) == ("failed", ExitCode.VERIFICATION)
    made = f"{TICKET}/trial/biasGen.20250207a"
    told = f"exposure {FLAT}, detector 1: its header names {zero} of {made}, which science does not get there"
    assert result.outcome.reason == told
    assert [p.step.kind for p in several.plan("usdf", *documents).steps] == ["smoke"]


def test_it_comes_after_the_link_and_is_no_part_of_what_is_linked(several: Several) -> None:
    kinds = [p.step.kind for p in several.plan("usdf", *spec(**WAIVED)).steps]
    assert kinds.index("smoke") > max(i for i, kind in enumerate(kinds) if kind == "link" and i < kinds.index("smoke"))
    assert kinds.count("smoke") == 1


def test_where_there_are_no_raws_it_is_blocked_until_that_is_said_with_a_reason(several: Several) -> None:
    documents = spec()
    several.apply("usdf", *documents)
    several.stores[EMBARGO].register(f"{INSTRUMENT}/raw/all", "RUN")
    blocked = [r for r in several.apply("usdf", *documents) if r.step.place == EMBARGO and r.step.kind == "smoke"]
    assert "say under `smoke_waived` of usdf/embargo why not" in blocked[0].outcome.reason


def test_a_range_that_no_exposure_tries_is_named(several: Several) -> None:
    documents = spec(Ask("bias", begin="2025-01-01T00:00:00"), **WAIVED)
    deployed(several, *documents)
    (result,) = several.apply("usdf", *documents)
    assert "no exposure of the smoke test tries from 2025-01-01" in result.outcome.reason


def test_a_filter_that_no_exposure_tries_is_named(several: Several) -> None:
    key = INSTRUMENT, FLAT
    there = several.stores[MAIN].exposures
    documents = spec(Ask("bias"), Ask("dark"), Ask("flat"), **WAIVED)
    several.apply("usdf", *documents)
    there[key] = replace(there[key], physical_filter="g_01")
    (result,) = several.apply("usdf", *documents)
    assert result.outcome.word == "blocked"
    assert result.outcome.reason == (
        f"no exposure of the smoke test tries {ALWAYS} through r_03; name one in `deployment.smoke`"
    )


def test_what_was_deployed_and_is_hidden_for_every_exposure_fails(several: Several) -> None:
    documents = spec(**WAIVED)
    deployed(several, *documents)
    there = several.stores[MAIN]
    there.register("mine", "CALIBRATION")
    other = {d: there.add(f"{PUBLIC}/OLD/run", "bias", f"instrument={INSTRUMENT},detector={d}") for d in (0, 1)}
    there.certifications["mine", "bias"] = {
        f"instrument={INSTRUMENT},detector={d}": [(0, 2**62, uuid)] for d, uuid in other.items()
    }
    there.children[PUBLIC] = ("mine", *there.children[PUBLIC])
    for detector, uuid in other.items():
        corrected(several, str(detector), uuid)
    (result,) = several.apply("usdf", *documents)
    assert (
        f"no bias that was deployed is in use for any of the exposures: {PUBLIC} gives others" in result.outcome.reason
    )


def test_a_deployment_without_a_smoke_test_says_so_in_every_plan(several: Several) -> None:
    documents = (*calibration_set([Ask("bias")], deployment=deployment(EMBARGO)), chain(TICKET))
    assert (
        "DM-1 is deployed without a smoke test: `deployment.smoke` names no exposures"
        in several.plan("usdf", *documents).notices
    )


def test_other_certified_ranges_are_another_smoke_test(several: Several) -> None:
    here, _ = several.want("usdf", *spec(**WAIVED))
    there, _ = several.want("usdf", *spec(Ask("bias", begin="2024-01-01T00:00:00"), **WAIVED))
    recipes = {str(want.state.get(Gen(MAIN, LEAF))) for want in (here, there)}
    assert len(recipes) == 2
    assert isinstance(here.state.get(Gen(MAIN, LEAF)), Presence)


def test_the_table_tells_why_nothing_was_tried(several: Several) -> None:
    documents = spec(**{EMBARGO: {"smoke_waived": "no raws there"}, SUMMIT: {"skip": "not yet"}})
    cells = {cell.place: cell.reasons for cell in several.matrix(*documents)[TICKET].cells}
    assert "no smoke test: no raws there" in cells[EMBARGO]
