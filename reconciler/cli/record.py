"""`reconcile record TICKET`: how its calibrations came about, from the repository and git alone."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from ..construction import Deed, Generated, deeds, holders
from ..errors import ExitCode, ReconcileError, Unreachable, UsageError
from ..look import pins
from ..names import is_ticket, ticket_in
from ..observation import Observation, Scope
from ..packages import decisive
from ..ports import Reader, Repository
from ..render import construction as render
from ..seals import Construction
from ..spec.documents import CalibrationSet
from ..spec.instances import expression, instances
from ..spec.located import Located
from ..spec.problems import nearest
from ..work import Curation, Generation, Pin
from .output import write, write_json
from .session import Session, session


def run(ticket: str, directory: Path, site: str | None, *, as_json: bool) -> ExitCode:
    """Print the construction record of a ticket."""
    if not is_ticket(ticket):
        raise UsageError(f"{ticket!r} is no ticket such as DM-48520")
    with session(directory, site, ticket) as open_session:
        found = record(open_session, ticket)
    if as_json:
        write_json(render.as_json(found))
    else:
        write(render.text(found))
    return ExitCode.OK


def record(open_session: Session, ticket: str) -> render.Record:
    """Return what the site's repositories and the specs tell of a ticket; that of its origin, if several hold it."""
    sets = [one for one in open_session.tree.sets if one.document.ticket == ticket]
    seen, unknown = _seen(open_session, ticket, [one.document.origin for one in sets])
    specified, selections = _specified(open_session, sets, seen)
    found = deeds(seen, ticket, pins(seen, open_session.want), specified)
    return render.Record(
        ticket=ticket,
        place=seen.place,
        address=open_session.place.addresses[seen.place],
        facts=(*_facts(sets, seen), *(("not reached", reason) for reason in unknown)),
        deeds=tuple(_with_versions(deed, open_session.place.repositories[seen.place]) for deed in found),
        holders=holders(seen, ticket),
        selections=selections,
        files=_files(open_session),
    )


def _with_versions(deed: Deed, repository: Repository) -> Deed:
    """Return a generation whose seal keeps no versions with those that its RUN still tells."""
    if not isinstance(deed, Generated) or deed.how is None or deed.remembered:
        return deed
    recorded = repository.versions((deed.seal.run,)).get(deed.seal.run, {})
    return replace(deed, how=replace(deed.how, versions=decisive(recorded)))


def _seen(open_session: Session, ticket: str, origins: list[str]) -> tuple[Observation, list[str]]:
    """Return what holds the ticket: all collections, and the certifications of its own; and what was not reached."""
    unknown, known = list[str](), set[str]()
    for place in sorted(open_session.readers, key=lambda place: (place not in origins, place)):
        reader = open_session.readers[place]
        try:
            whole = reader.observe(Scope(None))
        except Unreachable as error:
            unknown.append(str(error))
            continue
        tickets = {found for name in whole.collections if (found := ticket_in(name)) is not None}
        if ticket in tickets:
            return _closely(reader, whole, ticket, open_session), unknown
        known |= tickets
    if unknown:
        raise Unreachable("\n".join(unknown))
    near = nearest(ticket, known)
    raise ReconcileError(f"nothing of {ticket} is at this site", hint=f"did you mean {near}?" if near else "")


def _closely(reader: Reader, whole: Observation, ticket: str, open_session: Session) -> Observation:
    own = frozenset(name for name in whole.collections if ticket_in(name) == ticket)
    pinned = [key.leaf for key, work in open_session.want.works.items() if isinstance(work, Pin)]
    types = reader.calibration_types(frozenset(n for n in own if whole.collections[n].type == "CALIBRATION"))
    close = reader.observe(Scope(own.union(pinned), types))
    return replace(close, collections=whole.collections)


def _specified(
    open_session: Session, sets: Iterable[Located[CalibrationSet]], seen: Observation
) -> tuple[Mapping[str, Construction], Mapping[str, str]]:
    """Return recipe -> how specs make it now, and leaf -> what selected its exposures, where it is made so still."""
    works = [work for work in open_session.want.works.values() if isinstance(work, Generation)]
    made = {w.recipe.digest: Construction(w.template, w.home, w.environment) for w in works}
    selections: dict[str, str] = {}
    for one in sets:
        if (catalog := open_session.tree.catalog_of(one.document)) is not None:
            selections |= {i.leaf: expression(one.document, i) for i in instances(one.document, catalog)}
    return made, {leaf: s for leaf, s in selections.items() if leaf in seen.seals and seen.seals[leaf].recipe in made}


def _files(open_session: Session) -> dict[str, str]:
    root = open_session.tree.root
    works = (work for work in open_session.want.works.values() if isinstance(work, Curation))
    return {file.sha256: os.path.relpath(file.path, root) for work in works for file in work.files}


def _facts(sets: Iterable[Located[CalibrationSet]], seen: Observation) -> Iterator[tuple[str, str]]:
    for one in sets:
        document = one.document
        yield "purpose", document.purpose
        yield "specs", one.path
        if document.approval:
            yield "approval", document.approval.ticket
        if document.deployment:
            yield "deployment", document.deployment.ticket
        if document.reviewed:
            yield "software reviewed", document.reviewed
    if seen.record is not None and seen.record.applied:
        yield "commit applied last", seen.record.applied
