"""Datasets that somebody offers to a repository."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from io import BytesIO
from typing import BinaryIO
from uuid import uuid4

from reconciler.content import Content
from reconciler.observation import Scope
from reconciler.parcel import Counted, Definition, Piece
from tests.contract.hands import TYPES, Hands, data_id

RUN = "Cam/calib/DM-1/biasGen.20250207a/20250207T000000Z"
DETECTOR = Definition(("instrument", "detector"), "StructuredDataDict")
DEFINITIONS = {
    "bias": DETECTOR,
    "dark": DETECTOR,
    "defects": DETECTOR,
    "flat": Definition(("instrument", "detector", "physical_filter"), "StructuredDataDict"),
}


def offered(
    detector: int,
    dataset_type: str = "bias",
    *,
    text: str | None = None,
    uuid: str | None = None,
    identity: str | None = None,
    extension: str = "yaml",
) -> Piece:
    """Return a dataset that says right what its file holds."""
    content = (text or f"{dataset_type}: {detector}\n").encode()
    name = uuid or str(uuid4())
    said = Content(name, hashlib.sha256(content).hexdigest(), len(content))
    path = f"{RUN}/{dataset_type}/{dataset_type}_{detector}.{extension}"
    return Piece(dataset_type, identity or data_id(detector), name, path, partial(opened, content), said)


def opened(content: bytes) -> nullcontext[BinaryIO]:
    return nullcontext(BytesIO(content))


def receive(hands: Hands, *pieces: Piece, run: str = RUN, progress: Counted | None = None) -> list[Content]:
    """Let the repository take them as another process would; return what it copied."""
    copied: list[Content] = []
    note: Callable[[Content], None] = progress or copied.append
    with hands.again().receive(run, DEFINITIONS, pieces, note) as arrivals:
        arrivals.keep()
    return copied


def held(hands: Hands, dataset_type: str = "bias", run: str = RUN) -> dict[str, str]:
    """Return data ID -> UUID of what a RUN holds."""
    seen = hands.repository.observe(Scope(None, TYPES | {"defects"}))
    return dict(seen.contents.get((run, dataset_type), {}))


def read(hands: Hands, *pieces: Piece, run: str = RUN) -> list[bytes]:
    """Return what the files of these datasets hold in the repository."""
    found = []
    for piece in pieces:
        (one,) = hands.repository.pieces(run, {piece.dataset_type: {piece.data_id: piece.uuid}})
        with one.open() as file:
            found.append(file.read())
    return found
