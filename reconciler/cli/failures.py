"""What every exception becomes: a message for people, and an exit code. The one place that catches everything."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence

from typer.exceptions import Abort, Exit, TyperException

from ..errors import ExitCode, ReconcileError

_INTERRUPTED = "reconcile: interrupted; what was done is done, and apply goes on from there"


def reported(arguments: Sequence[str], command: Callable[[], int | None]) -> ExitCode:
    """Run a command; report what escapes it on standard error; return the exit code."""
    try:
        code = ExitCode(command() or 0)
        if code is ExitCode.INTERRUPTED:  # typer swallows Ctrl-C and returns its exit code
            _say(_INTERRUPTED)
        return code
    except Exit as end:
        return ExitCode(end.exit_code)
    except TyperException as error:
        _say(f"reconcile: {error.format_message()}\n  `reconcile --help` lists the commands")
        return ExitCode.USAGE
    except ReconcileError as error:
        _say(f"reconcile: {error}")
        return error.exit_code
    except (KeyboardInterrupt, Abort):
        _say(_INTERRUPTED)
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has enough; Python must not complain when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.OK
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        _say(f"reconcile: {where}{error.strerror or error}")
        return ExitCode.ERROR
    except Exception:  # noqa: BLE001  # the last net: a bug of ours becomes a report to paste
        _say(_report(arguments))
        return ExitCode.BUG


def _report(arguments: Sequence[str]) -> str:
    import platform
    import traceback
    from importlib.metadata import version

    return (
        "reconcile: this is a bug of ours; nothing more was done. Please report it with what follows.\n"
        f"command: reconcile {' '.join(arguments)}\n"
        f"version: {version('reconcile-calibrations')}, Python {platform.python_version()}, {platform.platform()}\n"
        f"{traceback.format_exc()}"
    )


def _say(message: str) -> None:
    sys.stderr.write(message.rstrip() + "\n")
