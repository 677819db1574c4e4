"""Places: that sites have the repositories and know the releases that specs name."""

from __future__ import annotations

from collections.abc import Iterator

from ..addresses import identity, is_shared
from ..documents import CalibrationSet, Chain, CuratedSet, Lock
from ..located import FieldPath
from ..problems import Problem, listed, nearest
from .context import Context


def unknown_places(context: Context) -> Iterator[Problem]:
    """Every place that a document names is a repository of a site and holds the document's instrument."""
    for one in context.tree.documents:
        for path, place in _places(one.document):
            held = context.instruments.get(place)
            if held is None:
                near = nearest(place, context.instruments)
                expected = f"one of {listed(context.instruments)}"
                yield one.problem("repository", path, f"no site has the repository {place!r}", expected, nearest=near)
            elif (instrument := getattr(one.document, "instrument", "")) not in held:
                yield one.problem("repository", path, f"{place} holds no {instrument}", f"a place of {instrument}")


def releases(context: Context) -> Iterator[Problem]:
    """A set's release is known to its catalog and to the site that builds it."""
    sites = {one.document.site: one.document for one in context.tree.sites}
    for subject in context.subjects:
        document = subject.document
        if subject.catalog is None:
            found = f"no catalog of {document.instrument} covers the release {document.release!r}"
            yield subject.located.problem("release", ("release",), found, "a Catalog with it under `releases`")
        site = sites.get(document.origin.partition("/")[0])
        if site and document.release not in site.releases:
            found = f"the site {site.site} does not know the release {document.release!r}"
            near = nearest(document.release, site.releases)
            expected = f"one of {listed(site.releases)}"
            yield subject.located.problem("release", ("release",), found, expected, nearest=near)


def sites_twice(context: Context) -> Iterator[Problem]:
    """A site is described once, a catalog too."""
    first: dict[tuple[str, ...], str] = {}
    for one in context.tree.sites:
        other = first.setdefault(("site", one.document.site), one.path)
        if other != one.path:
            yield one.problem(
                "site-twice", ("site",), f"{one.document.site} is already described by {other}", "one file"
            )
    for located in context.tree.catalogs:
        for index, release in enumerate(located.document.releases):
            other = first.setdefault((located.document.instrument, release), located.path)
            if other != located.path:
                found = f"{other} already has the products of {release!r}"
                yield located.problem("catalog-twice", ("releases", index), found, "one catalog per release")


def one_repository_each(context: Context) -> Iterator[Problem]:
    """No repository stands behind two places: what is meant for one of them would be written into the other.

    A complete path of another site is another machine's: there, who asks is told apart by the record in the repository.
    """
    first: dict[tuple[str, str], str] = {}
    for one in context.tree.sites:
        for name, repository in one.document.repositories.items():
            place, written = f"{one.document.site}/{name}", repository.butler
            machines = (one.document.site, "") if is_shared(written) else (one.document.site,)
            known = identity(written, context.tree.root)
            other = next((first[m, known] for m in machines if (m, known) in first), place)
            first.update({(machine, known): place for machine in machines if other == place})
            if other != place:
                found, expected = f"{written} is already {other}", "a repository of its own for each place"
                yield one.problem("repository-twice", ("repositories", name, "butler"), found, expected)


def _places(document: object) -> Iterator[tuple[FieldPath, str]]:
    match document:
        case CalibrationSet() | CuratedSet():
            yield from _of_made(document)
        case Lock():
            yield ("repository",), document.repository
        case Chain():
            yield from ((("repositories", index), place) for index, place in enumerate(document.repositories))
            yield from ((("exceptions", place), place) for place in document.exceptions)


def _of_made(document: CalibrationSet | CuratedSet) -> Iterator[tuple[FieldPath, str]]:
    yield ("origin",), document.origin
    for place in document.deployment.repositories if document.deployment else ():
        yield ("deployment", "repositories", place), place
