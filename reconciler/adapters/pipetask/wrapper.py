"""The wrapper: a generated bps configuration that includes the template and the site, and whose own values win.

Both engines read the same wrapper, with ctrl_bps's own reader, so that a template means one thing. The output
chain, output RUN, inputs, query, repository and submit directory come from the job, never from the template.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ...errors import ReconcileError
from ...jobs import Job
from . import template as templates
from .pipeline_files import missing_files
from .submission import write_text
from .template import Template, Tree
from .variables import placeholders_in, variables_in


@dataclass(frozen=True, slots=True)
class Recipe:
    """What bps reads in a wrapper, as far as this engine uses it.

    `overrides` are (task label, field, value) of the pipeline's configuration.
    """

    pipeline: str
    butler: str
    inputs: tuple[str, ...]
    run: str
    where: str
    overrides: tuple[tuple[str, str, str], ...]


def wrapper(job: Job, template: Template, butler: str, site_config: str | None) -> Tree:
    """Return the wrapper of a job."""
    includes = [str(template.path), *([str(Path(site_config).absolute())] if site_config else [])]
    tree: Tree = {
        "includeConfigs": includes,
        "submitPath": job.submission,
        "payload": {
            "output": job.leaf,
            "outputRun": job.run,
            "inCollection": ",".join(job.inputs),
            "butlerConfig": butler,
            "dataQuery": template.query(job.data_query),
        },
    }
    for key, value in job.overrides.items():
        if ":" not in key:
            tree = templates.merged(tree, _nested(key, value))
    return tree


def check(job: Job, template: Template, tree: Tree, site: Tree) -> None:
    """Refuse, all at once, what would go wrong or be passed by in silence."""
    whole = templates.merged(templates.merged(template.tree, site), tree)
    problems = [*_selection_problems(job, template), *templates.dishonoured(whole), *templates.unresolved(whole)]
    pipeline = whole.get("pipelineYaml")
    problems += missing_files(str(pipeline)) if pipeline else ["it names no pipelineYaml"]
    if problems:
        raise templates.refusal(template.path, problems)


def read(path: Path, job: Job) -> Recipe:
    """Read a wrapper as bps does, in the environment that is set."""
    from lsst.ctrl.bps import BpsConfig

    config = BpsConfig(str(path))
    recipe = Recipe(
        pipeline=config["pipelineYaml"],
        butler=config["butlerConfig"],
        inputs=tuple(config["inCollection"].split(",")),
        run=config["outputRun"],
        where=config["dataQuery"],
        overrides=tuple(_override(key, value) for key, value in job.overrides.items() if ":" in key),
    )
    for text in (recipe.pipeline, recipe.butler, *recipe.inputs, recipe.run, recipe.where):
        if left := (*variables_in(text), *placeholders_in(text)):
            raise ReconcileError(f"{path}: {', '.join(left)} stand unexpanded in {text!r}; nothing was submitted")
    return recipe


def write(path: Path, tree: Tree) -> None:
    """Write a wrapper where people and other engines find it."""
    write_text(path, yaml.safe_dump(tree, sort_keys=False, width=1 << 20))


def _selection_problems(job: Job, template: Template) -> Iterator[str]:
    selections = sorted(template.selections())
    if selections and not job.data_query:
        yield f"dataQuery selects by {selections[0]}, but the lock names no exposures for {job.leaf}"
    if len(selections) > 1:
        yield f"dataQuery uses {', '.join(selections)}, but a lock holds one selection for a product"


def _nested(key: str, value: str) -> dict[str, Any]:
    first, dot, rest = key.partition(".")
    return {first: _nested(rest, value) if dot else value}


def _override(key: str, value: str) -> tuple[str, str, str]:
    task, _, name = key.partition(":")
    return task, name, value
