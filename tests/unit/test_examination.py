"""Verifications: planned like generations, with what they examine in front, and judged before science sees anything."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from reconciler.adapters.memory import MemoryRepository, Store
from reconciler.adapters.memory_executor import MemoryExecutor
from reconciler.errors import ExitCode
from reconciler.facts import Approval, Facts, Trust
from reconciler.intent import Desired
from reconciler.jobs import Graph, Job
from reconciler.plan import Plan
from reconciler.spec.documents import Model
from reconciler.state import Gen
from reconciler.steps import Outcome
from tests.worlds import INSTRUMENT, PLACE, PUBLIC, TICKET, Ask, Small, calibration_set, chain, document, in_memory

LEAF = f"{TICKET}/trial/verifyBias.20250207a"
MADE = f"{TICKET}/trial/biasGen.20250207a"
RESULTS = "verifyBiasResults"
BIAS, DARK = Ask("bias"), Ask("dark")
RULES: dict[str, Any] = {"bias": {}, "rule": "strict"}


class Desk:
    """One operator at a repository in memory."""

    def __init__(self) -> None:
        self.small: Small = in_memory()
        assert isinstance(self.small.repository, MemoryRepository)
        self.store: Store = self.small.repository.store

    def wants(
        self, *asks: Ask, verify: dict[str, Any] | None = None, trust: Trust = "required", **more: Any
    ) -> tuple[Desired, Facts]:
        asked = {"verify": verify} if verify is not None else {}
        return self.asks(*calibration_set(asks or (BIAS,), **asked, **more), trust=trust)

    def asks(self, *documents: Model, trust: Trust = "required") -> tuple[Desired, Facts]:
        want, facts = self.small.want(*documents, chain(TICKET, f"{PUBLIC}/OLD"), trust=trust)
        return want, replace(
            facts, approvals=frozenset({Approval("adopt", TICKET, PLACE), Approval("reorder", PUBLIC, PLACE)})
        )

    def applies(self, want: Desired, facts: Facts) -> dict[str, Outcome]:
        return {result.step.title: result.outcome for result in self.small.apply(want, facts)}

    def link(self, want: Desired, facts: Facts) -> Outcome:
        """Apply, and tell what became of the link that science would see."""
        return self.applies(want, facts).get(f"link {TICKET} into {PUBLIC}", Outcome("unchanged"))

    def measures(self, **changed: float) -> None:
        """Give the results of the bias a row for each of two amplifiers on two detectors in two exposures."""
        rows = [(e, d, a) for e in (1, 2) for d in (0, 1) for a in ("C00", "C01")]
        exposure, detector, amplifier = (np.array(column) for column in zip(*rows, strict=True))
        noise = np.array([changed.get(f"d{d}_{a}", 5.0) for _, d, a in rows])
        made = self.store.docs[MADE]
        uuids = made.datasets["bias"]  # type: ignore[union-attr]
        columns = {
            "exposure": exposure,
            "detector": detector,
            "amplifier": amplifier,
            "BIAS_MEAN": np.zeros(len(rows)),
            "BIAS_NOISE": noise,
            "BIAS_CR_NOISE": noise,
            "BIAS_READ_NOISE": np.full(len(rows), 5.0),
            "BIAS_READ_NOISE_ADU": np.full(len(rows), 5.0),
            "BIAS_GAIN": np.ones(len(rows)),
            "BIAS_GOOD": np.ones(len(rows)),
            "CALIB_UUID_bias": np.array([uuids[f"instrument={INSTRUMENT},detector={d}"] for d in detector]),
        }
        (name,) = (name for (run, t), ids in self.store.contents.items() if t == RESULTS for name in ids.values())
        self.store.tables[name] = columns


@pytest.fixture
def desk() -> Desk:
    return Desk()


def titles(plan: Plan, kind: str) -> list[str]:
    return [planned.step.title for planned in plan.steps if planned.step.kind == kind]


def test_a_product_is_examined_after_it_was_made(desk: Desk) -> None:
    plan = desk.small.plan(*desk.wants(verify=RULES, trust="none"))
    kinds = [planned.step.kind for planned in plan.steps]
    assert titles(plan, "examine") == [f"examine bias in {LEAF} (3 exposures)"]
    assert kinds.index("produce") < kinds.index("examine")


def test_what_is_examined_stands_first_in_the_inputs_whatever_chain_holds_it(desk: Desk) -> None:
    jobs: list[Job] = []

    class Listening(MemoryExecutor):
        def build(self, job: Job) -> Graph:
            jobs.append(job)
            return super().build(job)

    executor = desk.small.executor
    assert isinstance(executor, MemoryExecutor)
    desk.small.executor = Listening(executor.stores, executor.outputs)
    desk.applies(*desk.wants(BIAS, DARK, verify={"dark": {}}, trust="none"))
    (examined,) = (job for job in jobs if job.template == "bps_verify_dark.yaml")
    runs = [name.rpartition("/")[0].rpartition("/")[2] for name in examined.inputs[:2]]
    assert runs == ["darkGen.20250207a", "biasGen.20250207a"]
    assert examined.environment["VERIFY_RERUN"] == "20250207a"


def test_once_examined_nothing_is_left_to_do(desk: Desk) -> None:
    asked = desk.wants(verify=RULES, trust="none")
    assert {outcome.word for outcome in desk.applies(*asked).values()} == {"done"}
    assert desk.small.plan(*asked).empty


def test_a_new_rerun_is_examined_under_its_own_name(desk: Desk) -> None:
    desk.applies(*desk.wants(verify=RULES, trust="none"))
    plan = desk.small.plan(*desk.wants(Ask("bias", rerun="20250208a"), verify=RULES, trust="none"))
    assert titles(plan, "examine") == [f"examine bias in {TICKET}/trial/verifyBias.20250208a (3 exposures)"]


def test_another_generation_under_an_old_name_of_a_verification_is_refused_with_the_way_out(desk: Desk) -> None:
    rules = {**RULES, "rerun": "20250207a"}
    desk.applies(*desk.wants(verify=rules, trust="none"))
    plan = desk.small.plan(*desk.wants(Ask("bias", rerun="20250208a"), verify=rules, trust="none"))
    (refused,) = (planned for planned in plan.steps if planned.step.kind == "refuse")
    assert "verifyBias.20250207a was begun with another recipe" in refused.expected.reason
    assert "under `verify`, give it the `rerun`" in refused.expected.reason


def test_science_sees_nothing_that_was_not_examined(desk: Desk) -> None:
    outcome = desk.link(*desk.wants())
    assert (outcome.word, outcome.exit_code) == ("blocked", ExitCode.VERIFICATION)
    assert "DM-1 verifies nothing" in outcome.reason


def test_a_plan_says_that_the_link_waits_for_the_verification(desk: Desk) -> None:
    plan = desk.small.plan(*desk.wants(verify=RULES))
    (link,) = (p for p in plan.steps if p.step.title == f"link {TICKET} into {PUBLIC}")
    assert link.expected.exit_code is ExitCode.VERIFICATION


def test_results_that_say_nothing_prove_nothing(desk: Desk) -> None:
    outcome = desk.link(*desk.wants(verify=RULES))
    assert outcome.exit_code is ExitCode.VERIFICATION
    assert "bias: NOISE was not tested with this calibration" in outcome.reason


def test_what_passes_its_tests_becomes_public(desk: Desk) -> None:
    asked = desk.wants(verify=RULES)
    desk.link(*asked)
    desk.measures()
    assert desk.link(*asked).word == "done"


def test_a_failure_names_test_detector_amplifier_and_value(desk: Desk) -> None:
    asked = desk.wants(verify=RULES)
    desk.link(*asked)
    desk.measures(d1_C01=5.5)
    outcome = desk.link(*asked)
    assert outcome.exit_code is ExitCode.VERIFICATION
    assert outcome.reason.endswith(
        "bias: NOISE fails in 2 of 2 exposures: detector 1 C01 (worst 0.1, must be at most 0.05)"
    )


def accepted(**narrowed: Any) -> dict[str, Any]:
    failure = {"test": "NOISE", "reason": "its amplifier is noisy", **narrowed}
    return {"ticket": "TAXICAB-1", "accepted_failures": [failure]}


def test_what_the_board_accepts_becomes_public_without_a_new_run(desk: Desk) -> None:
    desk.link(*desk.wants(verify=RULES))
    desk.measures(d1_C01=5.5)
    asked = desk.wants(verify=RULES, approval=accepted(detectors=1, amplifiers=["C01"]))
    assert desk.link(*asked).word == "done"


def test_what_the_board_accepts_elsewhere_is_not_accepted_here(desk: Desk) -> None:
    desk.link(*desk.wants(verify=RULES))
    desk.measures(d1_C01=5.5)
    outcome = desk.link(*desk.wants(verify=RULES, approval=accepted(detectors=0)))
    assert outcome.exit_code is ExitCode.VERIFICATION


def test_a_threshold_of_the_instrument_counts_without_a_new_run(desk: Desk) -> None:
    thresholds = document(
        kind="Verification", instrument=INSTRUMENT, thresholds={"bias": {"NOISE": [{"at_most": 0.2}]}}
    )
    desk.link(*desk.wants(verify=RULES))
    desk.measures(d1_C01=5.5)
    assert desk.link(*desk.asks(*calibration_set((BIAS,), verify=RULES), thresholds)).word == "done"


def test_exposures_that_a_verification_selects_must_be_locked(desk: Desk) -> None:
    want, facts = desk.wants(verify={"bias": {"select": "exposure > 5"}}, trust="none")
    assert Gen(PLACE, LEAF) not in want.works
    assert any("run `reconcile lock`" in notice for notice in desk.small.plan(want, facts).notices)


def test_locked_exposures_are_examined(desk: Desk) -> None:
    spec, lock = calibration_set((BIAS,), verify={"bias": {"select": "exposure > 5"}})
    examined = {"bias": {"selection": "exposure > 5", "exposures": [2024120600002]}}
    locked = document(**{**lock.model_dump(by_alias=True), "examinations": examined})
    plan = desk.small.plan(*desk.asks(spec, locked, trust="none"))
    assert titles(plan, "examine") == [f"examine bias in {LEAF} (1 exposure)"]
