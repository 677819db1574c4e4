"""Every selection of DMTN-222 section 7 means exactly its exposures; nothing vanishes silently."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from reconciler.adapters.butler import ButlerRepository
from reconciler.errors import ReconcileError
from reconciler.spec.documents import CalibrationSet
from reconciler.spec.load import Tree, load_tree
from tests.e2e import desk as desks
from tests.e2e.desk import EXPOSURES, SPEC, Desk, leaf

ROOT = Path(__file__).parents[2]
CAMERA, RAWS = "LSSTComCam", "LSSTComCam/raw/all"
FILTERS = {"u_02": "u", "g_01": "g", "r_03": "r", "i_06": "i", "z_03": "z", "y_04": "y"}
DETECTORS = range(9)
PROGRAM = "BLOCK-T68"
DICT = "StructuredDataDict"
VERIFIED_SCIENCE = (
    2024112000223, 2024120100160, 2024120300156, 2024120700297, 2024120700307, 2024120700339,
)  # fmt: skip
VERIFIED_BIAS = (
    2024102100509, 2024102600031, 2024102900175, 2024110100164, 2024110800008, 2024111200387, 2024111600316,
    2024112200390, 2024112300315, 2024112400006, 2024112700443, 2024120500004, 2024120500266, 2024120500272,
    2024120500291, 2024120700571, 2024120700576, 2024120700592, 2024120700598, 2024120800704, 2024120800724,
    2024120900006, 2024120900284, 2024121000596, 2024121100007,
)  # fmt: skip
VERIFIED_DARK = (
    2024102300019, 2024102300035, 2024102500019, 2024102500044, 2024103000012, 2024103000037, 2024110100149,
    2024110100175, 2024110500279, 2024110500301, 2024111100307, 2024111100334, 2024111600322, 2024111600350,
    2024112000330, 2024112000355, 2024112700437, 2024112700455, 2024120100481, 2024120100507, 2024120700582,
    2024120700588, 2024120700604, 2024120700610, 2024121000007, 2024121000590, 2024121000612,
)  # fmt: skip


def frame(day: int, number: int, kind: str, *, band: str = "r_03", reason: str = "", program: str = "") -> dict:  # type: ignore[type-arg]
    """Return an exposure record, without what the registry only needs."""
    return {
        "id": day * 100000 + number,
        "day_obs": day,
        "seq_num": number,
        "observation_type": kind,
        "observation_reason": reason or kind,
        "science_program": program or "BLOCK-1",
        "physical_filter": band,
    }


def frames() -> Iterator[dict[str, Any]]:
    """Yield what the nights of the worked example could have held: the wanted frames, and others on each side."""
    for day, first in ((20241208, 696), (20241206, 427)):
        for number in range(first - 4, first + 16):
            yield frame(day, number, ("bias", "dark")[number % 2])
        yield frame(day, first + 20, "flat")
        yield frame(day, first + 21, "acq")
    for number in range(690, 710):
        yield frame(20241207, number, ("bias", "dark")[number % 2])
    for number in range(1, 13):
        yield frame(20240806, number, "flat", reason="flat", program=PROGRAM)
        yield frame(20240806, number + 100, "flat", reason="comcam_ptc", program=PROGRAM)
    yield frame(20240806, 201, "flat", reason="flat", program="BLOCK-T67")
    yield frame(20240806, 202, "flat", reason="comcam_ptc", program="BLOCK-T67")
    yield frame(20240806, 203, "flat", reason="flat", program=PROGRAM, band="i_06")
    yield frame(20240806, 204, "flat", reason="comcam_ptc", program=PROGRAM, band="i_06")
    yield frame(20240806, 205, "bias", reason="bias", program=PROGRAM)
    for day, numbers, name in (
        (20241110, range(40, 68), "u_02"),
        (20241126, range(17, 45), "g_01"),
        (20241111, range(13, 41), "r_03"),
        (20241120, range(37, 69), "i_06"),
        (20241112, range(24, 53), "z_03"),
        (20241119, range(17, 41), "y_04"),
    ):
        for number in numbers:
            yield frame(day, number, "flat", band=name)
            yield frame(day + 1, number + 200, "flat", band=name)
    for kind, listed in (("science", VERIFIED_SCIENCE), ("bias", VERIFIED_BIAS), ("dark", VERIFIED_DARK)):
        for exposure in listed:
            yield frame(exposure // 100000, exposure % 100000, kind)
            yield frame(exposure // 100000, exposure % 100000 + 1, kind)


def ids(day: int, numbers: Iterable[int]) -> list[int]:
    return [day * 100000 + number for number in numbers]


EXPECTED = {
    "bias": ids(20241206, range(428, 443, 2)) + ids(20241208, [*range(696, 712, 2), 724, 725]),
    "dark": ids(20241206, range(427, 442, 2)) + ids(20241208, range(697, 712, 2)),
    "flatBootstrap": ids(20240806, range(1, 13)),
    "cti": ids(20240806, range(101, 113)),
    "flat-u": ids(20241110, range(44, 64)),
    "flat-g": ids(20241126, range(21, 41)),
    "flat-r": ids(20241111, range(17, 37)),
    "flat-i": ids(20241120, [*range(41, 58), *range(59, 65)]),
    "flat-z": ids(20241112, range(28, 49)),
    "flat-y": ids(20241119, range(21, 37)),
    "verify science": list(VERIFIED_SCIENCE),
    "verify bias": list(VERIFIED_BIAS),
    "verify dark": list(VERIFIED_DARK),
}


def create(root: Path, records: Iterable[dict[str, Any]], detectors: Iterable[int]) -> None:
    """Make a repository with these exposures and, in the registry, a raw of each detector."""
    from astropy.time import Time, TimeDelta
    from lsst.daf.butler import Butler, CollectionType, DatasetType, Timespan

    Butler.makeRepo(str(root))
    by_id: dict[int, dict[str, Any]] = {}
    for record in records:
        by_id.setdefault(record["id"], record)
    cam, detectors = {"instrument": CAMERA}, list(detectors)
    with Butler.from_config(str(root), writeable=True) as butler:
        raw = DatasetType("raw", ("instrument", "detector", "exposure"), DICT, universe=butler.dimensions)
        butler.registry.registerDatasetType(raw)
        butler.collections.register(RAWS, CollectionType.RUN)
    with Butler.from_config(str(root), writeable=True) as butler, butler.registry.transaction():
        registry = butler.registry
        registry.insertDimensionData("instrument", {"name": CAMERA, "class_name": "none", "detector_max": 9})
        registry.insertDimensionData("detector", *({**cam, "id": d, "full_name": f"D{d}"} for d in DETECTORS))
        registry.insertDimensionData(
            "physical_filter", *({**cam, "name": name, "band": band} for name, band in FILTERS.items())
        )
        days = sorted({record["day_obs"] for record in by_id.values()})
        registry.insertDimensionData("day_obs", *({**cam, "id": day} for day in days))
        registry.insertDimensionData("group", *({**cam, "name": str(number)} for number in by_id))
        midnight = {day: Time(f"{str(day)[:4]}-{str(day)[4:6]}-{str(day)[6:]}T12:00:00", scale="tai") for day in days}
        short = TimeDelta(15, format="sec")
        spans = {day: Timespan(noon, noon + short) for day, noon in midnight.items()}
        registry.insertDimensionData(
            "exposure",
            *(
                {**cam, **r, "obs_id": str(number), "group": str(number), "timespan": spans[r["day_obs"]]}
                for number, r in by_id.items()
            ),
        )
        where = [{**cam, "detector": d, "exposure": number} for number in by_id for d in detectors]
        registry.insertDatasets("raw", where, RAWS, expand=False)


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("nights") / "repo"
    create(root, frames(), DETECTORS)
    return root


@pytest.fixture(scope="module")
def comcam(nights: Path) -> Iterator[ButlerRepository]:
    with ButlerRepository("usdf/main", str(nights)) as repository:
        yield repository


@pytest.fixture(scope="module")
def document() -> CalibrationSet:
    return dp1(load_tree(ROOT))


def dp1(tree: Tree) -> CalibrationSet:
    (found,) = (one.document for one in tree.sets if one.document.ticket == "DM-48520")
    return found


def expressions(document: CalibrationSet) -> dict[str, str]:
    """Return every expression of the set; verifications that name a selection use that."""
    assert document.verify is not None
    verified = {f"verify {name}": one.select for name, one in document.verify.examinations.items() if one.select}
    return {**document.selections, **verified}


def test_every_selection_of_the_worked_example_is_tried(document: CalibrationSet) -> None:
    assert expressions(document).keys() == EXPECTED.keys()


@pytest.mark.parametrize("name", EXPECTED)
def test_a_selection_of_the_worked_example_means_exactly_its_exposures(
    comcam: ButlerRepository, document: CalibrationSet, name: str
) -> None:
    selected = comcam.select(document.instrument, document.raws, expressions(document)[name])
    assert [exposure.id for exposure in selected.exposures] == EXPECTED[name]
    assert set(selected.detectors.values()) == {frozenset(DETECTORS)}


@pytest.fixture
def observatory(nights: Path, tmp_path: Path) -> Desk:
    """The worked example's own specs, at a site whose repository is that of the nights."""
    from git import Repo
    from lsst.daf.butler import Butler, CollectionType, DatasetType, Timespan

    desk = Desk(tmp_path / "desk")
    for folder in ("specs", "sites"):
        shutil.copytree(ROOT / folder, desk.root / folder)
    shutil.copytree(nights, desk.butler_root)
    Repo.init(desk.root, initial_branch="main")
    repositories = {
        name: {"butler": f"./{at}", "instruments": [CAMERA]} for name, at in (("main", "repo"), ("embargo", "no"))
    }
    releases = {"w_2025_05": {"environment": {"CP_PIPE_DIR": "/nowhere"}}}
    desk.write("sites/usdf.yaml", desks.site(site="usdf", repositories=repositories, releases=releases))
    with Butler.from_config(str(desk.butler_root), writeable=True) as butler:
        for name in ("crosstalk", "manual_defects", "ptc", "linearizer", "bfk"):
            kind = DatasetType(
                name, ("instrument", "detector"), "StructuredDataDict", universe=butler.dimensions, isCalibration=True
            )
            butler.registry.registerDatasetType(kind)
        for collection, types in STARTING.items():
            butler.collections.register(f"{collection}/run", CollectionType.RUN)
            butler.collections.register(collection, CollectionType.CALIBRATION)
            for name in types:
                where = [{"instrument": CAMERA, "detector": d} for d in DETECTORS]
                refs = butler.registry.insertDatasets(name, where, f"{collection}/run")
                butler.registry.certify(collection, refs, Timespan(None, None))
    return desk


