"""A device with calls and the phones around it: SIPp runs and small hands of our own.

One rule: every device has a loopback network of its own, so that tests can run beside each other."""

import contextlib
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from live import Live

HERE = Path(__file__).parent
SIPP = shutil.which("sipp")
DEVICE, TRUNK, PBX, SECOND, OTHER, WATCHED = 1, 2, 3, 4, 5, 6


class Site:
    """A running device on `127.x.y.1`; hosts of its network are named by their last number."""

    def __init__(self, folder: Path) -> None:
        self.live = Live(folder / "state")
        number = self.live.http
        self.net = f"127.{100 + (number >> 8 & 127)}.{number & 255}."
        self.port6 = number
        ini = folder / "site.ini"
        ini.write_text(self.text(HERE / "basic.ini"))
        self.live._arguments = ("--ini", str(ini))
        self.folder = folder
        self.phones: list[Phone] = []

    def text(self, file: Path) -> str:
        """An INI file in this network."""
        return file.read_text().replace("127.0.8.", self.net).replace("5066", str(self.port6))

    def host(self, number: int) -> str:
        return f"{self.net}{number}"

    def start(self) -> None:
        self.live.start()
        self.until(lambda: taken(self.host(DEVICE), 5060))

    def put(self, text: str) -> Any:
        """An incremental INI."""
        return self.live.put_file("/files/ini/incremental", text.encode())

    def value(self, parameter: str, group: str = "sbc/callStats/global") -> Any:
        """A KPI."""
        found = self.live.get(f"/kpi/current/{group}/{parameter}")
        assert found.status_code == 200, found.text
        return found.json()["items"][0]["value"] if "items" in found.json() else found.json()["value"]

    def until(self, holds: Callable[[], bool], seconds: float = 10) -> None:
        """Waits for something to become so."""
        end = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < end, self.live.log.read_text()[-3000:]
            time.sleep(0.05)

    # --- phones ---

    def sipp(self, scenario: str, number: int, port: int, *arguments: str, calls: int = 1) -> "Phone":
        """A SIPp at a host; `scenario` is one of its own (uac) or a file here."""
        assert SIPP is not None
        kind = ["-sn", scenario] if scenario == "uac" else ["-sf", str(self.scenario(scenario))]
        command = [SIPP, *kind, "-i", self.host(number), "-p", str(port), "-nostdin"]
        # A plain `uas` answers whatever comes until it is stopped: with a limit, a repetition that was
        # meant for the phone of an earlier test would be its call, and end it.
        limit = [] if scenario == "uas" else ["-m", str(calls), "-timeout", "25s", "-timeout_error"]
        phone = self.run([*command, *limit, *arguments])
        if scenario.startswith("uas"):
            self.until(lambda: taken(self.host(number), port))
        return phone

    def scenario(self, name: str) -> Path:
        """The file of a scenario; `uac_rejected 486` is `uac_rejected` with 486 for [status]."""
        name, _, status = name.partition(" ")
        if not status:
            return HERE / f"{name}.xml"
        found = self.folder / f"{name}_{status[:3]}.xml"
        found.write_text((HERE / f"{name}.xml").read_text().replace("[status]", status))
        return found

    def run(self, command: list[str]) -> "Phone":
        """Starts a phone; it does not outlive the test."""
        phone = Phone(command, self.folder)
        self.phones.append(phone)
        return phone

    def hang_up(self) -> None:
        """Ends all phones."""
        while self.phones:
            self.phones.pop().stop()

    def call(self, scenario: str = "uac", *arguments: str, to: str = "0123", calls: int = 1) -> "Phone":
        """A SIPp that calls from the trunk."""
        where = f"{self.host(DEVICE)}:5060"
        return self.sipp(scenario, TRUNK, 5080, "-s", to, *arguments, where, calls=calls)


class Phone:
    """A SIPp process."""

    def __init__(self, command: list[str], folder: Path) -> None:
        self._command = command
        self._process = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )

    def done(self, seconds: float = 45) -> None:
        """It ended, and every call went as its scenario says."""
        out, _ = self._process.communicate(timeout=seconds)
        assert self._process.returncode == 0, f"{self._command}\n{out.decode(errors='replace')[-3000:]}"

    def retransmissions(self) -> int:
        """How often it had to repeat something."""
        out, _ = self._process.communicate(timeout=45)
        assert self._process.returncode == 0, out.decode(errors="replace")[-3000:]
        return sum(int(number) for number in re.findall(r"-->\s+\d+\s+(\d+)", out.decode(errors="replace")))

    def stop(self) -> None:
        """Ends it, after a moment for what is under way: a BYE nobody takes is repeated to the next phone."""
        self._process.send_signal(signal.SIGUSR1)  # no more calls; ends when there are none
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(1)
        self._process.kill()
        with contextlib.suppress(ValueError):
            self._process.communicate()


def taken(host: str, port: int) -> bool:
    """Whether somebody has the UDP port: read, not tried, or who is about to bind might find it taken."""
    mark = f"{socket.inet_aton(host)[::-1].hex()}:{port:04x}"
    lines = Path("/proc/net/udp").read_text().lower().splitlines()[1:]
    return any(line.split()[1] == mark for line in lines)


def udp(host: str, port: int) -> socket.socket:
    """A datagram socket of a peer of our own."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    found = socket.socket(family, socket.SOCK_DGRAM)
    found.bind((host, port))
    found.settimeout(10)
    return found


__all__ = ["DEVICE", "OTHER", "PBX", "SECOND", "SIPP", "TRUNK", "WATCHED", "Phone", "Site", "udp"]
