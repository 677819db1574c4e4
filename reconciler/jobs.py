"""Pipelines to run: what an executor is given, the graph that it builds, and what is known of it afterwards."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias


@dataclass(frozen=True, slots=True)
class Job:
    """One pipeline to run: a template, the environment it is rendered with, and where the results go.

    Attributes
    ----------
    template
        Name of the bps template, looked for in `bps/templates` below the directory that the variable `home` names.
    environment
        The variables of DMTN-222 section 6.
    data_query
        The locked exposures as a Butler expression; replaces the template's query of the selection.
    inputs
        Flattened input collections, in search order.
    submission
        Directory for what belongs to this attempt: wrapper, graph, logs, the mark of life.
    host, started
        Where the work was claimed, and when (ISO 8601, UTC).
    """

    place: str
    leaf: str
    run: str
    template: str
    release: str
    environment: Mapping[str, str]
    data_query: str
    inputs: tuple[str, ...]
    submission: str
    overrides: Mapping[str, str] = field(default_factory=dict)
    home: str = "CP_PIPE_DIR"
    host: str = ""
    started: str = ""


@dataclass(frozen=True, slots=True)
class Pick:
    """A calibration that a graph took: which quantum of which task took which dataset for which exposures.

    `exposures` is empty for a quantum without an exposure dimension (a combining one).
    """

    task: str
    dataset_type: str
    data_id: str
    uuid: str
    run: str
    exposures: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Lack:
    """A calibration that a task takes where there is one, and of which a quantum of it found none."""

    task: str
    dataset_type: str
    data_id: str
    """That of the quantum."""


@dataclass(frozen=True, slots=True)
class Graph:
    """A built graph: how many quanta are left to run, which calibrations they picked, and which they did without."""

    job: Job
    quanta: int
    picks: tuple[Pick, ...]
    lacks: tuple[Lack, ...] = ()


JobState: TypeAlias = Literal["absent", "running", "ended"]


@dataclass(frozen=True, slots=True)
class Status:
    """Whether a job is under way, and what its own report says; the repository tells what it made.

    `failures` name quanta that failed, with their reason, as far as the engine tells.
    """

    state: JobState
    failures: tuple[str, ...] = ()


Progress: TypeAlias = Callable[[Job, int, int], None]
"""Told whenever a quantum has ended: of which job, how many of it have, and how many there are."""
