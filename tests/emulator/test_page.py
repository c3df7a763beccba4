"""The page in a real headless Chromium: what a person sees, presses and types."""

import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver import Chrome, ChromeOptions, Keys
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import Select, WebDriverWait

from conftest import Program, running

PATIENCE = 10  # seconds
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-dev-shm-usage --window-size=1400,1000 --lang=en-GB"
).split()


class Target:
    """A target of webhooks that answers as it is told."""

    def __init__(self) -> None:
        """Listen on a free port."""
        self.status, self.body = 200, '{"received": true}'
        target = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                self.send_response(target.status)
                self.send_header("Content-Length", str(len(target.body.encode())))
                self.end_headers()
                self.wfile.write(target.body.encode())

            do_GET = do_POST = do_PUT = answer

            def log_message(self, *arguments: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def target() -> Iterator[Target]:
    target = Target()
    yield target
    target.server.shutdown()
    target.server.server_close()


@pytest.fixture
def emulator() -> Iterator[Program]:
    with running() as program:
        yield program


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Chrome]:
    options = ChromeOptions()
    options.binary_location = shutil.which("chromium") or shutil.which("google-chrome") or "/usr/bin/chromium"
    for flag in [*FLAGS, f"--user-data-dir={tmp_path}"]:
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    browser = Chrome(options, Service(shutil.which("chromedriver") or "/usr/bin/chromedriver"))
    yield browser
    complaints = [
        entry["message"]
        for entry in browser.get_log("browser")
        if "net::ERR_CONNECTION" not in entry["message"] and "net::ERR_INCOMPLETE_CHUNKED" not in entry["message"]
    ]
    browser.quit()
    assert complaints == []


class Page:
    """The page, as a person sees it."""

    def __init__(self, browser: Chrome, emulator: Program) -> None:
        """Open it."""
        self.browser = browser
        browser.get(f"{emulator.url}/_emulator/")
        self.wait(lambda: len(Select(self.at("#trigger")).options) > 10)

    def at(self, selector: str) -> WebElement:
        return self.browser.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector: str) -> list[WebElement]:
        return self.browser.find_elements(By.CSS_SELECTOR, selector)

    def wait(self, condition: Callable[[], Any]) -> Any:
        return WebDriverWait(self.browser, PATIENCE, 0.05, [StaleElementReferenceException]).until(
            lambda _: condition()
        )

    def wait_for(self, selector: str, text: str) -> None:
        def there() -> bool:
            return any(text in element.text for element in self.all(selector))

        try:
            self.wait(there)
        except Exception as error:
            raise AssertionError(f"'{text}' is not in {selector}: {[e.text for e in self.all(selector)]}") from error

    def press(self, name: str) -> None:
        """Press the button that a screen reader calls by this name."""
        buttons = [button for button in self.all("button") if button.accessible_name == name]
        assert len(buttons) == 1, f"{name} is not one of {[button.accessible_name for button in self.all('button')]}"
        buttons[0].click()


def create(emulator: Program, url: str, **fields: Any) -> int:
    state = emulator.ask("GET", "/_emulator/state")["clients"][0]
    token = emulator.token(state["clientId"], state["clientSecret"])
    spec = {
        "name": "Door opened",
        "trigger": "DEVICE_ADDED",
        "url": url + "/doors/{device_id}",
        "method": "POST",
        "contentType": "JSON",
        "authType": "NONE",
        "body": '{"device": {device_id}, "name": "{device_name}"}',
        **fields,
    }
    headers = {"Authorization": f"Bearer {token}"}
    return emulator.ask("POST", emulator.path_of("createWebhook"), spec, headers)["id"]


