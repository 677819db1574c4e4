"""Opening a repository, and saying what went wrong with it in words that a user can act on."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import cached_property
from typing import Any, TypeVar

from ...errors import ReconcileError, Unreachable
from .failures import of_files

T = TypeVar("T")


class Connection:
    """The Butlers of one repository, each opened when it is first used.

    Two, because a writeable Butler on SQLite opens every transaction with BEGIN IMMEDIATE: looking would wait for
    whoever writes, and would need permission to write.
    """

    def __init__(self, place: str, address: str) -> None:
        self.place = place
        self.address = address

    @cached_property
    def reader(self) -> Any:
        """The Butler that looks."""
        return self._open(writeable=False)

    @cached_property
    def writer(self) -> Any:
        """The Butler that writes."""
        return self._open(writeable=True)

    def look(self, at: Callable[[Any], T]) -> T:
        """Return what a look by the reader gives.

        On SQLite, whoever looks first after a writer has died must roll its half back, which a reader may not.
        """
        from sqlalchemy.exc import OperationalError

        try:
            return at(self.reader)
        except OperationalError as error:
            if getattr(error.orig, "sqlite_errorcode", None) != sqlite3.SQLITE_READONLY_ROLLBACK:
                raise
        self._roll_back()
        return at(self.reader)

    @contextmanager
    def another(self) -> Iterator[Any]:
        """Open a Butler for one look at dataset types that are no calibrations.

        One that has met such a type forgets that calibrations of the same dimensions have validity ranges.
        """
        with closing(self._open(writeable=False)) as butler:
            yield butler

    def _roll_back(self) -> None:
        """Roll back what a dead writer has left half; SQLite does so for any connection that might write."""
        database = self.registry_config.connectionString.database
        with closing(sqlite3.connect(database)) as connection:
            connection.execute("select count(*) from sqlite_master").fetchone()

    @cached_property
    def registry_config(self) -> Any:
        """The configuration of the registry: where its database is, and under which schema."""
        from lsst.daf.butler import ButlerConfig
        from lsst.daf.butler.registry import RegistryConfig

        config = ButlerConfig(self.address)
        registry = RegistryConfig(config)
        registry.replaceRoot(config.get("root", config.configDir))
        return registry

    def close(self) -> None:
        """Close what was opened; the connection opens again when it is used again."""
        for name in ("reader", "writer"):
            butler = self.__dict__.pop(name, None)
            if butler is not None:
                butler.close()

    def _open(self, *, writeable: bool) -> Any:
        from lsst.daf.butler import Butler
        from yaml import YAMLError

        try:
            return Butler.from_config(self.address, writeable=writeable)
        except FileNotFoundError as error:
            raise Unreachable(
                f"{self.place}: there is no Butler repository at {self.address}",
                hint="Check `butler:` of the site, or create it: `python -m processing repo create`.",
            ) from error
        except (YAMLError, LookupError, TypeError, ValueError, ImportError, RuntimeError) as error:
            raise Unreachable(
                f"{self.place}: the repository at {self.address} cannot be opened: {_first_line(error)}",
                hint="Its butler.yaml is damaged, or it needs a package that is not installed here.",
            ) from error


@contextmanager
def told(place: str) -> Iterator[None]:
    """Turn what Butler, its database and its files raise into errors that name the place and the reason."""
    from lsst.daf.butler import ButlerUserError, InconsistentUniverseError
    from lsst.daf.butler.registry import RegistryError
    from lsst.daf.butler.registry.interfaces import ReadOnlyDatabaseError
    from sqlalchemy.exc import IntegrityError, SQLAlchemyError

    try:
        yield
    except IntegrityError as error:
        raise ReconcileError(
            f"{place}: somebody else changed the repository at the same time: {_first_line(error)}",
            hint="Nothing of this step was written; run it again.",
        ) from error
    except (SQLAlchemyError, ReadOnlyDatabaseError) as error:
        raise _away(place, error) from error
    except (ButlerUserError, RegistryError, InconsistentUniverseError) as error:
        raise ReconcileError(f"{place}: {_first_line(error)}") from error
    except Exception as error:
        if not of_files(error):
            raise
        raise _away(place, error) from error


def _away(place: str, error: BaseException) -> Unreachable:
    return Unreachable(
        f"{place} cannot be read or written: {_first_line(error)}",
        hint="Nothing of this step was written; mend the place and run it again.",
    )


def _first_line(error: BaseException) -> str:
    text = str(getattr(error, "orig", None) or error).strip() or type(error).__name__
    return text.splitlines()[0]
