"""Environment variables and placeholders of a bps configuration: `${NAME}`, `$NAME` and `{name}`.

bps leaves an unset variable standing, so that it can end up in the name of a collection, and replaces an unknown
placeholder by nothing. Both are found here before bps sees the text.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
_PLACEHOLDER = re.compile(r"(?<!\$)\{([A-Za-z_]\w*)\}")


@contextmanager
def environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables for a while; pipelines and templates read them from the process."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def variables_in(text: str) -> tuple[str, ...]:
    """Return the names of the environment variables that a text uses."""
    return tuple(braced or bare for braced, bare in _VARIABLE.findall(text))


def placeholders_in(text: str) -> tuple[str, ...]:
    """Return the names of the configuration values that a text uses."""
    return tuple(_PLACEHOLDER.findall(text))


def unset_in(text: str) -> tuple[str, ...]:
    """Return the variables of a text that the environment does not set."""
    return tuple(name for name in variables_in(text) if name not in os.environ)
