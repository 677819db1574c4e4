"""Manifests as text: canonical JSON, which is read with distrust, whoever may have written it.

The same manifest is always the same bytes, so what was changed by hand or by a disk is seen. What cannot be believed is
one `ReconcileError` that names the manifest and the first thing that is wrong with it.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Annotated, Any, NoReturn
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from . import dataid, seals
from .archive import Item, Manifest, Part
from .errors import ReconcileError
from .indented import indented
from .parcel import Definition
from .seals import Construction, Seal

FORMAT = 1
LIMIT = 64 << 20
"""Bytes of the largest manifest that is read; one dataset needs some 300."""

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)


def write(manifest: Manifest) -> bytes:
    """Return the canonical text of a manifest."""
    content = _content(manifest)
    return _text(content, seals.digest(content))


def _text(content: Mapping[str, Any], digest: str) -> bytes:
    """Return the text; its digest is for what the content root does not cover, such as paths and definitions."""
    return f"{indented({**content, 'digest': digest})}\n".encode()


def _content(manifest: Manifest) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "instrument": manifest.instrument,
        "ticket": manifest.ticket,
        "definitions": {name: _fields(one) for name, one in manifest.definitions.items()},
        "parts": {leaf: _part(part) for leaf, part in manifest.parts.items()},
    }


def _part(part: Part) -> dict[str, Any]:
    items = sorted(part.items, key=lambda one: (one.dataset_type, one.data_id))
    seal = _fields(part.seal)
    if part.seal.construction is not None:
        seal["construction"] = _fields(part.seal.construction)
    return {"seal": seal, "items": [_fields(one) for one in items]}


def _fields(one: Item | Seal | Construction | Definition) -> dict[str, Any]:
    """Return what `asdict` does, without a copy of all that it holds."""
    return {name: getattr(one, name) for name in one.__dataclass_fields__}


def read(text: bytes, *, ticket: str, root: str, name: str) -> Manifest:
    """Return the manifest that stands where this ticket's one with this content root must.

    `name` is what an error calls it.
    """
    try:
        document = _document(text)
        manifest = _manifest(document)
        for reason in _faults(manifest, ticket, root):
            _refuse(reason)
        content = _content(manifest)
        if (found := seals.digest(content)) != document.digest:
            _refuse(f"its digest is {found}, and it says {document.digest}")
        if text != _text(content, document.digest):
            _refuse("it is not written as this program writes it")
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise ReconcileError(
            f"{name} cannot be believed: {reason}",
            hint="Nothing was written. If the set stands elsewhere, move this manifest away and publish it again.",
        ) from error
    return manifest


def _document(text: bytes) -> _Document:
    if len(text) > LIMIT:
        _refuse(f"it is longer than {LIMIT} bytes")
    try:
        content = json.loads(text.decode(), object_pairs_hook=_unique, parse_constant=_refuse_constant)
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"it is no JSON: {error}") from error
    if isinstance(content, dict) and (found := content.get("format", FORMAT)) != FORMAT:
        _refuse(f"it is of format {found}; this version reads {FORMAT}")
    try:
        return _Document.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = " > ".join(map(str, first["loc"])) or "the whole"
        raise ValueError(f"{where}: {first['msg']}") from error


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        times = Counter(key for key, _ in pairs)
        _refuse(f"it says {next(key for key in times if times[key] > 1)} twice in one place")
    return found


def _refuse_constant(constant: str) -> NoReturn:
    _refuse(f"{constant} is no number")


def _refuse(reason: str) -> NoReturn:
    raise ValueError(reason)


def _manifest(document: _Document) -> Manifest:
    return Manifest(
        document.instrument,
        document.ticket,
        {name: Definition(tuple(one.dimensions), one.storage_class) for name, one in document.definitions.items()},
        {
            leaf: Part(_seal(part.seal), tuple(Item(**vars(item)) for item in part.items))
            for leaf, part in document.parts.items()
        },
    )


def _seal(seal: _Seal) -> Seal:
    found = seals.from_json({"seal": seal.model_dump()})
    assert isinstance(found, Seal)
    return found


def _faults(manifest: Manifest, ticket: str, root: str) -> Iterator[str]:
    """Yield what is wrong with a manifest as a whole."""
    if manifest.ticket != ticket:
        yield f"it is of ticket {manifest.ticket}, and stands under {ticket}"
    for leaf, part in manifest.parts.items():
        if part.fault:
            yield f"{leaf}: {part.fault}"
        if not _is_run_of(leaf, part.seal.run):
            yield f"{leaf}: {part.seal.run} is not a RUN of it"
        yield from (f"{leaf}: {one}" for one in _faults_of_items(part.items, manifest))
    if manifest.root != root:
        yield f"its content root is {manifest.root}, and it stands under {root}"


def _is_run_of(leaf: str, run: str) -> bool:
    """Return whether datasets may go into this RUN: the leaf, or below it, since the content root does not cover it."""
    return f"{run}/".startswith(f"{leaf}/") and not {"", ".", ".."} & set(run.split("/"))


def _faults_of_items(items: Iterable[Item], manifest: Manifest) -> Iterator[str]:
    for one in items:
        if one.dataset_type not in manifest.definitions:
            yield f"it does not say how {one.dataset_type} is defined"
        instrument = dataid.parse(one.data_id).get("instrument", manifest.instrument)
        if instrument != manifest.instrument:
            yield f"{one.dataset_type} {one.data_id} is not of {manifest.instrument}"


def _uuid(text: str) -> str:
    if not _UUID.fullmatch(text) and text != str(UUID(text)):
        raise ValueError(f"{text} is not how a UUID is written")
    return text


@lru_cache(1 << 16)  # those of one camera, in manifest after manifest
def _data_id(text: str) -> str:
    pairs = [item.partition("=") for item in text.split(",")]
    if not all(name and equals and value for name, equals, value in pairs) or not text.isprintable():
        raise ValueError(f"{text!r} is no data ID")
    if text != dataid.data_id(dataid.parse(text)):
        raise ValueError(f"{text} is not how a data ID is written")
    return text


def _path(text: str) -> str:
    """Refuse what climbs out, is absolute, or means something else to another program."""
    if {"", ".", ".."} & set(text.split("/")):
        raise ValueError(f"{text!r} is not a path below a repository")
    if "\\" in text or not text.isprintable():
        raise ValueError(f"{text!r} holds what no path of a repository holds")
    return text


_Word = Annotated[str, StringConstraints(pattern=r"^[!-~]+$", max_length=500)]
_Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
_Uuid = Annotated[str, AfterValidator(_uuid)]
_DataId = Annotated[str, StringConstraints(max_length=2000), AfterValidator(_data_id)]
_Path = Annotated[str, StringConstraints(max_length=2000), AfterValidator(_path)]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class _Item(_Model):
    dataset_type: _Word
    data_id: _DataId
    uuid: _Uuid
    path: _Path
    sha256: _Sha256
    size: int = Field(ge=0, le=1 << 50)


class _Construction(_Model):
    template: str
    home: str
    variables: dict[str, str]
    inputs: list[str]
    started: str
    finished: str
    host: str
    submission: str
    versions: dict[str, str]
    failures: list[str]


class _Seal(_Model):
    recipe: _Word
    intent: dict[str, Any]
    run: _Word
    datasets: dict[_Word, dict[_DataId, _Uuid]]
    construction: _Construction | None


class _Part(_Model):
    seal: _Seal
    items: list[_Item]


class _Definition(_Model):
    dimensions: list[_Word]
    storage_class: _Word


class _Document(_Model):
    format: int
    digest: _Word
    instrument: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    ticket: _Word
    definitions: dict[_Word, _Definition]
    parts: dict[_Word, _Part]
