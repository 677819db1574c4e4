"""The software rule: what a RUN says that it was made with is what its release is at this site.

A release of a site's document may state versions of packages (`packages:`); the names are those that Butler's own
dataset `packages` has. Compared are the generations and verifications of every set that science is to see: what
differs, and what is not recorded where a version is stated, keeps the set out. Nothing is remembered or rebuilt.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import TypeAlias

from .facts import Software
from .intent import Desired
from .look import Look
from .ports import Repository
from .seals import Seal
from .state import Owned
from .words import count
from .work import Generation

Versions: TypeAlias = Mapping[str, str]
"""Package -> version, or in a release a pattern for it, such as `30.2026.*`."""
_SNAPSHOT = "a snapshot does not tell what it was made with"
MANY = 5
"""Packages that differ are named one by one up to here."""


@dataclass(frozen=True, slots=True)
class Built:
    """One generation, what its release states, and what its RUN records."""

    leaf: str
    release: str
    stated: Versions
    recorded: Versions | None

    @property
    def name(self) -> str:
        """The last word of its leaf."""
        return self.leaf.rpartition("/")[2]


def compared(
    seen: Look, want: Desired, repositories: Mapping[str, Repository] | None, subjects: Iterable[Owned]
) -> Look:
    """Return the look with the software of these members of chains among its facts.

    Without repositories, from a snapshot, nothing is known of any RUN.
    """
    made = {owned: tuple(_made(owned, want, seen)) for owned in subjects}
    runs: dict[str, set[str]] = {}
    for owned, works in made.items():
        runs.setdefault(owned.place, set()).update(seal.run for _, seal in works)
    known = {
        place: repositories[place].versions(tuple(sorted(names))) if repositories and names else {}
        for place, names in runs.items()
    }
    found: dict[str, Software] = {}
    for owned, works in made.items():
        built = [
            Built(work.key.leaf, work.release, want.releases.get(work.release, {}), known[owned.place].get(seal.run))
            for work, seal in works
        ]
        unread = repositories is None and any(one.stated for one in built)
        found[owned.member] = Software((_SNAPSHOT,) if unread else tuple(_differing(built)), mixed(built))
    return replace(seen, facts=replace(seen.facts, software=found)) if found else seen


def _made(owned: Owned, want: Desired, seen: Look) -> Iterator[tuple[Generation, Seal]]:
    """Yield what the sets behind a member have made, and are wanted to have; what is not built yet says so itself."""
    seals = seen.facts.seals(owned.place)
    below = tuple(f"{one.chain.name}/" for one in want.evidence_of(owned.place, owned.member))
    for key, work in sorted(want.works.items()):
        inside = key.place == owned.place and bool(below) and key.leaf.startswith(below)
        if inside and isinstance(work, Generation) and key.leaf in seals:
            yield work, seals[key.leaf]


def _differing(built: Iterable[Built]) -> Iterator[str]:
    """Yield in words what was made with other versions than its release states, or with what nobody knows."""
    fates: dict[tuple[str, str, str, str | None], list[str]] = {}
    for one in built:
        for package, expected in sorted(one.stated.items()):
            version = None if one.recorded is None else one.recorded.get(package)
            if version is None or not fnmatchcase(version, expected):
                fates.setdefault((one.release, package, expected, version), []).append(one.name)
    for (release, package, expected, version), names in fates.items():
        who = ", ".join(names)
        made = f"is not known to be made with {package}" if version is None else f"was made with {package} {version}"
        yield f"{who} {made}, and {release} has {expected}"


def mixed(built: Iterable[Built]) -> str:
    """Return which packages generations of one set record in differing versions; empty if they are all alike."""
    versions: dict[str, dict[str, list[str]]] = {}
    for one in built:
        for package, version in (one.recorded or {}).items():
            versions.setdefault(package, {}).setdefault(version, []).append(one.name)
    differing = [
        f"{package} " + " or ".join(f"{version} ({', '.join(names)})" for version, names in sorted(by.items()))
        for package, by in sorted(versions.items())
        if len(by) > 1
    ]
    more = [f"and {count(len(differing) - MANY, 'more package')}"] if len(differing) > MANY else []
    return "; ".join((*differing[:MANY], *more))
