"""Longer walks: passwords that are due, frames, uploads with progress, a software upgrade, the keyboard."""

import json
import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from browser.surf import go, log_in, needs_chromium, until
from live import Live
from test_filing import load, trusting

pytestmark = needs_chromium
NEWBIE = (
    "[ WebUsers ]\nFORMAT Index = Username, Password, Status, UserLevel;\n"
    'WebUsers 7 = "newbie", "given-to-me", {status}, 100;\n[ \\WebUsers ]\n'
)


def choose(page: Any, device: Live, old: str, new: str, why: str) -> None:
    """Logs in, is asked for a new password, and gives one."""
    page.goto(f"{device.url}/index.html")
    page.fill("#username", "newbie")
    page.fill("#password", old)
    page.click("text=Log in")
    page.wait_for_selector(f"[role=alert]:has-text('{why}')")
    until(page, "document.activeElement.id === 'new'")
    page.fill("#new", "short")
    page.click("text=Log in")
    assert page.evaluate("document.querySelector('#new').validity.tooShort")
    page.fill("#new", old)
    page.click("text=Log in")
    page.wait_for_selector("[role=alert]:has-text('is the old one')")
    page.fill("#new", new)
    page.click("text=Log in")
    page.wait_for_selector("nav >> text=newbie")


def test_a_first_login_and_an_old_password_ask_for_a_new_one(page: Any, device: Live, tmp_path: Path) -> None:
    ini = NEWBIE.format(status=0).encode()
    assert device.put_file("/files/ini/incremental", ini).status_code == 200
    choose(page, device, "given-to-me", "chosen-by-me", "first login")
    assert device.get("/status", auth=("newbie", "chosen-by-me")).status_code == 200
    assert device.get("/status", auth=("newbie", "given-to-me")).status_code == 401
    device.stop()
    seen = device.state / "users" / "seen"
    told = json.loads(seen.read_bytes())
    told["newbie"]["password"] = "2020-01-01T00:00:00Z"
    seen.write_text(json.dumps(told))
    device.start()
    page.context.clear_cookies()
    choose(page, device, "chosen-by-me", "chosen-again", "older than 90 days")


