"""`reconcile approve`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ..adapters.ssh_keygen import SshKeygen
from ..approval.covered import NOWHERE, Subject, authorises, content_of, document_of
from ..approval.deployments import worth_signing
from ..approval.effects import Asked
from ..approval.line import Line
from ..approval.record import NAMESPACE, SIGNATURE, Decision, NoRecord, Record, is_plain
from ..approval.record import read as read_record
from ..approval.statement import Statement
from ..errors import ExitCode, PolicyRefused, ReconcileError, UsageError
from ..ports import Signatures
from ..render import approval as render
from ..spec.documents.policy import VERBS, fingerprint
from ..spec.problems import nearest
from ..trust import trust_file
from . import records
from .output import replace_file, write, write_json
from .session import Session, read, session

_OF_DOCUMENTS = ("policy", "site", "catalog", "processing")


@dataclass(frozen=True)
class Said:
    """What somebody says, and with which key."""

    document: str
    verb: str
    decision: Decision
    reason: str
    key: str


def run(said: Said, directory: Path, site: str | None, *, auto_approve: bool, as_json: bool) -> ExitCode:
    """Show what will be signed, sign it, and put the record where it belongs."""
    _require_sense(said)
    signatures = SshKeygen(NAMESPACE)
    checkout, tree = read(directory)
    desk = records.desk(checkout, tree, site, fetch=False) if said.decision != "propose" else None
    if desk is None:
        with session(directory, site) as open_session:
            if open_session.line is None:
                raise _no_root(open_session.site.site)
            statements = tuple(_proposed(said, open_session, open_session.line))
            desk = records.Desk(checkout, tree, open_session.line)
    else:
        statements = tuple(records.about(desk.records(signatures), said.document, said.verb))
    if not statements:
        raise _nothing(said)
    person = desk.policy.owner(signatures.public(said.key))
    if person is None:
        raise PolicyRefused(f"the policy knows nobody with the key {fingerprint(signatures.public(said.key))}")
    now = datetime.now(UTC).replace(microsecond=0)
    made = [_checked(Record(said.decision, person, now, said.reason, statement)) for statement in statements]
    if not as_json:
        write("\n".join(render.text(record) for record in made))
    if not auto_approve:
        _ask()
    written = [_write(record, said.key, checkout.root, signatures) for record in made]
    if as_json:
        write_json({"person": person, "decision": said.decision, "records": written})
    else:
        write("\n".join(f"Signed: {path}" for path in written) + "\nCommit it, and push it to the pull request.")
    return ExitCode.OK


def _require_sense(said: Said) -> None:
    if said.verb not in VERBS:
        near = nearest(said.verb, VERBS)
        raise UsageError(f"no verb {said.verb!r}; there are {', '.join(VERBS)}", hint=f"{near}?" if near else "")
    if said.decision in ("reject", "withdraw") and not said.reason:
        raise UsageError("whoever says no says why", hint="--reason TEXT")
    if not is_plain(said.reason):
        raise UsageError("a reason is one line of visible characters")


def _proposed(said: Said, open_session: Session, line: Line) -> Iterator[Statement]:
    """Yield what the documents here, or the plan for the site, ask people to say yes to."""
    if said.verb in _OF_DOCUMENTS:
        yield from _of_document(said, open_session, line)
        return
    decides = open_session.authority(line)
    seen = open_session.decided(open_session.look())
    want, tree = open_session.want, open_session.tree
    if said.verb == "deploy":
        found: tuple[Asked, ...] = decides.deployments(seen, want, tree)
    else:
        found = decides.asked(seen, want, tree, open_session.readers, open_session.facts)
    for one in worth_signing(found):
        if one.statement.verb == said.verb and records.concerns(one.statement, said.document):
            if one.open:
                raise ReconcileError(f"{one.statement.title} cannot be proposed yet: {one.open}", hint="apply first")
            yield decides.statement(one).statement


def _of_document(said: Said, open_session: Session, line: Line) -> Iterator[Statement]:
    """Yield the statement that authorises a document, a file or a folder as it stands here."""
    root, path = open_session.checkout.root, said.document.removeprefix("./").rstrip("/")
    file = root / path
    if said.verb == "processing":
        found = content_of(path, open_session.checkout.listed(path), {})
    else:
        found = document_of(path, file.read_bytes()) if file.is_file() else None
    subject = Subject(said.verb, path)
    before = line.believed.get(subject, NOWHERE)
    content = found[1] if found and found[0] == subject else NOWHERE.content
    if content != before.content:
        yield authorises(subject, content, before, line.root)


def _checked(record: Record) -> Record:
    """Refuse what nobody could read: a record that is signed and does not count helps nobody."""
    try:
        return read_record(record.text)
    except NoRecord as reason:
        subject = ascii(record.statement.subject)
        raise PolicyRefused(f"{subject} cannot be approved, since {reason}: names are plain ASCII") from reason


def _write(record: Record, key: str, root: Path, signatures: Signatures) -> str:
    """Sign a record and write both files; the signature first, so that no record ever stands there unsigned."""
    signature = signatures.sign(record.text, key)
    path = root / record.path
    if not path.resolve().is_relative_to(root.resolve()):
        raise PolicyRefused(f"{record.path} leads out of the repository by a link; nothing was written")
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path.with_name(path.name + SIGNATURE), signature)
    replace_file(path, record.text)
    return record.path


def _ask() -> None:
    """Ask whether to sign; without a terminal there is nobody to ask."""
    if not sys.stdin.isatty():
        raise UsageError("nobody can be asked here", hint="type --auto-approve, after a look at what is signed")
    sys.stderr.write("Sign this? Only `yes` signs: ")
    sys.stderr.flush()
    if sys.stdin.readline().strip() != "yes":
        raise KeyboardInterrupt


def _no_root(site: str) -> PolicyRefused:
    return PolicyRefused(
        f"this machine has no root of trust for site {site}",
        hint=f"{trust_file()} names a remote, a branch and a root commit for each site",
    )


def _nothing(said: Said) -> ReconcileError:
    if said.decision == "propose":
        return ReconcileError(f"nothing that is planned needs an approval to {said.verb} {said.document}")
    return ReconcileError(
        f"nobody has proposed to {said.verb} {said.document}",
        hint="who can see the site types --propose, and commits the record; what is proposed is what you sign",
    )
