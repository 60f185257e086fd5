"""The process: starts quickly, ends in good order, begins anew in place (R11), tells the service manager."""

import asyncio
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from http.client import HTTPSConnection
from pathlib import Path

import pytest

from live import Live
from sbcd.base.clock import Clock
from sbcd.edge.process import Process


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Live]:
    live = Live(tmp_path / "state")
    yield live
    live.stop(signal.SIGKILL)


def test_starts_answers_and_ends(live: Live) -> None:
    live.start()
    assert live.get("/status").json()["operationalState"] == "UNLOCKED"
    door = HTTPSConnection("127.0.0.1", live.https, context=ssl._create_unverified_context(), timeout=10)
    door.request("GET", "/api", headers={"Authorization": "Basic QWRtaW46QWRtaW4="})
    assert door.getresponse().status == 200
    door.close()
    assert live.stop(signal.SIGTERM) == 0
    assert "Listening on http://127.0.0.1" in live.log.read_text()


def test_a_second_start_is_quick_and_idle_memory_small(live: Live) -> None:
    """Goals: first 200 within 0.5 s, less than 100 MB. Counted in processor time, whatever else is going on
    here; the bench tells the time that passes."""
    live.start()
    live.stop()
    best = 9.0
    for _ in range(3):
        live.start()
        best = min(best, live.busy())
        memory = live.rss()
        live.stop()
    assert memory < 100e6
    assert best < 5, "ten times the goal: a start that waits for something"


def test_r11_reset_begins_anew_on_the_same_port(live: Live) -> None:
    with live:
        before = live.get("/status").json()
        asked = time.monotonic()
        answer = live.post("/actions/reset")
        assert (answer.status_code, answer.json()) == (200, {"description": "Device will reset now"})
        live.wait_reset(asked)
        after = live.get("/status").json()
        assert after["serialNumber"] == before["serialNumber"]
        assert after["systemUpTime"] < 100 * 20
        assert live.log.read_text().count("Listening on http:") == 2
        assert live.stop() == 0, "the process is still the one that was started"


def test_who_is_told_to_end_during_a_reset_ends(live: Live) -> None:
    """A service that is stopped right after a reset was asked for stays stopped."""
    live.start()
    assert live.post("/actions/reset").status_code == 200
    assert live.stop(signal.SIGTERM) in {0, -signal.SIGTERM}  # the latter when the reset was quicker


def test_defaults_of_the_command_line() -> None:
    from sbcd.main import main

    with pytest.raises(SystemExit) as end:
        main(["run", "--help"])
    assert end.value.code == 0


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([], 2),
        (["nonsense"], 2),
        (["run", "--http", "nowhere"], 2),
        (["run", "--network", "moon"], 2),
        (["--version"], 0),
        (["--help"], 0),
        (["docs", "--help"], 0),
    ],
)
def test_exit_codes(arguments: list[str], code: int) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "sbcd.main", *arguments],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert ended.returncode == code
    assert "Traceback" not in ended.stderr


