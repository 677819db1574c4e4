"""The composition root: from a site's document to the ports of this process. The only module that knows adapters."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from .archived import Archive
from .errors import ReconcileError, UsageError
from .intent import Desired
from .jobs import Progress
from .parcel import Counted
from .ports import Executor, Repository, Series, Store
from .spec.addresses import address
from .spec.documents import Influx, Site
from .spec.load import Tree
from .steps import World


@dataclass
class Place:
    """One site as this process has it: its document, its repositories, its executor."""

    site: Site
    root: Path
    repositories: Mapping[str, Repository]
    addresses: Mapping[str, str]
    """Place -> repository as Butler opens it."""
    executor: Executor
    store: Store | None = None
    stack: ExitStack = field(default_factory=ExitStack)

    @property
    def work(self) -> Path:
        """Directory of submissions and journal."""
        return (self.root / self.site.work).resolve()

    def archive(self, want: Desired) -> Archive | None:
        """Return the archive as far as the specs speak of it; None if the site has none, or nothing is wanted of it."""
        return Archive(self.store, want.archived) if self.store is not None and want.archived else None

    def world(self, progress: Progress, copied: Counted, archive: Archive | None = None) -> World:
        """Return the ports that steps act through."""
        host = socket.gethostname()
        return World(self.repositories, self.executor, self.work, host, progress=progress, copied=copied, store=archive)

    def close(self) -> None:
        """Close what is open."""
        self.stack.close()


def choose(tree: Tree, name: str | None) -> Site:
    """Return the site of that name, or the only one there is."""
    sites = {one.document.site: one.document for one in tree.sites}
    if name is None and len(sites) == 1:
        return next(iter(sites.values()))
    if name is None:
        raise UsageError(f"which site? There are {', '.join(sorted(sites)) or 'none'}", hint="type --site NAME")
    if name not in sites:
        raise UsageError(f"no site {name} in sites/; there are {', '.join(sorted(sites)) or 'none'}")
    return sites[name]


def connect(site: Site, root: Path) -> Place:
    """Return the site's ports; repositories are opened when they are first used."""
    from .adapters.butler import ButlerRepository
    from .adapters.pipetask import PipetaskExecutor
    from .adapters.unsupported import UnsupportedEngine

    addresses = {f"{site.site}/{name}": address(r.butler, root) for name, r in site.repositories.items()}
    repositories = {place: ButlerRepository(place, address) for place, address in addresses.items()}
    releases = {name: _paths(release.environment, root) for name, release in site.releases.items()}
    config = str((root / site.engine.config).resolve()) if site.engine.config else None
    if site.engine.kind == "pipetask":
        executor: Executor = PipetaskExecutor(addresses, releases, site_config=config, processes=site.engine.processes)
    else:
        executor = UnsupportedEngine(site.engine.kind)
    stack = ExitStack()
    for repository in repositories.values():
        stack.callback(repository.close)
    return Place(site, root, repositories, addresses, executor, archive(site, root), stack)


def archive(site: Site, root: Path) -> Store | None:
    """Return the site's archive; None if it has none."""
    from .adapters.archive import archive_at

    return archive_at(address(site.archive, root)) if site.archive else None


def series(site: Site, root: Path) -> tuple[Series, ...]:
    """Return where what `daily` measures is kept; the first has all that ever was."""
    from .adapters.series.parquet import ParquetSeries

    files = ParquetSeries((root / site.series).resolve())
    return (files, _influx(site.influx)) if site.influx else (files,)


def _influx(influx: Influx) -> Series:
    from .adapters.series.http import Server
    from .adapters.series.influx import InfluxSeries

    token = os.environ.get(influx.token) if influx.token else None
    if influx.token and not token:
        raise UsageError(f"{influx.url}: the environment variable {influx.token}, its token, is not set")
    return InfluxSeries(Server(influx.url, token), influx.database)


def _paths(environment: Mapping[str, str], root: Path) -> dict[str, str]:
    """Return a release's variables with their paths complete, so that specs need not name this machine's.

    `./...` is relative to the root of the git repository, `package:NAME` is the directory of an installed package.
    """
    return {name: _path(value, root) for name, value in environment.items()}


def _path(value: str, root: Path) -> str:
    if value.startswith("./"):
        return str((root / value).resolve())
    if not value.startswith("package:"):
        return value
    spec = find_spec(value.removeprefix("package:"))
    if spec is None or not spec.submodule_search_locations:
        raise ReconcileError(f"package {value.removeprefix('package:')} is not installed, which sites/ asks for")
    return str(spec.submodule_search_locations[0])
