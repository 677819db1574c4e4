"""The board's table as one page that needs nothing else: to be put where everybody can read it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from .. import board as words
from ..board import Board

HERE = Path(__file__).parent


def html(board: Board) -> str:
    """Return the page."""
    style = Markup((HERE / "static" / "report.css").read_text(encoding="utf-8"))  # our own file
    return _environment().get_template("board.html").render(board=board, words=words, style=style)


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