def test_a_webhook_fires_fails_is_disabled_and_comes_back(emulator: Program, browser: Chrome, target: Target) -> None:
    create(emulator, target.url, failureLimit=2, failureReceivers=[17])
    page = Page(browser, emulator)
    page.wait_for("#webhooks li", "enabled")
    page.press("Test Door opened")
    page.wait_for("#deliveries li", "ok")
    page.wait_for("#detail-title", "Delivery 1 of Door opened")
    assert page.at("#request-line").text == f"POST {target.url}/doors/7"
    assert '"device": 7' in page.at("#request-body").text
    assert "Content-Type: application/json" in page.at("#request-headers").text
    assert page.at("#response-line").text.startswith("Status 200")
    assert '"received": true' in page.at("#response-body").text
    request, response = page.at("#exchange article").rect, page.all("#exchange article")[1].rect
    assert request["y"] == response["y"], "not side by side"
    assert request["x"] + request["width"] <= response["x"], "not side by side"

    target.status, target.body = 500, "no"
    page.press("Redeliver")
    page.wait_for("#detail-title", "again as 1")
    assert page.at("#reason").text == "the target answered with 500"
    page.press("Redeliver")
    page.wait_for("#webhooks li", "disabled due to errors")
    page.wait_for("#notices li", "to user 17")
    target.status = 200
    page.press("Enable Door opened")
    page.wait_for("#webhooks li", "enabled")
    page.press("Disable Door opened")
    page.wait_for("#webhooks .badge", "disabled")
    assert emulator.ask("GET", "/_emulator/webhooks")[0]["status"] == "DISABLED"


def test_the_log_follows_events_that_others_cause(emulator: Program, browser: Chrome, target: Target) -> None:
    first = create(emulator, target.url)
    second = create(emulator, "http://127.0.0.1:9", name="Nobody listens", trigger="NEW_USER")
    page = Page(browser, emulator)
    emulator.ask("POST", "/_emulator/trigger", {"trigger": "DEVICE_ADDED"})
    page.wait_for("#deliveries li", "Door opened · DEVICE_ADDED")
    emulator.ask("POST", "/_emulator/trigger", {"trigger": "NEW_USER"})
    page.wait_for("#deliveries li", "Nobody listens · NEW_USER")
    assert "Nobody listens" in page.all("#deliveries li")[0].text, "the newest does not come first"
    page.wait_for("#said", "Delivery 2 of Nobody listens: failed")

    Select(page.at("#of-outcome")).select_by_value("failed")
    page.wait(lambda: [item.text.split(" · ")[0] for item in page.all("#deliveries .what")] == ["Nobody listens"])
    page.press("Deliveries of Door opened")
    page.wait(lambda: page.all("#deliveries li") == [])
    assert page.at("#no-deliveries").text == "No delivery matches."
    page.press("Show the deliveries of every webhook")
    page.wait_for("#deliveries li", "Nobody listens · NEW_USER")
    assert second == first + 1

    emulator.ask("POST", "/_emulator/reset")
    page.wait(lambda: page.all("#deliveries li") == [] and page.all("#webhooks li") == [])
    assert page.at("#no-webhooks").is_displayed()


def test_a_log_begun_anew_is_shown_though_it_is_as_long_as_before(emulator: Program, browser: Chrome) -> None:
    create(emulator, "http://127.0.0.1:9/", name="Before")
    page = Page(browser, emulator)
    emulator.ask("POST", "/_emulator/trigger", {"trigger": "DEVICE_ADDED"})
    page.wait_for("#deliveries li", "Before")
    emulator.ask("POST", "/_emulator/reset")
    create(emulator, "http://127.0.0.1:9/", name="After", trigger="NEW_USER")
    emulator.ask("POST", "/_emulator/trigger", {"trigger": "NEW_USER"})
    page.wait_for("#deliveries li", "After · NEW_USER")
    assert len(page.all("#deliveries li")) == 1


def test_what_a_webhook_holds_stays_text(emulator: Program, browser: Chrome, target: Target) -> None:
    evil = "<img src=x onerror=window.hacked=1>"
    target.body = "<script>window.hacked=2</script>"
    create(emulator, target.url, name=evil, body=evil)
    page = Page(browser, emulator)
    page.wait_for("#webhooks .name", evil)
    page.press(f"Test {evil}")
    page.wait_for("#response-body", target.body)
    assert page.at("#request-body").text == evil
    assert evil in page.at("#detail-title").text
    assert browser.execute_script("return [window.hacked, document.images.length, document.scripts.length]") == [
        None,
        0,
        1,
    ]


