"""Somebody who publishes into a directory and is killed -9 before the n-th thing that he does to it."""

from __future__ import annotations

import io
import itertools
import multiprocessing
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import BinaryIO

from reconciler.adapters.archive import archive_at
from reconciler.archive import Manifest
from reconciler.parcel import Piece
from tests.contract.shelves import Source, manifest_of

EFFECTS = frozenset({"os.mkdir", "os.rename", "os.rmdir", "os.chmod", "os.remove", "tempfile.mkstemp"})
"""The audit events by which files appear, are named, are opened for others, and go."""


class Deadly(io.BytesIO):
    """A file of which each read is a moment to die, too: what is copied is then half there."""

    def __init__(self, content: bytes, moment: partial[None]) -> None:
        super().__init__(content)
        self.moment = moment

    def read(self, size: int | None = -1, /) -> bytes:
        self.moment()
        return super().read(min(1500, size or -1) if size and size > 0 else 1500)


def publish(root: str, source: Source) -> Manifest:
    """Publish the files of a source, as one process does whose umask lets nobody else in."""
    before = os.umask(0o077)
    try:
        return _publish(root, source)
    finally:
        os.umask(before)


def _publish(root: str, source: Source) -> Manifest:
    store = archive_at(root)
    contents = store.keep(source.pieces(), lambda content: None)
    manifest = manifest_of(dict(zip(source.contents, contents, strict=True)))
    store.publish(manifest)
    return manifest


def _publish_and_die(root: str, contents: dict[str, bytes], at: int) -> None:
    passed = itertools.count()

    def moment() -> None:
        if next(passed) == at:
            os.kill(os.getpid(), signal.SIGKILL)

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        if event in EFFECTS:
            moment()

    class Mortal(Source):
        def piece(self, data_id: str, content: object = None) -> Piece:
            @contextmanager
            def opened() -> Iterator[BinaryIO]:
                yield Deadly(self.contents[data_id], partial(moment))

            return replace(super().piece(data_id), open=opened)

    sys.addaudithook(watch)
    publish(root, Mortal(contents))


def dies(root: str, source: Source, at: int) -> bool:
    """Let a process publish that is killed at its n-th moment; return whether it had so many."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.crash.publisher"])
    process = context.Process(target=_publish_and_die, args=(root, source.contents, at))
    process.start()
    process.join()
    assert process.exitcode in (0, -signal.SIGKILL)
    return process.exitcode != 0
