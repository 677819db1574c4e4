"""Settings that all tests share."""

from __future__ import annotations

import os
import signal

from hypothesis import HealthCheck, settings

# Tests interrupt the processes that they start, and a suite in the background hands down that interrupts are ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)

# The machine's speed must never decide a test: no deadlines. The long tier asks for ten times the examples.
_COMMON = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large]}
settings.register_profile("push", max_examples=100, **_COMMON)
settings.register_profile("long", max_examples=1000, **_COMMON)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "push"))
