"""Raws with injected flaws become defects that name them, and darks in which they do not count."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.table import Table
from lsst.daf.butler import Butler, DatasetRef, DatasetType

from processing.__main__ import main
from processing.defect_boxes import Box, Defects, Origin, Reason, flag, reasons_of
from processing.frame import Frame, bit
from tests.processing.build import CP_PIPE_DIR, certify, generate, repository

CAMERA = "LSSTComCam"
RAWS = f"{CAMERA}/raw/all"
TICKET = f"{CAMERA}/calib/DM-1"
SHAPE = 64, 512
LISTED = Box(100, 20, 3, 2, Reason.LISTED, Origin.MANUAL)
EFFECTS = ("hot_pixels=0.002", "cold_pixels=0.002", "bad_columns=3", "dust_spots=4", "cosmic_rays=0.5")
MEASURED = (Reason.HOT | Reason.COLD | Reason.COLUMN | Reason.SATURATED | Reason.NO_DATA).value


@dataclass(frozen=True)
class Night:
    """A repository in which defects, bias and dark of one simulated night were made."""

    repo: Path
    raws: Path
    made: dict[str, list[DatasetRef]]

    def ref(self, kind: str, detector: int) -> DatasetRef:
        """The product of a detector."""
        return next(r for r in self.made[kind] if r.dataId["detector"] == detector)

    def get(self, kind: str, detector: int) -> Any:
        """The same, read."""
        with Butler.from_config(self.repo) as butler:
            return butler.get(self.ref(kind, detector))

    def path(self, kind: str, detector: int) -> Path:
        """Its file."""
        with Butler.from_config(self.repo) as butler:
            return Path(butler.getURI(self.ref(kind, detector)).ospath)

    def truth(self, detector: int) -> Any:
        """Where the simulator has put defects."""
        return np.load(self.raws / "truth" / f"detector_{detector:03d}.npz")["defects"] != 0


def made_by(repo: Path, product: str, kind: str | None, inputs: Sequence[str]) -> list[DatasetRef]:
    """Run a product's pipeline on its kind of exposures."""
    selected = f" and exposure.observation_type='{kind}'" if kind else ""
    pipeline = CP_PIPE_DIR / f"pipelines/{CAMERA}/cp{product[0].upper()}{product[1:]}.yaml"
    return generate(repo, pipeline, f"instrument='{CAMERA}'{selected}", inputs=inputs, run=f"{TICKET}/{product}Gen/run")


def list_by_hand(repo: Path, collection: str) -> None:
    """Give detector 0, and no other, a list of defects."""
    with Butler.from_config(repo, writeable=True, run=f"{CAMERA}/calib/listed") as butler:
        dimensions = butler.dimensions.conform(["instrument", "detector"])
        butler.registry.registerDatasetType(
            DatasetType("manual_defects", dimensions, "CalibDefects", isCalibration=True)
        )
        ref = butler.put(Defects((LISTED,), SHAPE), "manual_defects", instrument=CAMERA, detector=0)
    certify(repo, collection, [ref])


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    """Five of each kind on two detectors: bootstraps, defects with a list for detector 0, then bias and dark."""
    top = tmp_path_factory.mktemp("defects")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("CP_PIPE_DIR", str(CP_PIPE_DIR))
        options = ["--bias=5", "--dark=5", "--flat=r:5", "--amp-size=64x32", "--detectors=0,4"]
        effects = [f"--effect={each}" for each in EFFECTS]
        assert main(["simulate", str(top / "raws"), *options, *effects]) == 0
        repo = repository(top / "repo", CAMERA)
        assert main(["repo", "ingest", str(repo), str(top / "raws"), f"--camera={CAMERA}"]) == 0
        made: dict[str, list[DatasetRef]] = {}
        inputs = [RAWS]
        for kind in ("bias", "dark", "flat"):
            made[f"{kind}Bootstrap"] = made_by(repo, f"{kind}Bootstrap", kind, inputs)
            inputs.insert(0, f"{TICKET}/{kind}BootstrapGen/run")
        list_by_hand(repo, f"{CAMERA}/calib/DM-0")
        made["defects"] = made_by(repo, "defects", None, [*inputs, f"{CAMERA}/calib/DM-0"])
        certify(repo, f"{TICKET}/defects", made["defects"])
        made["bias"] = made_by(repo, "bias", "bias", [RAWS])
        certify(repo, f"{TICKET}/bias", made["bias"])
        made["dark"] = made_by(repo, "dark", "dark", [f"{TICKET}/bias", f"{TICKET}/defects", RAWS])
        yield Night(repo, top / "raws", made)


