"""Looking at help or checking specs must not pay for what only Butler, git or a terminal needs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEAVY = frozenset({"lsst", "sqlalchemy", "numpy", "astropy", "deepdiff", "git", "rich"})
OURS = "from reconciler.cli.main import run; code = run(sys.argv[1:])"
BARE = """import typer
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
app.command()(lambda: None)
code = typer.main.get_command(app).main(sys.argv[1:], standalone_mode=False)
"""


def loaded(program: str, *arguments: str) -> set[str]:
    """Return the packages that a fresh process has imported after running a program that ends well."""
    script = f"import sys\n{program}\nassert not code\nprint(*{{name.split('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", script, *arguments], check=True, capture_output=True, text=True)
    return set(done.stdout.splitlines()[-1].split())


@pytest.mark.parametrize("arguments", [["--help"], ["plan", "--help"], ["validate", "--directory", str(ROOT)]])
def test_no_heavy_package_is_imported_but_what_typer_itself_needs(arguments: list[str]) -> None:
    assert loaded(OURS, *arguments) & HEAVY <= loaded(BARE, "--help")


def test_the_check_would_notice_a_heavy_package() -> None:
    assert "git" in loaded("import git; code = 0")
