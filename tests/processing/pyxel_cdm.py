"""The charge distortion model of pyxel-sim (ESA; Short et al. 2013), which nobody of us has written.

The package brings a hundred others, some of which hold astropy back; its model is one file that needs numpy and numba
alone. So the wheel is installed without its dependencies, out of the way of everything else, and this file is loaded.
`python -m tests.processing.pyxel_cdm --install` does so before parallel tests ask for it.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

VERSION = "3.0.2"
DIRECTORY = Path(__file__).parents[2] / ".cache" / f"pyxel-sim-{VERSION}"
MODEL = DIRECTORY / "pyxel/models/charge_transfer/utils_cdm.py"
PATIENCE = 120.0

Image = NDArray[np.float64]

FULL_WELL_E = 100_000.0
CLOUD_CM3 = 1e-10
PERIOD_S = 1e-5


class NoModel(Exception):
    """pyxel-sim is not here and cannot be installed."""


@cache
def model() -> ModuleType:
    """The module of the model; raises NoModel."""
    if not MODEL.is_file():
        _install()
    spec = importlib.util.spec_from_file_location("pyxel_cdm_model", MODEL)
    if spec is None or spec.loader is None:
        raise NoModel(f"{MODEL} is no module")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def read_out(
    image_e: Image, *, traps_e: tuple[float, float], release: tuple[float, float], power: float, prescan: int
) -> Image:
    """Shift an image, overscans without charge included: parallel, then serial through the prescan.

    `traps_e` are electrons that the traps of one pixel hold at full well, `release` their time constants in
    transfers, each (parallel, serial). The model takes one law for all levels: a power of the charge.
    """
    parallel, serial = (_parameters(t, r, power) for t, r in zip(traps_e, release, strict=True))
    wide = np.pad(image_e.astype(np.float64), ((1, 0), (prescan + 1, 0)))  # the model's first pixel makes no transfer
    shifted = model().run_cdm_parallel(array=wide, **parallel)
    return np.asarray(model().run_cdm_serial(array=shifted, **serial)[1:, prescan + 1 :], np.float64)


def _parameters(traps_e: float, release: float, power: float) -> dict[str, object]:
    """Traps that catch whatever they can reach, within a transfer: a cross-section without end."""
    return {
        "beta": power,
        "vg": CLOUD_CM3,
        "t": PERIOD_S,
        "fwc": FULL_WELL_E,
        "vth": 1e7,
        "tr": np.array([release * PERIOD_S]),
        "nt": np.array([traps_e / (2 * CLOUD_CM3)]),
        "sigma": np.array([1e-5]),
    }


def _install() -> None:
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", f"--target={DIRECTORY}"]
    try:
        done = subprocess.run(
            [*command, f"pyxel-sim=={VERSION}"], capture_output=True, text=True, timeout=PATIENCE, check=False
        )
    except subprocess.TimeoutExpired as late:
        raise NoModel(f"pip did not install pyxel-sim {VERSION} within {PATIENCE:.0f} s") from late
    if done.returncode or not MODEL.is_file():
        raise NoModel(f"pip cannot install pyxel-sim {VERSION}: {(done.stderr or done.stdout).strip()[-300:]}")


if __name__ == "__main__" and sys.argv[1:] == ["--install"]:
    with suppress(NoModel):  # the tests say why they skip
        model()
