"""An operator's desk: a git repository of specs with a Butler repository beside it, and the commands typed there.

Everything is real: git, Butler on SQLite, the tiny pipelines of `tests.pipelines`. The Butler repository stands inside
the directory (ignored by git), so that a desk is copied as a whole.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import yaml
from git import Repo
from lsst.daf.butler import Butler

from reconciler.cli.main import run
from tests.checkouts import begin
from tests.pipelines import repository
from tests.pipelines.jobs import CP_PIPE_DIR

INSTRUMENT, RAWS, TICKET = "TestCam", "TestCam/raw/all", "DM-1"
CHAIN = f"{INSTRUMENT}/calib/{TICKET}"
PUBLIC = f"{INSTRUMENT}/calib"
RERUN = "20241208a"
EXPOSURES = repository.EXPOSURES
SPEC, LOCK = f"specs/{INSTRUMENT}/{TICKET}.yaml", f"specs/{INSTRUMENT}/{TICKET}.lock.yaml"
SITE = "sites/here.yaml"
PLACE = "here/main"
ALL = "exposure.day_obs=20241208"
HOMES = ("CP_PIPE_DIR", "CP_VERIFY_DIR")
VERIFY_BIAS = {
    "leaf": "verifyBias",
    "template": "bps_verify_bias.yaml",
    "selection_variable": "SELECTION_BIAS_V",
    "results": "verifyBiasResults",
    "dimensions": ["instrument"],
}
TRACEBACK = "Traceback (most recent call last)"


def leaf(stem: str, rerun: str = RERUN) -> str:
    """Return a collection of the ticket: `leaf("biasGen")`."""
    return f"{CHAIN}/trial/{stem}.{rerun}"


@dataclass(frozen=True)
class Said:
    """How a command ended: its exit code, and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Return standard output as JSON."""
        return json.loads(self.out)

    @property
    def everything(self) -> str:
        """Return both outputs."""
        return self.out + self.err


class Desk:
    """One directory, and what a person does there."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def butler_root(self) -> Path:
        """Where the Butler repository is."""
        return self.root / "repo"

    def run(self, *arguments: str | Path) -> Said:
        """Type a command of reconcile."""
        out, err = StringIO(), StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            code = run([*map(str, arguments), "--directory", str(self.root)])
        assert TRACEBACK not in out.getvalue() + err.getvalue(), err.getvalue()
        return Said(code, out.getvalue(), err.getvalue())

    def done(self, *arguments: str | Path) -> Said:
        """Type a command that succeeds."""
        said = self.run(*arguments)
        assert said.code == 0, said.everything
        return said

    def apply(self, *arguments: str | Path) -> Said:
        """Apply without being asked."""
        return self.run("apply", "--auto-approve", *arguments)

    def write(self, name: str, content: object) -> Path:
        """Write a document, from values or as text."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else yaml.safe_dump(content, sort_keys=False))
        return path

    def read(self, name: str) -> Any:
        """Return a document as plain values."""
        return yaml.safe_load((self.root / name).read_text())

    def edit(self, name: str, change: Callable[[Any], object]) -> None:
        """Change a document in place."""
        content = self.read(name)
        change(content)
        self.write(name, content)

    def commit(self, message: str = "edit") -> str:
        """Commit everything; return the commit."""
        git = Repo(self.root)
        git.git.add("--all")
        git.git.commit("--quiet", "--allow-empty", "-m", message)
        return git.head.commit.hexsha

    def lock(self, *, commit: bool = True) -> Said:
        """Lock every set, and commit the locks."""
        said = self.done("lock")
        if commit:
            self.commit("lock")
        return said

    @contextmanager
    def butler(self) -> Iterator[Any]:
        """A person's own Butler."""
        butler = Butler.from_config(str(self.butler_root), writeable=True)
        try:
            yield butler
        finally:
            butler.close()

    def collections(self) -> dict[str, tuple[str, ...]]:
        """Return every collection with its children."""
        with self.butler() as butler:
            infos = butler.collections.query_info("*", include_chains=True)
            return {info.name: tuple(info.children) for info in infos}

    def combined(self, dataset_type: str, run: str) -> dict[str, Any]:
        """Return what the pipeline combined for detector 0."""
        with self.butler() as butler:
            found: dict[str, Any] = butler.get(dataset_type, instrument=INSTRUMENT, detector=0, collections=run)
            return found


def site(**changes: Any) -> dict[str, Any]:
    """Return the site of the desk."""
    return {
        "kind": "Site",
        "site": "here",
        "trust": "none",
        "repositories": {"main": {"butler": "./repo", "instruments": [INSTRUMENT]}},
        "releases": {"embedded": {"environment": dict.fromkeys(HOMES, str(CP_PIPE_DIR))}},
        **changes,
    }


def product(name: str, **changes: Any) -> dict[str, Any]:
    """Return a catalog's entry."""
    return {
        "dataset_type": name,
        "generation": f"{name}Gen",
        "certified": name,
        "template": f"bps_{name}.yaml",
        "selection_variable": f"SELECTION_{name.upper()}",
        "dimensions": ["instrument", "detector"],
        **changes,
    }


def catalog(**products: Mapping[str, Any]) -> dict[str, Any]:
    """Return the catalog: bias, and dark which needs it."""
    return {
        "kind": "Catalog",
        "instrument": INSTRUMENT,
        "releases": ["*"],
        "detectors": "0..1",
        "bands": {"u": "u_01", "g": "g_01"},
        "products": {
            "bias": product("bias", verify=VERIFY_BIAS),
            "dark": product("dark", precursors=["bias"]),
            **products,
        },
    }


def calibration_set(*products: str, **changes: Any) -> dict[str, Any]:
    """Return the set of DM-1: bias from the first three exposures, dark from the others."""
    selections = {
        "bias": f"exposure in ({EXPOSURES[0]}..{EXPOSURES[2]})",
        "dark": f"exposure in ({EXPOSURES[3]}..{EXPOSURES[5]})",
    }
    return {
        "kind": "CalibrationSet",
        "instrument": INSTRUMENT,
        "ticket": TICKET,
        "tag": "trial",
        "purpose": "test",
        "origin": PLACE,
        "raws": RAWS,
        "release": "embedded",
        "rerun": RERUN,
        "selections": {name: selections[name] for name in products if name in selections},
        "products": {name: {} for name in products},
        **changes,
    }


def chain(*members: str, name: str = PUBLIC) -> dict[str, Any]:
    """Return a Chain document."""
    return {"kind": "Chain", "instrument": INSTRUMENT, "name": name, "members": list(members)}


def lay_out(root: Path, *products: str) -> Desk:
    """Make a desk with committed specs of these products; its Butler repository is not there yet."""
    root.mkdir(parents=True, exist_ok=True)
    begin(root).close()
    desk = Desk(root)
    desk.write(".gitignore", "repo/\n.reconcile/\n*.plan\n")
    desk.write(SITE, site())
    desk.write(f"specs/{INSTRUMENT}/catalog.yaml", catalog())
    desk.write(f"specs/{INSTRUMENT}/chain.yaml", chain(CHAIN))
    desk.write(SPEC, calibration_set(*products))
    desk.commit("specs")
    return desk


def copy(desk: Desk, root: Path) -> Desk:
    """Return a copy of a whole desk."""
    shutil.copytree(desk.root, root)
    return Desk(root)
