"""Saved plans: what was reviewed, bound to what it rests on.

A saved plan is not replayed: apply plans anew and goes ahead only if it finds the same commit, the same values under
every key that the plan changes or awaits, and therefore the same steps.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .errors import ReconcileError, StalePlan, Unreachable
from .plan import Plan

FORMAT = "reconcile plan 1"
_FIELDS = frozenset({"site", "commit", "uncommitted", "steps", "unknown", "basis"})


def save(path: Path, content: dict[str, object]) -> None:
    """Write a plan's JSON (see `render.plan.as_json`) into a file."""
    part = path.with_name(f".{path.name}.part")
    part.write_text(json.dumps({"format": FORMAT, **content}, indent=2) + "\n", encoding="utf-8")
    part.replace(path)


def load(path: Path) -> dict[str, Any]:
    """Return a saved plan; raise `ReconcileError` for any other file."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise ReconcileError(
            f"{path} is no saved plan: {error}", hint="write one with `reconcile plan --out`"
        ) from error
    if not isinstance(content, dict) or content.get("format") != FORMAT or not content.keys() >= _FIELDS:
        raise ReconcileError(f"{path} is no saved plan of this version", hint="write one with `reconcile plan --out`")
    return content


def require_fresh(saved: dict[str, Any], site: str, commit: str, plan: Plan) -> None:
    """Raise `StalePlan`, naming what has moved, unless the plan made now is the one that was saved.

    Raises `Unreachable` for a place that could be looked at then and cannot now: nothing is known to have moved.
    """
    if saved["site"] != site:
        raise StalePlan(f"the saved plan is for site {saved['site']}, this is {site}")
    if saved["uncommitted"]:
        raise StalePlan("the saved plan was made from uncommitted specs", hint="commit them and plan again")
    if saved["commit"] != commit:
        raise StalePlan(f"the saved plan is of commit {str(saved['commit'])[:12]}, HEAD is {commit[:12]}", hint=_AGAIN)
    if lost := {place: reason for place, reason in plan.unknown.items() if place not in saved["unknown"]}:
        raise Unreachable("\n".join(lost.values()), hint="nothing was done; the saved plan may still be good")
    basis = dict(saved["basis"])
    moved = sorted(key for key in basis.keys() | plan.basis.keys() if basis.get(key) != plan.basis.get(key))
    if moved:
        listed = "\n  ".join(moved[:5]) + (f"\n  ... and {len(moved) - 5} more" if len(moved) > 5 else "")
        raise StalePlan(f"the plan is stale; these have moved since it was saved:\n  {listed}", hint=_AGAIN)


_AGAIN = "nothing was done; `reconcile plan --out` again, and review it"
