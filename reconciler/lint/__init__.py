"""Lint with proof: what specs, or a site, do that is allowed and probably not meant, each with one case that shows it.

Pure: rules look at a `View`, from specs and locks alone or from what a site was seen to hold.
"""

from __future__ import annotations

from .finding import Finding
from .report import Report, lint
from .view import View, of_site, of_specs

__all__ = ["Finding", "Report", "View", "lint", "of_site", "of_specs"]
