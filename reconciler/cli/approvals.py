"""`reconcile approvals`: how what was proposed stands, from git and ssh-keygen alone."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from ..adapters.ssh_keygen import SshKeygen
from ..approval.judge import judge
from ..approval.record import NAMESPACE
from ..errors import ExitCode, worst
from ..render import approval as render
from . import records
from .output import write, write_json
from .session import read
from .trusted import told


def run(document: str, directory: Path, site: str | None, *, verify: bool, as_json: bool) -> ExitCode:
    """Print how each proposal stands; with `verify`, also what among the records says nothing, and an exit code."""
    signatures = SshKeygen(NAMESPACE)
    checkout, tree = read(directory)
    desk = records.desk(checkout, tree, site, fetch=False)
    found = desk.records(signatures)
    now = datetime.now(UTC)
    judgements = [judge(desk.policy, one, found, now, past=desk.past) for one in records.about(found, document, None)]
    faults = list(records.faults(checkout.root, desk.policy, signatures)) if verify else []
    strays = list(told(desk.line.head.strays)) if desk.line is not None and desk.line.head is not None else []
    if as_json:
        shown = [render.as_json(one) for one in judgements]
        write_json({"trusted": desk.line is not None, "statements": shown, "faults": faults, "unauthorised": strays})
    else:
        lines = [*map(render.judged, judgements), *(f"      void  {line}" for line in faults)]
        lines += [f"  missing  {line}" for line in strays]
        if desk.line is None:
            lines.append("No root of trust on this machine: the policy of the working tree is believed as it is.")
        write("\n".join(lines or ["Nothing is proposed."]))
    codes = [ExitCode.APPROVAL for one in judgements if not one.approved] + [ExitCode.APPROVAL for _ in strays]
    return worst([*codes, *(ExitCode.POLICY for _ in faults)]) if verify else ExitCode.OK
