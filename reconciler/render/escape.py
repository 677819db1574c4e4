"""Texts from many hands, as Markdown takes them for nothing but a text."""

from __future__ import annotations


def markdown(text: str) -> str:
    """Return a text of one line that Markdown and the HTML in it take for nothing but a text."""
    plain = " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;").replace("|", "&#124;")
    return "".join(f"\\{letter}" if letter in "\\`*_[]" else letter for letter in plain)
