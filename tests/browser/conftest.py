"""One device and one browser for a file of tests, and a page for each test."""

from collections.abc import Iterator
from typing import Any

import pytest

from browser.surf import CHROMIUM, FLAGS, playwright
from live import Live


@pytest.fixture(scope="module")
def device(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with Live(tmp_path_factory.mktemp("pages") / "state") as live:
        yield live


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Any, device: Live) -> Iterator[Any]:
    """A page of its own, with everything that went wrong in it."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, ignore_https_errors=True)
    page = context.new_page()
    page.set_default_timeout(15000)
    page.wrong = []
    page.on("pageerror", lambda error: page.wrong.append(str(error)))
    page.on("console", lambda said: "Content Security Policy" in said.text and page.wrong.append(said.text))
    page.on(
        "request",
        lambda asked: (
            asked.url.startswith((device.url, "data:", "blob:", "about:")) or page.wrong.append(asked.url)
        ),
    )
    yield page
    context.close()
    assert page.wrong == [], "no script error, no breach of the policy, no request elsewhere"