STARTING = {
    "LSSTComCam/calib/DM-48650": ("crosstalk", "manual_defects"),
    "LSSTComCam/calib/DM-47447/gainFixup/ptc.20241107a": ("ptc",),
    "LSSTComCam/calib/DM-46360/isrTaskLSST/linearizer.20240926a": ("linearizer",),
    "LSSTComCam/calib/DM-46360/isrTaskLSST/bfk.20240926a": ("bfk",),
    "LSSTComCam/calib/DM-46360/isrTaskLSST/ptc.20240926a": ("ptc",),
}


def test_the_worked_example_is_locked_with_exactly_its_exposures(observatory: Desk) -> None:
    said = observatory.done("lock", "--json")
    lock = load_tree(observatory.root).locks[0].document
    made_of = {"biasBootstrap": "bias", "darkBootstrap": "dark"}
    assert {name: list(one.exposures) for name, one in lock.products.items()} == {  # type: ignore[union-attr]
        **{name: EXPECTED[name] for name in EXPECTED if not name.startswith("verify")},
        **{name: EXPECTED[selection] for name, selection in made_of.items()},
        "defects": [],
    }
    assert [one.collection for one in lock.starting] == list(STARTING)
    assert said.json[0]["remarks"] == []


def test_the_filters_of_the_worked_example_are_those_of_the_catalog(observatory: Desk) -> None:
    observatory.done("lock")
    lock = load_tree(observatory.root).locks[0].document
    filters = {n: one.physical_filter for n, one in lock.products.items() if n.startswith("flat-")}  # type: ignore[union-attr]
    assert filters == {f"flat-{band}": name for name, band in FILTERS.items()}
    assert observatory.run("validate").code == 0


