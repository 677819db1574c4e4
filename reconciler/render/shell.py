"""Commands, exports and comments as lines that a POSIX shell reads as they are meant, whatever they hold."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from typing import NamedTuple

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z", re.ASCII)
LONG = 100
"""From so many characters a command goes over several lines."""


class Variable(NamedTuple):
    """An argument that begins with what a variable holds."""

    name: str
    rest: str = ""


REPO = Variable("REPO")
"""The repository, as DMTN-222 calls it."""


class Option(NamedTuple):
    """An option and its value."""

    name: str
    value: str


def comment(text: str) -> Iterator[str]:
    """Yield a comment; nothing of it leaves the comment, and nothing in it moves a terminal's cursor."""
    for line in text.splitlines() or [""]:
        visible = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in line)
        yield f"# {visible}".rstrip()


def export(name: str, value: str) -> str:
    """Return the export of a variable; one whose name no shell takes is a comment."""
    if not _NAME.match(name):
        return next(comment(f"not exported, since no variable has such a name: {name}"))
    if not value.isprintable():
        return f"export {name}={shlex.quote(value)}"
    escaped = re.sub(r'([\\"$`])', r"\\\1", value)
    return f'export {name}="{escaped}"'


def command(*words: str | Variable | Option) -> Iterator[str]:
    """Yield a command; a long one goes over several lines, an argument on each."""
    written = [_written(word) for word in words]
    line = " ".join(written)
    if len(line) <= LONG:
        yield line
        return
    head = next((at for at, word in enumerate(words) if at > 1 and not isinstance(word, Variable)), len(words))
    lines = [" ".join(written[:head]), *(f"  {word}" for word in written[head:])]
    yield from (f"{one} \\" for one in lines[:-1])
    yield lines[-1]


def quoted(word: str) -> str:
    """Return a word as a shell takes it for one."""
    return shlex.quote(word)


def _written(word: str | Variable | Option) -> str:
    match word:
        case Variable(name, rest):
            return f"${{{name}}}{shlex.quote(rest)}" if rest else f"${name}"
        case Option(name, value):
            return f"{name} {shlex.quote(value)}"
        case _:
            return shlex.quote(word)
