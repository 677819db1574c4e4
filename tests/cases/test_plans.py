"""What a plan says, to the letter, in situations named like sentences.

A case is a directory with `situation.yaml` (what happened before, and what the specs ask now) and the plan as text; as
JSON and Markdown too where such files stand. Run with ACCEPT=1 to rewrite them, and review the difference.

    before   events, in order: `apply` (specs that were applied), `members` (somebody redefines chains), `certify`,
             `decertify`, `register`, `claim`, `lose` (datasets of a RUN), `forget` (the record), `away`
    want     the specs now: `sets` (ticket -> product -> settings), `chain` (its members), `trust`, `excused`, `verify`
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from reconciler.adapters.memory import MemoryRepository, Store
from reconciler.blast import Impact
from reconciler.facts import Facts
from reconciler.intent import Desired
from reconciler.plan import Plan
from reconciler.record import Record
from reconciler.render import plan as render
from reconciler.render.plan import Heading
from reconciler.seals import Claim
from reconciler.spec.documents import CalibrationSet, Lock, Model
from reconciler.validity import BEGINNING, END, tai
from tests.worlds import INSTRUMENT, PLACE, PUBLIC, Ask, Small, calibration_set, chain, in_memory

CASES = Path(__file__).parent / "plans"
COMMIT = "0123456789abcdef"


def documents(asked: Mapping[str, Any]) -> list[Model]:
    """Return the documents of short words: `{sets: {DM-1: {bias: {frames: 2}}}, chain: [DM-1]}`."""
    made: list[Model] = []
    for ticket, products in asked.get("sets", {}).items():
        asks = [Ask(name, **settings) for name, settings in products.items()]
        pair = calibration_set(asks, ticket, **({"verify": asked["verify"]} if "verify" in asked else {}))
        made += _excused(pair, asked["excused"]) if "excused" in asked else pair
    return [*made, *([chain(*map(_full, asked["chain"]))] if "chain" in asked else [])]


def _excused(pair: tuple[Model, Model], detector: int) -> list[Model]:
    spec, lock = pair
    assert isinstance(spec, CalibrationSet)
    assert isinstance(lock, Lock)
    excused = ({"detector": detector, "reason": "dead"},)
    plain = lock.model_dump(by_alias=True)
    plain["products"] = {name: {**one, "except": excused} for name, one in plain["products"].items()}
    return [spec, Lock.model_validate(plain)]


def _full(name: str) -> str:
    """Return a collection's whole name: DM-1 stands for that ticket's chain."""
    return name if name.startswith(f"{INSTRUMENT}/") else f"{PUBLIC}/{name}"


def happen(event: Mapping[str, Any], small: Small, store: Store) -> None:
    """Let one thing happen."""
    ((kind, what),) = event.items()
    if kind == "apply":
        want, facts = asked(what, small)
        small.apply(want, facts)
    else:
        HAPPENS[kind](what, store)


def _members(what: Mapping[str, Any], store: Store) -> None:
    store.children |= {_full(name): tuple(map(_full, members)) for name, members in what.items()}


def _register(what: Mapping[str, Any], store: Store) -> None:
    for name, kind in what.items():
        store.register(_full(name), kind)


def _decertify(what: Mapping[str, Any], store: Store) -> None:
    store.certifications.pop((_full(what["collection"]), what["type"]))


def _claim(leaf: str, store: Store) -> None:
    """Claim a leaf for another recipe, as an apply does that was killed right after."""
    _begin_record("", store)
    store.register(_full(leaf), "CHAINED")
    store.docs[_full(leaf)] = Claim("sha256:another", {"product": "bias"}, "run", (), 1, "there", "")


def _begin_record(_: str, store: Store) -> None:
    store.record = Record(PLACE)


def _lose(below: str, store: Store) -> None:
    for key in [key for key in store.contents if key[0].startswith(_full(below))]:
        del store.contents[key]


def _forget(_: str, store: Store) -> None:
    store.record = None


def _away(_: str, store: Store) -> None:
    store.reachable = False


def _certify(what: Mapping[str, Any], store: Store) -> None:
    """Certify somebody's dataset; whatever stood in the range before gives way."""
    begin = tai(what["begin"]) if "begin" in what else BEGINNING
    end = tai(what["end"]) if "end" in what else END
    store.register(_full(what["collection"]), "CALIBRATION")
    rows = store.certifications.setdefault((_full(what["collection"]), what["type"]), {})
    kept = [row for b, e, u in rows.get(what["data_id"], []) for row in ((b, min(e, begin), u), (max(b, end), e, u))]
    rows[what["data_id"]] = [*(row for row in kept if row[0] < row[1]), (begin, end, what["uuid"])]


HAPPENS: dict[str, Callable[[Any, Store], None]] = {
    "members": _members,
    "register": _register,
    "certify": _certify,
    "decertify": _decertify,
    "claim": _claim,
    "lose": _lose,
    "forget": _forget,
    "away": _away,
}


def asked(what: Mapping[str, Any], small: Small) -> tuple[Desired, Facts]:
    return small.want(*documents(what), trust=what.get("trust", "none"))


def planned(situation: Mapping[str, Any]) -> tuple[Plan, Heading, tuple[Impact, ...]]:
    """Let everything happen, plan, and ask what the plan does to science."""
    small = in_memory()
    assert isinstance(small.repository, MemoryRepository)
    for event in situation.get("before", ()):
        happen(event, small, small.repository.store)
    want, facts = asked(situation["want"], small)
    drift = COMMIT if situation.get("drift") else None
    return small.plan(want, facts), Heading("usdf", COMMIT, (), facts.trust, drift), small.impacts(want, facts)


SITUATIONS = sorted(path.parent for path in CASES.glob("*/situation.yaml"))


@pytest.mark.parametrize("case", SITUATIONS, ids=lambda path: path.name)
def test_a_plan_says_what_is_to_do(case: Path) -> None:
    told = planned(yaml.safe_load((case / "situation.yaml").read_text()))
    texts = {
        "plan.txt": render.text(*told),
        "plan.md": render.markdown(*told),
        "plan.json": json.dumps(render.as_json(*told), indent=1) + "\n",
    }
    standing = {name: text for name, text in texts.items() if name == "plan.txt" or (case / name).exists()}
    if os.environ.get("ACCEPT"):
        for name, text in standing.items():
            (case / name).write_text(text)
    assert standing == {name: (case / name).read_text() for name in standing}


@pytest.mark.parametrize("case", SITUATIONS, ids=lambda path: path.name)
def test_the_same_situation_gives_the_same_plan_byte_for_byte(case: Path) -> None:
    situation = yaml.safe_load((case / "situation.yaml").read_text())
    assert render.text(*planned(situation)) == render.text(*planned(situation))
