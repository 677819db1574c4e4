"""The tests of every kind of calibration: a file for each, a line here for each file."""

from __future__ import annotations

from ..test import Test
from . import bias, crosstalk, cti, dark, defects, flat, gain

TESTS: tuple[Test, ...] = (
    *bias.TESTS,
    *dark.TESTS,
    *flat.TESTS,
    *defects.TESTS,
    *crosstalk.TESTS,
    *cti.TESTS,
    *gain.TESTS,
)


def of(product: str) -> tuple[Test, ...]:
    """Return the tests of one product of the catalog; none if nobody has written any."""
    return tuple(test for test in TESTS if test.product == product)
