"""The whole device: its alarms outlive a crash and end with a reset (R14, R15, R16)."""

import os
import signal
import socket
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


SETTINGS = """
[SNMP Params]
SNMPManagerIsUsed_0 = 1
SNMPManagerTableIP_0 = 10.0.0.9
SNMPManagerTrapPort_0 = {trap}
SNMPTrapCommunityString = 'pl4nted-1'
SNMPReadOnlyCommunityString_0 = 'pl4nted-2'
[SYSTEM Params]
EnableSyslog = 1
SyslogServerIP = 10.0.0.9
SyslogServerPort = {line}
ActivityListToLog = 'pvc', 'spc'
SbcdAlarmWebhookToken = 'pl4nted-3'
[SNMPUsers]
FORMAT Index = Username, AuthProtocol, PrivProtocol, AuthKey, PrivKey, Group;
SNMPUsers 0 = "ovoc", 2, 3, "pl4nted-4", "pl4nted-5", 1;
[\\SNMPUsers]
[AlarmSettings]
FORMAT Index = Name, EntityID, OriginalSeverity, CustomizedSeverity;
AlarmSettings 0 = "acWeakPasswordAlarm", "", 0, 5;
AlarmSettings 1 = "acResetNeededAlarm", "", 3, 2;
[\\AlarmSettings]
"""


def door() -> socket.socket:
    """Where a manager or a collector of the configuration (10.0.0.9) is on the loopback network."""
    found = socket.socket(type=socket.SOCK_DGRAM)
    found.bind(("127.0.0.9", 0))
    found.settimeout(15)
    return found


def test_an_upload_decides_who_hears_of_the_next_alarm(tmp_path: Path) -> None:
    """R28, R34: destinations and severities count at once; nothing planted is heard anywhere."""
    with Live(tmp_path / "state") as live, door() as traps, door() as lines:
        weak = settled(live, 2)
        ini = SETTINGS.format(trap=traps.getsockname()[1], line=lines.getsockname()[1])
        answer = live.put_file("/files/ini/incremental", ini.encode())
        assert answer.status_code == 200, answer.text
        again = numbers(live, "active")
        assert not {*weak} & {*again}, "customized at once: raised anew"
        assert live.get(f"/alarms/active/{again[0]}").json()["severity"] == "Critical"
        heard = [traps.recv(65536), traps.recv(65536)]
        reset = live.put_file("/files/ini/incremental", b"HTTPSPort = 8443\n")
        assert reset.status_code == 200, reset.text
        heard.append(traps.recv(65536))
        assert b"reset" in heard[-1]
        newest = live.get(f"/alarms/active/{numbers(live, 'active')[-1]}").json()
        assert (newest["source"], newest["severity"]) == ("Board#1", "Warning")
        said = ""
        while "HTTPSPort was changed from '443' to '8443'. User:Admin. Session: REST [127.0.0.1]" not in said:
            said += lines.recv(65536).decode() + "\n"
        assert "RAISE-ALARM: acWeakPasswordAlarm" in said
        assert "SNMPTrapCommunityString was changed. User:Admin" in said
        wrong = live.put_file("/files/ini/incremental", ini.replace('"pl4nted-4"', '"pl4nted"').encode())
        assert wrong.status_code == 400
        assert "SNMPUsers 0 AuthKey: needs at least 8 characters" in wrong.text
        shown = said + wrong.text + live.log.read_text()
    assert "pl4nted" not in shown
    assert b"pl4nted-1" in heard[0], "the community of SNMPv2c travels in clear, to the manager"
    assert not any(b"pl4nted" in one.replace(b"pl4nted-1", b"") for one in heard)


ACTIVITIES = """
[SYSTEM Params]
EnableSyslog = 1
SyslogServerIP = 10.0.0.9
SyslogServerPort = {line}
ActivityListToLog = {codes}
"""


def test_what_people_do_is_told_under_its_code(tmp_path: Path) -> None:
    """ActivityListToLog: who logs in and out (ll), who is refused (naa), files (ini, cli), saving (fb)."""
    with Live(tmp_path / "state") as live, door() as collector:

        def told(codes: str) -> str:
            ini = ACTIVITIES.format(line=collector.getsockname()[1], codes=codes)
            assert live.put_file("/files/ini/incremental", ini.encode()).status_code == 200
            live.get("/status", auth=("Mallory", "secr3t-1"))
            browser = requests.Session()
            body = {"username": "Admin", "password": "Admin"}
            opened = browser.post(f"{live.url}/session", json=body, timeout=20).json()
            browser.delete(f"{live.url}/session", headers={"X-CSRF-Token": opened["csrf"]}, timeout=20)
            live.put_file("/files/cliScript/incremental", b"show users\nwrite\n")
            live.post("/actions/saveConfiguration")
            live.put_file("/files/cliScript/incremental", b"configure system\nlast\n")
            live.put_file("/files/ini/incremental", b"SyslogLogLevel = 6\n")
            live.put_file("/files/ini/incremental", b"EnableSyslog = 0\n")
            said, collector_time = "", time.monotonic() + 5
            collector.settimeout(0.5)
            while time.monotonic() < collector_time:
                try:
                    said += collector.recv(65536).decode() + "\n"
                except TimeoutError:
                    break
            return said

        everything = told("'NAA', 'LL', 'INI', 'CLI', 'FB'")
        for what in (
            "Login refused. User:Mallory. Session: REST [127.0.0.1]",
            "Login. User:Admin. Session: WEB [127.0.0.1]",
            "Logout. User:Admin. Session: WEB [127.0.0.1]",
            "Incremental INI file loaded. User:Admin. Session: REST [127.0.0.1]",
            "Incremental CLI script file load. User:Admin",
            "Save configuration. User:Admin",
            "The configuration was saved. User:Admin",
        ):
            assert what in everything, what
        assert "secr3t" not in everything + live.log.read_text()
        only = told("'naa'")
        assert "Login refused. User:Mallory" in only
        assert "User:Admin" not in only
