"""The private PostgreSQL server of the contract suite serves the laws too."""

from __future__ import annotations

from tests.contract.conftest import server

__all__ = ["server"]
