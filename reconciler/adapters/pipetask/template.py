"""A bps template on disk: found by name, read with plain YAML, and refused early if this engine cannot honour it.

Nothing here imports the middleware, so that a misspelt template costs milliseconds and not seconds.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ...errors import ReconcileError
from .variables import placeholders_in, unset_in

_RECIPE_KEYS = {
    "bpsGenerateConfig": "values computed by a function",
    "createQuantumGraph": "a command of its own to build the graph",
    "customJob": "a script in place of the pipeline",
    "environment": "variables for the jobs (name them in the site's release instead)",
    "extraInitOptions": "options of `pipetask pre-exec-init-qbb`",
    "extraQgraphOptions": "options of `pipetask qgraph`",
    "extraRunQuantumOptions": "options of `pipetask run-qbb`",
    "qgraphFile": "a graph that was built before",
    "runQuantumCommand": "a command of its own to run quanta",
}
"""Keys that change what is made, and that an engine which builds and runs the graph itself passes by."""

_SECTIONS = ("bps_cmdline", "payload", "cluster", "pipetask", "site", "cloud", "bps_defined")
"""Where bps looks for a value, before the root."""

_SELECTION = re.compile(r"\$(?:\{(SELECTION_\w+)\}|(SELECTION_\w+))")

Tree = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Template:
    """A template and what it includes, merged as bps merges them: the including file wins."""

    path: Path
    tree: Tree

    def query(self, locked: str) -> str:
        """Return the template's data query with the locked exposures in place of its selection.

        The text that a template appends (` and band='u'`) keeps its meaning because the locked query is put in
        parentheses. It is substituted in the text, not exported as a variable: the wrapper then says by itself
        what was selected, and thousands of exposures do not meet the limit of an environment string.
        """
        text = str(self.tree.get("payload", {}).get("dataQuery", "")).strip()
        if not locked:
            return text
        if _SELECTION.search(text):
            return _SELECTION.sub(lambda _: f"({locked})", text)
        return f"({text}) and ({locked})" if text else f"({locked})"

    def selections(self) -> frozenset[str]:
        """Return the names of the selection variables that the data query uses."""
        found = _SELECTION.findall(str(self.tree.get("payload", {}).get("dataQuery", "")))
        return frozenset(braced or bare for braced, bare in found)


def find(name: str, home: str = "CP_PIPE_DIR") -> Path:
    """Return the template's file in `bps/templates` below what the variable `home` says; no suffix is needed."""
    if home not in os.environ:
        raise ReconcileError(
            f"template {name}: {home} is not set",
            hint="Set it for the release in the site's configuration, to "
            f"{'cp_verify' if home == 'CP_VERIFY_DIR' else 'cp_pipe'} or to `processing/`.",
        )
    folder = Path(os.environ[home]).absolute() / "bps" / "templates"
    path = folder / (name if name.endswith((".yaml", ".yml")) else f"{name}.yaml")
    if path.is_file():
        return path
    there = sorted(p.name for p in folder.glob("*.yaml"))
    nearest = difflib.get_close_matches(path.name, there, n=3, cutoff=0.5) or there[:3]
    raise ReconcileError(
        f"there is no template {path.name} in {folder}",
        hint=f"Nearest: {', '.join(nearest)}." if nearest else "The directory holds no templates; check CP_PIPE_DIR.",
    )


def load(path: Path) -> Template:
    """Read a template with everything that it includes; raises a `ReconcileError` with every problem found."""
    problems: list[str] = []
    tree = _tree(path, problems)
    if problems:
        raise refusal(path, problems)
    return Template(path, tree)


def refusal(path: Path, problems: list[str]) -> ReconcileError:
    """Return the error that lists all problems of one template."""
    lines = "".join(f"\n  - {problem}" for problem in dict.fromkeys(problems))
    return ReconcileError(f"template {path} cannot be used here; nothing was submitted:{lines}")


def merged(low: Tree, high: Mapping[str, Any]) -> Tree:
    """Return `low` updated with `high`, section by section."""
    result = dict(low)
    for key, value in high.items():
        below = result.get(key)
        result[key] = merged(below, value) if isinstance(below, dict) and isinstance(value, Mapping) else value
    return result


def dishonoured(tree: Tree, where: str = "") -> Iterator[str]:
    """Yield the keys of a configuration that change the product but cannot be honoured by this engine."""
    for key, value in tree.items():
        if key in _RECIPE_KEYS and value:
            yield f"{where}{key} ({_RECIPE_KEYS[key]}) cannot be honoured by the engine `pipetask`"
        elif isinstance(value, dict):
            yield from dishonoured(value, f"{where}{key}.")
        elif isinstance(value, str) and "bpsEval(" in value:
            yield f"{where}{key} = {value!r} (a computed value) cannot be honoured by the engine `pipetask`"


def unresolved(tree: Tree) -> Iterator[str]:
    """Yield what the used values name but nothing sets: environment variables and placeholders."""
    waiting = {"pipelineYaml": tree.get("pipelineYaml"), **tree.get("payload", {})}
    seen: set[str] = set()
    while waiting:
        key, value = waiting.popitem()
        seen.add(key)
        text = str(value)
        yield from (f"{key}: the environment variable {name} is not set" for name in unset_in(text))
        for name in placeholders_in(text):
            found = _search(tree, name)
            if found is None:
                yield f"{key}: nothing is called {{{name}}}"
            elif name not in seen:
                waiting[name] = found


def _search(tree: Tree, name: str) -> object | None:
    for section in (*(tree.get(name) for name in _SECTIONS), tree):
        if isinstance(section, dict) and name in section:
            return section[name]
    return None


def _tree(path: Path, problems: list[str]) -> Tree:
    own = read_yaml(path, problems)
    below: Tree = {}
    for text in _listed(own.pop("includeConfigs", ())):
        included = _included(text, path)
        if included is None:
            unset = "".join(f"; {name} is not set" for name in unset_in(text))
            problems.append(f"{path.name} includes {text}, which does not exist{unset}")
        else:
            below = merged(below, _tree(included, problems))
    return merged(below, own)


def _included(text: str, by: Path) -> Path | None:
    name = Path(os.path.expandvars(text))
    return next((p for p in (Path.cwd() / name, by.parent / name) if p.is_file()), None)


def _listed(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def read_yaml(path: Path, problems: list[str]) -> Tree:
    """Return a YAML file's mapping; what is wrong with it joins the problems."""
    try:
        tree = yaml.safe_load(path.read_text())
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        problems.append(f"{path} cannot be read: {error}")
        return {}
    if not isinstance(tree, dict):
        problems.append(f"{path} holds no mapping")
        return {}
    return tree
