"""Reads the pages of a report as a browser would, and keeps what tests ask about."""

from __future__ import annotations

from collections.abc import Mapping
from html.parser import HTMLParser
from pathlib import PurePosixPath
from typing import Any

VOID = {"meta", "link", "img", "br", "input"}
LOADING = ("src", "href", "xlink:href", "data", "action", "srcset")


class Reader(HTMLParser):
    """One page; refuses elements that do not close in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.addresses: list[str] = []
        self.headings: list[int] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._met(tag, attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._met(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def _met(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        assert len(found) == len(attrs), f"an attribute twice in <{tag}>"
        self.elements.append((tag, found))
        self.ids += [found["id"] or ""] if "id" in found else []
        self.addresses += [str(found[name]) for name in LOADING if name in found]
        if tag in ("h1", "h2", "h3", "h4"):
            self.headings.append(int(tag[1]))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def read(files: Mapping[str, Any]) -> dict[str, Reader]:
    """Return the pages of a report, read."""
    return {name: Reader(content.decode()) for name, content in files.items() if name.endswith(".html")}


def resolved(page: str, address: str) -> tuple[str, str]:
    """Return the file and the identifier in it that an address of a page leads to."""
    path, _, fragment = address.partition("#")
    parts: list[str] = []
    for part in (PurePosixPath(page).parent / path).parts if path else PurePosixPath(page).parts:
        if part == "..":
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts), fragment
