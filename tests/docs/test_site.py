"""The site in a real headless Chromium: tabs, search, dark mode, a narrow screen, the keyboard."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from selenium.webdriver import Chrome, ChromeOptions, Keys
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from conftest import SITE
from test_links import pages

PATIENCE = 20  # seconds
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--window-size=1300,1000",
    "--lang=en-GB",
    "--allow-file-access-from-files",
]


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture(scope="session")
def url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(SITE)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Chrome]:
    options = ChromeOptions()
    options.binary_location = shutil.which("chromium") or shutil.which("google-chrome") or "/usr/bin/chromium"
    for flag in [*FLAGS, f"--user-data-dir={tmp_path}"]:
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    browser = Chrome(options, Service(shutil.which("chromedriver") or "/usr/bin/chromedriver"))
    yield browser
    complaints = [entry["message"] for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]
    browser.quit()
    assert complaints == []


def picture(browser: Chrome, name: str) -> None:
    """Keeps a picture where the variable PICTURES names a folder."""
    if folder := os.environ.get("PICTURES"):
        browser.save_screenshot(str(Path(folder) / f"{name}.png"))


def until(browser: Chrome, what: Callable[[Chrome], object]) -> object:
    return WebDriverWait(browser, PATIENCE).until(what)


def shown_tabs(browser: Chrome) -> set[str]:
    """Labels of the tabs that are open."""
    script = """
        return [...document.querySelectorAll('.tabbed-set')].filter((set) => set.offsetParent).map((set) => {
          const at = [...set.querySelectorAll(':scope > input')].findIndex((input) => input.checked);
          return set.querySelectorAll(':scope > .tabbed-labels > label')[at].innerText.trim();
        });
    """
    return set(browser.execute_script(script))


def tab(browser: Chrome, label: str) -> WebElement:
    labels = browser.find_elements(By.CSS_SELECTOR, ".tabbed-labels > label")
    return next(each for each in labels if each.text.strip() == label)


def search(browser: Chrome, words: str) -> list[str]:
    """Searches as a reader does, and gives the addresses that are found."""
    inside = "const root = document.activeElement.shadowRoot; return root ? {} : null"
    body = browser.find_element(By.TAG_NAME, "body")

    def opened(_: Chrome) -> object:
        if not browser.execute_script(inside.format("root.activeElement?.tagName === 'INPUT'")):
            body.send_keys(Keys.CONTROL, "k")  # the theme's script may not listen yet
            return False
        return True

    until(browser, opened)
    browser.switch_to.active_element.send_keys(words)
    addresses = "[...root.querySelectorAll('[role=option]')].map((option) => option.href)"
    found = until(browser, lambda _: browser.execute_script(inside.format(addresses)))
    assert isinstance(found, list)
    return found


def test_the_chosen_language_stays(browser: Chrome, url: str) -> None:
    browser.get(f"{url}/guides/errors.html")
    assert shown_tabs(browser) == {"Python"}
    tab(browser, "Node").click()
    until(browser, lambda _: shown_tabs(browser) == {"Node"})
    picture(browser, "tabs")
    browser.get(f"{url}/guides/retries.html")
    until(browser, lambda _: shown_tabs(browser) == {"Node"})
    browser.get(f"{url}/index.html")
    until(browser, lambda _: shown_tabs(browser) == {"Node"})


def test_search(browser: Chrome, url: str) -> None:
    browser.get(f"{url}/index.html")
    found = search(browser, "reconcile")
    picture(browser, "search")
    assert any("guides/retries.html" in each for each in found)
    browser.switch_to.active_element.send_keys(Keys.ENTER)
    until(browser, lambda _: browser.current_url.startswith(found[0].split("?")[0]))


def test_search_without_a_server(browser: Chrome) -> None:
    browser.get((SITE / "index.html").as_uri())
    assert any("guides/retries.html" in each for each in search(browser, "reconcile"))


def test_dark_mode(browser: Chrome, url: str) -> None:
    browser.get(f"{url}/start.html")

    def colours() -> tuple[str, str, str]:
        body = browser.find_element(By.TAG_NAME, "body")
        box = browser.find_element(By.CSS_SELECTOR, ".drawing rect")
        text = browser.find_element(By.CSS_SELECTOR, ".drawing text")
        return (
            body.value_of_css_property("background-color"),
            box.value_of_css_property("fill"),
            text.value_of_css_property("fill"),
        )

    def scheme() -> str | None:
        return browser.find_element(By.TAG_NAME, "body").get_attribute("data-md-color-scheme")

    def press() -> None:
        labels = browser.find_elements(By.CSS_SELECTOR, "label[for^=__palette]")
        next(label for label in labels if label.is_displayed()).click()

    for _ in range(3):
        if scheme() == "default":
            break
        press()
    light = colours()
    for _ in range(3):
        if scheme() == "slate":
            break
        press()
    assert scheme() == "slate"
    picture(browser, "dark")
    assert all(one != other for one, other in zip(light, colours(), strict=True))
    browser.get(f"{url}/guides/index.html")
    assert scheme() == "slate"


def test_no_page_is_wider_than_a_phone(browser: Chrome, url: str) -> None:
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": True}
    )
    wide = {}
    for page in pages():
        if page.name == "404.html":  # made for the address of the published site
            continue
        browser.get(f"{url}/{page.relative_to(SITE)}")
        width = browser.execute_script("return document.scrollingElement.scrollWidth")
        if width > 390:
            wide[page.name] = width
    assert wide == {}
    browser.get(f"{url}/start.html")
    picture(browser, "phone")


def test_the_menu_of_a_phone(browser: Chrome, url: str) -> None:
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": True}
    )
    browser.get(f"{url}/start.html")
    button = browser.find_element(By.CSS_SELECTOR, "label.md-header__button[for=__drawer]")
    button.click()
    until(
        browser, lambda _: any(each.is_displayed() for each in browser.find_elements(By.LINK_TEXT, "On a real server"))
    )
    picture(browser, "phone-menu")


def test_keyboard(browser: Chrome, url: str) -> None:
    browser.get(f"{url}/guides/retries.html")
    body = browser.find_element(By.TAG_NAME, "body")
    body.send_keys(Keys.TAB)
    first = browser.switch_to.active_element
    assert (first.get_attribute("textContent") or "").strip() == "Skip to content"
    seen = set()
    for _ in range(80):
        active = browser.switch_to.active_element
        seen.add(active.tag_name)
        if active.get_attribute("type") == "radio" and "tabbed" in (
            active.get_attribute("name") or active.get_attribute("id") or ""
        ):
            break
        active.send_keys(Keys.TAB)
    else:
        pytest.fail(f"the tabs of languages are not reached with the Tab key: {seen}")
    picture(browser, "keyboard")
    browser.switch_to.active_element.send_keys(Keys.ARROW_RIGHT)
    until(browser, lambda _: shown_tabs(browser) == {"Node"})


def test_code_can_be_copied(browser: Chrome, url: str) -> None:
    browser.get(f"{url}/guides/errors.html")
    assert browser.find_elements(By.CSS_SELECTOR, ".md-code__button, .md-clipboard, button[data-clipboard-target]")


def test_nothing_comes_from_another_host(browser: Chrome, url: str) -> None:
    browser.get(f"{url}/index.html")
    search(browser, "token")
    names = browser.execute_script("return performance.getEntriesByType('resource').map((entry) => entry.name)")
    assert [name for name in names if not name.startswith((url, "data:", "blob:"))] == []
