"""What `daily` is asked about: from the words typed to an instrument, a day, a repository and a catalog."""

from __future__ import annotations

from dataclasses import dataclass

from ..daily.part import verifiable
from ..daily.streak import calendar_day
from ..daily.work import Day
from ..errors import ReconcileError, UsageError
from ..spec.documents import CatalogProduct, Site
from ..spec.instances import catalog_for
from ..spec.load import Tree
from ..spec.problems import listed, nearest


@dataclass(frozen=True, slots=True)
class Asked:
    """The options, as typed."""

    instrument: str
    day_obs: str
    types: str | None = None
    repository: str | None = None
    release: str | None = None
    raws: str | None = None


def day_of(asked: Asked, tree: Tree, site: Site) -> tuple[Day, dict[str, CatalogProduct]]:
    """Return the day, and the products that it may verify."""
    day, place = _number(asked.day_obs), _place(asked, site)
    release = _release(asked, site)
    catalog = catalog_for((one.document for one in tree.catalogs), asked.instrument, release)
    if catalog is None:
        raise UsageError(
            f"no catalog of {asked.instrument} for release {release}: nothing says how it is verified",
            hint=f"specs/{asked.instrument}/catalog.yaml, with the release under `releases`",
        )
    raws = asked.raws or f"{asked.instrument}/raw/all"
    return Day(place, asked.instrument, day, raws, release, catalog), _products(asked, verifiable(catalog))


def _number(text: str) -> int:
    try:
        number = int(text) if text.isascii() and text.isdigit() else 0
        calendar_day(number)
    except ValueError as error:
        said = str(error) if number else f"{text!r} is not a day like 20241208"
        raise UsageError(f"--day-obs: {said}", hint="the date on which the night began, such as 20241208") from None
    return number


def _place(asked: Asked, site: Site) -> str:
    """Return the repository that was typed, or the only one that holds the instrument."""
    known = sorted({name for one in site.repositories.values() for name in one.instruments})
    _refuse_unknown("instrument", asked.instrument, known, f"site {site.site} holds")
    holding = [name for name, one in site.repositories.items() if asked.instrument in one.instruments]
    if asked.repository is not None:
        _refuse_unknown("repository", asked.repository, holding, f"{asked.instrument} is in")
        return f"{site.site}/{asked.repository}"
    if len(holding) > 1:
        where = f"{listed(holding)} of {site.site}"
        raise UsageError(f"which repository? {asked.instrument} is in {where}", hint="type --repository NAME")
    return f"{site.site}/{holding[0]}"


def _release(asked: Asked, site: Site) -> str:
    known = list(site.releases)
    if asked.release is not None:
        _refuse_unknown("release", asked.release, known, f"site {site.site} knows")
        return asked.release
    if len(known) != 1:
        raise UsageError(f"which release? Site {site.site} knows {listed(known)}", hint="type --release NAME")
    return known[0]


def _products(asked: Asked, products: dict[str, CatalogProduct]) -> dict[str, CatalogProduct]:
    """Return the products of the types that were typed, or all."""
    if not products:
        raise ReconcileError(
            f"the catalog of {asked.instrument} verifies nothing that is taken day by day",
            hint="give its products `verify`, and `observation_type` for what is to be verified on new exposures",
        )
    known = sorted({one.observation_type for one in products.values() if one.observation_type})
    wanted = [name.strip() for name in asked.types.split(",")] if asked.types is not None else known
    for name in wanted:
        _refuse_unknown("type", name, known, f"the catalog of {asked.instrument} verifies")
    return {name: one for name, one in products.items() if one.observation_type in wanted}


def _refuse_unknown(what: str, typed: str, known: list[str], who: str) -> None:
    if typed not in known:
        near = nearest(typed, known)
        raise UsageError(
            f"--{what} {typed}: {who} {listed(known) or 'none'}", hint=f"did you mean {near}?" if near else ""
        )
