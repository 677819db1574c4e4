"""What the middleware raises, in words for people."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from lsst.daf.butler import Butler, ButlerUserError
from lsst.daf.butler.registry import ConflictingDefinitionError
from lsst.pipe.base.pipeline_graph import PipelineGraphError
from lsst.pipe.base.quantum_graph_builder import QuantumGraphBuilderError
from sqlalchemy.exc import DBAPIError, OperationalError

from ...errors import ReconcileError, Unreachable


def open_butler(place: str, address: str, *, writeable: bool) -> Butler:
    """Open a repository; raises `Unreachable` if it is not there or does not answer."""
    try:
        return _opened(address, writeable=writeable)
    except (FileNotFoundError, DBAPIError) as error:
        raise Unreachable(f"repository {place} ({address}) cannot be opened: {first_line(error)}") from error
    except (ButlerUserError, ValueError, RuntimeError, ImportError) as error:
        raise ReconcileError(
            f"repository {place} ({address}) cannot be used: {first_line(error)}",
            hint="Its storage classes or formatters may be defined otherwise than those of this engine.",
        ) from error


def _opened(address: str, *, writeable: bool) -> Butler:
    """Open a repository, on SQLite also where a writer has died: a reader may not roll its half back."""
    try:
        return Butler.from_config(address, writeable=writeable)
    except OperationalError as error:
        if getattr(error.orig, "sqlite_errorcode", None) != sqlite3.SQLITE_READONLY_ROLLBACK:
            raise
    Butler.from_config(address, writeable=True).close()
    return Butler.from_config(address, writeable=writeable)


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Translate what a user can cause while something is being done."""
    try:
        yield
    except DBAPIError as error:
        raise Unreachable(f"{doing}: the database failed: {first_line(error)}") from error
    except PipelineGraphError as error:
        raise ReconcileError(
            f"{doing}: {error}",
            hint="The repository defines a dataset type otherwise than the pipeline; nothing was written. "
            "Use a repository of this engine's own, or the release that the repository was made with.",
        ) from error
    except ConflictingDefinitionError as error:
        raise ReconcileError(
            f"{doing}: {first_line(error)}", hint="What exists was kept. Build under the next rerun letter."
        ) from error
    except (ButlerUserError, QuantumGraphBuilderError, OSError) as error:
        raise ReconcileError(f"{doing}: {error}") from error
    except RuntimeError as error:
        if not isinstance(error.__cause__, OSError):  # what a disk says is all that Butler wraps
            raise
        raise ReconcileError(f"{doing}: {error.__cause__}") from error


def first_line(error: BaseException) -> str:
    """Return the first line that an exception says, or its name if it says nothing."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
