"""Which of the packages that a RUN recorded are told with what it made.

A RUN records hundreds, in its dataset `packages`, and keeps them. A seal repeats those that decide what comes out: so
few that documentation stays small, and enough to tell where only the seal was carried to.
"""

from __future__ import annotations

from collections.abc import Mapping

DECISIVE = (
    "lsst_distrib",
    "cp_pipe",
    "cp_verify",
    "ip_isr",
    "obs_lsst",
    "afw",
    "meas_algorithms",
    "analysis_tools",
    "processing",
    "ctrl_bps",
    "pipe_base",
    "daf_butler",
    "pex_config",
    "astropy",
    "numba",
    "numpy",
    "scipy",
    "python",
)
"""In the order to be told: what is nearest to the pixels first; names as the middleware records them."""


def decisive(versions: Mapping[str, str]) -> dict[str, str]:
    """Return the versions of the packages that decide what comes out; of each the first word, compilers left out."""
    return {name: versions[name].split()[0] for name in DECISIVE if versions.get(name, "").strip()}
