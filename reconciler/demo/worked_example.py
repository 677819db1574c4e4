"""The worked example of DMTN-222 section 7: DM-48520 from its own spec, at a site that is called usdf on a laptop.

The spec and the catalog are those of the project's specs/, letter by letter. The tickets that DM-48520 starts from are
curated sets of what the simulator knows: fitting photon transfer curves, linearizers and kernels is not part of it.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from ..errors import ReconcileError
from .camera import Camera
from .frames import ingest, processing
from .specs import IGNORED
from .story import Story

INSTRUMENT = "LSSTComCam"
CALIB = f"{INSTRUMENT}/calib"
SPECS = Path(__file__).parents[2] / "specs" / INSTRUMENT
SPEC, CATALOG = "DM-48520.yaml", "catalog.yaml"


class Curated(NamedTuple):
    """A ticket, or one collection of a ticket, that DM-48520 starts from."""

    ticket: str
    leaf: str
    dataset_types: tuple[str, ...]

    @property
    def collection(self) -> str:
        """The CALIBRATION collection."""
        return f"{CALIB}/{self.ticket}{self.leaf and '/'}{self.leaf}"


STARTS = (
    Curated("DM-48650", "", ("camera", "crosstalk", "manual_defects")),
    Curated("DM-47447", "gainFixup/ptc.20241107a", ("ptc",)),
    Curated("DM-46360", "isrTaskLSST/linearizer.20240926a", ("linearizer",)),
    Curated("DM-46360", "isrTaskLSST/bfk.20240926a", ("bfk",)),
    Curated("DM-46360", "isrTaskLSST/ptc.20240926a", ("ptc",)),
)
CHAINS = {
    f"{CALIB}/DM-47447": [STARTS[1].collection],
    f"{CALIB}/DM-46360": [start.collection for start in STARTS[2:]],
    CALIB: [f"{CALIB}/{ticket}" for ticket in ("DM-48520", "DM-47447", "DM-46360", "DM-48650")],
}

SITE: dict[str, Any] = {
    "kind": "Site",
    "site": "usdf",
    "trust": "none",
    "repositories": {"main": {"butler": "./repo", "instruments": [INSTRUMENT]}},
    "engine": {"processes": 2},
    "releases": {"w_2025_05": {"environment": dict.fromkeys(("CP_PIPE_DIR", "CP_VERIFY_DIR"), "package:processing")}},
}

T68 = {"program": "BLOCK-T68", "band": "r", "night": 20240806}
FLATS = {  # band: night, first exposure
    "u": (20241110, 44),
    "g": (20241126, 21),
    "r": (20241111, 17),
    "i": (20241120, 41),
    "z": (20241112, 28),
    "y": (20241119, 21),
}
EXAMINED = {"bias": (2024102100509, 2024102600031), "dark": (2024102300019, 2024102300035)}
"""The first of the exposures on which the spec has bias and dark verified."""
NIGHTS: tuple[dict[str, Any], ...] = (
    {"type": "bias", "night": 20241206, "first_seq": 427, "count": 2},
    {"type": "bias", "night": 20241208, "first_seq": 696, "count": 3},
    {"type": "dark", "night": 20241206, "first_seq": 429, "count": 2, "exposure_time": 30},
    {"type": "dark", "night": 20241208, "first_seq": 699, "count": 3, "exposure_time": 30},
    {"type": "flat", **T68, "first_seq": 100, "count": 5, "exposure_time": 10, "reason": "flat"},
    {
        "type": "flat",
        **T68,
        "first_seq": 110,
        "count": 1,
        "exposure_time": 10,
        "reason": "comcam_ptc",
        "electrons": {"first": 10_000, "last": 90_000, "levels": 5},
    },
    *(
        {"type": kind, "night": number // 100_000, "first_seq": number % 100_000, "count": 1}
        | ({"exposure_time": 30} if kind == "dark" else {})
        for kind, numbers in EXAMINED.items()
        for number in numbers
    ),
    *(
        {"type": "flat", "night": night, "first_seq": first, "count": 5, "exposure_time": 10, "band": band}
        for band, (night, first) in FLATS.items()
    ),
)
"""Five exposures of each selection of the spec, on its dates, and those that are only looked at."""


def tell(story: Story, camera: Camera, amplifier: str) -> None:
    """Simulate, lock, plan, apply, and look again. `amplifier` is the size of one, in pixels: `64x64`."""
    begin(story, camera, amplifier)
    story.say("What is missing? Thirteen products of nine detectors, in the order in which each needs the others.")
    story.run("plan")
    story.run(f"apply --auto-approve --spot-check {shlex.quote(str(story.root / 'pictures'))}")
    story.say("And now? What was built can be looked at in pictures/.")
    story.run("plan")
    story.run("status")
    story.say("Are they good? What a board would look at:")
    story.run("report DM-48520")


def begin(story: Story, camera: Camera, amplifier: str) -> None:
    """Write raws, specs and locks."""
    story.say("The nights of DM-48520, simulated: 54 exposures of nine scaled detectors, with all their flaws.")
    story.write("nights.yaml", yaml.safe_dump(list(NIGHTS), sort_keys=False))
    curated = story.root / "specs" / INSTRUMENT / "curated"
    options = ("--camera", camera.name, "--amp-size", amplifier, "--effects", "realistic", "--curated", curated)
    processing("simulate", story.root / "raws", "--plan", story.root / "nights.yaml", *options)
    ingest(story.root, camera, story.root / "raws")
    story.say("The spec is that of the technote. What it starts from are curated sets of the simulator's truth.")
    for name, text in files(yaml.safe_load((curated / "datasets.yaml").read_text(encoding="utf-8"))["datasets"]):
        story.write(name, text)
    story.judge_scaled(camera)
    story.commit("DM-48520 and what it starts from")
    story.run("lock")
    story.commit("DM-48520: lock")


def files(datasets: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield path and text of the specs; `datasets` are the curated files by dataset type."""
    base = f"specs/{INSTRUMENT}"
    yield ".gitignore", IGNORED
    yield "sites/usdf.yaml", dump(SITE)
    yield f"{base}/{CATALOG}", from_the_project(CATALOG)
    yield f"{base}/{SPEC}", _briefly_verified(from_the_project(SPEC))
    for start in STARTS:
        name = "-".join((start.ticket, *start.dataset_types[: bool(start.leaf)]))
        yield f"{base}/{name}.yaml", dump(_curated_set(start, datasets))
    for chain, members in CHAINS.items():
        document = {"kind": "Chain", "instrument": INSTRUMENT, "name": chain, "members": members}
        yield f"{base}/chain{chain.removeprefix(CALIB).replace('/', '-')}.yaml", dump(document)


