"""What anybody can write and we read, one function for each: bytes go in, and nothing comes out but what is foreseen.

Each raises `AssertionError` where an answer is none that people could use, and lets through what nobody foresaw.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

from reconciler import manifest_text, seals, snapshot
from reconciler import record as repository_record
from reconciler.approval import record
from reconciler.desired import desired
from reconciler.errors import ReconcileError
from reconciler.lint import lint, of_specs
from reconciler.observation import Scope
from reconciler.render import lint as findings
from reconciler.spec.check import check
from reconciler.spec.documents import Lock, Model, Policy, Site
from reconciler.spec.load import Tree, parse
from reconciler.spec.located import Located
from reconciler.spec.problems import Problem
from reconciler.spec.selection import SelectionError, demands, listed_seq_nums, literal_exposures, unknown_names
from reconciler.spec.selection import parse as parse_selection
from reconciler.spec.source import decode

ROOT = Path(__file__).parents[2]
_LINE = re.compile(r"[^:]+:[1-9]\d*:[1-9]\d*: (error|warning)\[[a-z-]+\]: .+")
_PLACES = {Site: "sites/fuzzed.yaml", Policy: "specs/policy.yaml", Lock: "specs/LSSTComCam/DM-48520.lock.yaml"}


@cache
def project() -> tuple[Located[Model], ...]:
    """Return the documents of this repository, which stand beside what is fuzzed."""
    from reconciler.spec.load import load_tree

    return load_tree(ROOT).documents


def spec(content: bytes) -> None:
    """Anything is a document or has problems, at places that the file has; what has none is understood by `lint`."""
    document, found = _read(content, "specs/LSSTComCam/fuzzed.yaml")
    if document is not None and type(document.document) in _PLACES:
        document, found = _read(content, _PLACES[type(document.document)])
    for one in found:
        _is_told(one, content)
    if document is None:
        return
    others = tuple(one for one in project() if one.path != document.path and type(one.document) is not Site)
    sites = tuple(one for one in project() if type(one.document) is Site and type(document.document) is not Site)
    tree = Tree(ROOT, tuple(sorted((document, *others, *sites), key=lambda one: one.path)))
    wrong = check(tree)
    for one in wrong:
        _is_told(one, content if one.file == document.path else None)
    if not any(one.severity == "error" for one in (*found, *wrong)):
        _is_meant(tree)


def _read(content: bytes, file: str) -> tuple[Located[Model] | None, tuple[Problem, ...]]:
    source = decode(file, content)
    if isinstance(source, Problem):
        return None, (source,)
    document, problems = parse(source)
    assert document is not None or problems
    return Located(document, source) if document is not None else None, problems


def _is_meant(tree: Tree) -> None:
    """A tree without errors has a desired state, or a reason for people why it has none."""
    try:
        findings.text(lint(of_specs(tree, [desired(tree, one.document) for one in tree.sites])), "specs and locks")
    except ReconcileError as refusal:
        _is_readable(refusal)


def _is_readable(refusal: ReconcileError) -> None:
    assert refusal.message
    assert len(refusal.message) < 20_000


def _is_told(problem: Problem, content: bytes | None) -> None:
    line = str(problem)
    assert _LINE.fullmatch(line), line
    assert line.isprintable(), line
    assert len(line) < 20_000, line
    if content is not None:
        lines = content.decode(errors="replace").split("\n")
        assert problem.line <= len(lines), line
        assert problem.column <= len(lines[problem.line - 1]) + 1, line


def selection(content: bytes) -> None:
    """Any text is an expression or has a mistake inside it."""
    text = content.decode(errors="replace")
    try:
        tree = parse_selection(text)
    except SelectionError as mistake:
        _is_inside(mistake.offset, text)
        return
    assert len(list(unknown_names(tree))) <= len(text)
    assert literal_exposures(tree).count >= 0
    assert all(days > 0 or not days for days in listed_seq_nums(tree))
    assert isinstance(demands(tree, "instrument"), tuple)


def _is_inside(offset: int, text: str) -> None:
    assert 0 <= offset <= len(text)


def approval(content: bytes) -> None:
    """What is believed to be a record is exactly what a record is written as."""
    try:
        found = record.read(content)
    except record.NoRecord:
        return
    assert found.text == content
    assert found.path.startswith("approvals/")
    assert found.statement.title.isprintable()


def manifest(content: bytes) -> None:
    """What is believed to be a manifest is exactly what it is written as."""
    try:
        found = manifest_text.read(content, ticket="DM-1", root=_root(content), name="the manifest")
    except ReconcileError as refusal:
        _is_readable(refusal)
        return
    assert manifest_text.write(found) == content


def _root(content: bytes) -> str:
    """Return the root that makes the rest of it be looked at, where there is one."""
    named = re.search(rb"its content root is (sha256:[0-9a-f]{64})", _refusal(content))
    return named[1].decode() if named else "sha256:0"


def _refusal(content: bytes) -> bytes:
    try:
        manifest_text.read(content, ticket="DM-1", root="", name="it")
    except ReconcileError as error:
        return error.message.encode(errors="replace")
    return b""


def sight(content: bytes) -> None:
    """What is believed to be a snapshot can be looked at, and written again."""
    try:
        found = snapshot.parse(Path("usdf.json"), content)
    except ReconcileError as refusal:
        _is_readable(refusal)
        return
    assert snapshot.read(snapshot.write(found)) == found
    for place, still in found.stills.items():
        seen = still.observe(Scope(None, still.dataset_types))
        assert seen.place == place
        assert isinstance(still.observe(Scope(frozenset(seen.collections), still.dataset_types)).lost, frozenset)


def documentation(content: bytes) -> None:
    """A person's words in a collection are no document of ours; what is one can be told to people."""
    text = content.decode(errors="replace")
    found = seals.read(text)
    if found is not None:
        assert seals.read(seals.write(found)) == found
    owned = repository_record.read(text)
    assert owned is None or repository_record.read(repository_record.write(owned)) == owned


TARGETS: dict[str, Callable[[bytes], None]] = {
    one.__name__: one for one in (spec, selection, approval, manifest, sight, documentation)
}
