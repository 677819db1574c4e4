"""`reconcile validate`."""

from __future__ import annotations

from pathlib import Path

from ..errors import ExitCode
from ..render import problems as render
from ..spec.check import validate
from .output import write, write_json


def run(directory: Path, *, as_json: bool) -> ExitCode:
    """Check the tree that `directory` is in; warnings do not fail."""
    found = validate(root(directory))
    errors = [problem for problem in found if problem.severity == "error"]
    if as_json:
        write_json(render.as_json(found))
    else:
        write(render.text(found) or "All specs are valid.")
    return ExitCode.INVALID_SPEC if errors else ExitCode.OK


def root(directory: Path) -> Path:
    """Return the nearest directory at or above that holds specs/; no git is needed to check files."""
    here = directory.resolve()
    return next((folder for folder in (here, *here.parents) if (folder / "specs").is_dir()), here)