def test_an_or_at_the_top_of_a_bands_selection_keeps_to_the_band(comcam: ButlerRepository) -> None:
    text = "exposure.day_obs=20241110 and exposure.seq_num < 42 or exposure.day_obs=20241126 and exposure.seq_num < 19"
    selected = comcam.select(CAMERA, RAWS, f"({text}) and band='u'")
    assert [exposure.id for exposure in selected.exposures] == ids(20241110, [40, 41])


def flat_of_u(desk: Desk, selection: str) -> None:
    """Let the set make a flat of one band, by the template that appends ` and band='u'`."""
    flat = desks.product(
        "flat",
        dataset_type="bias",
        generation="flatGen-{band}",
        certified="flat-{band}",
        template="bps_flat_{band}.yaml",
        selection_variable="SELECTION_FLAT_{band}",
        per_band=True,
    )
    desk.write("specs/TestCam/catalog.yaml", desks.catalog(flat=flat))
    spec = desks.calibration_set("flat", products={"flat": {"bands": ["u"]}}, selections={"flat-u": selection})
    desk.write(SPEC, spec)
    desk.commit("flat")


def test_an_or_at_the_top_of_a_bands_selection_is_locked_and_built_as_it_reads(unlocked: Desk) -> None:
    flat_of_u(unlocked, f"exposure={EXPOSURES[0]} or exposure={EXPOSURES[1]} or exposure.seq_num=3 or band='g'")
    unlocked.lock()
    assert unlocked.read(desks.LOCK)["products"]["flat-u"]["exposures"] == [EXPOSURES[0], EXPOSURES[2]]
    assert unlocked.apply().code == 0
    assert unlocked.combined("bias", leaf("flatGen-u"))["exposures"] == [EXPOSURES[0], EXPOSURES[2]]


