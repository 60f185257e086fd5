"""A device as its own process, as `make run` starts it: for tests that need the whole of it."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import requests

ADMIN = ("Admin", "Admin")
MONITOR = ("User", "User")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as door:
        port: int = door.getsockname()[1]
        return port


class Live:
    """`sbcd run` on free ports of 127.0.0.1; its log goes to `state.log` beside the state directory."""

    def __init__(self, state: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> None:
        self.state = state
        self.http, self.https = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.http}"
        self.api = f"{self.url}/api/v1"
        self.log = state.with_name(state.name + ".log")
        self._arguments = arguments
        self._environment = {**os.environ, **(environment or {})}
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def sip(self) -> tuple[str, int]:
        """Where its default SIP Interface listens: an address that is its alone."""
        return f"127.1.{self.http >> 8}.{self.http & 255 or 1}", 5060

    def start(self, patience: float = 60) -> float:
        """Starts it and waits for the first 200; the seconds that took."""
        doors = ["--http", f"127.0.0.1:{self.http}", "--https", f"127.0.0.1:{self.https}"]
        doors += ["--own", self.sip[0]]
        command = [sys.executable, "-m", "sbcd.main", "run", "--state", str(self.state), *doors]
        begun = time.monotonic()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*command, *self._arguments], stderr=log, stdout=log, env=self._environment
            )
        self.wait(patience)
        return time.monotonic() - begun

    def wait(self, patience: float = 60) -> None:
        """Until it answers (also after a reset)."""
        end = time.monotonic() + patience
        while time.monotonic() < end:
            assert self.process is not None
            assert self.process.poll() is None, f"the device ended:\n{self.log.read_text()}"
            try:
                if self.get("/status", timeout=2).status_code == 200:
                    return
            except (requests.ConnectionError, requests.Timeout):
                time.sleep(0.005)
        raise AssertionError(f"the device does not answer:\n{self.log.read_text()}")

    def wait_reset(self, asked: float, patience: float = 60) -> None:
        """Until it has begun anew after `asked` (time.monotonic()) and answers."""
        end = time.monotonic() + patience
        while time.monotonic() < end:
            self.wait(patience)
            try:
                up = self.get("/status", timeout=5).json()["systemUpTime"] / 100
                if time.monotonic() - up > asked:
                    return
            except (requests.RequestException, KeyError):
                pass
            time.sleep(0.05)
        raise AssertionError(f"the device did not reset:\n{self.log.read_text()}")

    def request(self, verb: str, path: str, **options: Any) -> requests.Response:
        options.setdefault("auth", ADMIN)
        options.setdefault("timeout", 20)
        options.setdefault("verify", False)
        url = self.url + path if path.lower().startswith("/api") else self.api + path
        return requests.request(verb, url, **options)

    def get(self, path: str, **options: Any) -> requests.Response:
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> requests.Response:
        return self.request("POST", path, **options)

    def put_file(self, path: str, content: bytes, **options: Any) -> requests.Response:
        return self.request("PUT", path, files={"file": ("file", content)}, **options)

    def rss(self) -> int:
        """Resident bytes of the process."""
        assert self.process is not None
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    def busy(self) -> float:
        """Seconds of processor time it took so far: what a start costs however loaded the machine is."""
        assert self.process is not None
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Ends it; the exit code."""
        if self.process is None:
            return 0
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(20)

    def __enter__(self) -> "Live":
        try:
            self.start()
        except BaseException:  # nobody else would end it
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
