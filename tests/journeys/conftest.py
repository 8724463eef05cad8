"""A real browser on a real Hustings. Every page is watched: a CSP violation, console error or serious axe finding fails."""

from __future__ import annotations

import os
import re
import shutil
from collections import Counter
from pathlib import Path

import pytest

from tests.stack import ROOT, running

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
AXE = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
PASSWORD = "river-demo"
WATCH = """document.addEventListener('securitypolicyviolation',
  e => console.error(`CSP: ${e.violatedDirective} ${e.blockedURI}`))"""


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    """Web, worker, sandbox, and the sample's campaigns, stories and people; no channels and no variants."""
    with running(tmp_path_factory.mktemp("stack"), sample=("--bare",)) as found:
        yield found


@pytest.fixture(scope="module")
def chromium():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        browser.close()


# Messages fade in over half a second after the page is ready; text that is still half transparent is no finding.
SETTLED = """() => !(document.querySelector('.messages > ul > li') && !document.querySelector('.ready .messages'))
  && document.getAnimations().every(a => a.playState !== 'running' || a.effect.getTiming().iterations === Infinity)"""


class Person:
    """Somebody at their own browser window, signed in. ``trouble`` collects what the page complained about."""

    def __init__(
        self, browser, site: str, name: str, size: tuple[int, int] = (1440, 900), scheme: str = "light"
    ):
        self.site = site
        self.context = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, timezone_id="Europe/London", color_scheme=scheme
        )
        self.context.set_default_timeout(20_000)
        self.page = self.context.new_page()
        self.complaints: list[tuple[str, str]] = []  # the address that it is about, and the words
        self.refused_drafts: list[str] = []
        self.page.add_init_script(WATCH)
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(("", f"{self.page.url}: {error}")))
        self.page.on("response", self._answered)
        self.page.goto(f"{site}/admin/login/")
        self.page.fill("[name=username]", name)
        self.page.fill("[name=password]", PASSWORD)
        self.page.press("[name=password]", "Enter")
        self.page.wait_for_url(f"{site}/admin/")

    @property
    def trouble(self) -> list[str]:
        """What the pages complained about, but for each autosave's 400 over something not filled in yet, such as a
        block added a moment ago.
        """
        drafts = Counter(self.refused_drafts)
        trouble = []
        for url, words in self.complaints:
            if "400 (Bad Request)" in words and drafts[url]:
                drafts[url] -= 1
            else:
                trouble.append(words)
        return trouble

    def _heard(self, message):
        if message.type == "error":
            about = message.location["url"]
            self.complaints.append((about, f"{self.page.url}: {message.text} ({about})"))

    def _answered(self, response):
        request = response.request
        if (
            response.status == 400
            and (request.method, request.resource_type) == ("POST", "fetch")
            and "text/html" not in request.headers.get("accept", "")
            and re.search(r"/(edit|add)/", request.url)
        ):
            self.refused_drafts.append(request.url)

    def go(self, path: str):
        self.page.goto(self.site + path if path.startswith("/") else path)
        return self.page

    def save(self) -> None:
        """Save with the keyboard, until the answer stands there.

        The address says nothing: autosave puts that of the edit page there while the new page is still open.
        """
        with self.page.expect_event("load"):
            self.page.keyboard.press("Control+s")

    def serious(self, *, ignore: tuple[str, ...] = ()) -> list[str]:
        """Serious and critical axe findings of the page once it has stopped moving."""
        self.page.wait_for_function(SETTLED)
        self.page.evaluate(AXE.read_text())
        found = self.page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
        return [
            f"{v['id']}: {v['nodes'][0]['html'][:160]}"
            for v in found
            if v["impact"] in ("serious", "critical") and v["id"] not in ignore
        ]

    def picture(self, name: str) -> None:
        folder = Path(os.environ.get("VAR", ROOT / "var")) / "screenshots"
        folder.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=str(folder / f"{name}.png"), full_page=True)

    def close(self):
        self.context.close()


@pytest.fixture
def person(chromium, stack, request):
    """``person("mona")``: sign in as somebody. Windows close by themselves; a failure leaves a picture."""
    people: list[Person] = []

    def sign_in(name: str, **more) -> Person:
        people.append(Person(chromium, stack.site, name, **more))
        return people[-1]

    yield sign_in
    failed = getattr(request.node, "failed", False)
    for number, each in enumerate(people):
        if failed:
            each.picture(f"{request.node.name}-{number}")
        each.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.when == "call":
        item.failed = report.failed
    return report
