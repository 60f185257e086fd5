"""How real clients of the API ask (facts/observed 8, 11, 12): curl, requests, Go, PowerShell."""

import base64
import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest
import requests

from live import ADMIN, Live

BASIC = {"Authorization": "Basic " + base64.b64encode(b"Admin:Admin").decode()}
SCRIPT = b"[SYSTEM Params]\r\nNTPServerUTCOffset = 3600\r\n"


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with Live(tmp_path_factory.mktemp("clients") / "state") as live:
        yield live


@pytest.fixture
def door(live: Live) -> Iterator[HTTPConnection]:
    door = HTTPConnection("127.0.0.1", live.http, timeout=20)
    yield door
    door.close()


def curl(*arguments: str) -> str:
    program = shutil.which("curl")
    if program is None:
        pytest.skip("curl is not installed")
    ended = subprocess.run(
        [program, "-sS", "-i", *arguments], capture_output=True, text=True, timeout=30, check=True
    )
    return ended.stdout


def test_curl_of_the_guide_saves(live: Live) -> None:
    """`-d ""` sends Content-Type application/x-www-form-urlencoded and no body."""
    out = curl("-X", "POST", "-u", "Admin:Admin", "-d", "", f"{live.api}/actions/saveConfiguration")
    assert out.startswith("HTTP/1.1 200 OK")


def test_curl_of_the_guide_uploads(live: Live, tmp_path: Path) -> None:
    file = tmp_path / "ini.txt"
    file.write_bytes(SCRIPT)
    url = f"{live.api}/files/ini/incremental"
    form = ["-X", "PUT", "-F", f"file=@{file}", "-u", "Admin:Admin", url]
    assert "HTTP/1.1 200 OK" in curl("-H", "Expect:", *form)
    assert "HTTP/1.1 200 OK" in curl("-H", "Expect: 100-continue", *form)


def test_requests_of_the_guide(live: Live) -> None:
    assert (
        requests.post(f"{live.api}/actions/saveConfiguration", headers=BASIC, timeout=20).status_code == 200
    )
    files = {"file": ("cli.txt", SCRIPT.decode())}
    answer = requests.put(f"{live.api}/files/ini/incremental", files=files, headers=BASIC, timeout=20)
    assert answer.status_code == 200


def test_go_asks_without_credentials_first_and_again_on_the_same_connection(door: HTTPConnection) -> None:
    door.request("GET", "/api/v1/", headers={"User-Agent": "Go-http-client/1.1"})
    answer = door.getresponse()
    assert (answer.status, answer.headers["WWW-Authenticate"][:12]) == (401, "Basic realm=")
    assert b"REST login failed" in answer.read()
    kept = door.sock
    door.request("GET", "/api/v1/", headers=BASIC)
    answer = door.getresponse()
    assert (answer.status, door.sock is kept) == (200, True)
    assert "items" in json.loads(answer.read())


def test_go_uploads_without_credentials_first(door: HTTPConnection) -> None:
    body, media = form(b'form-data; name="file"; filename="a"')
    for headers, status in (({}, 401), (BASIC, 200)):
        door.request("PUT", "/api/v1/files/ini/incremental", body, {**headers, "Content-Type": media})
        answer = door.getresponse()
        answer.read()
        assert answer.status == status


def form(disposition: bytes, boundary: str = "b0b0", tail: bytes = b"\r\n") -> tuple[bytes, str]:
    parts = [f"--{boundary}".encode(), b"Content-Disposition: " + disposition]
    parts += [b"Content-Type: application/octet-stream", b"", SCRIPT, f"--{boundary}--".encode()]
    return b"\r\n".join(parts) + tail, f"multipart/form-data; boundary={boundary}"


def test_powershell_of_the_guide(door: HTTPConnection) -> None:
    """The lines joined by CRLF end with two of them; Invoke-RestMethod sends the form as text."""
    body, media = form(b'form-data; name="file"; filename="file.txt"', "0b1d-44", b"\r\n\r\n")
    door.request("PUT", "/api/v1/files/ini/incremental", body, {**BASIC, "Content-Type": media})
    answer = door.getresponse()
    assert (answer.status, "description" in json.loads(answer.read())) == (200, True)


def test_powershell_sends_json_as_a_form(door: HTTPConnection) -> None:
    """Invoke-RestMethod without -ContentType (R6)."""
    body = json.dumps({"username": "john", "privLevel": "monitor"})
    headers = {**BASIC, "Content-Type": "application/x-www-form-urlencoded"}
    door.request("POST", "/api/v1/actions/authToken", body, headers)
    answer = door.getresponse()
    assert (answer.status, len(json.loads(answer.read())["authToken"])) == (200, 32)


