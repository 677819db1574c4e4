"""Lines for a shell: what is written is what a shell takes it for, and a comment is never anything else."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.render.shell import Option, Variable, command, comment, export

NASTY = [
    "$(touch made)",
    "`touch made`",
    "a\ntouch made",
    "a\rtouch made",
    "'; touch made; '",
    '"$HOME"',
    "\\",
    "!!",
    "",
]
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=40)


def said(script: str) -> str:
    """Run a script; return what it prints."""
    return subprocess.run(["sh", "-c", script], input=b"", capture_output=True, check=True).stdout.decode()


@pytest.mark.parametrize("text", NASTY)
def test_a_comment_does_nothing(text: str) -> None:
    assert said("\n".join([*comment(text), "echo whole"])) == "whole\n"


@settings(max_examples=50, deadline=None)
@given(TEXTS)
def test_no_text_leaves_its_comment(text: str) -> None:
    assert all(line.startswith("#") and line.isprintable() for line in comment(text))


@settings(max_examples=50, deadline=None)
@given(TEXTS)
def test_an_export_gives_exactly_its_value(text: str) -> None:
    assert said(export("VALUE", text) + "\nprintf '%s.' \"$VALUE\"") == f"{text}."


@pytest.mark.parametrize("text", NASTY)
def test_an_export_of_anything_gives_exactly_that(text: str) -> None:
    assert said(export("VALUE", text) + "\nprintf '%s.' \"$VALUE\"") == f"{text}."


def test_what_is_no_name_of_a_variable_is_not_exported() -> None:
    assert said(export("A;touch made", "1") + "\necho whole") == "whole\n"


def test_a_selection_reads_as_people_write_it() -> None:
    written = export("SELECTION_BIAS", "(instrument='Cam' and exposure in (1..3))")
    assert written == """export SELECTION_BIAS="(instrument='Cam' and exposure in (1..3))\""""


def test_a_short_command_is_one_line() -> None:
    assert list(command("bps", "submit", Variable("CP_PIPE_DIR", "/bps/templates/bps_bias.yaml"))) == [
        "bps submit ${CP_PIPE_DIR}/bps/templates/bps_bias.yaml"
    ]


def test_a_long_command_goes_over_several_lines_that_are_one_command() -> None:
    words = ("x" * 60, "it's", "y" * 60)
    lines = list(command("printf", "%s|", Variable("REPO"), Option("--mode", "pre pend"), *words))
    assert lines[0] == "printf '%s|' $REPO \\"
    assert said("REPO=here\n" + "\n".join(lines)) == "|".join(("here", "--mode", "pre pend", *words, ""))
