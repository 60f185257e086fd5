"""The guide's three clients of cliScript (curl, Python requests, the PowerShell body), against a device."""

import base64
import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from live import Live


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with Live(tmp_path_factory.mktemp("script") / "state") as live:
        yield live


def test_curl(live: Live, tmp_path: Path) -> None:
    curl = shutil.which("curl")
    if curl is None:
        pytest.skip("curl is not installed")
    (tmp_path / "cli.txt").write_text("show system version")
    url = f"{live.api}/files/cliScript/incremental"
    command = [curl, "-s", "-X", "PUT", "-F", "file=@cli.txt", "-H", "Expect:", "-u", "Admin:Admin", url]
    answer = json.loads(subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=20).stdout)
    assert answer["status"] == "success"
    assert answer["description"] == "Incremental CLI Script file was loaded."
    assert answer["output"].startswith("Version info:\n-------------\n;Board: ")


def test_python(live: Live) -> None:
    """The guide's `send_cli`."""
    url = f"{live.api}/files/cliScript/incremental"
    headers = {"Authorization": "Basic " + base64.b64encode(b"Admin:Admin").decode()}
    files = {"file": ("cli.txt", "show system version")}
    response = requests.put(url, files=files, headers=headers, timeout=20)
    assert response.status_code == 200
    assert ";Serial Number: " in response.json()["output"]


def test_powershell(live: Live) -> None:
    """The body that the guide's PowerShell builds: an empty line more behind the part's head."""
    boundary = "0b4d1ab5-5e5c-4e3f-9d3e-2b7f5d1f2a11"
    lines = [
        f"--{boundary}",
        'Content-Disposition: form-data; name="file"; filename="file.txt"',
        "Content-Type: application/octet-stream\r\n",
        "show system version",
        f"--{boundary}--\r\n",
    ]
    head = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    response = live.request("PUT", "/files/cliScript/incremental", data="\r\n".join(lines), headers=head)
    assert response.status_code == 200
    assert response.json()["status"] == "success"


def test_nothing_of_the_script_is_no_script(live: Live) -> None:
    for content in (b"  ", b"\x00\x01", b"\x89PNG\r\n\x1a\n\xff"):
        response = live.put_file("/files/cliScript/incremental", content)
        assert response.status_code == 400
        assert "not a CLI script" in response.json()["description"]


def test_a_script_larger_than_what_can_be_answered_in_time(live: Live) -> None:
    """R7: 400, and the limit is said. Half a megabyte is followed."""
    response = live.put_file("/files/cliScript/incremental", b"# remark\n" * 300_000)
    assert response.status_code == 400
    assert "2097152" in response.json()["description"] or "2 MB" in response.json()["description"]
    begun = time.monotonic()
    response = live.put_file("/files/cliScript/incremental", b"show system uptime | count\n" * 20_000)
    assert response.json()["status"] == "success"
    assert time.monotonic() - begun < 30  # two seconds, on a busy machine more


def test_levels(live: Live) -> None:
    for verb, path in (("GET", ""), ("PUT", ""), ("PUT", "/incremental")):
        response = live.request(verb, f"/files/cliScript{path}", auth=("User", "User"))
        assert response.status_code == 403


def test_a_script_makes_another_device_the_same(live: Live, tmp_path: Path) -> None:
    """R25: the configuration of one device, as a script, in another: the INI files of both are equal."""
    small = "".join(f"configure voip\nproxy-set {i}\nproxy-name p{i}\nactivate\nexit\n" for i in (1, 5))
    assert live.put_file("/files/cliScript/incremental", small.encode()).json()["status"] == "success"
    text = live.get("/files/cliScript")
    assert text.headers["Content-Type"] == "application/octet-stream"
    with Live(tmp_path / "other") as other:
        asked = time.monotonic()
        answer = other.put_file("/files/cliScript", text.content)
        told = answer.json()["description"]
        assert told.startswith("Device will reset now to activate new configuration")
        other.wait_reset(asked)
        assert other.get("/files/cliScript").content == text.content
        assert _meaning(other) == _meaning(live)
        assert not other.get("/status").json()["saveNeeded"]


def test_a_refused_full_script_names_lines_and_changes_nothing(live: Live) -> None:
    """R3, R8."""
    before = live.get("/files/cliScript").content
    for text, told in (
        (
            "configure voip\nip-group 1\nname a\nsrd-name nowhere\n",
            "line 4: IPGroup 1 SRDName: there is no SRD",
        ),
        ("configure voip\nip-group 1\ncolour red\n", "line 3: there is no 'colour' in (ip-group-1)"),
        ("show users\n", "line 1: 'show' is no configuration command"),
    ):
        response = live.put_file("/files/cliScript", text.encode())
        assert response.status_code == 400
        assert told in response.json()["description"]
    assert live.get("/files/cliScript").content == before


def test_what_a_script_cannot_hold_is_named(live: Live) -> None:
    """R27: carried parameters travel in INI files only."""
    assert "X-Not-In-Script" not in live.get("/files/cliScript").headers
    assert live.put_file("/files/ini/incremental", b"ENABLEMSPRESENCE = 1\r\n").status_code == 200
    assert live.get("/files/cliScript").headers["X-Not-In-Script"] == "ENABLEMSPRESENCE"


def _meaning(live: Live) -> list[str]:
    lines: list[str] = live.get("/files/ini").text.splitlines()
    return [line for line in lines if not line.startswith(";")]
