"""What several modules of tests look at and none changes."""

from __future__ import annotations

import pytest

from processing.simulation.effects import PRESETS, Effects
from tests.processing.calibrating import Calibrated, calibrated


@pytest.fixture(scope="session")
def everything() -> Calibrated:
    """A sensor with all effects at once."""
    return calibrated(Effects.model_validate(PRESETS["all"]))
