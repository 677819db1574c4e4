"""`reconcile cancel`."""

from __future__ import annotations

from pathlib import Path

from ..errors import ExitCode, ReconcileError
from ..jobs import Job
from ..state import Gen
from ..work import Generation
from .output import write, write_json
from .session import Session, session


def run(leaf: str, directory: Path, site: str | None, *, as_json: bool) -> ExitCode:
    """End the job whose claim stands on the leaf."""
    with session(directory, site) as open_session:
        job = _job(open_session, leaf)
        open_session.place.executor.cancel(job)
    if as_json:
        write_json({"leaf": leaf, "cancelled": True})
    else:
        write(f"{leaf}: ended; what it made stays, and `reconcile apply` resumes it.")
    return ExitCode.OK


def _job(open_session: Session, leaf: str) -> Job:
    seen = open_session.look()
    for place in seen.facts.observations:
        claim = seen.facts.claims(place).get(leaf)
        work = open_session.want.works.get(Gen(place, leaf))
        if claim is not None and isinstance(work, Generation):
            return work.job(claim)
    raise ReconcileError(f"no unfinished generation {leaf} of the specs at this site; `reconcile status` lists them")
