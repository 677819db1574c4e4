"""A report in a real browser, from disk: nothing goes wrong, links lead on, tables and maps work by keyboard."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import numpy as np
import pytest

from reconciler.render.report import pages, write
from tests.reports.made import report
from tests.servers.chromium import chromium
from tests.servers.debian import Missing

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from selenium.webdriver import Chrome
    from selenium.webdriver.remote.webelement import WebElement

FAILING = "detector 4 R22_S11, amplifier C03: failed in 20 of 20 exposures"


class Silent(SimpleHTTPRequestHandler):
    """Serves files, and says nothing of it."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # named so by the base class
        pass


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("report") / "DM-48520"
    write(pages(report(noisy={(4, "C03"): 1.12})), made)
    return made


@pytest.fixture(scope="module")
def running() -> Iterator[Chrome]:
    """A browser; where none can be had, the tests are skipped, but never in CI."""
    try:
        started = chromium()
        browser = started.__enter__()
    except Missing as reason:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(reason))
    try:
        yield browser
    finally:
        started.__exit__(None, None, None)


@pytest.fixture
def browser(running: Chrome) -> Iterator[Chrome]:
    """The browser; afterwards its console must have stayed empty."""
    running.get_log("browser")
    yield running
    assert running.get_log("browser") == []


def find(browser: Chrome, selector: str) -> WebElement:
    return browser.find_element("css selector", selector)


def find_all(browser: Chrome, selector: str) -> list[WebElement]:
    return browser.find_elements("css selector", selector)


def press(browser: Chrome, *keys: str) -> None:
    from selenium.webdriver import ActionChains

    ActionChains(browser).send_keys(*keys).perform()


def focused(browser: Chrome, script: str) -> object:
    return browser.execute_script(f"const it = document.activeElement; return {script}")


def open_page(browser: Chrome, folder: Path, name: str) -> None:
    browser.get((folder / name).as_uri())


def column(browser: Chrome, number: int) -> list[str]:
    cells = find_all(browser, f"table[data-filter=detectors] tbody tr:not([hidden]) > :nth-child({number})")
    return [cell.text for cell in cells]


def test_every_page_opens_without_a_word_on_the_console(browser: Chrome, folder: Path) -> None:
    for page in sorted(folder.rglob("*.html")):
        open_page(browser, folder, page.relative_to(folder).as_posix())
        assert browser.execute_script("return getComputedStyle(document.body).margin") == "0px"
        assert browser.get_log("browser") == []


def test_a_web_server_may_stand_between(browser: Chrome, folder: Path) -> None:
    handler = partial(Silent, directory=str(folder.parent))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        browser.get(f"http://127.0.0.1:{server.server_port}/{folder.name}/bias/NOISE.html")
        assert browser.execute_script("return getComputedStyle(document.body).margin") == "0px"
        assert len(find_all(browser, ".focal a[tabindex='0']")) == 1
        server.shutdown()


def test_links_lead_from_the_verdict_to_the_amplifier(browser: Chrome, folder: Path) -> None:
    open_page(browser, folder, "index.html")
    find(browser, ".places a").click()
    assert browser.current_url.endswith("bias/detector-004.html#NOISE-C03")
    row = find(browser, "tr:target")
    assert "failed" in row.text
    assert row.is_displayed()
    top = browser.execute_script("return arguments[0].getBoundingClientRect().top", row)
    assert 0 <= top < 1600


def test_a_table_sorts_by_keyboard(browser: Chrome, folder: Path) -> None:
    from selenium.webdriver.common.keys import Keys

    open_page(browser, folder, "bias/NOISE.html")
    button = find(browser, "table[data-filter=detectors] th:nth-child(8) button")
    button.send_keys(Keys.ENTER)
    head = find(browser, "table[data-filter=detectors] th:nth-child(8)")
    assert head.get_attribute("aria-sort") == "ascending"
    assert column(browser, 1)[-1] == "4"
    press(browser, Keys.SPACE)
    assert head.get_attribute("aria-sort") == "descending"
    assert column(browser, 1)[0] == "4"