def test_an_unknown_instrument_is_an_error_that_names_the_known_ones(comcam: ButlerRepository) -> None:
    with pytest.raises(ReconcileError, match="usdf/main knows no instrument LSSTCam; it knows LSSTComCam"):
        comcam.select("LSSTCam", RAWS, "exposure.day_obs=20241208")


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """20,500 exposures of one night: Butler's own queries stop at 20,000 with only a warning."""
    root = tmp_path_factory.mktemp("crowd") / "repo"
    create(root, (frame(20241208, number, "bias") for number in range(1, 20_501)), [4])
    return root


def test_more_than_20000_rows_are_all_selected(crowd: Path) -> None:
    with ButlerRepository("usdf/main", str(crowd)) as repository:
        selected = repository.select(CAMERA, RAWS, "exposure.day_obs=20241208")
        assert len(selected.exposures) == 20_500
        listed = tuple(exposure.id for exposure in selected.exposures)
        assert len(repository.existing_exposures(CAMERA, (*listed, 1))) == 20_500
        assert len(repository.existing_exposures(CAMERA, listed, raws=RAWS)) == 20_500


def test_more_than_20000_exposures_are_observed_with_their_time_spans(crowd: Path) -> None:
    from reconciler.observation import Scope

    wanted = frozenset((CAMERA, exposure) for exposure in ids(20241208, range(1, 20_501)))
    with ButlerRepository("usdf/main", str(crowd)) as repository:
        assert repository.observe(Scope(frozenset(), exposures=wanted)).exposures.keys() == wanted
