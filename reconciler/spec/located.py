"""Documents with a way back to their files.

Positions are needed only where something is wrong, so nothing is kept for them but the text: the node graph
is composed again when the first one is asked for.
"""

from __future__ import annotations

import re
from array import array
from dataclasses import dataclass
from functools import lru_cache
from typing import Generic, TypeVar

import yaml

from .documents import Model
from .nodes import compose, position
from .problems import Position, Problem, Severity
from .source import Source

FieldPath = tuple[str | int, ...]
D_co = TypeVar("D_co", bound=Model, covariant=True)

# What stands for one character of the value, by the style of the scalar.
_PLAIN = re.compile(r"(?s).")
_SINGLE = {
    "'": re.compile(r"(?s)''|."),
    '"': re.compile(r"(?s)\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|\r?\n|.)|."),
}
_BLANK = {r"\n", r"\t", r"\r", r"\ ", "\\\n", "\\\r\n"}
_INDICATORS = re.compile(r"[|>][^\n]*\n")


@dataclass(frozen=True, slots=True)
class Located(Generic[D_co]):
    """A document, the file that it came from, and where in it each field stands."""

    document: D_co
    source: Source

    @property
    def path(self) -> str:
        """The file, relative to the root of the tree."""
        return self.source.file

    def where(self, path: FieldPath, *, offset: int = 0) -> Position:
        """Return where a field stands; with an offset, that character of its text.

        For a field that the file leaves out it is the nearest enclosing field that the file has.
        """
        return locate(self.source, path, offset=offset)

    def problem(
        self,
        code: str,
        path: FieldPath,
        message: str,
        expected: str = "",
        *,
        nearest: str = "",
        severity: Severity = "error",
        offset: int = 0,
    ) -> Problem:
        """Return a problem with one field."""
        at = self.where(path, offset=offset)
        return Problem(self.path, at.line, at.column, code, severity, message, expected, nearest)


def locate(source: Source, path: FieldPath, *, offset: int = 0, key: bool = False) -> Position:
    """Return where the field, or its key, stands in the source; steps that the file does not have are passed over."""
    at = node = compose(source)
    for step in path:
        found = _child(node, step)
        if found is not None:
            at, node = found
    if isinstance(node, yaml.ScalarNode) and not key:
        return source.position(_character(source.text, node, offset)) if offset else position(node.start_mark)
    return position(at.start_mark)


def _child(node: yaml.Node, step: str | int) -> tuple[yaml.Node, yaml.Node] | None:
    """Return the node that a reader would look at, and the value's node."""
    if isinstance(node, yaml.MappingNode):
        return next((pair for pair in node.value if pair[0].value == step), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step], node.value[step]
    return None


def _character(text: str, node: yaml.ScalarNode, offset: int) -> int:
    """Return where in the file the character at `offset` of a scalar's value was written.

    Folding changes nothing but blanks, so the characters that are not blank correspond one to one.
    """
    before = len("".join(node.value[:offset].split()))
    written = _written(text, node.start_mark.index, node.end_mark.index, node.style or "")
    return written[before] if before < len(written) else int(node.end_mark.index)


@lru_cache(maxsize=1)
def _written(text: str, begin: int, end: int, style: str) -> array[int]:
    """Return where the file has the characters of a scalar that are not blank; an escape is the one it stands for."""
    if style in ("|", ">"):
        header = _INDICATORS.match(text, begin, end)
        begin = header.end() if header else begin
    elif style in ("'", '"'):
        begin, end = begin + 1, end - 1
    found = _SINGLE.get(style, _PLAIN).finditer(text, begin, end)
    return array("L", (one.start() for one in found if not (one[0].isspace() or one[0] in _BLANK)))