def test_everything_can_be_done_with_the_keyboard(emulator: Program, browser: Chrome, target: Target) -> None:
    create(emulator, target.url)
    page = Page(browser, emulator)
    page.wait_for("#webhooks li", "enabled")

    def focused() -> WebElement:
        return browser.switch_to.active_element

    focused().send_keys(Keys.TAB)
    assert focused().text == "Skip to the deliveries"
    reached = []
    for _ in range(8):
        focused().send_keys(Keys.TAB)
        reached.append(focused().accessible_name)
    assert [name.split(" (")[0] for name in reached] == [
        "Theme",
        "Trigger",
        "Placeholder values",
        "Trigger",
        "Search webhooks",
        "Status of webhooks",
        "Test Door opened",
        "Outcome",
    ]
    # The arrow keys reach the other buttons of a row.
    page.at("#webhooks button").send_keys(Keys.ARROW_RIGHT)
    assert focused().accessible_name == "Disable Door opened"
    page.at("#values").send_keys(Keys.CONTROL, Keys.ENTER)
    page.wait_for("#detail-title", "Delivery 1")
    page.at("#values").send_keys(Keys.CONTROL, Keys.ENTER)
    page.wait_for("#detail-title", "Delivery 2")
    page.at("#deliveries button").send_keys(Keys.ARROW_DOWN)
    assert focused().get_attribute("data-delivery") == "1"
    focused().send_keys(Keys.ENTER)
    page.wait_for("#detail-title", "Delivery 1")
    assert focused().get_attribute("aria-current") == "true"
    # What has the focus keeps it when its row changes.
    toggle = next(button for button in page.all("#webhooks button") if button.text == "Disable")
    toggle.send_keys(Keys.SPACE)
    page.wait(lambda: toggle.text == "Enable")
    assert focused() == toggle


def test_every_control_has_a_name_and_every_outline_is_seen(emulator: Program, browser: Chrome, target: Target) -> None:
    create(emulator, target.url)
    emulator.ask("POST", "/_emulator/trigger", {"trigger": "DEVICE_ADDED"})
    page = Page(browser, emulator)
    page.wait_for("#deliveries li", "ok")
    page.at("#deliveries button").click()
    for control in page.all("button, select, textarea, [tabindex='0'], section, main, ol"):
        if control.is_displayed() and control.tag_name != "main":
            assert control.accessible_name, control.get_attribute("outerHTML")
    assert browser.title
    assert page.at("html").get_attribute("lang") == "en"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_readable_on_a_small_screen(emulator: Program, browser: Chrome, target: Target, scheme: str) -> None:
    create(emulator, target.url + "/" + "x" * 200, name="A name " + "that does not end" * 4)
    emulator.ask("POST", "/_emulator/trigger", {"trigger": "DEVICE_ADDED"})
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": 360, "height": 740, "deviceScaleFactor": 1, "mobile": True}
    )
    browser.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    )
    page = Page(browser, emulator)
    page.wait_for("#deliveries li", "ok")
    page.at("#deliveries button").click()
    page.wait_for("#detail-title", "Delivery 1")
    too_wide = """return [...document.querySelectorAll('body *')]
        .filter((element) => element.checkVisibility() && element.getBoundingClientRect().right > innerWidth)
        .map((element) => element.outerHTML.slice(0, 60))"""
    assert (browser.execute_script(too_wide), browser.execute_script("return innerWidth")) == ([], 360)
    # Contrast of every text with what is behind it, by WCAG 2: at least 4.5.
    poor = browser.execute_script(CONTRAST)
    assert poor == []
    picture(browser, f"small-{scheme}")


