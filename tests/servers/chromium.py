"""A browser for tests: Debian's Chromium without a window, driven over its own protocol by Debian's chromedriver.

    with chromium() as browser:
        browser.get(address)

Both packages are installed if they are missing and we may (root, apt-get). The browser talks to nobody: what it does
by itself in the background is switched off, and its profile is a temporary directory.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from tests.servers.debian import Missing, require

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

QUIET = (
    "--headless=new",
    "--no-sandbox",  # Chromium's sandbox refuses root
    "--disable-gpu",
    "--disable-dev-shm-usage",  # containers have little shared memory
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)
PROGRAMS = ("chromium", "chromedriver")


@contextmanager
def chromium(*, width: int = 1280, height: int = 1600) -> Iterator[Chrome]:
    """Start a browser, yield it, end it and remove its profile."""
    from selenium.webdriver import Chrome, ChromeOptions
    from selenium.webdriver.chrome.service import Service

    binary, driver = programs()
    profile = tempfile.mkdtemp(prefix="reconcile-chromium-")
    options = ChromeOptions()
    options.binary_location = binary
    for argument in (*QUIET, f"--user-data-dir={profile}", f"--window-size={width},{height}"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    try:
        with Chrome(options=options, service=Service(executable_path=driver)) as browser:
            yield browser
    finally:
        shutil.rmtree(profile, ignore_errors=True)


def programs() -> tuple[str, str]:
    """Return the paths of browser and driver, after installing them if need be."""
    return require(_found, "Chromium with its driver", "chromium", "chromium-driver")


def _found() -> tuple[str, str] | None:
    browser, driver = (shutil.which(name) for name in PROGRAMS)
    return (browser, driver) if browser and driver else None


if __name__ == "__main__":
    if sys.argv[1:] == ["--install"]:  # before parallel tests ask for it all at once
        with suppress(Missing):  # the tests themselves say why they skip, or fail in CI
            programs()
        sys.exit()
