"""Opening the files of a datastore."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from .failures import of_files, unread


@contextmanager
def reading(uri: Any) -> Iterator[BinaryIO]:
    """Open a file (a `ResourcePath`); one in a bucket is brought here first, where each read would be a request."""
    with ExitStack() as stack:
        try:
            here = stack.enter_context(uri.as_local())
            file = stack.enter_context(Path(here.ospath).open("rb"))
        except Exception as error:
            if not of_files(error):
                raise
            raise unread(str(uri), error) from error
        yield file