def test_numbers_sort_as_numbers(browser: Chrome, folder: Path) -> None:
    open_page(browser, folder, "bias/NOISE.html")
    find(browser, "table[data-filter=detectors] th:nth-child(7) button").click()
    medians = [float(text.replace("\N{MINUS SIGN}", "-")) for text in column(browser, 7)]
    assert medians == sorted(medians)


def test_a_table_filters_by_keyboard_and_says_how_much_is_left(browser: Chrome, folder: Path) -> None:
    open_page(browser, folder, "bias/NOISE.html")
    entry = find_all(browser, ".filter input")[-1]
    entry.send_keys("failed")
    assert column(browser, 1) == ["4"]
    assert find_all(browser, ".filter [role=status]")[-1].text == "1 of 9 rows"
    entry.clear()
    entry.send_keys(" ")
    assert len(column(browser, 1)) == 9


def test_a_map_is_one_stop_of_tab_and_walked_with_arrows(browser: Chrome, folder: Path) -> None:
    from selenium.webdriver.common.keys import Keys

    open_page(browser, folder, "bias/NOISE.html")
    assert len(find_all(browser, ".focal a[tabindex='0']")) == 1
    browser.execute_script("document.querySelector('.focal a[href$=\"004.html#NOISE-C02\"]').focus()")
    press(browser, Keys.ARROW_RIGHT)
    assert FAILING in str(focused(browser, "it.querySelector('title').textContent"))
    assert FAILING in find(browser, "[data-readout]").text
    place = find(browser, ".focal a[href$='004.html#NOISE-C03'] path")
    assert find(browser, ".here").get_attribute("d") == place.get_attribute("d")
    press(browser, Keys.ARROW_UP)
    assert "amplifier C13" in find(browser, "[data-readout]").text
    press(browser, Keys.ARROW_DOWN, Keys.ENTER)
    assert browser.current_url.endswith("detector-004.html#NOISE-C03")


def test_the_first_stop_of_tab_skips_to_the_content(browser: Chrome, folder: Path) -> None:
    from selenium.webdriver.common.keys import Keys

    open_page(browser, folder, "index.html")
    press(browser, Keys.TAB)
    assert focused(browser, "it.textContent") == "Skip to the content"
    press(browser, Keys.ENTER)
    assert focused(browser, "it.id") == "main"


def test_everything_but_tables_and_plots_fits_a_phone(browser: Chrome, folder: Path) -> None:
    browser.set_window_size(500, 900)
    try:
        for name in ("index.html", "record.html", "bias/index.html", "bias/NOISE.html", "bias/detector-004.html"):
            open_page(browser, folder, name)
            assert browser.execute_script("return document.documentElement.scrollWidth <= window.innerWidth"), name
    finally:
        browser.set_window_size(1280, 1600)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_screenshot_shows_the_failing_amplifier(browser: Chrome, folder: Path, scheme: str) -> None:
    media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    open_page(browser, folder, "bias/NOISE.html")
    paper = float(picture(find(browser, "footer"))[2, 2].mean())
    assert paper > 0.9 if scheme == "light" else paper < 0.2
    failing, beside = (
        picture(find(browser, f".focal a[href='detector-004.html#NOISE-{name}']")) for name in ("C03", "C02")
    )
    assert reddish(failing) > 20
    assert reddish(beside[:, : beside.shape[1] * 3 // 4]) == 0
    assert abs(middle(failing) - middle(beside)) > 0.2


def picture(element: WebElement) -> NDArray[np.float64]:
    """Return an element's pixels, red, green and blue from 0 to 1."""
    from matplotlib.image import imread

    return np.asarray(imread(io.BytesIO(element.screenshot_as_png), format="png"))[..., :3]


def reddish(pixels: NDArray[np.float64]) -> int:
    """Return how many pixels have the colour of what failed."""
    red, green, blue = np.moveaxis(pixels, -1, 0)
    return int(np.count_nonzero((red > 0.6) & (green < 0.3) & (blue < 0.3)))


def middle(pixels: NDArray[np.float64]) -> float:
    """Return the typical lightness of what a picture mostly shows."""
    return float(np.median(pixels.mean(axis=-1)))
