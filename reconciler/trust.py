"""The roots of trust of this machine, from a file that no repository of specs can change."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from pydantic import ValidationError

from .errors import PolicyRefused
from .spec.documents.trust import Root, Trust
from .spec.explain import explain
from .spec.nodes import Untrusted, compose, plain
from .spec.problems import InvalidSpec, Problem
from .spec.source import decode

VARIABLE = "RECONCILE_TRUST"


def trust_file() -> Path:
    """Return where the roots stand: RECONCILE_TRUST, or reconcile/trust.yaml in the user's configuration."""
    if named := os.environ.get(VARIABLE):
        return Path(named)
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "reconcile" / "trust.yaml"


def root_of(site: str, repository: Path) -> Root | None:
    """Return the root of trust of a site; None if this machine has none for it.

    Raises `PolicyRefused` for a file that others could have written, `InvalidSpec` for one that makes no sense.
    """
    path = trust_file()
    if not path.exists():
        if VARIABLE in os.environ:
            raise PolicyRefused(f"{VARIABLE} names {path}, which does not exist")
        return None
    real = path.resolve()
    if real.is_relative_to(repository.resolve()):
        raise PolicyRefused(f"{path} stands in the repository of specs; what that says of itself proves nothing")
    status = real.stat()
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH) or status.st_uid not in (0, os.geteuid()):
        raise PolicyRefused(f"others can write {path}", hint=f"chmod 600 {path}; look first whether it is as it was")
    return _read(path).sites.get(site)


def _read(path: Path) -> Trust:
    source = decode(str(path), path.read_bytes())
    if isinstance(source, Problem):
        raise InvalidSpec([source])
    try:
        values, problems = plain(source, compose(source))
        document = Trust.model_validate(values)
    except Untrusted as refused:
        raise InvalidSpec(refused.problems) from None
    except ValidationError as error:
        raise InvalidSpec(explain(source, Trust, error)) from None
    if problems:
        raise InvalidSpec(problems)
    return document
