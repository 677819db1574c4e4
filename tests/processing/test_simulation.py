"""Simulated frames hold what their truth says, and the same plan makes the same frames."""

import json
from pathlib import Path

import numpy as np
import pytest

from processing.assemble import readouts
from processing.camera_files import find
from processing.isr import assemble
from processing.simulation import night
from processing.simulation.exposure import Shot, expose
from processing.simulation.plan import Block, Ladder, PlanError, read_plan, shots
from processing.simulation.sensor import draw, flat_light

CAMERA = find("LSSTComCam")
DETECTOR = CAMERA.detector(4)
SEGMENT = CAMERA.segment.scaled_to(64, 64)
KNOWN = draw(DETECTOR, SEGMENT, seed=1)


def shot(**changes: object) -> Shot:
    """A bias frame, changed."""
    values = {
        "observation_type": "bias", "day_obs": 20241208, "seq_num": 1, "begin": "2024-12-08T18:00:00",
        "exposure_time": 0.0, "physical_filter": "r_03", "band": "r",
    }  # fmt: skip
    return Shot(**(values | changes))  # type: ignore[arg-type]  # changes are of the fields' types


def test_overscan_has_the_true_read_noise() -> None:
    raw = expose(DETECTOR, SEGMENT, KNOWN, shot(), light=None, seed=1).astype(np.float64)
    noise = [r.overscan.std() * g for r, g in zip(readouts(raw, DETECTOR, SEGMENT), KNOWN.gain, strict=True)]
    assert np.mean(noise) == pytest.approx(KNOWN.read_noise.mean(), rel=0.05)


def test_flat_pairs_have_the_true_gain() -> None:
    light = flat_light(CAMERA, DETECTOR, SEGMENT, KNOWN, "r", seed=1)
    one, two = (
        assemble(
            expose(DETECTOR, SEGMENT, KNOWN, shot(seq_num=n, electrons=30_000.0), light=light, seed=1),
            DETECTOR,
            SEGMENT,
        ).image.astype(np.float64)
        for n in (1, 2)
    )
    read_variance = (KNOWN.read_noise.mean() / KNOWN.gain.mean()) ** 2
    gain = ((one + two) / 2).mean() / ((one - two).var() / 2 - read_variance)
    assert gain == pytest.approx(KNOWN.gain.mean(), rel=0.03)


def test_a_frame_can_be_made_again_to_the_bit() -> None:
    first, second = (expose(DETECTOR, SEGMENT, KNOWN, shot(), light=None, seed=1) for _ in range(2))
    assert np.array_equal(first, second)


@pytest.mark.parametrize("other", [shot(seq_num=2), shot(day_obs=20241209)])
def test_every_exposure_has_its_own_noise(other: Shot) -> None:
    first, second = (expose(DETECTOR, SEGMENT, KNOWN, s, light=None, seed=1) for s in (shot(), other))
    assert not np.array_equal(first, second)


def test_light_beyond_the_converter_saturates() -> None:
    light = np.ones(DETECTOR.shape(SEGMENT), np.float32)
    raw = expose(DETECTOR, SEGMENT, KNOWN, shot(electrons=1e6), light=light, seed=1)
    assert raw.max() == 65535


def test_exposures_of_a_night_never_overlap() -> None:
    plan = [Block(type="dark", night=20241208, first_seq=1, count=5, exposure_time=300)]
    begins = [np.datetime64(s.begin) for s in shots(plan, CAMERA)]
    assert min(np.diff(begins)) >= np.timedelta64(300, "s")


def test_the_truth_stands_beside_the_raws(tmp_path: Path) -> None:
    plan = [Block(type="flat", night=20241208, first_seq=44, count=1, band="u")]
    night.write(tmp_path, CAMERA, plan, amplifier_size=(64, 64), detectors=[4], seed=1)
    said = json.loads((tmp_path / "truth.json").read_text())
    images = np.load(tmp_path / said["detectors"]["4"]["images"])
    assert np.array_equal(images["bias_structure"], KNOWN.bias_structure)
    assert images["flat_u"].shape == DETECTOR.shape(SEGMENT)
    assert said["detectors"]["4"]["amplifiers"]["C10"]["gain_e_per_adu"] == pytest.approx(KNOWN.gain[0])


def test_a_mistake_in_a_plan_is_named(tmp_path: Path) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text("- {type: bias, night: 20241208, first_seq: 1, count: 2}\n- {type: tea, night: 1}\n")
    with pytest.raises(PlanError, match=r"plan.yaml: 1.type: .*'bias', 'dark' or 'flat'"):
        read_plan(path)


def test_a_ladder_has_so_many_exposures_at_each_level_under_a_steady_lamp() -> None:
    ladder = Ladder(first=1000, last=100_000, levels=3)
    block = Block(type="flat", night=20241208, first_seq=7, count=2, exposure_time=10, band="r", electrons=ladder)
    made = list(shots([block], CAMERA))
    assert [s.electrons for s in made] == [1000, 1000, 10_000, 10_000, 100_000, 100_000]
    assert [s.exposure_time for s in made] == pytest.approx([0.1, 0.1, 1, 1, 10, 10])
    assert [s.seq_num for s in made] == [7, 8, 9, 10, 11, 12]


def test_a_plan_may_list_the_levels_of_a_ladder(tmp_path: Path) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text("- {type: flat, night: 20241208, first_seq: 1, count: 1, band: r, electrons: [500, 2000]}\n")
    assert read_plan(path)[0].levels == (500, 2000)
