"""The whole device: its alarms outlive a crash and end with a reset (R14, R15, R16)."""

import os
import signal
import time
from datetime import datetime
from pathlib import Path

import pytest
import requests

from live import Live
from sbcd.watching import reach


def numbers(live: Live, folder: str) -> list[int]:
    response = live.get(f"/alarms/{folder}")
    return [int(alarm["id"]) for alarm in response.json()["alarms"]] if response.status_code == 200 else []


def settled(live: Live, least: int) -> list[int]:
    """The active alarms when there are so many (accounts are looked at beside the start)."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        found = numbers(live, "active")
        if len(found) >= least:
            return found
        time.sleep(0.02)
    raise AssertionError("the alarms of the default passwords do not come")


def restarted(live: Live, before: list[int]) -> list[int]:
    """The active alarms of the device that comes after the reset."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            found = numbers(live, "active")
        except requests.ConnectionError:
            found = []
        if len(found) >= len(before) and not {*found} & {*before}:
            return found
        time.sleep(0.02)
    raise AssertionError("the device does not reset")


def test_alarms_outlive_a_crash_and_end_with_a_reset(tmp_path: Path) -> None:
    live = Live(tmp_path / "state")
    try:
        live.start()
        first = settled(live, 2)
        detail = live.get(f"/alarms/active/{first[0]}?oid=1").json()
        assert detail["oid"] == "1.3.6.1.4.1.5003.9.10.1.21.2.0.156"
        assert detail["source"].startswith("Board#1/WebUser#")
        changed = live.get("/alarms/active/lastChange").json()["lastChange"]
        assert datetime.fromisoformat(changed)

        assert live.process
        os.kill(live.process.pid, signal.SIGKILL)
        live.process.wait()
        live.start()
        assert numbers(live, "active") == numbers(live, "history") == first, "a crash is no reset"

        assert live.post("/actions/reset").status_code == 200
        again = restarted(live, first)
        assert min(again) > max(first), "numbers are never used again"
        assert numbers(live, "history") == again, "history reaches back to the last reset"
    finally:
        live.stop()


@pytest.mark.parametrize(
    ("network", "host", "found"),
    [
        ("host", "10.1.2.3", "10.1.2.3"),
        ("host", "pool.example", "pool.example"),
        ("loopback", "10.1.2.3", "127.1.2.3"),
        ("loopback", "127.0.0.9", "127.0.0.9"),
        ("loopback", "2001:db8::1", "::1"),
        ("loopback", "localhost", "localhost"),
    ],
)
def test_the_loopback_network_keeps_everything_on_this_machine(network: str, host: str, found: str) -> None:
    assert reach(network, host) == found


def test_names_are_not_looked_up_on_the_loopback_network() -> None:
    with pytest.raises(OSError, match="not reached"):
        reach("loopback", "pool.example")
