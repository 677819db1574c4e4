"""`python -m processing`: make repositories, ingest raws, simulate nights, draw, add cameras.

Exit status: 0 done; 1 something was refused or failed (named on stderr, and in the JSON with --json); 64 usage.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

from processing.errors import ProcessingError

USAGE = 64

EFFECTS = (
    "vignetting, pixel_response, dust_spots, cold_pixels, dark_current, hot_pixels, bad_columns, photon_noise, "
    "cosmic_rays, brighter_fatter, full_well_e, parallel_cti, serial_cti, parallel_traps_e, serial_traps_e, "
    "gain_spread, nonlinearity, crosstalk, bias_structure, read_noise"
)
"""Said here for --help, so that no command pays for the simulator; a test compares."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Leave with the status that all our commands have for wrong usage."""
        self.print_usage(sys.stderr)
        self.exit(USAGE, f"{self.prog}: {message}\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit status."""
    options = _parser().parse_args(arguments)
    try:
        result, refused = options.command(options)
    except ProcessingError as error:
        print(f"error: {error}", file=sys.stderr)
        result, refused = {"error": str(error)}, True
    if options.json:
        print(json.dumps(result, indent=1))
    elif "error" not in result:
        print(", ".join(f"{key} {value}" for key, value in result.items() if key != "refused"))
    return 1 if refused else 0


def _create(options: argparse.Namespace) -> tuple[dict[str, Any], bool]:
    from processing import camera_files
    from processing.butler import repository

    cameras = [camera_files.find(name) for name in options.camera]
    repository.create(options.repo, cameras, database=options.db, schema=options.schema)
    return {"repository": str(options.repo), "cameras": [c.name for c in cameras]}, False


def _ingest(options: argparse.Namespace) -> tuple[dict[str, Any], bool]:
    from dataclasses import asdict

    from processing import camera_files
    from processing.butler import ingest, repository

    camera = camera_files.find(options.camera)
    run = options.run or f"{camera.name}/raw/all"
    with repository.open_butler(options.repo, writeable=True) as butler:
        files = ingest.raw_files(options.files)
        outcome = ingest.ingest(butler, camera, files, run=run, transfer=options.transfer)
    for refusal in outcome.refused:
        print(f"refused: {refusal.file}: {refusal.why}", file=sys.stderr)
    return asdict(outcome), bool(outcome.refused)


def _simulate(options: argparse.Namespace) -> tuple[dict[str, Any], bool]:
    from processing import camera_files
    from processing.simulation import curated, effects, night, plan

    camera = camera_files.find(options.camera)
    blocks = plan.read_plan(options.plan) if options.plan else _one_night(options)
    paths = night.write(
        options.outdir,
        camera,
        blocks,
        detectors=options.detectors or [d.id for d in camera.detectors],
        seed=options.seed,
        amplifier_size=options.amp_size,
        effects=effects.parse(options.effect, options.effects),
    )
    result: dict[str, Any] = {"written": len(paths), "directory": str(options.outdir)}
    if options.curated:
        result["curated"] = len(curated.write(options.outdir, options.curated))
    return result, False


def _one_night(options: argparse.Namespace) -> Any:
    from processing.simulation import plan

    return plan.simple_plan(
        options.night,
        first_seq=options.first_seq,
        bias=options.bias,
        dark=options.dark,
        dark_time=options.exptime,
        flats=options.flat,
    )


def _truth(options: argparse.Namespace) -> tuple[dict[str, Any], bool]:
    from processing.simulation import curated

    return {
        "written": len(curated.write(options.raws, options.into, options.date)),
        "directory": str(options.into),
    }, False


def _draw(options: argparse.Namespace) -> tuple[dict[str, Any], bool]:
    from processing.butler import draw, repository

    with repository.open_butler(options.repo, writeable=False) as butler:
        written = draw.draw(butler, options.type, options.collections, options.into)
    return {"written": [str(path) for path in written]}, False


def _add_camera(options: argparse.Namespace) -> tuple[dict[str, Any], bool]:
    from processing import camera_files, layout

    written = layout.add_camera(options.yaml, options.into)
    print(
        f"now: export CP_PIPE_DIR={options.into.absolute()} "
        f"{camera_files.SEARCH_PATH}={(options.into / 'cameras').absolute()}",
        file=sys.stderr,
    )
    return {"written": [str(path) for path in written]}, False


def _layout(options: argparse.Namespace) -> tuple[dict[str, Any], bool]:
    from processing import camera_files, focal_plane

    options.into.parent.mkdir(parents=True, exist_ok=True)
    options.into.write_text(focal_plane.text(camera_files.find(options.camera)), encoding="utf-8")
    return {"written": [str(options.into)]}, False


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m processing", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    repo = commands.add_parser("repo", help="make a repository, ingest raws").add_subparsers(
        required=True, metavar="COMMAND"
    )
    _add_create(repo.add_parser("create", help="make a Butler repository"))
    _add_ingest(repo.add_parser("ingest", help="ingest raw FITS files"))
    _add_draw(commands.add_parser("draw", help="draw the calibrations of a repository as PNG"))
    _add_simulate(commands.add_parser("simulate", help="write simulated raws and their truth"))
    _add_truth(commands.add_parser("truth", help="write the truth of simulated raws as curated calibrations"))
    camera = commands.add_parser("camera", help="process a camera of your own").add_subparsers(
        required=True, metavar="COMMAND"
    )
    _add_camera_add(camera.add_parser("add", help="write pipelines and templates for a camera's YAML"))
    _add_camera_layout(camera.add_parser("layout", help="write where a camera's detectors lie, for reports"))
    return parser


