"""`make screenshots`: pictures of the Web interface, into docs/screenshots/."""

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from playwright.sync_api import Page, sync_playwright

from live import ADMIN, Live
from phone import Phone, trunks

PAGES = {
    "overview": "overview",
    "alarms": "alarms",
    "history": "alarms/history",
    "calls": "calls",
    "performance": "kpi/current",
    "topology": "topology",
    "values": "kpi/current/sbc/callStats/global",
    "configuration": "config",
    "parameters": "config/parameters",
    "table": "config/IPGroup",
    "tls": "tls",
    "users": "users",
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


def pages(page: Page, live: Live, folder: Path, kind: str) -> None:
    """Every page, and what opens on some of them."""

    def picture(name: str) -> None:
        page.wait_for_timeout(1200)
        page.screenshot(path=folder / f"{name}-{kind}.png")

    page.goto(f"{live.url}/index.html")
    page.wait_for_selector("#username")
    picture("login")
    page.fill("#username", ADMIN[0])
    page.fill("#password", ADMIN[1])
    page.click("text=Log in")
    page.wait_for_selector("nav")
    for name, path in PAGES.items():
        page.goto(f"{live.url}/index.html#{path}")
        if name == "console":
            page.fill("#script", "show system version")
            page.click("text=Run")
        picture(name)
    page.goto(f"{live.url}/index.html#kpi/current/system/cpuStats/cpu/0")
    page.click("tr:has-text('Cpu Utilization') >> text=Plot")
    page.wait_for_timeout(9000)
    picture("plot")
    page.goto(f"{live.url}/index.html#config/IPGroup")
    page.click("tbody tr:nth-child(2) >> text=Edit")
    page.fill("#col-SIPGroupName", "carrier.example")
    picture("row")
    page.click("text=Review")
    picture("review")
    page.click("dialog >> [aria-label=Close]")


def main(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as state,
        Live(Path(state) / "state") as live,
        Phone() as alice,
        Phone() as bob,
        sync_playwright() as running,
    ):
        live.put_file("/files/ini/incremental", trunks(alice, bob))
        alice.invite(live.sip, "1000", "2000")
        bob.answer(bob.hear("INVITE"))
        browser = running.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        for kind in ("light", "dark"):
            page = browser.new_page(viewport={"width": 1280, "height": 860}, color_scheme=kind)
            pages(page, live, folder, kind)
        narrow = browser.new_page(viewport={"width": 420, "height": 860}, color_scheme="light")
        pages(narrow, live, folder, "narrow")
        browser.close()


if __name__ == "__main__":
    main(Path(__file__).parent / "screenshots")
