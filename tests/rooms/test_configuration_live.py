"""The configuration of a whole device, its own process: real files, bad files, many clients, kill -9."""

import random
import shutil
import signal
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from config.disk import journal
from live import ADMIN, Live
from sbcd.config import ini, loading
from sbcd.config.catalogue import catalogue
from sbcd.config.schema import Schema
from sbcd.config.snapshot import Change, Snapshot
from sbcd.declared import DECLARED
from sbcd.rooms.calls.tables.proxies import DialPlan
from sbcd.rooms.system.tables import WebParams
from sbcd.rooms.users.tables import WebUsers

SAMPLES = Path(__file__).parents[2] / ".." / "shared" / "samples"
SCHEMA = Schema(DECLARED)
INCREMENTAL = "/files/ini/incremental"


@pytest.fixture(scope="module")
def device(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with Live(tmp_path_factory.mktemp("device") / "state") as live:
        yield live


def meant(data: bytes) -> Snapshot:
    return loading.full(SCHEMA, ini.read(data, SCHEMA, catalogue()))


def began(live: Live) -> float:
    """When the device began, by its own clock of hundredths."""
    return time.monotonic() - int(live.get("/status").json()["systemUpTime"]) / 100


def loaded(live: Live, data: bytes) -> str:
    """Loads a whole file and waits until the device has begun anew; what was answered."""
    before = began(live)
    response = live.put_file("/files/ini", data)
    assert response.status_code == 200, response.text
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            if began(live) > before + 0.2:
                return str(response.json()["description"])
        except requests.ConnectionError:
            pass
        time.sleep(0.02)
    raise AssertionError("the device did not reset")


def plans(*rows: str) -> bytes:
    return ("[ DialPlan ]\nFORMAT Index = Name;\n" + "\n".join(rows) + "\n[ \\DialPlan ]\n").encode()


# --- real files -----------------------------------------------------------------------------------


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the samples are not in the repository")
@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.ini")), ids=lambda path: path.name)
def test_a_real_file_loads_and_what_is_exported_means_the_same(
    tmp_path: Path, path: Path
) -> None:  # R25, R27
    with Live(tmp_path / "state") as live:
        told = loaded(live, path.read_bytes())
        assert told.startswith("Device will reset now to activate new configuration")
        status = live.get("/status").json()
        assert status["saveNeeded"] is False
        exported = live.get("/files/ini").content
        differing = {
            key for key in Change(meant(path.read_bytes()), meant(exported)).differences()
            if not (isinstance(key, tuple) and key[0] == WebUsers.__table__.ini)  # passwords are hashed
        }  # fmt: skip
        assert differing == set()


def test_an_export_loads_again_and_comes_out_the_same(device: Live) -> None:  # R25
    live = device
    assert live.put_file(INCREMENTAL, plans('DialPlan 3 = "a \\"b\\"; c";')).status_code == 200
    exported = live.get("/files/ini")
    assert exported.headers["content-type"] == "application/octet-stream"  # R9
    assert int(exported.headers["content-length"]) == len(exported.content)
    assert loaded(live, exported.content).startswith("Device will reset now to activate new configuration")
    assert live.get("/files/ini").content == exported.content


# --- bad files ------------------------------------------------------------------------------------

BAD = {
    "nothing": (b"", "empty"),
    "binary": (bytes(range(256)) * 40, "not text in UTF-8"),
    "nul": (b"UpLabelName = 'a'\nX\0Y = 1\n", "line 2: holds the control character 0x00"),
    "a line of 1 MB": (b"UpLabelName = '" + b"x" * (1 << 20) + b"'\n", "line 1: is longer than 65536"),
    "a row twice": (plans("DialPlan 1 = a;", "DialPlan 1 = b;"), "line 4: DialPlan 1: this row is already"),
    "a name twice": (plans("DialPlan 1 = a;", "DialPlan 2 = a;"), "DialPlan 1 Name: 'a' is also that of row"),
    "dangling": (
        b'[ IPGroup ]\nFORMAT Index = Name, ProxySetName;\nIPGroup 5 = "x", "nowhere";\n',
        "line 3: IPGroup 5 ProxySetName: there is no ProxySet 'nowhere'",
    ),
    "out of range": (b"\nNTPServerUTCOffset = 90000\n", "line 2: NTPServerUTCOffset: '90000' is not"),
    "unknown table": (b"[ Nope ]\n", "line 1: unknown table 'Nope'"),
    "unknown column": (b"[ DialPlan ]\nFORMAT Index = Nope;\n", "line 2: DialPlan: unknown column 'Nope'"),
    "unknown parameter": (b"Nope = 1\n", "line 1: unknown parameter 'Nope'"),
}  # fmt: skip


@pytest.mark.parametrize("path", ["/files/ini", INCREMENTAL])
@pytest.mark.parametrize("kind", BAD)
def test_a_bad_file_is_refused_with_its_place_and_changes_nothing(device: Live, kind: str, path: str) -> None:
    if (kind, path) == ("dangling", "/files/ini"):
        pytest.skip("a whole file may leave out the tables it refers to (ADR 0009)")
    data, told = BAD[kind]
    before, status = device.get("/files/ini").content, device.get("/status").json()
    response = device.put_file(path, data)
    assert response.status_code == 400
    assert told in response.json()["description"]
    assert device.get("/files/ini").content == before
    assert device.get("/status").json()["saveNeeded"] == status["saveNeeded"]


def test_a_whole_file_whose_own_rows_do_not_hold_is_refused(device: Live) -> None:  # ADR 0009
    exported = device.get("/files/ini").text
    head = next(line for line in exported.splitlines() if "FORMAT Index = Type, Name" in line)
    row = "IPGroup 77 = " + ", ".join(
        '"nowhere"' if name == "ProxySetName" else '"seventy-seven"' if name == "Name" else "$$"
        for name in head.removeprefix("FORMAT Index = ").rstrip(";").split(", ")
    )
    bad = exported.replace("[ \\IPGroup ]", f"{row};\r\n[ \\IPGroup ]")
    assert bad != exported
    response = device.put_file("/files/ini", bad.encode())
    assert response.status_code == 400
    assert "IPGroup 77 ProxySetName: there is no ProxySet 'nowhere'" in response.json()["description"]
    assert device.get("/files/ini").text == exported


def test_uploads_that_are_no_one_file(device: Live) -> None:  # R7
    before = device.get("/files/ini").content
    two = {"a": ("a", b"UpLabelName = 'a'\n"), "b": ("b", b"UpLabelName = 'b'\n")}
    whole = b'--x\r\nContent-Disposition: form-data; name="file"; filename="i"\r\n\r\nUpLabelName = \'cut\'\n'
    cut = {"data": whole, "headers": {"Content-Type": "multipart/form-data; boundary=x"}}
    for options in ({"files": two}, {"data": b"UpLabelName = 'raw'\n"}, {}, cut):
        response = device.request("PUT", INCREMENTAL, **options)
        assert response.status_code == 400, options
        assert set(response.json()) == {"description"}
    assert device.get("/files/ini").content == before


@pytest.mark.parametrize(
    ("path", "body", "told"),
    [
        ("/actions/reset", '{"saveConfiguration": "yes"}', "'saveConfiguration'"),
        ("/actions/reset", '{"gracefulTimeout": -1}', "'gracefulTimeout'"),
        ("/actions/reset", '{"gracefulTimeout": 1.5}', "'gracefulTimeout'"),
        ("/actions/reset", '{"nope": 1}', "'nope'"),
        ("/actions/reset", "[1]", "JSON body"),
        ("/actions/reset", '{"saveConfiguration": tru', "not valid JSON"),
        ("/actions/saveConfiguration", '{"saveConfiguration": true}', "'saveConfiguration'"),
        ("/actions/authToken", '{"username": 7, "privLevel": "admin"}', "'username'"),
        ("/actions/authToken", '{"username": "Admin", "privLevel": "king"}', "'privLevel'"),
        ("/files/tls/0/privateKey/generate", '{"size": "big"}', "'size'"),
    ],
)
def test_bad_bodies_name_the_attribute_and_do_nothing(
    device: Live, path: str, body: str, told: str
) -> None:  # R3, R6
    before = device.get("/status").json()
    response = device.post(path, data=body)
    assert response.status_code == 400
    assert told in response.json()["description"]
    after = device.get("/status").json()
    assert after["systemUpTime"] >= before["systemUpTime"], "it was not reset"
    assert after["operationalState"] == "UNLOCKED"


GIGABYTE = (
    b"PUT /api/v1/files/ini HTTP/1.1\r\nHost: x\r\nAuthorization: Basic QWRtaW46QWRtaW4=\r\n"
    b"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 1073741824\r\n\r\n"
    b'--x\r\nContent-Disposition: form-data; name="file"; filename="i"\r\n\r\n'
)


def test_a_gigabyte_is_refused_before_it_is_sent(device: Live) -> None:  # R1, R7
    with socket.create_connection(("127.0.0.1", device.http), timeout=20) as door:
        door.sendall(GIGABYTE)
        assert door.recv(65536).startswith(b"HTTP/1.1 400")


def test_who_sends_it_all_the_same_costs_no_memory(device: Live) -> None:
    before = device.rss()
    with socket.create_connection(("127.0.0.1", device.http), timeout=20) as door:
        chunk = b"; nothing but comments\n" * 40_000
        try:
            door.sendall(GIGABYTE)
            for _ in range(1100):
                door.sendall(chunk)
        except OSError:
            pass  # it hung up: nobody has to read a gigabyte to refuse it
    assert device.rss() - before < 50 << 20
    assert device.get("/status").status_code == 200


# --- many clients ---------------------------------------------------------------------------------


def _clients(live: Live, seconds: float) -> None:
    """16 clients, each on a row of its own and on one row of all; what was acknowledged is there."""
    own: dict[int, int] = {}
    shared: dict[int, int] = {}
    end = time.monotonic() + seconds

    def work(number: int) -> list[int]:
        statuses = []
        with requests.Session() as session:
            session.auth = ADMIN
            turn = 0
            while time.monotonic() < end:
                turn += 1
                rows = (
                    f'DialPlan {100 + number} = "own-{number}-{turn}";',
                    f'DialPlan 99 = "all-{number}-{turn}";',
                )
                files = {"file": ("file", plans(*rows))}
                response = session.put(live.api + INCREMENTAL, files=files, timeout=20)
                statuses.append(response.status_code)
                if response.status_code == 200:
                    own[number] = shared[number] = turn
        return statuses

    with ThreadPoolExecutor(16) as pool:
        statuses = [status for found in pool.map(work, range(16)) for status in found]
    assert set(statuses) == {200}
    final = meant(live.get("/files/ini").content).rows(DialPlan)
    for number, turn in own.items():
        assert final[100 + number].name == f"own-{number}-{turn}"
    assert final[99].name in {f"all-{number}-{turn}" for number, turn in shared.items()}


def test_sixteen_clients(device: Live) -> None:
    _clients(device, 3)


@pytest.mark.long
def test_sixteen_clients_for_half_a_minute(device: Live) -> None:
    _clients(device, 30)


# --- kill -9 --------------------------------------------------------------------------------------


def _on_disk(state: Path, copy: Path) -> tuple[int, int]:
    """What the device will start with: (running, saved), each told twice and never torn."""
    shutil.copytree(state / "config", copy)
    found = journal(copy, SCHEMA).load()
    assert found is not None
    numbers = []
    for snapshot in (found.running, found.saved):
        label = snapshot.params(WebParams).up_label
        row = snapshot.rows(DialPlan).get(0)
        number = int(label) if label.isdecimal() else 0
        assert (row.name if row is not None else "plan-0") == f"plan-{number}"
        numbers.append(number)
    return numbers[0], numbers[1]


def _killed(folder: Path, kills: int, changes: int, seed: int) -> None:
    live = Live(folder / "state")
    dice = random.Random(seed)
    number = changed = saved = 0
    for kill in range(kills):
        live.start()
        assert live.process is not None
        timer = threading.Timer(dice.uniform(0.05, 0.6), live.process.send_signal, [signal.SIGKILL])
        timer.start()
        try:
            with requests.Session() as session:
                session.auth = ADMIN
                for _ in range(changes):
                    number += 1
                    text = f"UpLabelName = '{number}'\n".encode() + plans(f'DialPlan 0 = "plan-{number}";')
                    response = session.put(live.api + INCREMENTAL, files={"file": ("i", text)}, timeout=20)
                    assert response.status_code == 200, response.text
                    changed = number
                    assert (
                        session.post(f"{live.api}/actions/saveConfiguration", timeout=20).status_code == 200
                    )
                    saved = number
        except requests.RequestException:
            pass  # it is dead, perhaps amid its answer
        timer.join()
        live.process.wait(20)
        running, kept = _on_disk(live.state, folder / f"copy-{kill}")
        assert changed <= running <= number
        assert saved <= kept <= number
    live.start()
    assert f"UpLabelName = '{running}'" in live.get("/files/ini").text
    live.stop()


def test_kill_9_at_any_moment(tmp_path: Path) -> None:
    _killed(tmp_path, 4, 500, seed=9)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_kill_9_at_many_moments(tmp_path: Path) -> None:
    _killed(tmp_path, 60, 500, seed=int(time.time()))