def test_it_stays_small_and_quick_with_many_webhooks_and_deliveries(browser: Chrome, target: Target) -> None:
    webhook = {"trigger": "DEVICE_ADDED", "method": "POST", "contentType": "JSON", "authType": "NONE"}
    names = [f"Door {number} of building {number // 10}" for number in range(1, 1001)]
    names[0] = "A very long name " + "without-an-end" * 40
    names[1] = "\u202ename that reverses its row\u202d"
    webhooks = [{**webhook, "name": name, "url": target.url} for name in names]
    limits = {"webhooks": 1_000_000, "requestsPerMinute": 1_000_000_000, "runsPerMinute": 1_000_000}
    with running() as emulator:
        emulator.ask("PUT", "/_emulator/state", {"webhooks": webhooks, "limits": limits})
        page = Page(browser, emulator)
        page.wait_for("#count", "1,000")
        assert len(page.all("#webhooks li")) == 25
        assert page.at("#webhook-range").text == "1\N{EN DASH}25 of 1,000"
        assert browser.execute_script("return document.documentElement.scrollWidth <= innerWidth")
        assert browser.execute_script("return document.documentElement.scrollHeight") < 3000
        # The row's parts keep their places whatever direction its name has.
        name, badge = page.all("#webhooks .name")[1].rect, page.all("#webhooks .status")[1].rect
        assert name["x"] < badge["x"]

        # Deliveries while the tab is hidden cost it nothing: it shows the end once it is seen again.
        first = browser.current_window_handle
        browser.switch_to.new_window("tab")
        for _ in range(20):
            emulator.ask("POST", "/_emulator/trigger", {"trigger": "DEVICE_ADDED"})
        browser.switch_to.window(first)
        page.wait_for("#delivered", "20,000")
        assert len(page.all("#deliveries li")) == 50
        assert browser.execute_script("return document.querySelectorAll('*').length") < 1500
        longest = browser.execute_script(
            """let [last, longest] = [performance.now(), 0]
            const tick = () => {
              longest = Math.max(longest, performance.now() - last)
              last = performance.now()
            }
            return new Promise((done) => {
              const timer = setInterval(tick, 10)
              setTimeout(() => { clearInterval(timer); done(longest) }, 1000)
            })"""
        )
        print(f"the page's longest pause with 20,000 deliveries: {longest:.0f} ms")

        page.press("Older")
        page.wait(lambda: page.at("#deliveries button").get_attribute("data-delivery") == "19950")
        page.press("Newest")
        page.wait(lambda: page.at("#deliveries button").get_attribute("data-delivery") == "20000")
        search = page.at("#webhook-search")
        search.send_keys("door 777 ")
        page.wait(lambda: [element.text for element in page.all("#webhooks .name")] == ["Door 777 of building 77"])
        page.press("Deliveries of Door 777 of building 77")
        title = f"{names[776]} · DEVICE_ADDED"
        page.wait(lambda: {element.text for element in page.all("#deliveries .what")} == {title})
        assert len(page.all("#deliveries li")) == 20
        picture(browser, "many-webhooks")

        # Few stops on the way from the list to the detail, however long the lists are.
        page.at("#webhook-search").clear()
        page.at("#webhook-search").send_keys(" ", Keys.BACKSPACE)
        page.wait(lambda: len(page.all("#webhooks li")) == 25)
        page.all("#deliveries button")[0].click()
        page.at("#webhook-search").click()
        stops = 0
        while browser.switch_to.active_element.get_attribute("id") != "copy-curl":
            browser.switch_to.active_element.send_keys(Keys.TAB)
            stops += 1
            assert stops < 15
        picture(browser, "many-deliveries")


def test_only_the_tested_webhook_runs(emulator: Program, browser: Chrome, target: Target) -> None:
    create(emulator, target.url, name="First")
    create(emulator, target.url, name="Second")
    page = Page(browser, emulator)
    page.wait_for("#webhooks li", "Second")
    page.press("Test Second")
    page.wait_for("#detail-title", "Delivery 1 of Second")
    assert [delivery["webhookId"] for delivery in emulator.ask("GET", "/_emulator/deliveries")] == [2]


def test_a_request_is_copied_as_curl(emulator: Program, browser: Chrome, target: Target) -> None:
    create(emulator, target.url, name="It's", body="it's {device_id}", contentType="PLAIN_TEXT")
    page = Page(browser, emulator)
    page.wait_for("#webhooks li", "It's")
    page.press("Test It's")
    page.wait_for("#detail-title", "Delivery 1")
    browser.execute_script(
        "Object.defineProperty(navigator, 'clipboard', {value: {writeText: async (text) => { window.copied = text }}})"
    )
    page.press("Copy as curl")
    page.wait(lambda: browser.execute_script("return window.copied"))
    command = browser.execute_script("return window.copied")
    assert "it'\\''s 7" in command
    # The command sends the request again.
    ran = subprocess.run(["sh", "-c", f"{command} --silent"], capture_output=True, check=True)
    assert ran.stdout == b'{"received": true}'


def test_the_theme_is_chosen_and_kept(emulator: Program, browser: Chrome) -> None:
    page = Page(browser, emulator)
    background = "return getComputedStyle(document.body).backgroundColor"
    colors = {}
    for theme in ("light", "dark"):
        Select(page.at("#theme")).select_by_value(theme)
        colors[theme] = browser.execute_script(background)
    assert colors["light"] != colors["dark"]
    page = Page(browser, emulator)
    assert browser.execute_script(background) == colors["dark"]


