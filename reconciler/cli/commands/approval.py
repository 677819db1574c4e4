"""Commands of people who say yes or no, and of those who check what they said."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..app import HERE, Directory, Json, SiteName

commands = typer.Typer()


@commands.command(
    epilog="Examples: reconcile approve DM-48520 --verb adopt --propose; reconcile approve DM-48520 --verb adopt; "
    "reconcile approve specs/policy.yaml --verb policy --reject --reason 'two must stay two'"
)
def approve(
    document: Annotated[str, typer.Argument(help="A document's path, a ticket, or a collection.")],
    verb: Annotated[str, typer.Option(help="What is approved: adopt, recertify, retract, policy, ...")],
    key: Annotated[Path | None, typer.Option(help="The SSH key to sign with; ~/.ssh/id_ed25519 by default.")] = None,
    propose: Annotated[bool, typer.Option("--propose", help="Ask others, from what is planned now.")] = False,
    reject: Annotated[bool, typer.Option("--reject", help="Say no; needs --reason.")] = False,
    withdraw: Annotated[bool, typer.Option("--withdraw", help="Take back what you said; needs --reason.")] = False,
    reason: Annotated[str, typer.Option(help="Why.")] = "",
    directory: Directory = HERE,
    site: SiteName = None,
    auto_approve: Annotated[bool, typer.Option("--auto-approve", help="Do not ask before signing.")] = False,
    as_json: Json = False,
) -> None:
    """Show what is proposed, sign it, and write the record into approvals/: the yes is bound to exactly that."""
    from ...errors import UsageError
    from ..approve import Said, run

    if propose + reject + withdraw > 1:
        raise UsageError("one of --propose, --reject and --withdraw")
    decision = "propose" if propose else "reject" if reject else "withdraw" if withdraw else "approve"
    with_key = str(key or Path.home() / ".ssh" / "id_ed25519")
    said = Said(document, verb, decision, reason, with_key)  # type: ignore[arg-type]  # one of the four
    raise typer.Exit(run(said, directory, site, auto_approve=auto_approve, as_json=as_json))


@commands.command(
    epilog="Examples: reconcile approvals; reconcile approvals verify; reconcile approvals verify DM-48520"
)
def approvals(
    words: Annotated[list[str] | None, typer.Argument(help="`verify`, a document, or both.")] = None,
    directory: Directory = HERE,
    site: SiteName = None,
    as_json: Json = False,
) -> None:
    """Say who approved what and what is missing, from git and ssh-keygen alone; `verify` exits 4 or 5 if it fails."""
    from ...errors import UsageError
    from ..approvals import run

    named = words or []
    verify = named[:1] == ["verify"]
    named = named[1:] if verify else named
    if len(named) > 1:
        raise UsageError(f"one document at a time, not {', '.join(named)}")
    raise typer.Exit(run(named[0] if named else "", directory, site, verify=verify, as_json=as_json))
