"""Signature removal asks for the calibrations that its configuration applies, by cp_pipe's names, and for no other."""

import pytest

from processing.tasks.isr import CALIBRATIONS, IsrConfig, IsrConnections

EVERYTHING = (
    "doCrosstalk",
    "doLinearize",
    "doBias",
    "doDeferredCharge",
    "doDefect",
    "doDark",
    "doBrighterFatter",
    "doFlat",
)


def connections(**changed: object) -> IsrConnections:
    """The connections of a configuration."""
    config = IsrConfig()
    config.update(**changed)
    return IsrConnections(config=config)


def test_usually_bias_dark_and_defects_are_asked_for() -> None:
    assert set(connections().prerequisiteInputs) == {"bias", "dark", "defects"}


def test_everything_can_be_asked_for_by_its_dataset_type() -> None:
    asked = connections(useGainsFrom="PTC", **dict.fromkeys(EVERYTHING, True))
    types = {name: getattr(asked, name).name for name in asked.prerequisiteInputs}
    assert types == {name: name for name in CALIBRATIONS} | {"deferredChargeCalib": "cti", "bfKernel": "bfk"}


def test_of_these_only_bias_dark_and_flat_must_be_there() -> None:
    asked = connections(useGainsFrom="PTC", **dict.fromkeys(EVERYTHING, True))
    assert {n for n in asked.prerequisiteInputs if getattr(asked, n).minimum} == {"bias", "dark", "flat"}


def test_the_flat_is_that_of_the_filter() -> None:
    assert set(connections(doFlat=True).flat.dimensions) == {"instrument", "detector", "physical_filter"}


@pytest.mark.parametrize("flag", ["doBias", "doDark"])
def test_what_the_camera_has_subtracted_is_not_asked_for(flag: str) -> None:
    asked = connections(darkSubtractedByCamera=True, **{flag: True})
    assert set(asked.prerequisiteInputs) == {"defects"}
