"""Strict YAML: a node graph from libyaml's composer, and plain values from the graph.

YAML 1.1 turns `no` into false, `010` into 8, `1:30` into 90 and dates into objects; anchors can make a small
file unfold into a huge one. None of that is wanted in a document that people review, so all of it is an
error that says where. The common file pays for one pass of the composer only; `_unusual` sends others
through the event stream first, where nesting and size can be bounded without recursion.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

import yaml
from yaml.reader import ReaderError

from .problems import MOST_PER_FILE, Position, Problem, shown
from .source import Source

MAX_NODES = 50_000
MAX_DEPTH = 50

# libyaml's composer recurses in C without a bound; a node needs two characters at least, a level one.
_SAFE_LENGTH = MAX_NODES // 2
_SAFE_OPENERS = 400
_DEEP_BLOCK = re.compile(r"^[ \-?:]{400}", re.MULTILINE)
_ANCHOR_OR_TAG = re.compile(r"(?:^|[\s\[{,:?-])[&*!](?!=)", re.MULTILINE)

_INTEGER = re.compile(r"(?:0|-?[1-9][0-9]{0,18})\Z", re.ASCII)
_FLOAT = re.compile(r"-?(?:0|[1-9][0-9]{0,300})\.[0-9]+\Z", re.ASCII)
_TAG = "tag:yaml.org,2002:"
_STR = _TAG + "str"


class Untrusted(Exception):
    """The text is no YAML, or more than we are ready to compose; carries the problems."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(problems)
        self.problems = problems


def position(mark: Any) -> Position:
    """Return the position of a libyaml mark, which counts from 0."""
    return Position(mark.line + 1, mark.column + 1)


