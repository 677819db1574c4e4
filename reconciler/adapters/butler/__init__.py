"""A Butler repository as a `Repository`: SQLite or PostgreSQL behind `lsst.daf.butler`'s public interface.

What Butler really does differs in places from what its documentation says; each trap is named where it is avoided.
"""

from .repository import ButlerRepository

__all__ = ["ButlerRepository"]
