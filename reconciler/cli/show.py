"""`reconcile show`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from ..errors import ExitCode, ReconcileError, Unreachable
from ..look import Look
from ..names import is_ticket
from ..render.plan import which
from ..saved import load
from ..seals import Seal
from ..spec.problems import nearest
from ..state import Cert
from ..timeline import Timeline
from .output import write, write_json
from .session import session


def run(name: str, directory: Path, site: str | None, *, as_json: bool) -> ExitCode:
    """Show a saved plan, or what each repository of the site holds under a name."""
    if Path(name).is_file():
        _saved(Path(name), as_json=as_json)
        return ExitCode.OK
    with session(directory, site) as open_session:
        seen = open_session.look()
    found = {place: list(_below(name, place, seen)) for place in seen.facts.observations}
    if as_json:
        write_json({place: [_entry(one, place, seen) for one in names] for place, names in found.items()})
    elif any(found.values()):
        write("\n".join(line for place, names in found.items() for line in _lines(place, names, seen)))
    if not any(found.values()):
        if seen.unknown:
            raise Unreachable("\n".join(seen.unknown.values()))
        known = [n for observation in seen.facts.observations.values() for n in observation.collections]
        near = nearest(name, known)
        raise ReconcileError(f"no collection {name} at this site", hint=f"did you mean {near}?" if near else "")
    return ExitCode.UNREACHABLE if seen.unknown else ExitCode.OK


def _saved(path: Path, *, as_json: bool) -> None:
    content = load(path)
    if as_json:
        write_json(content)
        return
    write(f"Plan for {content['site']} at {str(content['commit'])[:12]}, saved in {path}")
    write("\n".join(f"  {step['title']}  [{step['outcome']}]" for step in content["steps"]) or "  nothing to do")


def _below(name: str, place: str, seen: Look) -> Iterator[str]:
    """Yield the collections that a name means: the collection itself, or everything of a ticket."""
    for collection in sorted(seen.facts.observations[place].collections):
        of_ticket = is_ticket(name) and name in collection.split("/")
        if collection == name or of_ticket:
            yield collection


def _entry(name: str, place: str, seen: Look) -> dict[str, object]:
    collection = seen.facts.observations[place].collections[name]
    doc = json.loads(json.dumps(asdict(collection.doc))) if collection.doc else None
    return {
        "collection": name,
        "type": collection.type,
        "children": list(collection.children),
        "certifications": {str(k): str(v) for k, v in seen.state.values.items() if _in(k, place, name)},
        "seal" if isinstance(collection.doc, Seal) else "claim": doc,
    }


def _in(key: object, place: str, name: str) -> bool:
    return isinstance(key, Cert) and (key.place, key.collection) == (place, name)


def _lines(place: str, names: list[str], seen: Look) -> Iterator[str]:
    for name in names:
        collection = seen.facts.observations[place].collections[name]
        state = "" if collection.doc is None else f", {type(collection.doc).__name__.lower()}ed by reconcile"
        yield f"{place}: {name} ({collection.type}{state})"
        yield from (f"    {number}. {child}" for number, child in enumerate(collection.children, 1))
        if isinstance(collection.doc, Seal):
            yield f"    recipe {collection.doc.recipe}"
            yield from (f"    {t}: {which(ids)}" for t, ids in collection.doc.datasets.items())
        yield from (f"    {line}" for line in _certified(place, name, seen))


def _certified(place: str, name: str, seen: Look) -> Iterator[str]:
    together: dict[tuple[str, str], list[str]] = {}
    for key, value in seen.state.values.items():
        if isinstance(key, Cert) and isinstance(value, Timeline) and (key.place, key.collection) == (place, name):
            together.setdefault((key.dataset_type, str(value)), []).append(key.data_id)
    for (dataset_type, timeline), ids in together.items():
        yield f"{dataset_type} {which(ids)}: {timeline}"
