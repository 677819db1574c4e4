"""Effects of the simulator do what they are called, say so, and leave the rest of a frame as it was."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processing.__main__ import EFFECTS, main
from processing.camera_files import find
from processing.defect_boxes import Reason
from processing.simulation import night
from processing.simulation.cosmic_rays import cosmic_rays
from processing.simulation.defects import flaws, true_defects
from processing.simulation.dust import dust
from processing.simulation.effects import PRESETS, EffectError, Effects, parse
from processing.simulation.full_well import bleed
from processing.simulation.plan import Block
from processing.simulation.sensor import draw

CAMERA = find("LSSTComCam")
DETECTOR = CAMERA.detector(4)
SEGMENT = CAMERA.segment.scaled_to(32, 16)
PLAN = [
    Block(type="bias", night=20241208, first_seq=1, count=1),
    Block(type="dark", night=20241208, first_seq=2, count=1, exposure_time=300),
    Block(type="flat", night=20241208, first_seq=3, count=1, exposure_time=10, band="r"),
]


def written(directory: Path, effects: Effects | None) -> list[bytes]:
    """The bytes of bias, dark and flat."""
    made = night.write(directory, CAMERA, PLAN, amplifier_size=(32, 16), detectors=[4], seed=1, effects=effects)
    return [path.read_bytes() for path in made]


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """The frames without any effect."""
    return written(tmp_path_factory.mktemp("plain"), None)


def test_without_effects_a_frame_is_what_it_has_always_been(tmp_path: Path, plain: list[bytes]) -> None:
    assert written(tmp_path, Effects()) == plain


@pytest.mark.parametrize(
    ("effects", "changed"),
    [
        ({"hot_pixels": 0.01}, [False, True, True]),
        ({"cold_pixels": 0.01}, [False, False, True]),
        ({"bad_columns": 2}, [False, True, True]),
        ({"dust_spots": 3}, [False, False, True]),
        ({"cosmic_rays": 50.0}, [False, True, True]),
        ({"full_well_e": 20_000.0}, [False, False, True]),
        ({"vignetting": False}, [False, False, True]),
        ({"pixel_response": False}, [False, False, True]),
        ({"dark_current": False}, [False, True, True]),
        ({"photon_noise": False}, [False, True, True]),
        ({"brighter_fatter": 3e-6}, [False, True, True]),
        ({"parallel_cti": 1e-4}, [False, True, True]),
        ({"serial_cti": 1e-4}, [False, True, True]),
        ({"parallel_traps_e": 1.0}, [False, True, True]),
        ({"serial_traps_e": 1.0}, [False, True, True]),
        ({"nonlinearity": 0.02}, [False, True, True]),
        ({"crosstalk": 0.01}, [False, True, True]),
        ({"gain_spread": False}, [True, True, True]),
        ({"bias_structure": False}, [True, True, True]),
        ({"read_noise": False}, [True, True, True]),
    ],
    ids=lambda each: next(iter(each)) if isinstance(each, dict) else "",
)
def test_an_effect_changes_only_frames_in_which_it_is_seen(
    tmp_path: Path, plain: list[bytes], effects: dict[str, float], changed: list[bool]
) -> None:
    frames = written(tmp_path, Effects.model_validate(effects))
    assert [a != b for a, b in zip(frames, plain, strict=True)] == changed


def test_the_truth_says_what_was_switched_on(tmp_path: Path) -> None:
    effects = Effects(hot_pixels=0.01, cold_pixels=0.01, bad_columns=2, cosmic_rays=5)
    written(tmp_path, effects)
    said = json.loads((tmp_path / "truth.json").read_text())
    images = np.load(tmp_path / said["detectors"]["4"]["images"])
    assert Effects.model_validate(said["effects"]) == effects
    assert np.count_nonzero(images["defects"] == Reason.COLUMN.value) == 2 * SEGMENT.rows
    assert np.count_nonzero(images["defects"] & Reason.HOT.value) == np.count_nonzero(images["dark_current"] > 3)
    assert set(images["cosmic_rays"][:, 0]) <= {2024120800002, 2024120800003}


def test_as_many_pixels_are_flawed_as_asked() -> None:
    large = CAMERA.segment.scaled_to(128, 128)
    found = flaws(DETECTOR, large, Effects(hot_pixels=0.01, cold_pixels=0.02), seed=1)
    assert np.mean(found.dark_current > 0) == pytest.approx(0.01, rel=0.1)
    assert np.mean(found.transmission < 1) == pytest.approx(0.02, rel=0.1)


def test_hot_pixels_that_every_sensor_has_are_defects_too() -> None:
    sensor = draw(DETECTOR, SEGMENT, seed=1)
    assert np.count_nonzero(sensor.defects) == np.count_nonzero(sensor.dark_current > 3) > 0


def test_dust_is_no_defect() -> None:
    shadows = dust((128, 128), 20, [1, 4])
    assert 0.96 <= shadows.min() < 0.99
    good = flaws(DETECTOR, SEGMENT, Effects(dust_spots=20), seed=1)
    assert not true_defects(np.zeros(good.transmission.shape, np.float32), good).any()


def test_cosmic_rays_come_in_proportion_to_time() -> None:
    few, many = (cosmic_rays((1000, 1000), seconds, 1.0, [1, 2]).electrons.sum() for seconds in (30.0, 300.0))
    assert many / few == pytest.approx(10, rel=0.5)
    assert cosmic_rays((1000, 1000), 0.0, 1.0, [1, 2]).rows.size == 0


@given(st.integers(0, 1000), st.floats(50, 5000))
@settings(deadline=None, max_examples=30)
def test_bleeding_moves_charge_along_columns_and_makes_none(seed: int, full_well: float) -> None:
    charge = np.random.default_rng(seed).exponential(100, (30, 4)).astype(np.float32)
    charge[10, 1] = 3000
    before = charge.copy()
    after = bleed(charge, full_well)
    assert np.array_equal(charge, before)
    assert after.max() <= np.float32(full_well) * 1.001
    assert np.all(after.sum(axis=0) <= charge.sum(axis=0) * 1.001)


def test_a_column_with_room_keeps_all_its_charge() -> None:
    charge = np.zeros((30, 3), np.float32)
    charge[15, 1] = 1000
    after = bleed(charge, 100)
    assert after.sum() == pytest.approx(1000)
    assert np.count_nonzero(after[:, 1]) > 8
    assert not after[:, [0, 2]].any()


def test_an_unknown_effect_is_named_with_those_that_are_known(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(EffectError, match=r"effect gremlins: .*\nknown are vignetting"):
        parse(["gremlins=3"])
    assert main(["simulate", str(tmp_path), "--bias=1", "--effect=hot_pixels=many"]) == 1
    assert "effect hot_pixels" in capsys.readouterr().err


def test_a_preset_gives_way_to_what_is_stated() -> None:
    effects = parse(["crosstalk=0", "vignetting=off"], "realistic")
    assert (effects.crosstalk, effects.vignetting) == (0, False)
    assert effects.nonlinearity == PRESETS["realistic"]["nonlinearity"]


def test_an_unknown_preset_is_named_with_those_that_are_known() -> None:
    with pytest.raises(EffectError, match="preset 'surreal' is not known: expected one of plain, realistic, all"):
        parse([], "surreal")


def test_with_all_effects_the_same_seed_makes_the_same_bytes(tmp_path: Path) -> None:
    everything = Effects.model_validate(PRESETS["all"])
    assert written(tmp_path / "one", everything) == written(tmp_path / "two", everything)


def test_all_switches_on_every_effect() -> None:
    everything = Effects.model_validate(PRESETS["all"])
    assert all(each for _, each in everything)


def test_the_help_names_every_effect_in_the_order_in_which_they_act() -> None:
    assert ", ".join(Effects.model_fields) == EFFECTS
