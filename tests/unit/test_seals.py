"""Claims and seals as documents: what was written by any version is read by this one, and stays small."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler import seals
from reconciler.packages import DECISIVE, decisive
from reconciler.seals import Claim, Construction, Doc, Seal

INTENT = {"product": "bias", "exposures": ["1..3"], "precursors": [["leaf", "sha256:1"]]}
RUN = "Cam/calib/DM-1/biasGen.20250207a/20250207T000000Z"
HOW = Construction(
    "bps_bias.yaml",
    "CP_PIPE_DIR",
    {"TICKET": "DM-1"},
    ("Cam/raw/all", "Cam/calib/DM-2"),
    "2025-02-07T00:00:00Z",
    "2025-02-07T00:10:00Z",
    "host",
    "/scratch/submissions/1",
    {"numpy": "2.4.6"},
    ("isr instrument=Cam,detector=3: ValueError: dead",),
)


@pytest.mark.parametrize(
    "doc",
    [
        Claim("sha256:0", INTENT, RUN, ("Cam/raw/all",), 1, "host", "/scratch/1", "2025-02-07T00:00:00Z"),
        Seal("sha256:0", INTENT, RUN, {"bias": {"instrument=Cam,detector=3": "uuid"}}, HOW),
        Seal("sha256:0", INTENT, RUN, {"bias": {}}),
    ],
)
def test_what_is_written_is_what_is_read(doc: Doc) -> None:
    assert seals.read(seals.write(doc)) == doc
    assert seals.from_json(seals.as_json(doc)) == doc


def test_a_claim_from_before_its_time_was_kept_is_read() -> None:
    text = (
        '{"reconcile":1,"claim":{"recipe":"sha256:0","intent":{},"run":"run","inputs":["raw"],"attempt":1,'
        '"host":"host","submission":"/scratch/1"}}'
    )
    assert seals.read(text) == Claim("sha256:0", {}, "run", ("raw",), 1, "host", "/scratch/1", "")


def test_a_seal_from_before_its_construction_was_kept_is_read() -> None:
    text = '{"reconcile":1,"seal":{"recipe":"sha256:0","intent":{},"run":"run","datasets":{"bias":{"detector=3":"u"}}}}'
    assert seals.read(text) == Seal("sha256:0", {}, "run", {"bias": {"detector=3": "u"}}, None)


SEALED = '{"reconcile":1,"seal":{"recipe":"r","intent":%s,"run":"run","datasets":%s}}'


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "Bias of the first run, by Ann.",
        '{"reconcile":1,"other":{}}',
        '{"reconcile": it did this, by Ann}',
        '{"reconcile":' * 100_000,
        '{"reconcile":1,"claim":null}',
        '{"reconcile":1,"claim":{"recipe":"sha256:0"}}',
        '{"reconcile":1,"seal":{"of":"a later version"}}',
        SEALED % ("{}", '{"bias":{"detector=3":7}}'),
        SEALED % ("{}", '["bias"]'),
        SEALED % ('{"precursors":["a leaf"]}', "{}"),
        SEALED % ('{"exposures":[["1..3"]]}', "{}"),
        SEALED % ('{"exposures":[1e999]}', "{}"),
    ],
)
def test_what_others_wrote_is_no_document_of_ours(text: str | None) -> None:
    assert seals.read(text) is None


def test_of_hundreds_of_packages_a_seal_keeps_those_that_decide() -> None:
    recorded = dict.fromkeys(map(str, range(500)), "1.0")
    recorded |= {"python": "3.11.7 (main) [GCC]", "numpy": "2.4.6", "afw": ""}
    assert decisive(recorded) == {"numpy": "2.4.6", "python": "3.11.7"}
    assert list(decisive(dict.fromkeys(reversed(DECISIVE), "1"))) == list(DECISIVE)


def test_the_construction_is_small_beside_the_datasets_of_a_large_camera() -> None:
    ids = {f"instrument=LSSTCam,detector={n}": "d3b07384-d9a0-4c9b-8f4e-2f3a5b6c7d8e" for n in range(189)}
    how = replace(HOW, versions=dict.fromkeys(DECISIVE, "g0123456789+0123456789"))
    without, with_it = (len(seals.write(Seal("sha256:0", INTENT, RUN, {"bias": ids}, one))) for one in (None, how))
    assert with_it - without < without / 5
