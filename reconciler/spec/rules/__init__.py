"""The rules that documents must keep, checked without a Butler.

A rule is a function from a `Context` to problems. `LOCAL` rules look at one document at a time and hold even when other
documents could not be read; `CROSS` rules compare documents. A new rule is one function and one line here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..problems import Problem
from . import (
    chains,
    curated,
    destinations,
    examinations,
    locks,
    naming,
    places,
    policies,
    products,
    selections,
    windows,
)
from .context import Context

Rule = Callable[[Context], Iterator[Problem]]

LOCAL: tuple[Rule, ...] = (
    naming.tickets,
    naming.tags_and_prefixes,
    naming.curated_collections,
    naming.folders,
    naming.collections,
    naming.user_collections,
    policies.in_place,
    windows.ends_before_it_begins,
    windows.verified_before_it_was_made,
    selections.grammar,
    selections.other_instruments,
    curated.files_exist,
    curated.data_ids,
)

CROSS: tuple[Rule, ...] = (
    places.unknown_places,
    places.releases,
    places.sites_twice,
    places.one_repository_each,
    policies.sites_exist,
    products.unknown_products,
    products.bands,
    products.inputs,
    products.joint_runs,
    products.runs_of_one_type,
    products.precursors,
    products.excused_detectors,
    products.made_twice,
    products.curated_twice,
    selections.unknown_selections,
    selections.unused_selections,
    selections.observation_types,
    selections.filters,
    chains.unexplained_members,
    chains.repeated_members,
    chains.unused_externals,
    chains.defined_twice,
    chains.circles,
    destinations.members_that_never_come,
    destinations.deployed_for_nobody,
    locks.orphans,
    locks.missing,
    locks.stale,
    locks.empty,
    examinations.can_be_verified,
    examinations.accepted_failures,
    examinations.thresholds,
    examinations.locked,
    examinations.construction_exposures,
)

__all__ = ["CROSS", "LOCAL", "Context", "Rule"]
