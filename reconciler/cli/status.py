"""`reconcile status`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..errors import ExitCode
from ..plan import Plan
from ..render.plan import sentence
from ..state import Cert, Chain, Gen, Key, Owned, Published, Tag
from .output import write, write_json
from .session import Session, session


def run(directory: Path, site: str | None, *, as_json: bool) -> ExitCode:
    """Print a line for each chain and ticket: in sync, or what is pending."""
    with session(directory, site) as open_session:
        seen = open_session.decided(open_session.look())
        plan, heading = open_session.plan(seen), open_session.heading(seen)
        rows = list(_rows(open_session, plan))
    drift = heading.drift_since is not None and bool(plan.steps)
    if as_json:
        write_json({"site": heading.site, "drift": drift, "rows": rows, "unknown": dict(plan.unknown)})
    else:
        for row in rows:
            pending = f"  ({row['pending']} steps)" if row["pending"] else ""
            write(f"  {row['state']:<9} {row['place']}  {row['name']}{pending}")
        for place, reason in plan.unknown.items():
            write(f"  unknown   {place}  {reason}")
        write(sentence(plan, heading) + (" This is drift: the specs have not changed." if drift else ""))
    if plan.unknown:
        return ExitCode.UNREACHABLE
    return ExitCode.CHANGES if plan.steps else ExitCode.OK


def _rows(open_session: Session, plan: Plan) -> Iterator[dict[str, object]]:
    """Yield each wanted chain with the steps that concern it or what stands below it."""
    for key in sorted(k for k in open_session.want.state.values if isinstance(k, Chain)):
        if key.place in plan.unknown:
            continue
        steps = [p for p in plan.steps if any(_concerns(c.key, key) for c in p.step.changes)]
        blocked = any(p.expected.word == "blocked" for p in steps)
        state = "blocked" if blocked else "pending" if steps else "in sync"
        yield {"place": key.place, "name": key.name, "state": state, "pending": len(steps)}


def _concerns(changed: Key, chain: Chain) -> bool:
    match changed:
        case Chain(place, name):
            return (place, name) == (chain.place, chain.name)
        case Owned(place, name):
            return (place, name) == (chain.place, chain.name)
        case Gen(place, leaf):
            return place == chain.place and leaf.startswith(f"{chain.name}/")
        case Cert(place, collection):
            return place == chain.place and f"{collection}/".startswith(f"{chain.name}/")
        case Tag() | Published():
            return False
