"""What a day verifies, under which names, and how."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.daily.leaf import Names, names, remarks
from reconciler.daily.part import Part, parts, selection, unknown_filters, verifiable
from reconciler.daily.work import Day, types, work
from reconciler.errors import ReconcileError
from reconciler.holdings import Exposure, Selected
from reconciler.observation import Collection
from reconciler.seals import Claim, Seal
from reconciler.spec.documents import Catalog
from reconciler.spec.ranges import parse
from reconciler.validity import NANOSECOND, Validity, tai
from tests.worlds import document

CAMERA, PLACE, DAY = "TestCam", "usdf/main", 20241208
CHAIN = f"{CAMERA}/calib"
STEM = f"{CHAIN}/daily/verifyBias"
NIGHT = tai("2024-12-08T20:00:00")


def verify(leaf: str, *precursors: str, dimensions: tuple[str, ...] = ("instrument",)) -> dict[str, Any]:
    return {
        "leaf": leaf,
        "template": f"bps_{leaf}.yaml",
        "selection_variable": f"SELECTION_{leaf}",
        "results": f"{leaf.partition('-')[0]}Results",
        "dimensions": list(dimensions),
        "precursors": list(precursors),
    }


def product(name: str, stem: str = "", **changes: Any) -> dict[str, Any]:
    return {
        "dataset_type": name,
        "generation": f"{name}Gen",
        "certified": name,
        "template": f"bps_{name}.yaml",
        "selection_variable": None,
        "dimensions": ["instrument", "detector"],
        **changes,
    }


def catalog() -> Catalog:
    """Bias and flat per band are verified day by day; defects and pictures are not."""
    flat = verify("verifyFlat-{band}", "bias", "crosstalk", dimensions=("instrument", "physical_filter"))
    found = document(
        kind="Catalog",
        instrument=CAMERA,
        releases=["*"],
        detectors="0..8",
        bands={"u": "u_02", "r": "r_03"},
        products={
            "defects": product("defects", verify=verify("verifyDefects")),
            "bias": product("bias", verify=verify("verifyBias"), observation_type="bias"),
            "dark": product("dark", verify={**verify("verifyDark"), "tests": False}, observation_type="dark"),
            "flat": product(
                "flat",
                verify=flat,
                observation_type="flat",
                per_band=True,
                dimensions=["instrument", "detector", "physical_filter"],
            ),
        },
    )
    assert isinstance(found, Catalog)
    return found


def exposure(number: int, kind: str, physical_filter: str = "none") -> Exposure:
    begin = NIGHT + number * 60 * NANOSECOND
    return Exposure(DAY * 100_000 + number, kind, physical_filter, None, Validity(begin, begin + NANOSECOND))


def selected(*exposures: Exposure) -> Selected:
    return Selected(exposures, {one.id: frozenset({0, 1, one.id % 100_000}) for one in exposures})


def found(*exposures: Exposure) -> tuple[Part, ...]:
    return parts(selected(*exposures), verifiable(catalog()), catalog())


def today() -> Day:
    return Day(PLACE, CAMERA, DAY, f"{CAMERA}/raw/all", "w_1", catalog())


# what is verified


def test_what_has_tests_and_a_type_of_exposures_is_verified_day_by_day() -> None:
    assert list(verifiable(catalog())) == ["bias", "flat"]


def test_a_day_is_selected_by_its_number_and_by_the_types_that_matter() -> None:
    told = selection(DAY, verifiable(catalog()).values())
    assert told == "exposure.day_obs=20241208 and exposure.observation_type in ('bias', 'flat')"


def test_exposures_bear_on_products_by_type_and_on_bands_by_filter() -> None:
    made = found(exposure(4, "flat", "r_03"), exposure(5, "bias"), exposure(6, "flat", "r_03"), exposure(7, "science"))
    assert [(one.name, str(one.numbers)) for one in made] == [
        ("bias", "2024120800005"),
        ("flat-r", "2024120800004, 2024120800006"),
    ]


def test_detectors_are_those_that_have_raws() -> None:
    (bias,) = found(exposure(4, "bias"), exposure(5, "bias"))
    assert str(bias.detectors) == "0..1, 4..5"


def test_a_filter_without_a_band_is_named_where_products_are_made_per_band() -> None:
    made = selected(exposure(1, "flat", "i_06"), exposure(2, "bias", "x"), exposure(3, "flat", "r_03"))
    assert unknown_filters(made, verifiable(catalog()), catalog()) == ("i_06",)


# under which names


def doc(exposures: str, *, sealed: bool = True, **intent: Any) -> Collection:
    told = {"day_obs": DAY, "exposures": [exposures], "release": "w_1", **intent}
    if sealed:
        return Collection("CHAINED", (), Seal("sha256:1", told, "run", {}))
    return Collection("CHAINED", (), Claim("sha256:1", told, "run", (), 1, "here", "submit"))


def named(exposures: str, **collections: Collection) -> list[tuple[str, str, bool]]:
    there = {f"{STEM}.{DAY}{letter.strip('_')}": one for letter, one in collections.items()}
    of = names(STEM, DAY, parse(exposures), there)
    return [(one.leaf.rpartition(".")[2], str(one.exposures), one.begun is not None) for one in of.portions]


def test_the_first_run_of_a_day_names_it_after_the_day() -> None:
    assert named("1..3") == [("20241208", "1..3", False)]


def test_what_was_verified_is_not_verified_again() -> None:
    assert named("1..3", _=doc("1..3")) == [("20241208", "1..3", True)]


def test_what_was_begun_goes_on_with_the_exposures_that_it_began_with() -> None:
    assert named("1..4", _=doc("1..3", sealed=False)) == [("20241208", "1..3", True), ("20241208b", "4", False)]


def test_each_time_more_exposures_come_they_get_the_next_letter() -> None:
    there = {"_": doc("1..3"), "b": doc("4..5")}
    assert named("1..5", **there) == [("20241208", "1..3", True), ("20241208b", "4..5", True)]
    assert named("1..9", **there)[-1] == ("20241208c", "6..9", False)


def test_a_name_of_somebody_else_is_skipped_and_told() -> None:
    of = names(STEM, DAY, parse("1..3"), {f"{STEM}.{DAY}": Collection("RUN")})
    assert [one.leaf for one in of.portions] == [f"{STEM}.{DAY}b"]
    assert list(remarks("bias", of)) == [
        f"{STEM}.{DAY} exists and is no daily verification of ours; another name is taken"
    ]


def test_a_day_ends_with_its_letters() -> None:
    letters = ["_", *"bcdefghijklmnopqrstuvwxyz"]
    with pytest.raises(ReconcileError, match="used up the letters"):
        named("1..99", **{letter: doc(str(at)) for at, letter in enumerate(letters, 1)})


def test_what_came_since_is_told_once_it_is_new() -> None:
    collections = {f"{STEM}.{DAY}": doc("1..3")}
    assert list(remarks("bias", names(STEM, DAY, parse("1..3"), collections))) == []
    (told,) = remarks("bias", names(STEM, DAY, parse("1..5"), collections))
    assert told == (
        f"bias: 2 exposures (4..5) came since {STEM}.{DAY} was begun; what is new is verified in {STEM}.{DAY}b"
    )


# how


def portion_of(part: Part, **collections: Collection) -> Any:
    of: Names = names(today().stem(part), DAY, part.numbers, {f"{STEM}.{DAY}": one for one in collections.values()})
    return of.portions[0]


def test_the_public_chain_and_the_raws_are_all_that_goes_in() -> None:
    (bias,) = found(exposure(1, "bias"))
    made = work(today(), bias, portion_of(bias))
    assert made.inputs == (CHAIN, f"{CAMERA}/raw/all")
    assert (made.first, made.examined, made.starts) == ((), (), ())
    assert made.key.leaf == f"{STEM}.{DAY}"
    assert made.expected == {"verifyBiasResults": frozenset({f"instrument={CAMERA}"})}


def test_a_flat_is_verified_through_its_filter_with_what_its_pipeline_applies() -> None:
    (flat,) = found(exposure(4, "flat", "r_03"))
    made = work(today(), flat, portion_of(flat))
    assert made.key.leaf == f"{CHAIN}/daily/verifyFlat-r.{DAY}"
    assert made.expected == {"verifyFlatResults": frozenset({f"instrument={CAMERA},physical_filter=r_03"})}
    assert [one.dataset_type for one in made.precursors] == ["flat", "bias", "crosstalk"]
    assert made.precursors[0].data_ids[0] == f"instrument={CAMERA},detector=0,physical_filter=r_03"
    assert types(today(), flat) == {"verifyFlatResults", "flat", "bias", "crosstalk"}
    query = "(instrument='TestCam' and exposure in (2024120800004))"
    assert made.environment["SELECTION_verifyFlat-r"] == query == made.data_query


def test_what_was_begun_keeps_its_recipe_though_the_release_has_changed() -> None:
    (bias,) = found(exposure(1, "bias"))
    begun = doc(str(DAY * 100_000 + 1), sealed=False, release="w_0")
    made = work(today(), bias, portion_of(bias, begun=begun))
    assert made.release == "w_0"
    assert begun.doc is not None
    assert made.recipe.intent == begun.doc.intent
