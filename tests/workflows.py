"""Workflows as tests read and run them: their steps are plain commands, so a test types them too."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parents[1] / ".github" / "workflows"
_EXPRESSION = re.compile(r"\$\{\{ *([\w.]+) *\}\}", re.ASCII)


def workflow(name: str) -> dict[str, Any]:
    """Return a workflow of the project. YAML 1.1 takes the word `on` for a boolean; here it is a word again."""
    content: dict[Any, Any] = yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))
    return {("on" if key is True else key): value for key, value in content.items()}


def steps(content: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield every step of every job."""
    for job in content["jobs"].values():
        yield from job["steps"]


@dataclass(frozen=True)
class Told:
    """What a job left: what each of its commands wrote, its summary, and the code of the step that ended it."""

    code: int
    log: str
    summary: str


@dataclass
class Runner:
    """A machine that runs the commands of a job, one after another, as GitHub's runner does.

    What `uses` an action is not run: whoever tests has laid out what it would have brought. The environment is all
    that its commands know.
    """

    workspace: Path
    environment: Mapping[str, str]
    replaced: Mapping[str, str] = field(default_factory=dict)
    """Values of the job's `env` that the repository would have instead of what is written there."""

    def run(self, name: str, job: str, site: str) -> Told:
        """Run a job for a site."""
        for file in self.workspace.glob(".told-*"):
            file.unlink()
        content = workflow(name)
        known = {"matrix.site": site}
        env = {key: _filled(value, known) for key, value in content["jobs"][job].get("env", {}).items()}
        env |= {key: value for key, value in self.replaced.items() if key in env}
        log = ""
        for step in content["jobs"][job]["steps"]:
            outputs = {f"env.{key}": value for key, value in env.items()} | self._outputs(step_ids(content, job))
            if "run" not in step or not outputs.get(step.get("if", ""), "if" not in step):
                continue
            done = self._typed(step["run"], env, step.get("id", ""))
            log += done.stdout
            if done.returncode:
                return Told(done.returncode, log, self._file("summary").read_text())
        return Told(0, log, self._file("summary").read_text())

    def _typed(self, lines: str, env: Mapping[str, str], step: str) -> subprocess.CompletedProcess[str]:
        files = {"GITHUB_STEP_SUMMARY": self._file("summary"), "GITHUB_OUTPUT": self._file(f"output-{step}")}
        environment = {**self.environment, **env, **{key: str(path) for key, path in files.items()}}
        both = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        command = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", lines]
        return subprocess.run(command, cwd=self.workspace, env=environment, text=True, check=False, **both)

    def _outputs(self, ids: tuple[str, ...]) -> dict[str, str]:
        lines = ((one, line) for one in ids for line in self._file(f"output-{one}").read_text().splitlines())
        return {f"steps.{one}.outputs.{line.partition('=')[0]}": line.partition("=")[2] for one, line in lines}

    def _file(self, name: str) -> Path:
        path = self.workspace / f".told-{name}"
        path.touch()
        return path


def step_ids(content: Mapping[str, Any], job: str) -> tuple[str, ...]:
    """Return the names by which steps of a job refer to each other."""
    return tuple(step["id"] for step in content["jobs"][job]["steps"] if "id" in step)


def _filled(text: str, known: Mapping[str, str]) -> str:
    return _EXPRESSION.sub(lambda match: known[match[1]], text)