@contextmanager
def portal(inner: str) -> Iterator[int]:
    """A page of somebody else that frames ours; its port."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = f"<!doctype html><title>portal</title><iframe src='{inner}' width=900 height=600>".encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(("host", "shown"), [("portal.example", True), ("other.example", False)])
def test_the_page_works_in_a_frame_of_the_cross_host_and_of_no_other(
    chromium: Any, device: Live, host: str, shown: bool
) -> None:
    """R32: crossHost. The frame is another site than the page around it, as with a real portal."""
    wish = {"username": "john", "privLevel": "operator", "crossHost": "portal.example"}
    token = device.post("/actions/authToken", json=wish).json()["authToken"]
    inner = f"https://127.0.0.1:{device.https}/index.html?mode=web&authToken={token}"
    context = chromium.new_context(ignore_https_errors=True)
    page = context.new_page()
    refused: list[str] = []
    page.on("console", lambda said: "frame-ancestors" in said.text and refused.append(said.text))
    with portal(inner) as port:
        page.goto(f"http://{host}:{port}/")
        frame = page.frames[1]
        if shown:
            frame.wait_for_selector("nav >> text=john", timeout=15000)
            frame.wait_for_selector("text=UNLOCKED", timeout=15000)
            frame.click("nav >> text=Files")
            frame.wait_for_selector("h1:has-text('Files')", timeout=15000)
        else:
            page.wait_for_timeout(2500)
            assert frame.locator("nav").count() == 0
            assert refused
    context.close()


def test_an_upload_tells_how_far_it_is_and_why_it_was_refused(page: Any, device: Live) -> None:
    log_in(page, device)
    go(page, "Software")
    wire = page.context.new_cdp_session(page)
    wire.send("Network.enable")
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 300_000}
    wire.send("Network.emulateNetworkConditions", slow)
    page.on("dialog", lambda asked: asked.accept())
    wrong = {"name": "wrong.cmp", "mimeType": "application/octet-stream", "buffer": os.urandom(900_000)}
    page.set_input_files("label:has-text('Load software') input", wrong)
    page.wait_for_selector("li[aria-current=step]:has-text('Send the load')")
    until(page, "(document.querySelector('progress')?.value ?? 0) > 0.2")
    told = page.inner_text(".progress small")
    assert re.fullmatch(r"\d+ % sent|Sent; .*", told), told
    page.wait_for_selector("main .trouble", timeout=30000)
    assert page.locator(".steps").count() == 0
    assert device.get("/status").json()["upgradeStatus"] == "None"


def test_software_is_loaded_and_the_page_waits_for_the_new_version(chromium: Any, tmp_path: Path) -> None:
    with trusting(tmp_path) as device:
        (tmp_path / "new.cmp").write_bytes(load(tmp_path, "0.9.9"))
        page = chromium.new_page()
        page.set_default_timeout(60000)
        page.on("dialog", lambda asked: asked.accept())
        log_in(page, device)
        go(page, "Software")
        page.set_input_files("label:has-text('Load software') input", str(tmp_path / "new.cmp"))
        page.wait_for_selector("text=Device will reset now")
        page.wait_for_selector("h1:has-text('The device restarts')")
        page.wait_for_selector("[role=status]:has-text('runs version 0.9.9')")
        log_in(page, device)
        page.wait_for_selector("dd:has-text('0.9.9')")
        page.close()


def test_parameters_are_edited_wrongly_then_rightly(page: Any, device: Live) -> None:
    log_in(page, device)
    page.goto(f"{device.url}/index.html#config/parameters")
    page.fill("[aria-label='Filter parameters']", "DenyAuthenticationTimer")
    page.click("button.card:has-text('Web login')")
    page.fill("#col-DenyAuthenticationTimer", "90000")
    page.click("text=Review 1 change")
    page.click("dialog >> text=Apply")
    page.wait_for_selector(".field.wrong:has-text('DenyAuthenticationTimer')")
    page.fill("#col-DenyAuthenticationTimer", "30")
    page.click("text=Review 1 change")
    page.wait_for_selector("del:has-text('60')")
    page.wait_for_selector("ins:has-text('30')")
    page.click("dialog >> text=Apply")
    page.wait_for_selector("dialog", state="detached")
    page.wait_for_selector("button.card:has-text('1 changed')")
    assert "DenyAuthenticationTimer = 30" in device.get("/files/ini").text


CHILDREN = (
    (
        "ProxyIp",
        "127.0.0.9",
        "[ ProxyIp ]\nFORMAT Index = ProxySetId, ProxyIpIndex, IpAddress;\n"
        'ProxyIp 5 = "0", 3, "127.0.0.9";\n[ \\ProxyIp ]\n',
    ),
    (
        "DialPlanRule",
        "to-berlin",
        '[ DialPlan ]\nFORMAT Index = Name;\nDialPlan 2 = "cities";\n[ \\DialPlan ]\n'
        "[ DialPlanRule ]\nFORMAT Index = DialPlanName, RuleIndex, Name, Prefix, Tag;\n"
        'DialPlanRule 7 = "cities", 4, "to-berlin", "4930", "berlin";\n[ \\DialPlanRule ]\n',
    ),
)


@pytest.mark.parametrize(("table", "word", "ini"), CHILDREN)
def test_a_row_of_a_child_table_is_deleted(page: Any, device: Live, table: str, word: str, ini: str) -> None:
    told = device.put_file("/files/ini/incremental", ini.encode())
    assert told.status_code == 200, told.text
    log_in(page, device)
    page.goto(f"{device.url}/index.html#config/{table}")
    page.on("dialog", lambda asked: asked.accept())
    page.click(f"tr:has-text('{word}') >> text=Delete")
    page.wait_for_selector(f"td:has-text('{word}')", state="detached")
    assert word not in device.get("/files/ini").text


def test_no_secret_is_shown_in_a_review(page: Any, device: Live) -> None:
    """R34."""
    log_in(page, device)
    page.goto(f"{device.url}/index.html#config/RadiusServers")
    page.click("text=Add row")
    page.fill("#col-IPAddress", "127.0.0.9")
    page.fill("#col-SharedSecret", "hush-hush")
    page.click("text=Review row")
    page.wait_for_selector("ins:has-text('127.0.0.9')")
    assert "hush" not in page.inner_text("dialog")
    page.click("dialog >> text=Apply")
    page.wait_for_selector("td:has-text('127.0.0.9')")
    assert "hush-hush" not in device.get("/files/ini").text


def test_everything_is_reached_by_the_keyboard(page: Any, device: Live) -> None:
    page.goto(f"{device.url}/index.html")
    until(page, "document.activeElement.id === 'username'")
    page.keyboard.type("Admin")
    page.keyboard.press("Tab")
    page.keyboard.type("Admin")
    page.keyboard.press("Enter")
    page.wait_for_selector("nav")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.tagName") == "MAIN"
    page.goto(f"{device.url}/index.html#config/IPGroup")
    page.focus("text=Add row")
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog[open]")
    for _ in range(4):  # the focus stays in the dialog
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.closest('dialog') !== null")
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog", state="detached")
    assert page.evaluate("document.activeElement.textContent") == "Add row"


def test_a_history_is_plotted_over_its_intervals(page: Any, device: Live) -> None:
    """The answers are made up: an interval of the device takes a minute at least."""
    item = {"id": "cpuUtilizationAvg", "name": "Cpu Utilization Avg", "description": "x"}
    starts = [f"2026-11-24T0{hour}:00:00Z" for hour in range(6)]

    def answer(route: Any) -> None:
        url = route.request.url
        if "kpi/interval" in url:
            found: dict[str, object] = {"intervals": [{"id": n, "start": at} for n, at in enumerate(starts)]}
        elif "interval=all" in url:
            found = {"items": [{**item, "interval": str(n), "value": str(n * 10)} for n in range(6)]}
        else:
            found = {"items": [{**item, "value": "50"}]}
        route.fulfill(json=found)

    log_in(page, device)
    page.route("**/api/v1/kpi/**", answer)
    page.goto(f"{device.url}/index.html#kpi/history/system/cpuStats/cpu/0")
    page.click("tr:has-text('Cpu Utilization Avg') >> text=Plot")
    page.wait_for_selector(".plot canvas")
    page.hover(".plot .u-over", position={"x": 20, "y": 50})
    page.wait_for_selector(".u-legend >> text=/^0$/")
