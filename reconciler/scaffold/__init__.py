"""The files that a new repository of specs begins with; `init` writes them, and `demo` plays with them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from string import Template

HERE = Path(__file__).parent
WORKFLOWS = ("specs.yml", "sites.yml")


class _Workflow(Template):
    """A workflow has dollars of its own."""

    delimiter = "%"


def render(name: str, values: Mapping[str, str]) -> str:
    """Return a scaffold file with its `$words` filled in; a word without a value is a bug of ours."""
    return Template((HERE / name).read_text(encoding="utf-8")).substitute(values)


def workflows(site: str, install: str) -> dict[str, str]:
    """Return path -> text of the workflows of a repository of specs.

    `install` is what `pip install` is given: a release, or what the trusted branch holds.
    """
    folder, values = HERE / "workflows", {"site": site, "install": install}
    return {
        f".github/workflows/{name}": _Workflow((folder / name).read_text(encoding="utf-8")).substitute(values)
        for name in WORKFLOWS
    }


def write(root: Path, files: Mapping[str, str]) -> tuple[Path, ...]:
    """Write files below `root` and return their paths; raise `FileExistsError` rather than overwrite one."""
    paths = {root / name: text for name, text in files.items()}
    if standing := [path for path in paths if path.exists()]:
        raise FileExistsError(17, "exists already; nothing was written", str(standing[0]))
    for path, text in paths.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tuple(paths)
