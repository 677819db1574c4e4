"""The construction record as a script: reviewed as a whole, and never a command that nobody meant."""

from __future__ import annotations

import csv
import os
import subprocess
from dataclasses import replace
from pathlib import Path

from reconciler.construction import Certified, Deed, Generated, Linked, Ordered, Strange, Unfinished
from reconciler.render import construction as render
from reconciler.render.construction import Record
from reconciler.seals import Claim, Construction, Seal
from reconciler.validity import BEGINNING, END, tai

GOLDEN = Path(__file__).parents[1] / "reports" / "construction.sh"
CHAIN = "LSSTComCam/calib/DM-48520"
ALL = tuple(f"instrument=LSSTComCam,detector={d}" for d in range(9))
VARIABLES = {
    "USER_CALIB_PREFIX": "",
    "INSTRUMENT": "LSSTComCam",
    "TICKET": "DM-48520",
    "TAG": "DP1",
    "RERUN": "20250207a",
    "RAW_COLLECTION": "LSSTComCam/raw/all",
    "CALIB_COLLECTIONS": "LSSTComCam/calib/DM-48650",
}


def leaf(stem: str) -> str:
    return f"{CHAIN}/DP1/{stem}.20250207a"


BIAS, DARK, VERIFY, DEFECTS = leaf("biasGen"), leaf("darkGen"), leaf("verifyBias"), f"{CHAIN}/unbounded"


def how(template: str, selection: str, query: str, *inputs: str, home: str = "CP_PIPE_DIR") -> Construction:
    return Construction(
        template=f"bps_{template}.yaml",
        home=home,
        variables={**VARIABLES, selection: query},
        inputs=(*inputs, "LSSTComCam/raw/all", "LSSTComCam/calib/DM-48650"),
        started="2025-02-08T18:50:10Z",
        finished="2025-02-08T19:02:11Z",
        host="sdfiana012",
        submission=f"/sdf/calib/submissions/{template}",
        versions={"cp_pipe": "g0a1b2c3", "numpy": "1.26.4", "python": "3.11.7"},
    )


def seal(product: str, exposures: str, made: Construction | None, **intent: object) -> Seal:
    whole = {"product": product, "release": "w_2025_05", "exposures": [exposures], **intent}
    run = f"{leaf(f'{product}Gen')}/20250208T185010Z"
    return Seal("sha256:0123456789abcdef", whole, run, {product: dict.fromkeys(ALL, "uuid")}, made)


def query(exposures: str) -> str:
    return f"(instrument='LSSTComCam' and exposure in ({exposures}))"


BIASES, DARKS = "2024120600427..2024120600446", "2024120600500..2024120600519"
MADE_BIAS = replace(
    how("bias", "SELECTION_BIAS", query(BIASES)),
    failures=("cpBiasCombine instrument=LSSTComCam,detector=8: RuntimeError: no\nsignal; rm -rf /",),
)
MADE_DARK = how("dark", "SELECTION_DARK", query(DARKS), CHAIN)
MADE_VERIFY = how("verify_bias", "SELECTION_BIAS_V", query(BIASES), home="CP_VERIFY_DIR")
FLAT_AS_SPECIFIED = Construction("bps_flat_r.yaml", "CP_PIPE_DIR", VARIABLES)
OVERRIDES = {"isr:doCrosstalk": False, "requestMemory": 4096}
CURATED = [
    ["defects", ALL[0], "sha-0", "Defects", ["instrument", "detector"]],
    ["defects", ALL[1], "sha-1", "Defects", ["instrument", "detector"]],
    ["camera", "instrument=LSSTComCam", "sha-2", "Camera", ["instrument"]],
]
FILES = Seal("sha256:1", {"curated": CURATED}, DEFECTS, {"defects": dict.fromkeys(ALL[:2], "uuid")})
PTC = "LSSTComCam/calib/DM-47447/gainFixup/ptcGen.20241107a/20241107T193934Z"
CTI = Claim("sha256:2", {}, "run1", (), 1, "sdfiana012", "/sdf/calib/submissions/cti", "2025-02-08T20:00:00Z")
NEW_YEAR = tai("2025-01-01T00:00:00")
DEEDS: tuple[Deed, ...] = (
    Generated(BIAS, seal("bias", BIASES, MADE_BIAS, overrides=OVERRIDES), MADE_BIAS),
    Certified(leaf("bias"), "bias", BIAS, BEGINNING, END, ALL, whole=True),
    Linked(CHAIN, leaf("bias")),
    Generated(DARK, seal("dark", DARKS, MADE_DARK, precursors=[[BIAS, "sha256:0"]]), MADE_DARK),
    Certified(leaf("dark"), "dark", DARK, tai("2024-12-01T00:00:00"), NEW_YEAR, ALL, whole=True),
    Certified(leaf("dark"), "dark", DARK, NEW_YEAR, END, ALL[:3], whole=False),
    Linked(CHAIN, leaf("dark")),
    Generated(VERIFY, seal("bias", BIASES, MADE_VERIFY, examines="bias"), MADE_VERIFY),
    Generated(DEFECTS, FILES, None),
    Generated(leaf("flatGen-r"), seal("flat", "17..36", None), FLAT_AS_SPECIFIED),
    Generated(leaf("flatGen-i"), seal("flat", "41", None), None),
    Certified(leaf("ptc"), "ptc", PTC, BEGINNING, END, ALL, whole=True),
    Linked(CHAIN, leaf("ptc")),
    Strange(leaf("bias"), "bias", ALL[4:5]),
    Ordered(CHAIN, (leaf("bias"), leaf("dark"), leaf("ptc"))),
    Unfinished(leaf("ctiGen"), CTI),
)
RECORD = Record(
    ticket="DM-48520",
    place="usdf/main",
    address="/repo/main",
    facts=(("purpose", "Bias, dark,\nCTI; rm -rf /"), ("approval", "TAXICAB-23"), ("deployment", "DM-48999")),
    deeds=DEEDS,
    holders={"LSSTComCam/calib": (CHAIN, "LSSTComCam/calib/DM-47447")},
    selections={BIAS: "exposure.day_obs=20241206 and exposure.seq_num >= 427\n"},
    files={"sha-0": "specs/LSSTComCam/defects/S00.ecsv", "sha-1": "specs/LSSTComCam/defects/S01, old.ecsv"},
)


