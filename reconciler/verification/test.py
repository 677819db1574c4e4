"""What a test is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .bound import Bound
from .measures import Measures
from .results import Results


@dataclass(frozen=True, slots=True)
class Test:
    """One test of one kind of calibration.

    Attributes
    ----------
    product
        Of the catalog: `bias`, `flat`.
    name
        As DMTN-101 and cp_verify have it: `NOISE`.
    says
        What the value is, in words, with its unit.
    source
        Where it comes from, and what is mended of upstream's version.
    bound
        The default; a `Verification` document may say another, also for some detectors only.
    columns
        What the measurement reads.
    measure
        Results -> values.
    """

    __test__ = False  # for pytest, which collects classes of this name

    product: str
    name: str
    says: str
    source: str
    bound: Bound
    columns: tuple[str, ...]
    measure: Callable[[Results], Measures]