def test_wrong_values_are_said_beside_their_field(emulator: Program, browser: Chrome, target: Target) -> None:
    create(emulator, target.url)
    page = Page(browser, emulator)
    values = page.at("#values")
    for wrong, says in [("{", "is not JSON"), ("[1]", "must be a JSON object")]:
        values.clear()
        values.send_keys(wrong, Keys.CONTROL, Keys.ENTER)
        page.wait_for("#values-problem", says)
        assert values.get_attribute("aria-invalid") == "true"
    assert emulator.ask("GET", "/_emulator/deliveries") == []


def test_what_failed_is_not_announced_as_done(emulator: Program, browser: Chrome, target: Target) -> None:
    create(emulator, target.url)
    page = Page(browser, emulator)
    page.wait_for("#webhooks .badge", "enabled")
    browser.execute_script("""const ask = window.fetch
        window.fetch = (url, options) =>
            options?.method === 'PUT' ? Promise.reject(new Error('refused')) : ask(url, options)""")
    page.press("Disable Door opened")
    page.wait_for("#problem", "refused")
    assert "is disabled" not in page.at("#said").text


def test_an_emulator_that_is_gone_is_said(browser: Chrome) -> None:
    with running() as emulator:
        page = Page(browser, emulator)
    page.wait_for("#problem", "does not answer")


def test_a_picture_for_the_readme(emulator: Program, browser: Chrome, target: Target) -> None:
    size = {"width": 1240, "height": 820, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    browser.execute_cdp_cmd("Emulation.setLocaleOverride", {"locale": "en-GB"})
    create(emulator, target.url, name="Door opened", failureLimit=10)
    data = {"dataTrigger": {"dataStreamId": 5}, "trigger": "DEVICE_DATASTREAM_UPDATE"}
    create(emulator, target.url, name="Freezer too warm", failureLimit=2, failureReceivers=[17], **data)
    create(emulator, target.url, name="Welcome mail", trigger="NEW_USER", method="PUT", body='{"to": "{user_email}"}')
    page = Page(browser, emulator)
    for trigger, status in [("NEW_USER", 200), ("DEVICE_DATASTREAM_UPDATE", 200), ("DEVICE_ADDED", 201)]:
        target.status = status
        emulator.ask("POST", "/_emulator/trigger", {"trigger": trigger, "values": {"device_id": 7}})
    target.status, target.body = 503, "the cold room is being cleaned"
    for _ in range(2):
        emulator.ask("POST", "/_emulator/trigger", {"trigger": "DEVICE_DATASTREAM_UPDATE", "values": {"device_id": 7}})
    target.status, target.body = 200, '{"received": true, "door": "north", "at": "09:30"}'
    page.wait_for("#webhooks li", "disabled due to errors")
    page.press("Test Door opened")
    page.wait_for("#detail-title", "Delivery 6")
    page.wait(lambda: len(page.all("#deliveries li")) == 6)
    browser.execute_script("document.documentElement.style.scrollbarWidth = 'none'")
    picture(browser, "emulator-page")


def picture(browser: Chrome, name: str) -> None:
    """Keep a picture of the page where PICTURES names a folder for it."""
    if folder := os.environ.get("PICTURES"):
        browser.save_screenshot(str(Path(folder) / f"{name}.png"))


CONTRAST = """
const channels = (color) => color.match(/[\\d.]+/g).map(Number)
const light = (color) => {
  const linear = (c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
  const [r, g, b] = channels(color).map((c) => linear(c / 255))
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}
const behind = (element) => {
  for (let at = element; at; at = at.parentElement) {
    const color = getComputedStyle(at).backgroundColor
    if ((channels(color)[3] ?? 1) > 0.99) return color
  }
  return 'rgb(255, 255, 255)'
}
const poor = []
for (const element of document.querySelectorAll('body *')) {
  const texts = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim())
  if (!texts || !element.checkVisibility() || element.disabled) continue
  const [a, b] = [light(getComputedStyle(element).color), light(behind(element))]
  const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)
  if (ratio < 4.5) poor.push(`${element.tagName} '${element.textContent.slice(0, 30)}' ${ratio.toFixed(2)}`)
}
return poor
"""
