"""What every exception becomes: words and an exit code."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from typer.exceptions import Abort, Exit, TyperException

from reconciler.cli.failures import reported
from reconciler.errors import (
    ApprovalMissing,
    ExitCode,
    Locked,
    PolicyRefused,
    ReconcileError,
    StalePlan,
    Unreachable,
    UsageError,
    worst,
)


def raising(error: BaseException) -> Callable[[], int]:
    def command() -> int:
        raise error

    return command


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (ReconcileError("a", hint="b"), 1, "reconcile: a\n  b\n"),
        (UsageError("a"), 64, "reconcile: a\n"),
        (ApprovalMissing("a"), 4, "reconcile: a\n"),
        (PolicyRefused("a"), 5, "reconcile: a\n"),
        (StalePlan("a"), 6, "reconcile: a\n"),
        (Locked("a"), 7, "reconcile: a\n"),
        (Unreachable("a"), 11, "reconcile: a\n"),
        (FileNotFoundError(2, "No such file", "x.plan"), 1, "reconcile: x.plan: No such file\n"),
        (OSError("odd"), 1, "reconcile: odd\n"),
        (TyperException("No such option"), 64, "reconcile: No such option\n  `reconcile --help` lists the commands\n"),
        (Exit(3), 3, ""),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_exception_becomes_words_and_an_exit_code(
    capsys: pytest.CaptureFixture[str], error: BaseException, code: int, words: str
) -> None:
    assert reported([], raising(error)) == code
    assert capsys.readouterr().err == words


@pytest.mark.parametrize("command", [raising(KeyboardInterrupt()), raising(Abort()), lambda: 130])
def test_an_interruption_is_told(capsys: pytest.CaptureFixture[str], command: Callable[[], int]) -> None:
    assert reported([], command) == 130
    assert "interrupted" in capsys.readouterr().err


def test_success_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert reported([], lambda: None) == 0
    assert capsys.readouterr() == ("", "")


def test_a_bug_is_a_report_with_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert reported(["plan"], raising(ZeroDivisionError())) == 70
    assert "command: reconcile plan\n" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("codes", "first"),
    [((2, 10), 10), ((4, 10), 4), ((5, 4), 5), ((9, 5), 9), ((1, 9), 1), ((8, 1), 8), ((6, 8), 6), ((7, 6), 7),
     ((11, 7), 11), ((3, 11), 3), ((130, 3), 130), ((70, 130), 70), ((0, 2), 2), ((), 0)],
)  # fmt: skip
def test_the_exit_code_that_ranks_highest_wins(codes: tuple[int, ...], first: int) -> None:
    assert worst(ExitCode(code) for code in reversed(codes)) == first
