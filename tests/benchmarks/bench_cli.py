"""`reconcile --help` against a bare typer app with as many commands and options and the same help texts.

python -m tests.benchmarks.bench_cli
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import typer

from reconciler.cli.main import app
from tests.benchmarks.harness import Report
from tests.benchmarks.processes import in_turns, median_ratio, run

TURNS = 21
OURS = [sys.executable, "-c", "from reconciler.cli.main import main; main()"]
HEAD = """from typing import Annotated
import typer
app = typer.Typer(name="bare", help={help!r}, epilog={epilog!r}, no_args_is_help=True, add_completion=False,
                  pretty_exceptions_enable=False, context_settings={{"help_option_names": ["-h", "--help"]}})
"""


def main() -> None:
    report = Report("reconcile --help")
    with TemporaryDirectory() as scratch:
        root = Path(scratch)
        (root / "bare.py").write_text("\n".join(bare_app()))
        for arguments in (["--help"], ["plan", "--help"]):
            compare(report, root, arguments)
    report.finish()


def compare(report: Report, root: Path, arguments: list[str]) -> None:
    """Time the help that both print."""
    works = {
        "bare": partial(run, [sys.executable, "bare.py", *arguments], root),
        "ours": partial(run, [*OURS, *arguments], root),
    }
    used = in_turns(works, turns=TURNS)
    name = " ".join(arguments)
    report.add(f"bare typer app, {name}", median(one.cpu_s for one in used["bare"]), "s")
    report.add(f"reconcile {name}", median(one.cpu_s for one in used["ours"]), "s")
    for what, of in (("takes", lambda one: one.cpu_s), ("on the clock", lambda one: one.wall_s)):
        bound = 1.3 if what == "takes" else None
        report.add(f"  {what}", median_ratio(used["ours"], used["bare"], of), "x the bare app", at_most=bound)


def bare_app() -> Iterator[str]:
    """Yield the source of an app with our commands, each with our options and arguments, which does nothing."""
    yield HEAD.format(help=app.info.help, epilog=app.info.epilog)
    group: Any = typer.main.get_command(app)
    for command in group.commands.values():
        parameters = ", ".join(_parameter(one) for one in command.params)
        yield f"@app.command({command.name!r}, epilog={command.epilog!r})"
        yield f"def {command.name}({parameters}) -> None:\n    {command.help!r}\n"
    yield "app()"


def _parameter(one: Any) -> str:
    if one.param_type_name == "argument":
        return f"{one.name}: Annotated[str, typer.Argument(help={one.help!r})] = ''"
    kind, default = ("bool", False) if one.is_flag else ("str", "")
    names = ", ".join(map(repr, one.opts))
    return f"{one.name}: Annotated[{kind}, typer.Option({names}, help={one.help!r})] = {default!r}"


if __name__ == "__main__":
    main()