def test_a_taken_port_is_told_in_one_line(live: Live) -> None:
    with socket.create_server(("127.0.0.1", live.http)):
        command = ["run", "--state", str(live.state), "--http", f"127.0.0.1:{live.http}"]
        ended = subprocess.run(
            [sys.executable, "-m", "sbcd.main", *command],
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
    assert ended.returncode == 1
    assert f"port {live.http}" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_what_keeps_it_from_starting_is_one_line(tmp_path: Path) -> None:
    """And a first configuration that is refused is not the last word: the next start is a first one again."""
    ini = tmp_path / "first.ini"
    ini.write_text("Nope = 1\n[ Foo ]\n")
    state, good = tmp_path / "state", tmp_path / "good.ini"
    good.write_text("UpLabelName = 'first'\n")
    file = tmp_path / "file"
    file.touch()
    for arguments, told in (
        (["--state", str(file)], "file"),
        (["--state", str(state), "--ini", str(tmp_path / "nowhere")], "No such file"),
        (
            ["--state", str(state), "--ini", str(ini)],
            "line 1: unknown parameter 'Nope'; line 2: unknown table",
        ),
    ):
        ended = subprocess.run(
            [
                sys.executable,
                "-m",
                "sbcd.main",
                "run",
                "--http",
                "127.0.0.1:0",
                "--https",
                "127.0.0.1:0",
                *arguments,
            ],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        assert ended.returncode == 1
        assert told in ended.stderr.splitlines()[-1]
        assert "Traceback" not in ended.stderr
    with Live(state, "--ini", str(good)) as live:
        assert "UpLabelName = 'first'" in live.get("/files/ini").text


def test_readiness_is_told_to_the_service_manager(tmp_path: Path) -> None:
    place = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(place))
        manager.settimeout(10)
        live = Live(tmp_path / "state", environment={"NOTIFY_SOCKET": str(place)})
        with live:
            assert manager.recv(100) == b"READY=1"
        assert manager.recv(100) == b"STOPPING=1"


def test_a_request_under_way_is_answered_before_the_end(live: Live) -> None:
    with live, socket.create_connection(("127.0.0.1", live.http)) as door:
        door.settimeout(10)
        head = "POST /api/v1/actions/saveConfiguration HTTP/1.1\r\nHost: d\r\nContent-Length: 2\r\n"
        door.sendall(f"{head}Authorization: Basic QWRtaW46QWRtaW4=\r\n\r\n{{".encode())
        time.sleep(0.3)
        assert live.process is not None
        os.kill(live.process.pid, signal.SIGTERM)
        time.sleep(0.2)
        door.sendall(b"}")
        answer = door.recv(1000)
        assert answer.startswith(b"HTTP/1.1 200 OK")
        assert live.stop() == 0


def test_a_reset_that_is_under_way_yields_to_the_end(live: Live) -> None:
    """SIGTERM while the device closes to begin anew: the end was asked for last, so it ends."""
    live.start()
    assert live.process is not None
    assert live.post("/actions/reset").status_code == 200
    os.kill(live.process.pid, signal.SIGTERM)
    assert live.process.wait(20) in {0, -signal.SIGTERM}
    time.sleep(0.5)
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", live.http), timeout=2)


def test_the_last_word_counts() -> None:
    asyncio.run(last_word())


async def last_word() -> None:
    process = Process(Clock().wall)
    await process.reset()
    assert process.restart
    process.stop()
    await process.until_over()
    assert not process.restart
    await process.reset()
    assert not process.restart, "whoever was told to end does not begin anew"
    await process.close()


NO_ENGINE = """
import os, sys
if "sbcd.engine" in sys.orig_argv and os.path.exists(os.environ["NO_ENGINE"]):
    sys.exit("no engine today")
"""


def test_without_an_engine_the_device_is_managed_and_says_so(tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.touch()
    (tmp_path / "sitecustomize.py").write_text(NO_ENGINE)
    environment = {"PYTHONPATH": str(tmp_path), "NO_ENGINE": str(broken)}
    with Live(tmp_path / "state", environment=environment) as live:
        save = live.post("/actions/saveConfiguration")
        assert save.status_code == 200, "nobody waits for an engine that does not come"
        (alarm,) = [
            a for a in live.get("/alarms/active").json()["alarms"] if "Call engine" in a["description"]
        ]
        assert "The call engine does not start (exit code 1)" in alarm["description"]
        change = b'[ SRD ]\nFORMAT Index = Name;\nSRD 5 = "five";\n[ \\SRD ]\n'
        refused = live.put_file("/files/ini/incremental", change)
        assert refused.status_code == 409, "R28: nothing follows it"
        assert "The call engine does not start" in refused.json()["description"]
        assert live.put_file("/files/ini/incremental", b"UpLabelName = 'x'\n").status_code == 200
        assert live.log.read_text().count("no engine today") < 12
        broken.unlink()
        end = time.monotonic() + 30
        while any("Call engine" in a["description"] for a in active(live)):
            assert time.monotonic() < end, live.log.read_text()
            time.sleep(0.1)
        assert live.put_file("/files/ini/incremental", change).status_code == 200


def active(live: Live) -> list[dict[str, str]]:
    answer = live.get("/alarms/active")
    return answer.json()["alarms"] if answer.status_code == 200 else []