def test_the_script_is_as_reviewed() -> None:
    if os.environ.get("ACCEPT"):
        GOLDEN.write_text(render.text(RECORD), encoding="utf-8")
    assert render.text(RECORD) == GOLDEN.read_text(encoding="utf-8")


def typed(record: Record, folder: Path) -> list[list[str]]:
    """Return the words of every command that a shell would run in a folder, with variables filled in."""
    stubs = "".join(f'{name}() {{ printf "%s\\t" {name} "$@"; echo; }}\n' for name in ("bps", "butler", "rm"))
    homes = "CP_PIPE_DIR=/cp_pipe CP_VERIFY_DIR=/cp_verify\n"
    script = ["sh", "-c", stubs + homes + render.text(record)]
    done = subprocess.run(script, capture_output=True, check=True, text=True, cwd=folder)
    assert done.stderr == ""
    return [line.rstrip("\t").split("\t") for line in done.stdout.splitlines()]


def test_a_shell_runs_these_commands_and_no_others(tmp_path: Path) -> None:
    found = typed(RECORD, tmp_path)
    assert [words[:2] for words in found] == [
        ["bps", "submit"],
        ["butler", "certify-calibrations"],
        ["butler", "collection-chain"],
        ["bps", "submit"],
        ["butler", "certify-calibrations"],
        ["butler", "collection-chain"],
        ["bps", "submit"],
        ["butler", "register-dataset-type"],
        ["butler", "ingest-files"],
        ["bps", "submit"],
        ["butler", "certify-calibrations"],
        ["butler", "collection-chain"],
        ["butler", "collection-chain"],
    ]
    assert found[0][-1] == "/cp_pipe/bps/templates/bps_bias.yaml"
    assert found[6][-1] == "/cp_verify/bps/templates/bps_verify_bias.yaml"
    assert found[4] == ["butler", "certify-calibrations", "/repo/main", "--begin-date", "2024-12-01T00:00:00",
                        "--end-date", "2025-01-01T00:00:00", DARK, leaf("dark"), "dark"]  # fmt: skip


def test_the_table_of_files_is_one_that_can_be_read(tmp_path: Path) -> None:
    typed(RECORD, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["defects.csv"]
    with (tmp_path / "defects.csv").open(newline="") as table:
        rows = list(csv.reader(table))
    assert rows == [
        ["file", "instrument", "detector"],
        ["specs/LSSTComCam/defects/S00.ecsv", "LSSTComCam", "0"],
        ["specs/LSSTComCam/defects/S01, old.ecsv", "LSSTComCam", "1"],
    ]


def test_no_chain_is_ever_redefined(tmp_path: Path) -> None:
    chained = [words for words in typed(RECORD, tmp_path) if words[1] == "collection-chain"]
    assert chained
    assert all(words[3:5] == ["--mode", "prepend"] for words in chained)


def test_a_variable_is_exported_again_only_where_it_changes() -> None:
    lines = render.text(RECORD).splitlines()
    assert lines.count('export TICKET="DM-48520"') == 1
    assert sum(line.startswith("export SELECTION_") for line in lines) == 3


def test_programs_get_the_same_as_plain_values() -> None:
    found = render.as_json(RECORD)
    kinds = [one["deed"] for one in found["deeds"]]
    assert kinds[:3] == ["generated", "certified", "linked"]
    assert found["deeds"][0]["datasets"] == {"bias": 9}
    assert found["deeds"][0]["construction"]["versions"]["numpy"] == "1.26.4"
    assert found["script"] == render.text(RECORD)
