"""Gains are those that were measured, and the camera's where nothing was."""

from pathlib import Path

import numpy as np
import pytest
from astropy.table import Table as AstropyTable

from processing import camera_files
from processing.effects.photon_transfer import PhotonTransfer, electronics
from processing.table_file import TableError, read, write

DETECTOR = camera_files.find("LSSTComCam").detector(0)
NAMES = tuple(a.name for a in DETECTOR.amplifiers)


def measured(**changed: object) -> PhotonTransfer:
    """Sixteen amplifiers, each with numbers of its own."""
    one = np.arange(16) / 100
    values = {"gain": 1.5 + one, "read_noise": 6 + one, "a00": -3e-6 * (1 + one), "turn_off": 60_000 + one}
    return PhotonTransfer(**({"amplifiers": NAMES, "model": "FULLCOVARIANCE"} | values | changed))


def test_without_a_measurement_the_numbers_are_the_cameras() -> None:
    known = electronics(DETECTOR, None)
    assert known.gain == pytest.approx(np.full(16, 1.662))
    assert known.read_noise == pytest.approx(np.full(16, 7.24))
    assert np.isinf(known.turn_off).all()


def test_what_was_measured_is_taken_by_name() -> None:
    order = np.arange(16)[::-1]
    turned = measured(amplifiers=NAMES[::-1], **{n: getattr(measured(), n)[order] for n in ("gain", "read_noise")})
    assert np.array_equal(electronics(DETECTOR, turned).gain, measured().gain)
    assert np.array_equal(electronics(DETECTOR, turned).read_noise, measured().read_noise)


def test_an_amplifier_without_a_gain_has_the_cameras_and_is_doubtful() -> None:
    gains = measured().gain.copy()
    gains[3] = np.nan
    known = electronics(DETECTOR, measured(gain=gains))
    assert known.gain[3] == 1.662
    assert known.doubtful == (NAMES[3],)


def test_a_detector_with_other_amplifiers_is_refused() -> None:
    with pytest.raises(TableError, match="PhotonTransfer: has no amplifier C10"):
        electronics(DETECTOR, measured(amplifiers=tuple("ABCDEFGHIJKLMNOP")))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"gain": np.zeros(16)}, "PhotonTransfer.gain: expected more than 0, found 0"),
        ({"turn_off": np.full(16, -1)}, "PhotonTransfer.turn_off: expected more than 0, found -1"),
        ({"read_noise": np.full(16, -1)}, "PhotonTransfer.read_noise: expected 0 or more, found -1"),
        ({"model": "CUBIC"}, "'CUBIC' is none of EXPAPPROXIMATION"),
    ],
)
def test_numbers_that_no_amplifier_has_are_refused(changed: dict[str, object], said: str) -> None:
    with pytest.raises(TableError, match=said):
        measured(**changed)


def test_the_file_is_read_with_astropy_alone(tmp_path: Path) -> None:
    path = tmp_path / "ptc.ecsv"
    write(measured(a00=np.full(16, np.nan), header={"OBSTYPE": "ptc"}), path)
    table = AstropyTable.read(path, format="ascii.ecsv")
    assert [str(table[name].unit) for name in ("gain", "read_noise", "a00", "turn_off")] == [
        "electron / adu",
        "electron",
        "1 / electron",
        "adu",
    ]
    assert table.meta["model"] == "FULLCOVARIANCE"
    assert np.isnan(table["a00"]).all()
    assert read(PhotonTransfer, path) == measured(a00=np.full(16, np.nan), header={"OBSTYPE": "ptc"})