def _curated_set(start: Curated, datasets: dict[str, Any]) -> dict[str, Any]:
    return {
        "kind": "CuratedSet",
        "instrument": INSTRUMENT,
        "ticket": start.ticket,
        "origin": "usdf/main",
        **({"collection": start.collection} if start.leaf else {}),
        "datasets": {dataset_type: datasets[dataset_type] for dataset_type in start.dataset_types},
    }


def _briefly_verified(spec: str) -> str:
    """Return the spec, but each product is verified on a few of the exposures that it lists, and nothing on the sky.

    Where it goes is told later. All else is as it stands; the simulator makes no sky.
    """
    document = yaml.safe_load(spec)
    document.pop("deployment", None)
    del document["verify"]["science"]
    for kind, numbers in EXAMINED.items():
        chosen = ", ".join(str(number) for number in numbers)
        document["verify"][kind]["select"] = f"exposure in ({chosen})"
    return dump(document)


def from_the_project(name: str) -> str:
    """Return the text of one of the project's own specs of the instrument."""
    path = SPECS / name
    if not path.is_file():
        raise ReconcileError(
            f"the worked example needs {name} of the project's specs/{INSTRUMENT}, which is not beside the package",
            hint="run it from a checkout of the project, with the package installed as editable (`make demo` does so)",
        )
    return path.read_text(encoding="utf-8")


def dump(document: dict[str, Any]) -> str:
    """Return a document as text."""
    return str(yaml.safe_dump(document, sort_keys=False, width=110))
