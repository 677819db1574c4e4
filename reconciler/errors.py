"""What can go wrong, and the exit code that says so.

    ReconcileError            tell the user; no traceback
    ├── UsageError            64  the command line makes no sense
    ├── InvalidSpec            3  documents are wrong; carries every problem at once
    ├── ApprovalMissing        4
    ├── PolicyRefused          5
    ├── StalePlan              6  a saved plan whose facts have moved
    ├── Locked                 7  somebody else is at work
    └── Unreachable           11  a place could not be read: nothing is known, nothing is fine

Anything else that escapes is a bug of ours: exit 70 and a report to paste.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum


class ExitCode(IntEnum):
    """The exit codes of every command; part of the interface."""

    OK = 0
    ERROR = 1
    CHANGES = 2
    INVALID_SPEC = 3
    APPROVAL = 4
    POLICY = 5
    STALE = 6
    LOCKED = 7
    FAILED = 8
    VERIFICATION = 9
    WAITING = 10
    UNREACHABLE = 11
    USAGE = 64
    BUG = 70
    INTERRUPTED = 130


PRECEDENCE = (
    ExitCode.BUG,
    ExitCode.INTERRUPTED,
    ExitCode.USAGE,
    ExitCode.INVALID_SPEC,
    ExitCode.UNREACHABLE,
    ExitCode.LOCKED,
    ExitCode.STALE,
    ExitCode.FAILED,
    ExitCode.ERROR,
    ExitCode.VERIFICATION,
    ExitCode.POLICY,
    ExitCode.APPROVAL,
    ExitCode.WAITING,
    ExitCode.CHANGES,
    ExitCode.OK,
)
"""When several things are true at once, the first of these is the exit code."""


def worst(codes: Iterable[ExitCode]) -> ExitCode:
    """Return the exit code that outranks the others; OK of nothing."""
    return min(codes, key=PRECEDENCE.index, default=ExitCode.OK)


class ReconcileError(Exception):
    """Something that a person can act on: what happened, what was left done, what to type next."""

    exit_code = ExitCode.ERROR

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n  {self.hint}" if self.hint else self.message


class UsageError(ReconcileError):
    """The command line asks for something that does not exist."""

    exit_code = ExitCode.USAGE


class ApprovalMissing(ReconcileError):
    """A change waits for people to say yes."""

    exit_code = ExitCode.APPROVAL


class PolicyRefused(ReconcileError):
    """A rule of the site forbids what was asked."""

    exit_code = ExitCode.POLICY


class StalePlan(ReconcileError):
    """The repository is no longer as it was when the plan was saved."""

    exit_code = ExitCode.STALE


class Locked(ReconcileError):
    """Another process holds the lock."""

    exit_code = ExitCode.LOCKED


class Unreachable(ReconcileError):
    """A place could not be read or written."""

    exit_code = ExitCode.UNREACHABLE
