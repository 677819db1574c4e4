"""Roots of trust: which branch of which remote a site believes, and from which commit on.

The document stands in a site's own configuration, never in a repository of specs: what a repository says of itself
proves nothing.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from .base import Model, Name, Text


def _remote(text: str) -> str:
    if text.startswith("-") or "::" in text or text != text.strip():
        raise ValueError(f"{text!r} is no address of a git repository: a URL, or an absolute path")
    if not (text.startswith("/") or ":" in text):
        raise ValueError(f"{text!r} is relative; what is trusted must not depend on where a command is typed")
    return text


def _branch(text: str) -> str:
    bad = ("..", "//", "@{", "*", "?", "[", "\\", "^", "~", ":", " ")
    if text.startswith(("-", "/", "refs/")) or text.endswith(("/", ".", ".lock")) or any(mark in text for mark in bad):
        raise ValueError(f"{text!r} is no name of a branch, such as main")
    return text


class Root(Model):
    """Where trust begins."""

    remote: Annotated[Text, AfterValidator(_remote)]
    branch: Annotated[Name, AfterValidator(_branch)]
    root: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{40}(?:[0-9a-f]{24})?$")]
    """The commit whose policy is believed as it is; everything after it has to be authorised."""


class Trust(Model):
    """The roots of trust of one machine."""

    kind: Literal["Trust"]
    sites: dict[Name, Root] = Field(min_length=1)
