"""`reconcile plan`."""

from __future__ import annotations

from pathlib import Path

from ..errors import ExitCode, worst
from ..plan import Plan
from ..render import plan as render
from ..saved import save
from .output import write, write_json
from .session import sight


def run(
    directory: Path,
    site: str | None,
    *,
    observed: Path | None,
    max_age: int,
    as_merged: bool,
    out: Path | None,
    detailed_exitcode: bool,
    markdown: bool,
    as_json: bool,
) -> ExitCode:
    """Print the plan of one site, as it is or as a snapshot has it, and save it if asked."""
    with sight(directory, site, observed, max_age, as_merged=as_merged) as look:
        seen = look.decided(look.look())
        plan, heading = look.plan(seen), look.heading(seen)
        told = look.impacts(seen, plan)
    content = render.as_json(plan, heading, told)
    if out is not None:
        save(out, content)
    if as_json:
        write_json(content)
    else:
        write((render.markdown if markdown else render.text)(plan, heading, told))
        if out is not None:
            write(f"Saved to {out}; `reconcile apply {out}` does exactly this or nothing.")
    return exit_code(plan) if detailed_exitcode else ExitCode.UNREACHABLE if plan.unknown else ExitCode.OK


def exit_code(plan: Plan) -> ExitCode:
    """Return what a plan comes to: in sync, changes pending, blocked, or unknown."""
    codes = [planned.expected.exit_code for planned in plan.steps]
    codes += [ExitCode.CHANGES] if plan.steps else []
    codes += [ExitCode.UNREACHABLE] if plan.unknown else []
    return worst(codes)
