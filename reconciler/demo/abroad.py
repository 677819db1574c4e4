"""The worked example goes on: what was built at one repository goes to three others, is broken there, and mended.

A second repository of the site receives it straight, the Summit and the test stand in Tucson (TTS) through an archive;
none of them has raws. What breaks it are commands that people type: `butler`, a line of Python, `rm`.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from ..errors import ExitCode
from .camera import Camera
from .frames import processing
from .story import Story
from .worked_example import CALIB, CHAINS, INSTRUMENT, SITE, SPEC, dump, from_the_project

TICKET = f"{CALIB}/DM-48520"
REPOSITORIES = {"usdf/embargo": "embargo", f"summit/{INSTRUMENT}": "summit", f"tts/{INSTRUMENT}": "tts"}
"""Place -> directory."""
DEPLOYMENT = {"ticket": "DM-48999", "repositories": {place: {} for place in REPOSITORIES}}
WAIVED = {place: {"smoke_waived": "no raws there"} for place in REPOSITORIES}
SITES = ("usdf", "summit", "tts")


def tell(story: Story, camera: Camera) -> None:
    """Distribute, break at the Summit, mend."""
    story.say("Other repositories have the camera and no raws. `deployment:` in each set names them.")
    lay_out(story, camera)
    story.commit("DM-48999: DM-48520 and what it starts from, everywhere")
    story.say("Embargo is at the same site and receives it straight; others from the archive, every file verified.")
    story.say("Where there are raws, six exposures are corrected with what science gets, and their headers looked at.")
    for site in SITES:
        story.run(f"apply --auto-approve --site {site}")
    story.say("The table that was kept by hand: equal fingerprints are equal calibrations.")
    story.run("status --all-sites")
    story.say("Meanwhile, at the Summit: five things that people do, by plain commands.")
    for command in breaks(story.root):
        story.type(command)
    story.run("status --all-sites", ends=ExitCode.CHANGES)
    story.say("What differs has a name, what mends it is a plan.")
    story.run("plan --site summit")
    story.run("apply --auto-approve --site summit")
    story.run("status --all-sites")
    story.say("And what a newcomer sees there:")
    story.type(f"butler query-collections summit {CALIB} --chains TREE", shown=True)


def lay_out(story: Story, camera: Camera) -> None:
    """Make the repositories and the archive, the documents of the sites, and say in each set where it goes."""
    for directory in REPOSITORIES.values():
        processing("repo", "create", story.root / directory, "--camera", camera.name)
    (story.root / "archive").mkdir(mode=0o755)
    ignored = (story.root / ".gitignore").read_text(encoding="utf-8")
    story.write(
        ".gitignore", "\n".join((ignored.strip(), *(f"{one}/" for one in (*REPOSITORIES.values(), "archive")), ""))
    )
    for site in SITES:
        story.write(f"sites/{site}.yaml", dump(_site(site)))
    for path in sorted((story.root / "specs" / INSTRUMENT).glob("DM-*.yaml")):
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        if document["kind"] != "Lock":
            deployment = _tried() if document["kind"] == "CalibrationSet" else DEPLOYMENT
            story.write(str(path.relative_to(story.root)), dump({**document, "deployment": deployment}))


def _tried() -> dict[str, Any]:
    """Return where the set goes, and that it is tried where there are raws, as the project's own spec has it."""
    smoke = yaml.safe_load(from_the_project(SPEC))["deployment"]["smoke"]
    return {**DEPLOYMENT, "repositories": WAIVED, "smoke": smoke}


def breaks(root: Path) -> Iterator[str]:
    """Yield the five commands."""
    first, second, *others = CHAINS[CALIB]
    yield f"butler collection-chain summit {shlex.join([CALIB, second, first, *others])}"
    yield f"butler collection-chain summit --mode remove {TICKET} {TICKET}/DP1/flat-u.20250207a"
    yield "butler remove-collections summit LSSTComCam/calib_tagged/DM-46360 --no-confirm"
    lines = (
        "from lsst.daf.butler import Butler, Timespan",
        "registry = Butler('summit', writeable=True).registry",
        f"registry.decertify('{TICKET}/DP1/dark.20250207a', 'dark', Timespan(None, None))",
    )
    code = "; ".join(lines)
    yield f'python -c "{code}"'
    yield f"rm {shlex.quote(str(_a_bias(root / 'summit').relative_to(root)))}"


def _a_bias(repository: Path) -> Path:
    return next(path for path in sorted(repository.glob(f"{TICKET}/DP1/biasGen.*/**/bias/**/*")) if path.is_file())


def _site(name: str) -> dict[str, Any]:
    if name == "usdf":
        embargo = {"butler": "./embargo", "instruments": [INSTRUMENT]}
        return {**SITE, "repositories": {**SITE["repositories"], "embargo": embargo}, "archive": "./archive"}
    cleaned = {"butler": f"./{name}", "instruments": [INSTRUMENT], "protect": True}
    return {
        "kind": "Site",
        "site": name,
        "trust": "none",
        "repositories": {INSTRUMENT: cleaned},
        "archive": "./archive",
    }
