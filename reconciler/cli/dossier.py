"""What a report of one ticket tells, gathered from its specs, the repository and the plan."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from ..construction import begun
from ..errors import UsageError
from ..evidence import Examined as Found
from ..evidence import examined
from ..in_use import rival
from ..intent import Evidence
from ..look import Look
from ..names import ticket_in
from ..ports import Repository
from ..render import construction as render
from ..render.effect import sections
from ..render.report import Construction, Detector, Examined, InUse, Picture, Report, Title
from ..render.report.value import Section
from ..seals import Construction as Made
from ..spec.documents import CalibrationSet
from ..spec.located import Located
from ..spec.problems import listed, nearest
from ..words import count
from ..work import Generation
from . import focal_plane
from .session import Session

FEW = 3
"""From so few exposures outliers cannot be told, nor scatter."""


def report(open_session: Session, ticket: str, pictures: Path) -> Report:
    """Return the report of a ticket's sets at this site; its pictures are copied into a directory and stay there."""
    sets = _sets(open_session, ticket)
    evidence = [one for one in open_session.want.evidence if one.ticket == ticket]
    seen = open_session.look()
    repository = open_session.place.repositories[sets[0].document.origin]
    found = [(one, work) for one in evidence for work in examined(one, open_session.want, seen, repository)]
    judged = [work for _, work in found if work.verdict is not None]
    return Report(
        title=_title(open_session, sets),
        examined=tuple(_examined(one, open_session, seen, repository, pictures) for one in judged),
        focal_plane=_focal_plane(open_session, sets[0].document.instrument),
        effect=tuple(_effect(open_session, seen)),
        acceptances=tuple(dict.fromkeys(a for one in evidence for c in one.criteria.values() for a in c.acceptances)),
        warnings=tuple(_warnings(evidence, [work for _, work in found])),
        requested=tuple(r for one in sets if one.document.approval for r in one.document.approval.requested),
        further=tuple(_further(open_session, ticket, judged, seen)),
    )


def _sets(open_session: Session, ticket: str) -> list[Located[CalibrationSet]]:
    known = {one.document.ticket for one in open_session.tree.sets}
    if ticket not in known:
        near = nearest(ticket, known)
        raise UsageError(
            f"no calibration set of {ticket}; there are {listed(sorted(known))}",
            hint=f"did you mean {near}?" if near else "",
        )
    sets = [one for one in open_session.tree.sets if one.document.ticket == ticket]
    if sets[0].document.origin not in open_session.place.repositories:
        raise UsageError(f"{ticket} is built at {sets[0].document.origin}; its evidence is there", hint="type --site")
    return sets


def _title(open_session: Session, sets: list[Located[CalibrationSet]]) -> Title:
    document, checkout = sets[0].document, open_session.checkout
    commit = "" if checkout.uncommitted() else (checkout.commit or "")
    return Title(
        instrument=document.instrument,
        ticket=document.ticket,
        tag=document.tag,
        purpose=document.purpose,
        release=document.release,
        rerun=document.rerun,
        place=document.origin,
        commit=commit[:12],
    )


def _examined(found: Found, open_session: Session, seen: Look, repository: Repository, pictures: Path) -> Examined:
    work = found.work
    assert found.verdict is not None
    assert found.results is not None
    leaf, other = rival(work, open_session.want, seen, repository)
    in_use = None
    if other is not None and other.verdict is not None and other.results is not None:
        in_use = InUse(ticket_in(leaf) or leaf, other.verdict, other.results)
    made = [open_session.want.works[key] for key in work.examined]
    product = next((one for one in made if isinstance(one, Generation)), None)
    return Examined(
        verdict=found.verdict,
        results=found.results,
        construction=_construction(product, seen) if product else None,
        verification=_construction(work, seen),
        in_use=in_use,
        pictures=tuple(_pictures([one for one in (product, work) if one], seen, repository, pictures)),
    )


def _pictures(works: Iterable[Generation], seen: Look, repository: Repository, into: Path) -> Iterator[Picture]:
    for work in works:
        run = seen.facts.seals(work.key.place)[work.key.leaf].run
        for dataset_type in work.spot_check:
            folder = into / work.key.leaf.rpartition("/")[2] / dataset_type
            for path in repository.retrieve(run, (dataset_type,), str(folder)):
                yield Picture(Path(path).stem, f"{dataset_type} of {run}", Path(path))


def _construction(work: Generation, seen: Look) -> Construction:
    seal = seen.facts.seals(work.key.place)[work.key.leaf]
    how = seal.construction or Made(work.template, work.home, work.environment)
    precursors = [leaf for leaf, _ in seal.intent.get("precursors", ())]
    starting = [collection for collection, _ in seal.intent.get("starting", ())]
    facts = [
        ("template", how.template),
        ("release", work.release),
        ("packages", render.packages(how)),
        ("begun", begun(seal) or "nobody knows when"),
        ("sealed", how.finished or "nobody knows when"),
        ("made with", ", ".join(precursors) or "no calibration of a set"),
        ("started from", ", ".join(starting) or "nothing"),
        ("recipe", seal.recipe),
    ]
    commands = render.submission(how, seal.intent.get("overrides", {}), {})
    return Construction(work.key.leaf, seal.run, work.exposures, tuple(facts), tuple(commands))


def _further(open_session: Session, ticket: str, judged: list[Found], seen: Look) -> Iterator[Construction]:
    """Yield how the ticket's other generations came about, as far as they are complete."""
    told = {key for one in judged for key in (one.work.key, *one.work.examined)}
    for key, work in open_session.want.works.items():
        sealed = key.leaf in seen.facts.seals(key.place)
        if isinstance(work, Generation) and sealed and key not in told and ticket_in(key.leaf) == ticket:
            yield _construction(work, seen)


def _focal_plane(open_session: Session, instrument: str) -> tuple[Detector, ...]:
    for one in open_session.tree.verifications:
        if one.document.instrument == instrument and one.document.focal_plane:
            return focal_plane.read(open_session.tree.root / Path(one.path).parent / one.document.focal_plane)
    return ()


def _effect(open_session: Session, seen: Look) -> Iterator[Section]:
    plan = open_session.plan(seen)
    if not plan.empty:
        blocked = any(planned.expected.word == "blocked" for planned in plan.steps)
        yield from sections(open_session.impacts(seen, plan), blocked=blocked)


def _warnings(evidence: list[Evidence], found: list[Found]) -> Iterator[str]:
    if not any(one.examinations for one in evidence):
        yield "Nothing is verified: the spec has no `verify`, or its lock lacks the exposures."
    for name, criteria in ((n, c) for one in evidence for n, c in one.criteria.items()):
        for test, reason in criteria.omitted.items():
            yield f"{name} goes without the test {test}: {reason}"
    for one in found:
        work = one.work
        if not one.complete:
            yield f"{work.product} has not been verified yet; `reconcile apply` does so."
        if len(work.exposures) <= FEW:
            yield f"{work.product} is judged by {count(len(work.exposures), 'exposure')} only."
