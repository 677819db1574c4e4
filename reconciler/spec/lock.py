"""Writing locks: the same text for the same lock, short enough to review."""

from __future__ import annotations

from typing import Any

import yaml

from .documents import Lock

_HEADER = "# Written by reconcile lock from the spec beside it; review, do not edit.\n"
_WIDTH = 110


class _Dumper(yaml.SafeDumper):
    """Block style, but short lists of plain values in one line, and nothing by reference."""

    def ignore_aliases(self, _data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002  # PyYAML names it
        super().increase_indent(flow, indentless=False)


def _list(dumper: yaml.SafeDumper, items: tuple[Any, ...]) -> yaml.Node:
    flow = all(isinstance(item, int | str) for item in items)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", items, flow_style=flow)


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    """Fold expressions, whose quotes would all be doubled otherwise; only where folding keeps every blank."""
    fold = "'" in text and text == " ".join(text.split())
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=">" if fold else None)


_Dumper.add_representer(tuple, _list)
_Dumper.add_representer(str, _text)


def dump_lock(lock: Lock) -> str:
    """Return the lock as YAML that loads back equal; defaults are left out."""
    values = lock.model_dump(by_alias=True, exclude_defaults=True)
    body = yaml.dump(
        {"kind": lock.kind, **values}, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_WIDTH, indent=2
    )
    return _HEADER + str(body)
