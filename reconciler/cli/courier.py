"""`reconcile courier`: sets on a disk, for sites without a path to the archive, and for people without this tool."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from ..adapters.archive import archive_at, make_folder, refuse_used, write_folder
from ..archived import agreed
from ..courier import Load, carry
from ..errors import ExitCode, ReconcileError, UsageError
from ..exporting import FILE, export
from ..ports import Store
from ..render.butler_export import export_yaml
from ..site import archive, choose
from ..spec.load import Tree
from ..words import count, megabytes
from .output import progress, write, write_json
from .session import read


def pack(tickets: tuple[str, ...], into: Path, directory: Path, site: str | None, *, as_json: bool) -> ExitCode:
    """Copy sets from the site's archive into a directory, which is an archive itself."""
    _, tree = read(directory)
    store = _archive(tree, site)
    make_folder(into)
    with progress() as shown:
        carried = carry(store, archive_at(str(into)), frozenset(tickets), shown.copied)
    return _told(
        carried, f"`reconcile courier unpack {into}` puts it into the archive of another site.", as_json=as_json
    )


def unpack(source: Path, tickets: tuple[str, ...], directory: Path, site: str | None, *, as_json: bool) -> ExitCode:
    """Copy sets from such a directory into the site's archive; by default all that it holds."""
    _, tree = read(directory)
    store, disk = _archive(tree, site), archive_at(str(source))
    wanted = frozenset(tickets) or disk.tickets()
    if not wanted:
        raise ReconcileError(f"nothing was packed into {source}")
    with progress() as shown:
        carried = carry(disk, store, wanted, shown.copied)
    return _told(carried, "`reconcile plan` says what the site takes of it.", as_json=as_json)


def export_butler(ticket: str, into: Path, directory: Path, site: str | None, *, as_json: bool) -> ExitCode:
    """Write a Butler export of one ticket: files as the archive has them, validity and chain as the specs have them."""
    _, tree = read(directory)
    store = _archive(tree, site)
    parts = agreed(store.manifests(frozenset({ticket})))
    made = export(tree, ticket, parts)
    pieces = {piece.uuid: piece for part, _ in parts.values() for piece in store.pieces(part)}
    refuse_used(into, {FILE})
    make_folder(into)
    with progress() as shown:
        files = {one.path: pieces[one.item.uuid] for one in made.datasets}
        write_folder(into, files, {FILE: export_yaml(made)}, shown.copied)
    if as_json:
        write_json({"ticket": ticket, "files": len(files), "directory": str(into), "left_out": made.left_out})
        return ExitCode.OK
    lines = [
        f"{ticket}: {count(len(files), 'file')} and {into / FILE}",
        *(f"left out, since it is not of {ticket}: {name}" for name in made.left_out),
        "Into a repository that has the instrument and none of this yet:",
        f"  butler import REPOSITORY {into} --transfer copy -s instrument -s detector -s physical_filter",
    ]
    write("\n".join(lines))
    return ExitCode.OK


def _archive(tree: Tree, name: str | None) -> Store:
    site = choose(tree, name)
    if (store := archive(site, tree.root)) is None:
        raise UsageError(f"site {site.site} has no archive", hint="`archive:` in its document names one")
    return store


def _told(carried: dict[str, Load], hint: str, *, as_json: bool) -> ExitCode:
    if as_json:
        write_json({ticket: asdict(load) for ticket, load in carried.items()})
        return ExitCode.OK
    for ticket, load in carried.items():
        new = f"{load.copied} copied, {megabytes(load.size)}" if load.copied else "all there already"
        write(f"{ticket}: {count(load.manifests, 'manifest')}, {count(load.files, 'file')} ({new})")
    write(hint)
    return ExitCode.OK