@pytest.mark.parametrize("detector", [0, 4])
def test_injected_defects_are_found_and_hardly_anything_else(night: Night, detector: int) -> None:
    true, found = night.truth(detector), (reasons_of(night.get("defects", detector).flags) & MEASURED) != 0
    both = np.count_nonzero(true & found)
    assert both / np.count_nonzero(true) >= 0.99
    assert both / np.count_nonzero(found) >= 0.95


def test_bad_columns_are_found_whole(night: Night) -> None:
    boxes = night.get("defects", 4).boxes
    truth = np.load(night.raws / "truth/detector_004.npz")["defects"]
    columns = np.unique(np.nonzero(truth == Reason.COLUMN.value)[1])
    assert columns.size == 3
    found = night.get("defects", 4).bad
    assert np.all(found[truth == Reason.COLUMN.value])
    assert len(boxes) < np.count_nonzero(found) / 4  # edges and columns are boxes, not pixels


def test_a_listed_defect_is_in_the_detector_that_it_was_listed_for(night: Night) -> None:
    listed = flag(Reason.LISTED, Origin.MANUAL)
    assert np.count_nonzero((night.get("defects", 0).flags & listed) == listed) == 6
    assert not np.any(reasons_of(night.get("defects", 4).flags) & Reason.LISTED.value)


def test_edges_are_defects(night: Night) -> None:
    bad = night.get("defects", 4).bad
    assert bad[:7].all()
    assert bad[-7:].all()
    assert bad[:, :8].all()
    assert bad[:, -8:].all()


def test_defects_name_what_they_were_measured_on(night: Night) -> None:
    header = night.get("defects", 0).header
    for kind, name in (("bias", "BIASBOOTSTRAP"), ("dark", "DARKBOOTSTRAP"), ("flat", "FLATBOOTSTRAP R_03")):
        assert header[f"LSST CALIB UUID {name}"] == str(night.ref(f"{kind}Bootstrap", 0).id)
    assert header["LSST CALIB RUN MANUAL_DEFECTS"] == f"{CAMERA}/calib/listed"
    assert [header[f"CPP_INPUT_{n}"] for n in range(15)] == [2024120800001 + n for n in range(15)]


def test_defects_name_the_software(night: Night) -> None:
    assert night.get("defects", 0).header["SOFTWARE"].startswith("processing ")


def test_the_file_of_defects_is_a_table_for_astropy(night: Night) -> None:
    table = Table.read(night.path("defects", 0))
    assert table.colnames == ["x0", "y0", "width", "height", "reason", "origin"]
    assert (table.meta["rows"], table.meta["columns"]) == SHAPE
    assert str(table["x0"].unit) == "pix"
    assert table.meta["NPIX ALL"] == np.sum(table["width"] * table["height"])


def test_the_dark_names_the_defects_that_were_marked(night: Night) -> None:
    header = night.get("dark", 4).header
    assert header["LSST CALIB UUID DEFECTS"] == str(night.ref("defects", 4).id)
    assert header["LSST CALIB DATE DEFECTS"] == night.get("defects", 4).header["CALIB_CREATION_DATETIME"]


def test_a_defect_counts_for_nothing_in_the_dark(night: Night) -> None:
    dark: Frame = night.get("dark", 4)
    bad = night.get("defects", 4).bad
    assert np.array_equal((dark.mask & bit("NO_DATA")) != 0, bad)
    assert np.isfinite(dark.image[~bad]).all()


def test_the_bias_is_made_without_defects(night: Night) -> None:
    assert not any("DEFECTS" in key for key in night.get("bias", 4).header)


def test_dataset_types_are_those_of_cp_pipe(night: Night) -> None:
    with Butler.from_config(night.repo) as butler:
        types = {t.name: (set(t.dimensions.required), t.isCalibration()) for t in butler.registry.queryDatasetTypes()}
    assert types["defects"] == ({"instrument", "detector"}, True)
    assert types["cpDefectsFromBiasBootstrap"] == types["cpDefectsFromDarkBootstrap"]
    assert types["cpDefectsFromBiasBootstrap"] == ({"instrument", "detector"}, False)
    assert types["cpDefectsFromFlatBootstrap"] == ({"instrument", "detector", "physical_filter"}, False)