@lru_cache(maxsize=2)
def compose(source: Source) -> yaml.Node:
    """Return the root node; raise `Untrusted` with what forbids it."""
    try:
        if _unusual(source.text):
            _look_through(source)
        root = yaml.compose(source.text, Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        raise Untrusted((_syntax(source, error),)) from None
    except ReaderError as error:
        at = source.position(int(error.position))
        raise Untrusted((source.problem("encoding", at, "a character that YAML forbids"),)) from None
    if root is None:
        at = Position(1, 1)
        raise Untrusted((source.problem("empty", at, "the file is empty", "a document with a `kind`"),))
    return root


def plain(source: Source, root: yaml.Node) -> tuple[Any, list[Problem]]:
    """Return the values of a node graph (dict, tuple, str, int, float, bool, None), and what was wrong with them."""
    reader = _Reader(source)
    return reader.value(root, 1), reader.problems


def _unusual(text: str) -> bool:
    return (
        len(text) > _SAFE_LENGTH
        or text.count("[") + text.count("{") > _SAFE_OPENERS
        or _DEEP_BLOCK.search(text) is not None
        or _ANCHOR_OR_TAG.search(text) is not None
    )


def _look_through(source: Source) -> None:
    """Raise `Untrusted` if the events of the text show anchors, tags, too much depth or too many nodes."""
    found = tuple(_refused(source))
    if found:
        raise Untrusted(found)


def _refused(source: Source) -> Iterator[Problem]:
    """Yield what is refused; stop at the first limit, because going on is what the limit is there to avoid."""
    nodes = depth = reported = 0
    for event in yaml.parse(source.text, Loader=yaml.CSafeLoader):
        at = position(event.start_mark)
        if isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if not isinstance(event, yaml.NodeEvent):
            continue
        nodes += 1
        depth += isinstance(event, yaml.CollectionStartEvent)
        if nodes > MAX_NODES:
            yield source.problem("too-large", at, f"more than {MAX_NODES:,} values in one file", "fewer")
            return
        if depth > MAX_DEPTH:
            yield _too_deep(source, at)
            return
        refusal = _refusal(event)
        reported += refusal is not None
        if refusal and reported <= MAX_DEPTH:
            yield source.problem(refusal[0], at, *refusal[1:])


def _refusal(event: yaml.NodeEvent) -> tuple[str, str, str] | None:
    if isinstance(event, yaml.AliasEvent):
        return "anchor", f"the alias {shown(event.anchor)}", "the value written out"
    if event.anchor is not None:
        return "anchor", f"the anchor {shown(event.anchor)}", "the value written out where it is needed"
    tag = getattr(event, "tag", None)
    return ("tag", f"the tag {shown(tag)}", "a plain value") if tag is not None else None


def _syntax(source: Source, error: yaml.MarkedYAMLError) -> Problem:
    mark = error.problem_mark or error.context_mark
    at = position(mark) if mark else Position(1, 1)
    # A last line that has no end is one that libyaml goes beyond.
    at = min(at, source.position(len(source.text)))
    if error.problem == "but found another document":
        return source.problem("documents", at, "a second document", "one document per file")
    if error.problem == "exceeded maximum nesting depth":  # libyaml's own limit, which only some releases have
        return _too_deep(source, at)
    context = f" {error.context}" if error.context else ""
    return source.problem("syntax", at, f"not YAML: {error.problem}{context}")


def _too_deep(source: Source, at: Position) -> Problem:
    return source.problem("too-deep", at, f"values nested more than {MAX_DEPTH} deep", "a flatter file")


class _Reader:
    """Turns nodes into plain values and notes what is wrong on the way."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.problems: list[Problem] = []
        self.counts: Counter[str] = Counter()
        self.scalars: dict[str, Callable[[yaml.ScalarNode], object]] = {
            _TAG + "int": self._int,
            _TAG + "float": self._float,
            _TAG + "bool": self._bool,
            _TAG + "null": self._null,
            _TAG + "timestamp": self._timestamp,
            _TAG + "value": lambda node: node.value,
        }

    def value(self, node: yaml.Node, depth: int) -> Any:
        if node.tag == _STR:
            return node.value
        if depth > MAX_DEPTH:
            self.problems.append(_too_deep(self.source, position(node.start_mark)))
            return None
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, depth)
        if isinstance(node, yaml.SequenceNode):
            return tuple([self.value(item, depth + 1) for item in node.value])
        return self._scalar(node)

    def _mapping(self, node: yaml.MappingNode, depth: int) -> dict[str, Any]:
        values: dict[str, Any] = {}
        lines: dict[str, int] = {}
        for key, value in node.value:
            if key.tag != _STR:
                self._bad_key(key)
                continue
            line = lines.setdefault(key.value, key.start_mark.line)
            if key.value in values:
                self._duplicate(key, line + 1)
                continue
            values[key.value] = value.value if value.tag == _STR else self.value(value, depth + 1)
        return values

    def _scalar(self, node: yaml.Node) -> object:
        read = self.scalars.get(node.tag)
        if read is not None and isinstance(node, yaml.ScalarNode):
            return read(node)
        self._problem(node, "tag", f"the tag {shown(node.tag)}", "a plain value")
        return None

    def _int(self, node: yaml.ScalarNode) -> object:
        if _INTEGER.match(node.value):
            return int(node.value)
        return self._surprise(node, "another number than people do", "a plain decimal number")

    def _float(self, node: yaml.ScalarNode) -> object:
        if _FLOAT.match(node.value):
            return float(node.value)
        return self._surprise(node, "a number in an unusual notation", "a number like 1.5")

    def _bool(self, node: yaml.ScalarNode) -> object:
        if node.value in ("true", "false"):
            return node.value == "true"
        return self._surprise(node, "true or false", "true, false")

    def _null(self, node: yaml.ScalarNode) -> object:
        if node.value in ("", "~", "null"):
            return None
        return self._surprise(node, "nothing", "null")

    def _timestamp(self, node: yaml.ScalarNode) -> object:
        return self._surprise(node, "a date of its own making", "the date in quotes")

    def _surprise(self, node: yaml.ScalarNode, reading: str, expected: str) -> str:
        message = f"YAML reads {shown(node.value)} as {reading}"
        quoted = "" if "quotes" in expected else f", or {shown(node.value)} in quotes"
        self._problem(node, "surprise", message, f"{expected}{quoted}")
        return str(node.value)

    def _bad_key(self, key: yaml.Node) -> None:
        if key.tag == _TAG + "merge":
            self._problem(key, "merge", "the merge key <<", "the fields written out")
        elif isinstance(key, yaml.ScalarNode):
            self._problem(key, "key", f"the key {shown(key.value)} is not text for YAML", "the key in quotes")
        else:
            self._problem(key, "key", "a list or a mapping as a key", "text")

    def _duplicate(self, key: yaml.ScalarNode, line: int) -> None:
        self._problem(key, "duplicate-key", f"{shown(key.value)} is already given in line {line}", "each key once")

    def _problem(self, node: yaml.Node, code: str, message: str, expected: str) -> None:
        self.counts[code] += 1
        if self.counts[code] <= MOST_PER_FILE:
            self.problems.append(self.source.problem(code, position(node.start_mark), message, expected))
