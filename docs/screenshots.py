"""`make screenshots`: pictures of the Web interface, into docs/screenshots/."""

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from playwright.sync_api import sync_playwright

from live import ADMIN, Live

PAGES = {
    "overview": "overview",
    "alarms": "alarms",
    "calls": "calls",
    "performance": "kpi/current/sbc/callStats/global",
    "configuration": "config/SIPInterface",
    "tls": "tls",
    "files": "files",
    "software": "software",
    "console": "console",
}
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-sync",
]


def main(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as state,
        Live(Path(state) / "state") as live,
        sync_playwright() as running,
    ):
        browser = running.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        for scheme in ("light", "dark"):
            page = browser.new_page(viewport={"width": 1280, "height": 860}, color_scheme=scheme)
            page.goto(f"{live.url}/index.html")
            page.fill("#username", ADMIN[0])
            page.fill("#password", ADMIN[1])
            page.click("text=Log in")
            page.wait_for_selector("nav")
            for name, path in PAGES.items():
                page.goto(f"{live.url}/index.html#{path}")
                page.wait_for_timeout(1500)
                page.screenshot(path=folder / f"{name}-{scheme}.png")
        browser.close()


if __name__ == "__main__":
    main(Path(__file__).parent / "screenshots")
