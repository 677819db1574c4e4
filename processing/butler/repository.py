"""Make and open repositories that hold our kinds of data."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from lsst.daf.butler import Butler, Config
from lsst.daf.butler.registry import ConflictingDefinitionError
from sqlalchemy.exc import DBAPIError

from processing.butler.registration import class_name, raw_type, register
from processing.camera import Camera
from processing.errors import ProcessingError

SEED = Path(__file__).with_name("seed.yaml")


class RepositoryError(ProcessingError):
    """A repository that cannot be made, opened or used."""


def create(root: Path, cameras: Sequence[Camera], *, database: str | None, schema: str | None) -> None:
    """Make a repository with these cameras: SQLite inside `root`, or a schema of a PostgreSQL database."""
    _refuse_bad_root(root)
    for camera in cameras:
        class_name(camera)
    config = Config(SEED)
    if database:
        config["registry", "db"] = database
    if schema:
        config["registry", "namespace"] = schema
    existed = root.exists()
    try:
        with failures_of(root):
            _make(root, config)
            _fill(root, cameras)
    except RepositoryError:
        if not existed:
            shutil.rmtree(root, ignore_errors=True)  # half a repository would be in the way of the next try
        raise


def _make(root: Path, config: Config) -> None:
    try:
        Butler.makeRepo(root, config=config)
    except RuntimeError as unfit:  # what Butler says of a database without the extension btree_gist
        raise RepositoryError(f"{root}: {unfit}") from unfit


def _fill(root: Path, cameras: Sequence[Camera]) -> None:
    with open_butler(root, writeable=True) as butler:
        for camera in cameras:
            register(butler.registry, camera)
        butler.registry.registerDatasetType(raw_type(butler.registry))


@contextmanager
def open_butler(root: Path, *, writeable: bool) -> Iterator[Butler]:
    """A repository while it is open; raises RepositoryError if there is none or it cannot be used."""
    if not (root / "butler.yaml").is_file():
        raise RepositoryError(
            f"{root}: no repository here; make one with: python -m processing repo create {root} --camera NAME"
        )
    with failures_of(root), Butler.from_config(root, writeable=writeable) as butler:
        yield butler


@contextmanager
def failures_of(root: Path) -> Iterator[None]:
    """Say in a sentence what a disk, a database or another's definitions refuse. Butler has undone its part."""
    try:
        yield
    except DBAPIError as refused:
        raise RepositoryError(f"{root}: the database refuses: {refused.orig}") from refused
    except OSError as refused:
        raise RepositoryError(f"{root}: {refused}") from refused
    except ConflictingDefinitionError as other:
        raise RepositoryError(f"{root}: defined otherwise than ours: {other}") from other


def _refuse_bad_root(root: Path) -> None:
    if "." in root.name:
        raise RepositoryError(f"{root}: Butler takes a name with a dot for a file; use {_undotted(root)}")
    if (root / "butler.yaml").exists():
        raise RepositoryError(f"{root}: is a repository already; nothing was changed")
    if root.exists() and not root.is_dir():
        raise RepositoryError(f"{root}: is a file, expected a directory or a new path")


def _undotted(root: Path) -> Path:
    return root.with_name(root.name.replace(".", "_"))
