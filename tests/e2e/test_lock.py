"""`reconcile lock`: what a set means, written down once; from then on the lock is read and never the query."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from astropy.time import TimeDelta

from tests.e2e import desk as desks
from tests.e2e.desk import CHAIN, EXPOSURES, INSTRUMENT, LOCK, PLACE, RAWS, SPEC, Desk, leaf
from tests.pipelines import repository
from tests.pipelines.repository import NIGHT, certify_bias

OLD = f"{INSTRUMENT}/calib/DM-0/bias.20240101a"


def add_exposures(desk: Desk, *exposures: int, detectors: tuple[int, ...] = repository.DETECTORS) -> None:
    """Take more frames after the specs were written."""
    with desk.butler() as butler:
        for exposure in exposures:
            repository._register_exposure(butler, exposure)
            for detector in detectors:
                where = {"instrument": INSTRUMENT, "detector": detector, "exposure": exposure}
                butler.put({"exposure": exposure}, "raw", where, run=RAWS)


def recipes(desk: Desk) -> dict[str, str]:
    """Return leaf -> recipe of what is planned or there."""
    steps = desk.run("plan", "--json").json["steps"]
    return {s["title"]: s["changes"][0]["after"] for s in steps if s["kind"] == "produce"}


def start_from(desk: Desk, *collections: str) -> None:
    """Let the set make only the dark, with the bias of these collections."""
    desk.write(SPEC, desks.calibration_set("dark", starting_calibs=list(collections)))
    desk.commit("start")


def test_a_lock_says_exposures_detectors_selection_and_where_it_was_read(locked: Desk) -> None:
    assert locked.read(LOCK) == {
        "kind": "Lock",
        "instrument": INSTRUMENT,
        "ticket": "DM-1",
        "raws": RAWS,
        "repository": PLACE,
        "products": {
            "bias": {
                "selection": "exposure in (2024120800001..2024120800003)",
                "exposures": ["2024120800001..2024120800003"],
                "detectors": ["0..1"],
            },
            "dark": {
                "selection": "exposure in (2024120800004..2024120800006)",
                "exposures": ["2024120800004..2024120800006"],
                "detectors": ["0..1"],
            },
        },
    }


def test_starting_collections_are_flattened_with_their_types_and_fingerprints(unlocked: Desk) -> None:
    certify_bias(str(unlocked.butler_root), OLD, "old", None, None)
    with unlocked.butler() as butler:
        butler.collections.register(f"{INSTRUMENT}/calib/DM-0", _type("CHAINED"))
        butler.collections.redefine_chain(f"{INSTRUMENT}/calib/DM-0", [OLD])
    start_from(unlocked, f"{INSTRUMENT}/calib/DM-0")
    unlocked.lock()
    (start,) = unlocked.read(LOCK)["starting"]
    assert start.pop("fingerprint").startswith("sha256:")
    assert start == {"collection": OLD, "type": "CALIBRATION", "dataset_types": ["bias"]}


def test_what_specs_of_the_tree_make_is_pinned_by_its_recipe_and_needs_no_fingerprint(applied: Desk) -> None:
    second = desks.calibration_set("dark", ticket="DM-2", starting_calibs=[CHAIN])
    applied.write(f"specs/{INSTRUMENT}/DM-2.yaml", second)
    applied.done("lock", "DM-2")
    written = applied.read(f"specs/{INSTRUMENT}/DM-2.lock.yaml")
    assert "starting" not in written
    pinned = {one["leaf"]: one["dataset_types"] for one in written["generations"]}
    assert pinned == {leaf("biasGen"): ["bias"], leaf("darkGen"): ["dark"]}


def test_two_sets_are_locked_at_once_each_on_the_new_lock_of_the_other(unlocked: Desk) -> None:
    second = desks.calibration_set("dark", ticket="DM-2", starting_calibs=[CHAIN])
    unlocked.write(f"specs/{INSTRUMENT}/DM-0002.yaml", second)
    unlocked.done("lock")
    assert "unchanged" in unlocked.done("lock", "DM-2").out


def test_locking_twice_writes_the_same_bytes(locked: Desk) -> None:
    before = (locked.root / LOCK).read_bytes()
    assert "unchanged" in locked.done("lock").out
    assert (locked.root / LOCK).read_bytes() == before


def test_exposures_taken_after_the_lock_change_neither_recipe_nor_plan(unlocked: Desk) -> None:
    every = "exposure.day_obs=20241208"
    unlocked.edit(SPEC, lambda spec: spec["selections"].update(bias=every))
    unlocked.lock()
    before = recipes(unlocked)
    add_exposures(unlocked, 2024120800007)
    assert recipes(unlocked) == before
    assert unlocked.apply().code == 0
    assert unlocked.combined("bias", leaf("biasGen"))["exposures"] == list(EXPOSURES)
    assert "Nothing to do" in unlocked.done("plan").out


def test_check_tells_what_a_new_lock_would_say_and_writes_nothing(unlocked: Desk) -> None:
    unlocked.edit(SPEC, lambda spec: spec["selections"].update(bias="exposure.day_obs=20241208"))
    unlocked.lock()
    before = (unlocked.root / LOCK).read_bytes()
    add_exposures(unlocked, 2024120800007)
    said = unlocked.run("lock", "--check")
    assert said.code == 2
    assert "products.bias.exposures[0]: 2024120800001..2024120800006 -> 2024120800001..2024120800007" in said.out
    assert (unlocked.root / LOCK).read_bytes() == before


def test_check_of_a_lock_that_stands_is_in_sync(locked: Desk) -> None:
    assert locked.run("lock", "--check").code == 0


def test_check_of_a_set_without_a_lock_would_change(unlocked: Desk) -> None:
    said = unlocked.run("lock", "--check", "--json")
    assert (said.code, said.json[0]["changed"]) == (2, True)
    assert not (unlocked.root / LOCK).exists()


def edit_selection(desk: Desk) -> None:
    desk.edit(SPEC, lambda spec: spec["selections"].update(bias=f"exposure={EXPOSURES[0]}"))


@pytest.mark.parametrize("command", ["validate", "plan", "apply", "status"])
def test_a_stale_lock_is_an_error_that_says_to_lock(locked: Desk, command: str) -> None:
    edit_selection(locked)
    said = locked.run(command)
    assert said.code == 3
    assert f"{LOCK}:" in said.everything
    assert "the selection of bias is no longer the one that was locked" in said.everything
    assert "reconcile lock" in said.everything


def test_a_stale_lock_is_mended_by_locking(locked: Desk) -> None:
    edit_selection(locked)
    said = locked.done("lock")
    assert "products.bias.exposures[0]: 2024120800001..2024120800003 -> 2024120800001" in said.out
    assert locked.run("validate").code == 0


def test_a_damaged_lock_is_mended_by_locking(locked: Desk) -> None:
    path = locked.root / LOCK
    right = path.read_text()
    path.write_text(f"<<<<<<< HEAD\n{right}=======\n{right}>>>>>>> theirs\n")
    assert locked.run("validate").code == 3
    locked.done("lock")
    assert path.read_text() == right


def test_other_starting_calibrations_need_another_lock(unlocked: Desk) -> None:
    certify_bias(str(unlocked.butler_root), OLD, "old", None, None)
    certify_bias(str(unlocked.butler_root), f"{OLD}b", "other", None, None)
    start_from(unlocked, OLD)
    unlocked.lock()
    start_from(unlocked, f"{OLD}b", OLD)
    said = unlocked.run("plan")
    assert said.code == 3
    assert "the spec's starting_calibs are no longer those that were locked" in said.err
    unlocked.lock()
    assert [one["collection"] for one in unlocked.read(LOCK)["starting"]] == [f"{OLD}b", OLD]


def test_a_detector_excused_after_the_lock_needs_another_lock(locked: Desk) -> None:
    excused = {"allow_missing": [{"detector": 1, "reason": "dead"}]}
    locked.edit(SPEC, lambda spec: spec.update(detectors=excused))
    assert locked.run("validate").code == 3
    locked.done("lock")
    assert locked.run("validate").code == 0


def test_a_product_added_after_the_lock_is_mended_by_locking(unlocked: Desk) -> None:
    unlocked.write(SPEC, desks.calibration_set("bias"))
    unlocked.lock()
    unlocked.write(SPEC, desks.calibration_set("bias", "dark"))
    assert unlocked.run("validate").code == 3
    unlocked.done("lock")
    assert unlocked.run("validate").code == 0


def test_a_renamed_raw_collection_is_mended_by_locking(locked: Desk) -> None:
    with locked.butler() as butler:
        butler.collections.register("TestCam/raw/tagged", _type("CHAINED"))
        butler.collections.redefine_chain("TestCam/raw/tagged", [RAWS])
    locked.edit(SPEC, lambda spec: spec.update(raws="TestCam/raw/tagged"))
    assert locked.run("validate").code == 3
    locked.done("lock")
    assert locked.run("validate").code == 0


def test_other_errors_of_specs_still_forbid_to_lock(unlocked: Desk) -> None:
    unlocked.edit(SPEC, lambda spec: spec["selections"].update(bias="exposure = 1 and and exposure = 2"))
    said = unlocked.run("lock")
    assert (said.code, (unlocked.root / LOCK).exists()) == (3, False)


def test_listed_exposures_that_do_not_exist_are_named(unlocked: Desk) -> None:
    listed = f"exposure in ({EXPOSURES[0]}, 2024120800099, 2024120900001)"
    unlocked.edit(SPEC, lambda spec: spec["selections"].update(bias=listed))
    said = unlocked.run("lock")
    assert said.code == 1
    assert "bias: 2 exposures (2024120800099, 2024120900001) listed in the selection" in said.err
    assert not (unlocked.root / LOCK).exists()


def test_listed_exposures_without_raws_are_named(unlocked: Desk) -> None:
    with unlocked.butler() as butler:
        repository._register_exposure(butler, 2024120800007)
    unlocked.edit(SPEC, lambda spec: spec["selections"].update(bias=f"exposure in ({EXPOSURES[0]}, 2024120800007)"))
    said = unlocked.run("lock")
    assert said.code == 1
    assert f"bias: 1 exposure (2024120800007) listed in the selection and without raws in {RAWS}" in said.err


def test_everything_that_is_wrong_is_said_at_once(unlocked: Desk) -> None:
    unlocked.edit(SPEC, lambda spec: spec["selections"].update(bias="exposure=1", dark="exposure=2"))
    said = unlocked.run("lock")
    assert "bias: 1 exposure (1)" in said.err
    assert "dark: 1 exposure (2)" in said.err


def test_a_selection_that_finds_nothing_is_an_error(unlocked: Desk) -> None:
    unlocked.edit(SPEC, lambda spec: spec["selections"].update(bias="exposure.day_obs=20250101"))
    said = unlocked.run("lock")
    assert said.code == 1
    assert f"bias: the selection finds no exposures with raws in {RAWS}" in said.err


def test_detectors_without_raws_are_an_error_that_says_how_to_excuse_them(unlocked: Desk) -> None:
    add_exposures(unlocked, 2024120800007, detectors=(0,))
    unlocked.edit(SPEC, lambda spec: spec["selections"].update(bias="exposure=2024120800007"))
    said = unlocked.run("lock")
    assert said.code == 1
    assert "bias: no raws of detectors 1; if that is right, excuse them under detectors.allow_missing" in said.err


def test_an_excused_detector_is_not_expected(unlocked: Desk) -> None:
    excused = {"detector": 1, "reason": "its shutter is open"}
    unlocked.edit(SPEC, lambda spec: spec.update(detectors={"allow_missing": [excused]}))
    add_exposures(unlocked, 2024120800007, detectors=(0,))
    unlocked.edit(SPEC, lambda spec: spec["selections"].update(bias="exposure=2024120800007"))
    unlocked.lock()
    assert unlocked.read(LOCK)["products"]["bias"]["except"] == [excused]
    assert [title.rpartition(", ")[2] for title in recipes(unlocked)] == ["1 dataset)", "1 dataset)"]


def test_an_exposure_that_lacks_a_detector_which_others_have_is_remarked(unlocked: Desk) -> None:
    add_exposures(unlocked, 2024120800007, detectors=(0,))
    unlocked.edit(SPEC, lambda spec: spec["selections"].update(bias="exposure.day_obs=20241208"))
    assert "note: bias: 1 exposure (2024120800007) without raws of some detectors" in unlocked.done("lock").out


def test_a_product_of_one_filter_refuses_a_selection_of_two(unlocked: Desk) -> None:
    filtered = desks.product("bias", dimensions=["instrument", "detector", "physical_filter"])
    unlocked.write(f"specs/{INSTRUMENT}/catalog.yaml", desks.catalog(bias=filtered))
    both = "exposure.day_obs=20241208 and physical_filter in ('u_01', 'g_01')"
    unlocked.edit(SPEC, lambda spec: spec["selections"].update(bias=both))
    said = unlocked.run("lock")
    assert said.code == 1
    assert "bias: the selection mixes filters: g_01, u_01" in said.err


def test_a_starting_collection_that_is_not_there_is_an_error(unlocked: Desk) -> None:
    start_from(unlocked, f"{INSTRUMENT}/calib/DM-9")
    said = unlocked.run("lock")
    assert said.code == 1
    assert f"starting collection {INSTRUMENT}/calib/DM-9 does not exist, and no spec makes it" in said.err


def test_a_starting_collection_that_changed_after_the_lock_blocks_with_the_reason(unlocked: Desk) -> None:
    middle = NIGHT + TimeDelta(3600, format="sec")
    certify_bias(str(unlocked.butler_root), OLD, "old", None, middle)
    start_from(unlocked, OLD)
    unlocked.lock()
    certify_bias(str(unlocked.butler_root), OLD, "new", middle, None, run="run2")
    said = unlocked.run("plan", "--detailed-exitcode")
    assert said.code == 1
    assert f"{OLD} at {PLACE} is not what the lock pins (its certifications differ); run `reconcile lock`" in said.out
    assert unlocked.apply().code == 1
    assert leaf("darkGen") not in unlocked.collections()


def test_locking_again_takes_the_changed_starting_collection(unlocked: Desk) -> None:
    middle = NIGHT + TimeDelta(3600, format="sec")
    certify_bias(str(unlocked.butler_root), OLD, "old", None, middle)
    start_from(unlocked, OLD)
    unlocked.lock()
    certify_bias(str(unlocked.butler_root), OLD, "new", middle, None, run="run2")
    said = unlocked.lock()
    assert "starting[0].fingerprint: sha256:" in said.out
    assert unlocked.apply().code == 0


def test_a_starting_collection_removed_after_the_lock_blocks_with_the_reason(unlocked: Desk) -> None:
    certify_bias(str(unlocked.butler_root), OLD, "old", None, None)
    start_from(unlocked, OLD)
    unlocked.lock()
    with unlocked.butler() as butler:
        butler.registry.removeCollection(OLD)
    said = unlocked.run("plan", "--detailed-exitcode")
    assert said.code == 1
    assert OLD in said.out


def from_runs(desk: Desk, *runs: str) -> None:
    """Let the set certify its bias from existing RUNs."""
    desk.write(SPEC, desks.calibration_set("bias", products={"bias": {"from": list(runs)}}, selections={}))
    desk.commit("from")


def test_a_product_from_a_run_is_certified_by_its_locked_digest(unlocked: Desk) -> None:
    certify_bias(str(unlocked.butler_root), OLD, "old", None, None)
    from_runs(unlocked, f"{OLD}/run")
    unlocked.lock()
    (locked,) = unlocked.read(LOCK)["products"]["bias"]["from"]
    assert locked.pop("digest").startswith("sha256:")
    assert locked == {"run": f"{OLD}/run", "detectors": ["0..1"]}
    assert unlocked.apply().code == 0
    with unlocked.butler() as butler:
        found = butler.find_dataset("bias", instrument=INSTRUMENT, detector=0, collections=CHAIN, timespan=_night())
    assert found.run == f"{OLD}/run"


def test_a_run_that_changed_after_the_lock_is_refused_with_the_reason(unlocked: Desk) -> None:
    certify_bias(str(unlocked.butler_root), OLD, "old", None, None)
    from_runs(unlocked, f"{OLD}/run")
    unlocked.lock()
    with unlocked.butler() as butler:
        (ref,) = butler.query_datasets("bias", f"{OLD}/run", where="instrument='TestCam' and detector=0")
        butler.pruneDatasets([ref], disassociate=True, unstore=True, purge=True)
    said = unlocked.run("plan", "--detailed-exitcode")
    assert said.code == 1
    assert f"RUN {OLD}/run no longer holds what the lock says; look why, then `reconcile lock`" in said.out
    assert unlocked.apply().code == 1


def test_a_run_that_is_not_there_cannot_be_locked(unlocked: Desk) -> None:
    from_runs(unlocked, "nobody/made/this")
    said = unlocked.run("lock")
    assert said.code == 1
    assert "bias: RUN nobody/made/this does not exist or holds no bias" in said.err


def test_two_runs_with_the_same_data_id_cannot_be_locked(unlocked: Desk) -> None:
    address = str(unlocked.butler_root)
    certify_bias(address, f"{OLD}", "a", None, None)
    certify_bias(address, f"{OLD}b", "b", None, None)
    from_runs(unlocked, f"{OLD}/run", f"{OLD}b/run")
    assert f"bias: instrument=TestCam,detector=0 is in {OLD}/run and in {OLD}b/run" in unlocked.run("lock").err


def test_an_unknown_instrument_is_an_error(unlocked: Desk) -> None:
    for name in ("catalog.yaml", "chain.yaml", "DM-1.yaml"):
        path = unlocked.root / "specs" / INSTRUMENT / name
        unlocked.write(f"specs/OtherCam/{name}", path.read_text().replace("TestCam", "OtherCam"))
        path.unlink()
    unlocked.edit(desks.SITE, lambda site: site["repositories"]["main"].update(instruments=["OtherCam"]))
    said = unlocked.run("lock")
    assert said.code == 1
    assert f"{PLACE} knows no instrument OtherCam; it knows TestCam" in said.err


def test_a_ticket_that_no_spec_has_is_a_mistake_of_usage(unlocked: Desk) -> None:
    said = unlocked.run("lock", "DM-7")
    assert (said.code, said.err) == (64, "reconcile: no calibration set of DM-7; there are DM-1\n")


def test_a_ticket_that_is_built_elsewhere_is_refused_by_name(unlocked: Desk) -> None:
    unlocked.write(
        "sites/there.yaml",
        desks.site(site="there", repositories={"main": {"butler": "./elsewhere", "instruments": [INSTRUMENT]}}),
    )
    said = unlocked.run("lock", "DM-1", "--site", "there")
    assert said.code == 64
    assert f"DM-1 is built at {PLACE}" in said.err


def test_an_unlocked_set_is_a_notice_of_the_plan_that_says_to_lock(unlocked: Desk) -> None:
    said = unlocked.done("plan")
    assert f"{SPEC}: nothing of it is planned without its lock; run `reconcile lock`" in said.out


def test_a_lock_cannot_be_written_into_a_directory_that_forbids_it(unlocked: Desk, tmp_path: Path) -> None:
    (unlocked.root / f"{SPEC.removesuffix('.yaml')}.lock.yaml").mkdir()
    said = unlocked.run("lock")
    assert said.code in (1, 3)
    assert "lock.yaml" in said.err


def _type(name: str) -> Any:
    from lsst.daf.butler import CollectionType

    return CollectionType.from_name(name)


def _night() -> Any:
    from lsst.daf.butler import Timespan

    return Timespan(NIGHT, NIGHT + TimeDelta(30, format="sec"))


def verified(unlocked: Desk, **examinations: object) -> None:
    """Ask for verifications in the spec."""
    unlocked.edit(SPEC, lambda spec: spec.update(verify=examinations))


def test_the_exposures_of_a_verification_are_locked_where_the_spec_selects_them(unlocked: Desk) -> None:
    verified(unlocked, bias={"select": f"exposure in ({EXPOSURES[0]}..{EXPOSURES[1]})"})
    unlocked.done("lock")
    assert unlocked.read(LOCK)["examinations"]["bias"]["exposures"] == [f"{EXPOSURES[0]}..{EXPOSURES[1]}"]


def test_a_verification_on_what_the_product_was_made_from_needs_no_lock_of_its_own(unlocked: Desk) -> None:
    verified(unlocked, bias={})
    unlocked.done("lock")
    assert "examinations" not in unlocked.read(LOCK)


def test_an_exposure_of_a_verification_that_does_not_exist_is_no_exposure(unlocked: Desk) -> None:
    verified(unlocked, bias={"select": f"exposure in ({EXPOSURES[0]}, 2024120899999)"})
    said = unlocked.run("lock")
    assert said.code == 1
    assert "verify bias: 1 exposure (2024120899999) listed in the selection and not in the repository" in said.err
