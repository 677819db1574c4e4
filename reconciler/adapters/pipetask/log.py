"""The log of a submission: while it receives, everything that is logged goes there, and nothing to the terminal."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .submission import writing


class _LogFile(logging.FileHandler):
    """A log whose full disk does not fill the terminal; the report, which has to be written, fails and says so."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # the name is logging's
        """Drop a record that cannot be written."""


class Log:
    """A file that stays open, so that several processes may take turns at several logs.

    The handlers change at the root logger because the middleware collects each quantum's log there.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with writing(path):
            self._file = _LogFile(path)
        self._file.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))

    @contextmanager
    def receiving(self) -> Iterator[None]:
        """Send everything that is logged here; afterwards it goes where it went before."""
        root, lsst = logging.getLogger(), logging.getLogger("lsst")
        before = root.handlers[:], root.level, lsst.level
        root.handlers[:] = [self._file]
        root.setLevel(min(logging.INFO, before[1]))
        lsst.setLevel(logging.INFO)
        logging.captureWarnings(True)
        try:
            yield
        finally:
            logging.captureWarnings(False)
            root.handlers[:], root.level, lsst.level = before

    def close(self) -> None:
        """Close the file."""
        with writing(self._path):
            self._file.close()


@contextmanager
def logging_to(path: Path) -> Iterator[None]:
    """Send everything that is logged to a file."""
    log = Log(path)
    try:
        with log.receiving():
            yield
    finally:
        log.close()
