"""Tests of defects, on frames in which they are marked: what marking leaves should be what chance explains."""

from __future__ import annotations

from ..bound import Bound
from ..measures import Measures, of_amplifiers
from ..results import Results
from ..test import Test

_TAUTOLOGY = "cp_verify: marking pixels can hardly do otherwise; "


def _outliers(results: Results) -> Measures:
    more = results.column("DEFECTS_OUTLIERS") - results.column("DEFECTS_UNMASKED_OUTLIERS")
    return of_amplifiers(results, more)


def _stdev(results: Results) -> Measures:
    unmasked = results.column("DEFECTS_UNMASKED_STDEV")
    return of_amplifiers(results, (results.column("DEFECTS_STDEV") - unmasked) / unmasked)


def _min(results: Results) -> Measures:
    return of_amplifiers(results, results.column("DEFECTS_UNMASKED_MIN") - results.column("DEFECTS_MIN"))


def _max(results: Results) -> Measures:
    return of_amplifiers(results, results.column("DEFECTS_MAX") - results.column("DEFECTS_UNMASKED_MAX"))


def _unexplained(results: Results) -> Measures:
    return of_amplifiers(results, results.column("DEFECTS_UNEXPLAINED"))


TESTS = (
    Test(
        product="defects",
        name="OUTLIERS",
        says="pixels beyond 5 sigma without the defects, less those with them",
        source=_TAUTOLOGY + "sigma is smaller without the defects, so that some may be more",
        bound=Bound(at_most=10.0),
        columns=("DEFECTS_OUTLIERS", "DEFECTS_UNMASKED_OUTLIERS"),
        measure=_outliers,
    ),
    Test(
        product="defects",
        name="STDEV",
        says="growth of the clipped standard deviation by leaving out the defects, relative",
        source=_TAUTOLOGY + "a standard deviation of other pixels may be a little larger by chance",
        bound=Bound(at_most=0.01),
        columns=("DEFECTS_STDEV", "DEFECTS_UNMASKED_STDEV"),
        measure=_stdev,
    ),
    Test(
        product="defects",
        name="MIN",
        says="the least value with the defects, less that without them",
        source=_TAUTOLOGY + "fails if the two are not of the same frame",
        bound=Bound(at_most=0.0),
        columns=("DEFECTS_UNMASKED_MIN", "DEFECTS_MIN"),
        measure=_min,
    ),
    Test(
        product="defects",
        name="MAX",
        says="the largest value without the defects, less that with them",
        source=_TAUTOLOGY + "fails if the two are not of the same frame",
        bound=Bound(at_most=0.0),
        columns=("DEFECTS_MAX", "DEFECTS_UNMASKED_MAX"),
        measure=_max,
    ),
    Test(
        product="defects",
        name="PROB_TEST",
        says="pixels that no defect covers and that one in as many Gaussian ones would be: one is to be expected",
        source=(
            "cp_verify compares a density with a probability and wants exactly as many outliers as defects; here what "
            "defects leave is compared with what chance leaves: more than 10 come once in 100 million amplifiers"
        ),
        bound=Bound(at_most=10.0),
        columns=("DEFECTS_UNEXPLAINED",),
        measure=_unexplained,
    ),
)