def _add_camera_layout(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("camera", metavar="CAMERA", help="a camera's name")
    parser.add_argument("--into", type=Path, required=True, metavar="FILE", help="YAML, for `focal_plane` in specs")
    _finish(parser, _layout)


def _add_camera_add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("yaml", type=Path, metavar="YAML", help="its name is the camera's, plus .yaml")
    parser.add_argument("--into", type=Path, required=True, metavar="DIR", help="becomes a CP_PIPE_DIR")
    _finish(parser, _add_camera)


def _add_draw(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("repo", type=Path, metavar="REPO")
    parser.add_argument("--collections", type=_names, required=True, metavar="A,B", help="searched in this order")
    parser.add_argument("--type", required=True, metavar="NAME", help="dataset type: bias, flat, defects, cti, ...")
    parser.add_argument("--into", type=Path, required=True, metavar="DIR")
    _finish(parser, _draw)


def _add_create(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("repo", type=Path, metavar="REPO")
    parser.add_argument("--camera", action="append", required=True, metavar="NAME", help="may be repeated")
    parser.add_argument("--db", metavar="URL", help="postgresql://...; default: SQLite in REPO")
    parser.add_argument("--schema", metavar="NAMESPACE", help="schema of the database")
    _finish(parser, _create)


def _add_ingest(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("repo", type=Path, metavar="REPO")
    parser.add_argument("files", type=Path, nargs="+", metavar="FILES_OR_DIRS")
    parser.add_argument("--camera", required=True, metavar="NAME")
    parser.add_argument("--run", metavar="RUN", help="default: NAME/raw/all")
    parser.add_argument("--transfer", choices=["copy", "symlink", "direct"], default="copy")
    _finish(parser, _ingest)


def _add_simulate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("outdir", type=Path, metavar="OUTDIR")
    parser.add_argument("--camera", default="LSSTComCam", metavar="NAME")
    parser.add_argument("--plan", type=Path, metavar="FILE.yaml", help="instead of the options of one night")
    parser.add_argument("--night", type=int, default=20241208, metavar="YYYYMMDD")
    parser.add_argument("--first-seq", type=int, default=1, metavar="N")
    parser.add_argument("--bias", type=int, default=0, metavar="N")
    parser.add_argument("--dark", type=int, default=0, metavar="N")
    parser.add_argument("--exptime", type=float, default=300.0, metavar="S", help="of each dark, seconds")
    parser.add_argument(
        "--flat",
        type=_flat,
        action="append",
        default=[],
        metavar="BAND:N[:E,E,...]",
        help="N flats; with levels in electrons, N at each",
    )
    parser.add_argument("--amp-size", type=_size, metavar="NXxNY", help="pixels of one amplifier; default: real")
    parser.add_argument("--detectors", type=_numbers, metavar="0,1,4..6", help="default: all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--effects", default="plain", metavar="PRESET", help="plain (default), realistic or all")
    parser.add_argument(
        "--effect",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help=f"switch on, off or to a strength one of {EFFECTS}; may be repeated; a mistake is told what each means",
    )
    parser.add_argument("--curated", type=Path, metavar="DIR", help="write the truth there too, as `truth` does")
    _finish(parser, _simulate)


def _add_truth(parser: argparse.ArgumentParser) -> None:
    parser.description = """Write what the simulator knows as calibration files that signature removal takes:
        crosstalk, linearizer, ptc, bfk, cti, manual_defects of each detector, and camera. DIR/datasets.yaml lists them
        as a CuratedSet beside DIR does under `datasets:`. Example: python -m processing truth raws --into curated"""
    parser.add_argument("raws", type=Path, metavar="RAWS", help="a directory that `simulate` has written")
    parser.add_argument("--into", type=Path, required=True, metavar="DIR")
    parser.add_argument("--from", dest="date", type=datetime.fromisoformat, metavar="UTC", help="default: always valid")
    _finish(parser, _truth)


def _finish(parser: argparse.ArgumentParser, command: Any) -> None:
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.set_defaults(command=command)


def _names(text: str) -> list[str]:
    return text.split(",")


def _flat(text: str) -> tuple[str, int, tuple[float, ...]]:
    band, count, *levels = text.split(":")
    return band, int(count), tuple(float(each) for each in ",".join(levels).split(",") if each)


def _size(text: str) -> tuple[int, int]:
    columns, rows = text.lower().split("x")
    return int(columns), int(rows)


def _numbers(text: str) -> list[int]:
    found: list[int] = []
    for part in text.split(","):
        first, _, last = part.partition("..")
        found.extend(range(int(first), int(last or first) + 1))
    return found


if __name__ == "__main__":
    sys.exit(main())
