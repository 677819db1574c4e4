"""Looking: what is there is seen as it is, at a fixed price."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from lsst.daf.butler import DatasetType, Timespan
from sqlalchemy import event
from sqlalchemy.engine import Engine

from reconciler.adapters.butler import ButlerRepository
from reconciler.errors import Unreachable
from reconciler.observation import Scope
from reconciler.ports import Repository
from reconciler.validity import BEGINNING, END, Validity
from tests.contract.hands import EVERYTHING, NIGHT, PLACE, TYPES, ButlerHands, Hands, copy, data_id, exposure_validity


def test_a_repository_that_we_never_wrote_to_has_no_record(repository: Repository) -> None:
    assert repository.observe(EVERYTHING).record is None


def test_looking_writes_nothing(repository: Repository) -> None:
    before = repository.observe(EVERYTHING)
    assert repository.observe(EVERYTHING) == before


def test_a_collection_that_does_not_exist_is_absent(hands: Hands) -> None:
    hands.collection("there", "CHAINED")
    seen = hands.repository.observe(Scope(frozenset({"there", "nowhere"})))
    assert set(seen.collections) == {"there"}


def test_a_scope_of_nothing_that_exists_sees_nothing(repository: Repository) -> None:
    seen = repository.observe(Scope(frozenset({"nowhere"}), TYPES))
    assert (seen.collections, seen.certifications, seen.contents) == ({}, {}, {})


def test_a_chain_brings_everything_below_it_and_nothing_beside_it(hands: Hands) -> None:
    for run in ("a", "b", "beside"):
        hands.collection(run, "RUN")
    hands.chain("inner", ["b"])
    hands.chain("outer", ["a", "inner"])
    seen = hands.repository.observe(Scope(frozenset({"outer"})))
    assert set(seen.collections) == {"outer", "inner", "a", "b"}
    assert seen.collections["outer"].children == ("a", "inner")


def test_the_members_of_a_chain_that_is_asked_for_by_name_and_through_another_come_once(hands: Hands) -> None:
    hands.collection("a", "CALIBRATION")
    hands.chain("inner", ["a"])
    hands.chain("outer", ["inner"])
    assert hands.repository.observe(Scope(frozenset({"inner", "outer"}))).collections["inner"].children == ("a",)


def test_the_record_is_seen_whatever_the_scope(hands: Hands) -> None:
    hands.repository.remember("abc")
    seen = hands.repository.observe(Scope(frozenset({"nowhere"})))
    assert seen.record is not None
    assert (seen.record.place, seen.record.applied) == (PLACE, "abc")


def test_a_certification_comes_back_to_the_nanosecond(hands: Hands) -> None:
    dataset = hands.dataset("run", 3)
    hands.certify("calib", dataset, 3, Validity(NIGHT + 1, NIGHT + 2_000_000_003))
    assert hands.certified("calib", 3) == ((NIGHT + 1, NIGHT + 2_000_000_003, dataset),)


def test_open_ends_are_our_open_ends(hands: Hands) -> None:
    dataset = hands.dataset("run", 3)
    hands.certify("calib", dataset, 3)
    assert hands.certified("calib", 3) == ((BEGINNING, END, dataset),)


def test_ranges_of_one_data_id_come_in_order_of_time(hands: Hands) -> None:
    early, late = hands.dataset("early", 3), hands.dataset("late", 3)
    hands.certify("calib", late, 3, Validity(NIGHT, END))
    hands.certify("calib", early, 3, Validity(BEGINNING, NIGHT))
    assert [row[2] for row in hands.certified("calib", 3)] == [early, late]


def test_runs_and_tags_show_their_contents_by_data_id(hands: Hands) -> None:
    dataset = hands.dataset("run", 3)
    hands.tag("protected", dataset, 3)
    contents = hands.repository.observe(EVERYTHING).contents
    assert contents["run", "bias"] == contents["protected", "bias"] == {data_id(3): dataset}


def test_certifications_and_contents_are_only_of_the_types_asked_for(hands: Hands) -> None:
    hands.dataset("run", 3, "dark")
    assert hands.repository.observe(Scope(None, frozenset({"bias"}))).contents == {}


def test_a_dataset_type_that_nobody_registered_is_nothing(repository: Repository) -> None:
    seen = repository.observe(Scope(None, frozenset({"ptc"})))
    assert (seen.certifications, seen.contents) == ({}, {})


def test_exposures_come_with_their_time_spans_and_unknown_ones_are_absent(repository: Repository) -> None:
    wanted = frozenset({("Cam", 2), ("Cam", 99), ("Other", 1)})
    assert repository.observe(Scope(frozenset(), exposures=wanted)).exposures == {("Cam", 2): exposure_validity(2)}


def test_an_empty_validity_that_a_person_certified_is_no_certification(butler_hands: ButlerHands) -> None:
    from lsst.daf.butler import Timespan

    refs = butler_hands.butler.get_many_datasets([butler_hands.dataset("run", 3)])
    butler_hands.collection("calib", "CALIBRATION")
    butler_hands.butler.registry.certify("calib", refs, Timespan.makeEmpty())
    assert butler_hands.certified("calib", 3) == ()


def test_what_another_process_registers_is_seen_by_a_repository_that_is_open(butler_hands: ButlerHands) -> None:
    from lsst.daf.butler import DatasetType

    butler = butler_hands.butler
    scope = Scope(None, frozenset({"defects"}))
    assert butler_hands.repository.observe(scope).contents == {}
    dimensions = ("instrument", "detector")
    butler.registry.registerDatasetType(
        DatasetType("defects", dimensions, "StructuredDataDict", universe=butler.dimensions, isCalibration=True)
    )
    dataset = butler_hands.dataset("run", 3, "defects")
    assert butler_hands.repository.observe(scope).contents["run", "defects"] == {data_id(3): dataset}


def test_looking_costs_the_same_queries_with_10_and_with_500_collections(butler_hands: ButlerHands) -> None:
    some = Scope(frozenset({"all"}), TYPES)
    _fill(butler_hands, range(3))
    few = _statements(butler_hands, EVERYTHING), _statements(butler_hands, some)
    _fill(butler_hands, range(3, 170))
    assert (_statements(butler_hands, EVERYTHING), _statements(butler_hands, some)) == few


def test_a_missing_repository_is_unreachable_and_named(tmp_path: Path) -> None:
    with ButlerRepository(PLACE, str(tmp_path / "none")) as missing, pytest.raises(Unreachable, match=PLACE) as error:
        missing.observe(EVERYTHING)
    assert str(tmp_path / "none") in str(error.value)


def test_a_repository_without_its_database_is_unreachable(sqlite_template: Path, tmp_path: Path) -> None:
    root = copy(sqlite_template, tmp_path / "repository")
    (root / "gen3.sqlite3").unlink()
    with ButlerRepository(PLACE, str(root)) as broken, pytest.raises(Unreachable, match="database"):
        broken.observe(EVERYTHING)


@pytest.mark.parametrize("text", ["registry: [", "registry: {}\n", "datastore: {cls: no.such.Datastore}\n"])
def test_a_damaged_configuration_is_unreachable(sqlite_template: Path, tmp_path: Path, text: str) -> None:
    root = copy(sqlite_template, tmp_path / "repository")
    (root / "butler.yaml").write_text(text)
    (root / "gen3.sqlite3").write_bytes(b"no database " * 1000)
    with ButlerRepository(PLACE, str(root)) as broken, pytest.raises(Unreachable):
        broken.observe(EVERYTHING)


def _fill(hands: ButlerHands, numbers: range) -> None:
    runs = [f"run/{number}" for number in range(numbers.stop)]
    with hands.butler.transaction():
        for number in numbers:
            hands.certify(f"calib/{number}", hands.dataset(f"run/{number}", 3), 3)
            hands.chain(f"chain/{number}", [f"run/{number}", f"calib/{number}"])
        hands.chain("all", [*runs, *(f"chain/{n}" for n in range(numbers.stop))])


def _statements(hands: ButlerHands, scope: Scope) -> int:
    with hands.again() as repository, counted() as statements:
        repository.observe(scope)
    return len(statements)


@contextmanager
def counted() -> Iterator[list[str]]:
    """Collect every statement that any engine of this process executes."""
    statements: list[str] = []

    def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
        statements.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(Engine, "before_cursor_execute", note)


@pytest.mark.parametrize("names", [None, frozenset({"parent"})], ids=["all", "by name"])
def test_a_chain_that_is_born_while_somebody_looks_is_no_error(
    butler_hands: ButlerHands, names: frozenset[str] | None
) -> None:
    if "postgresql" not in (butler_hands.root / "butler.yaml").read_text():
        pytest.skip("on SQLite nobody writes while somebody reads")
    butler_hands.collection("run/0", "RUN")
    butler_hands.chain("parent", ["run/0"])
    born: list[str] = []

    def give_birth(connection: object, cursor: object, statement: str, *rest: object) -> None:
        if "collection_chain" in statement and statement.startswith("SELECT") and not born:
            born.append("late")
            butler_hands.chain("late", ["run/0"])
            butler_hands.chain("parent", ["late"])

    with butler_hands.again() as repository:
        repository.observe(Scope(frozenset({"run/0"})))
        event.listen(Engine, "before_cursor_execute", give_birth)
        try:
            seen = repository.observe(Scope(names))
        finally:
            event.remove(Engine, "before_cursor_execute", give_birth)
    assert born
    assert seen.collections["parent"].children in (("run/0",), ("late",))


def test_a_type_without_validity_that_comes_later_does_not_hide_calibrations_of_the_same_dimensions(
    butler_hands: ButlerHands,
) -> None:
    """Results of verifications have the dimensions of the camera."""
    butler = butler_hands.butler
    dimensions = butler.dimensions.conform(["instrument"])
    butler.registry.registerDatasetType(DatasetType("camera", dimensions, "StructuredDataDict", isCalibration=True))
    butler_hands.collection("calib/camera", "CALIBRATION")
    butler_hands.collection("calib/run", "RUN")
    butler.registry.certify(
        "calib/camera", [butler.put({}, "camera", instrument="Cam", run="calib/run")], Timespan(None, None)
    )
    scope = Scope(None, frozenset({"camera", "verifyBiasResults"}))
    before = butler_hands.repository.observe(scope)
    butler_hands.table("calib/verify", "verifyBiasResults", {"detector": [0]})
    for _ in range(2):
        after = butler_hands.repository.observe(scope)
        assert after.certifications == before.certifications
        assert after.contents["calib/verify", "verifyBiasResults"].keys() == {"instrument=Cam"}
