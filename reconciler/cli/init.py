"""`reconcile init`."""

from __future__ import annotations

import re
from importlib.metadata import version
from pathlib import Path

from ..errors import ExitCode, UsageError
from ..scaffold import render, workflows, write
from .output import write as tell
from .output import write_json

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,60}\Z", re.ASCII)
_CAMERAS = {
    "LSSTComCam": ("0..8", {"u": "u_02", "g": "g_01", "r": "r_03", "i": "i_06", "z": "z_03", "y": "y_04"}),
    "SBIG-STL-1001E": ("0", {"white": "Visible"}),
}
"""Detectors and band -> physical filter of the cameras that `processing` brings."""


def run(directory: Path, instrument: str, site: str, *, as_json: bool) -> ExitCode:
    """Write the files that a repository of specs begins with, into a git repository (a new one if need be)."""
    for what, word in (("instrument", instrument), ("site", site)):
        if not _WORD.match(word):
            raise UsageError(f"{what} {word!r} must be a word of letters, digits and dashes")
    detectors, bands = _CAMERAS.get(instrument, ("0", {"r": "r"}))
    values = {
        "instrument": instrument,
        "site": site,
        "detectors": detectors,
        "bands": ", ".join(f"{band}: {name}" for band, name in bands.items()),
        "pipelines": "package:processing",
        "environment": "",
        "members": "",
    }
    files = {
        f"sites/{site}.yaml": render("site.yaml", values),
        f"specs/{instrument}/catalog.yaml": render("catalog.yaml", values),
        f"specs/{instrument}/chain.yaml": render("chain.yaml", values),
        **workflows(site, f"reconcile-calibrations=={version('reconcile-calibrations')}"),
    }
    directory.mkdir(parents=True, exist_ok=True)
    written = write(directory, files)
    _git(directory)
    if as_json:
        write_json({"directory": str(directory), "files": [str(path) for path in written]})
    else:
        tell("\n".join(["Written:", *(f"  {path}" for path in written), _NEXT.format(instrument=instrument)]))
    return ExitCode.OK


def _git(directory: Path) -> None:
    """Make a git repository, unless the directory is in one; specs live at its root."""
    from git import InvalidGitRepositoryError, Repo

    try:
        root = Path(str(Repo(directory, search_parent_directories=True).working_dir))
    except InvalidGitRepositoryError:
        Repo.init(directory, initial_branch="main")
        return
    if root.resolve() != directory.resolve():
        tell(f"Note: {directory} is inside the git repository {root}; reconcile reads specs/ at its root only.")


_NEXT = """Next:
  edit sites/ (where the Butler repository is) and the catalog (detectors, bands)
  write specs/{instrument}/DM-<ticket>.yaml (`reconcile schema CalibrationSet` says what it may hold)
  reconcile validate && git add --all && git commit
  reconcile lock && reconcile plan"""