@pytest.mark.parametrize(
    ("body", "media"),
    [(None, None), ("", None), ("{}", "application/json"), ("", "application/x-www-form-urlencoded")],
)
def test_every_way_to_save(door: HTTPConnection, body: str | None, media: str | None) -> None:
    headers = {**BASIC, **({"Content-Type": media} if media else {})}
    door.request("POST", "/api/v1/actions/saveConfiguration", body, headers)
    answer = door.getresponse()
    answer.read()
    assert answer.status == 200


@pytest.mark.parametrize("disposition", [b'form-data; name=""', b'form-data; name=""; filename="x.ini"'])
def test_uploads_with_an_empty_field_name(door: HTTPConnection, disposition: bytes) -> None:
    body, media = form(disposition, tail=b"\r")
    door.request("PUT", "/api/v1/files/ini/incremental", body, {**BASIC, "Content-Type": media})
    answer = door.getresponse()
    answer.read()
    assert answer.status == 200


def test_downloads_whatever_accept_says(live: Live) -> None:
    """R4: text/plain and application/json are asked for, the whole file is what they get."""
    for accept in ("text/plain", "application/json", "*/*", "image/png"):
        answer = live.get("/files/ini", headers={"Accept": accept})
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == "application/octet-stream"
        assert int(answer.headers["Content-Length"]) == len(answer.content)
    assert live.get("/status", headers={"Accept": "text/html"}).status_code == 406


@pytest.mark.parametrize("path", ["/api/", "/api/v1/", "/API/v1/Status", "/api/v1/status/?&limit=100"])
def test_paths_as_clients_spell_them(live: Live, path: str) -> None:
    assert live.get(path).status_code in {200, 204}


BAD = {
    "unknown attribute": ('{"now": 1}', "'now'"),
    "wrong type": ('{"gracefulTimeout": "soon"}', "'gracefulTimeout'"),
    "a number for a boolean": ('{"saveConfiguration": 1}', "'saveConfiguration'"),
    "out of range": ('{"gracefulTimeout": -1}', "'gracefulTimeout'"),
    "much too deep": ('{"saveConfiguration":' + "[" * 60_000, "'saveConfiguration'"),
    "no JSON": ("saveConfiguration=true", "not valid JSON"),
    "no object": ("[]", "expected"),
    "broken UTF-8": (b'{"\xff": 1}', "not valid JSON"),
    "too long": ('{"a": "' + "x" * 70_000 + '"}', "more than the 65536"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_bodies_are_named_and_nothing_happens(live: Live, name: str) -> None:
    body, told = BAD[name]
    answer = live.post("/actions/reset", data=body)
    assert answer.status_code == 400
    assert told in answer.json()["description"]


def test_one_gigabyte_costs_nothing(live: Live) -> None:
    """A file beyond the limit is refused by its length, before it is sent and without memory."""
    before = live.rss()
    door = HTTPConnection("127.0.0.1", live.http, timeout=20)
    door.putrequest("PUT", "/api/v1/files/ini")
    media = form(b"form-data")[1]
    for header, value in {**BASIC, "Content-Type": media, "Content-Length": str(1 << 30)}.items():
        door.putheader(header, value)
    door.endheaders()
    begun = time.monotonic()
    answer = door.getresponse()
    assert answer.status == 400
    assert b"larger than" in answer.read()
    door.close()
    assert time.monotonic() - begun < 5
    assert live.rss() - before < 10_000_000


def test_one_gigabyte_of_unknown_length_is_cut_at_the_limit(live: Live) -> None:
    """Chunked, so that only counting helps; what is spooled goes away again."""
    before = live.rss()

    def pieces() -> Iterator[bytes]:
        yield b'--b0b0\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n'
        for _ in range(1 << 12):
            yield b"a" * (1 << 18)

    try:
        answer = live.request(
            "PUT", "/files/ini", data=pieces(), headers={"Content-Type": form(b"form-data")[1]}
        )
        assert answer.status_code == 400
        assert "larger than" in answer.json()["description"]
    except requests.ConnectionError:  # the client was still sending when the answer came
        pass
    assert live.get("/status").status_code == 200
    assert live.rss() - before < 40_000_000
    assert not list((live.state / "run" / "uploads").glob("*"))
    assert live.request("PUT", "/files/ini", auth=ADMIN, data=b"").status_code == 400
