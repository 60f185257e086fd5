"""A real browser for the tests of the Web interface: Debian's Chromium, driven by playwright."""

import shutil
import time
from typing import Any

import pytest

from live import ADMIN, Live

try:
    from playwright import sync_api as playwright
except ImportError:
    playwright = None  # type: ignore[assignment]

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
needs_chromium = pytest.mark.skipif(
    CHROMIUM is None or playwright is None, reason="needs Chromium (apt: chromium) and playwright (pip)"
)

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP *.example 127.0.0.1",
]


def log_in(page: Any, device: Live, user: tuple[str, str] = ADMIN) -> None:
    page.goto(f"{device.url}/index.html")
    page.fill("#username", user[0])
    page.fill("#password", user[1])
    page.click("text=Log in")
    page.wait_for_selector("nav")


def go(page: Any, name: str) -> None:
    page.click(f"nav >> text={name}")
    page.wait_for_selector(f"h1:has-text('{name}')")


def until(page: Any, expression: str, seconds: float = 15) -> None:
    """Waits for a JavaScript expression; playwright's own way needs the `eval` that the policy forbids."""
    end = time.monotonic() + seconds
    while not page.evaluate(expression):
        assert time.monotonic() < end, expression
        page.wait_for_timeout(20)
