"""Small edits of a document's text that leave every other character as people wrote it."""

from __future__ import annotations

import yaml

from .located import FieldPath
from .nodes import compose
from .source import Source


def with_scalar(source: Source, path: FieldPath, value: str) -> str:
    """Return the text with a plain scalar at `path`, whose last keys are added where the file lacks them.

    All of `path` but the keys that are to be added must lead through mappings.
    """
    node, depth = _deepest(compose(source), path)
    if depth == len(path):
        return _replaced(source.text, node, value)
    new = ": ".join((str(path[depth]), _nested(path[depth + 1 :], value)))
    if not isinstance(node, yaml.MappingNode):
        return _replaced(source.text, node, f"{{{new}}}")
    if node.flow_style or not node.value:
        at = node.start_mark.index + 1
        return source.text[:at] + new + (", " if node.value else "") + source.text[at:]
    first = node.value[0][0].start_mark
    return source.text[: first.index] + f"{new}\n{' ' * first.column}" + source.text[first.index :]


def _deepest(node: yaml.Node, path: FieldPath) -> tuple[yaml.Node, int]:
    """Return the last node on the path that the file has, and how many steps lead to it."""
    for depth, step in enumerate(path):
        pairs = node.value if isinstance(node, yaml.MappingNode) else ()
        child = next((value for key, value in pairs if key.value == step), None)
        if child is None:
            return node, depth
        node = child
    return node, len(path)


def _nested(path: FieldPath, value: str) -> str:
    return value if not path else f"{{{path[0]}: {_nested(path[1:], value)}}}"


def _replaced(text: str, node: yaml.Node, value: str) -> str:
    return text[: node.start_mark.index] + value + text[node.end_mark.index :]
