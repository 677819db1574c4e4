"""A desk with three sites: where sets are made and a second repository there, a summit and a test stand, one archive.

Only `usdf/main` has raws; the other repositories know the camera and nothing else. Somebody's own collection is the
last member of the top-level chain of the summit before anything arrives there.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.e2e import desk as desks
from tests.e2e.desk import CHAIN, INSTRUMENT, PUBLIC, SPEC, Desk, Said
from tests.pipelines import repository

MAIN, EMBARGO, SUMMIT, STAND = "usdf/main", "usdf/embargo", "summit/TestCam", "tts/TestCam"
PLACES = {MAIN: "repo", EMBARGO: "embargo", SUMMIT: "summit", STAND: "stand"}
CURATED, UNBOUNDED = f"{PUBLIC}/DM-2", f"{PUBLIC}/unbounded"
LOCAL = f"{PUBLIC}/local"
DEPLOYMENT = {"ticket": "DM-9", "repositories": {EMBARGO: {}, SUMMIT: {}, STAND: {"protect": True}}}


def lay_out(root: Path) -> Desk:
    """Make the desk with its specs; main is not there yet."""
    desk = desks.lay_out(root, "bias", "dark")
    (desk.root / desks.SITE).unlink()
    desk.write(".gitignore", "\n".join((*(f"{one}/" for one in PLACES.values()), "archive/", ".reconcile/", "")))
    desk.write("sites/usdf.yaml", _site("usdf", MAIN, EMBARGO))
    desk.write("sites/summit.yaml", _site("summit", SUMMIT, protect=True))
    desk.write("sites/tts.yaml", _site("tts", STAND))
    desk.write(SPEC, desks.calibration_set("bias", "dark", origin=MAIN, deployment=DEPLOYMENT))
    desk.write(f"specs/{INSTRUMENT}/curated/geometry.yaml", "{shape: square}\n")
    desk.write(f"specs/{INSTRUMENT}/DM-2.yaml", _curated())
    desk.write(f"specs/{INSTRUMENT}/chain.yaml", desks.chain(CHAIN, CURATED))
    desk.write(f"specs/{INSTRUMENT}/unbounded.yaml", desks.chain(f"{CURATED}/unbounded", name=UNBOUNDED))
    desk.commit("three sites")
    (desk.root / "archive").mkdir(mode=0o755)
    for place in (EMBARGO, SUMMIT, STAND):
        repository.create(desk.root / PLACES[place], raws=False)
    return desk


def _site(name: str, *places: str, **more: Any) -> dict[str, Any]:
    repositories = {
        place.partition("/")[2]: {"butler": f"./{PLACES[place]}", "instruments": [INSTRUMENT], **more}
        for place in places
    }
    return desks.site(site=name, repositories=repositories, archive="./archive")


def _curated() -> dict[str, Any]:
    camera = {
        "storage_class": "StructuredDataDict",
        "dimensions": ["instrument"],
        "files": [{"file": "curated/geometry.yaml"}],
    }
    return {
        "kind": "CuratedSet",
        "instrument": INSTRUMENT,
        "ticket": "DM-2",
        "origin": MAIN,
        "datasets": {"camera": camera},
        "deployment": DEPLOYMENT,
    }


def butler(*arguments: str | Path) -> str:
    """Type a command of plain Butler; return what it prints."""
    command = [Path(sys.executable).with_name("butler"), *arguments]
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def tree(desk: Desk, place: str, *collections: str) -> list[tuple[int, str, str]]:
    """Return what a newcomer sees below collections: depth, name and type of each line."""
    told = butler("query-collections", desk.root / PLACES[place], *collections, "--chains", "TREE").splitlines()[2:]
    return [((len(line) - len(line.lstrip())) // 2, *line.split()) for line in told]  # type: ignore[misc]


def table(desk: Desk) -> Said:
    """Ask how every ticket stands everywhere."""
    return desk.run("status", "--all-sites")
