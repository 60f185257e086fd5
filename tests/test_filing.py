"""The rooms of files in a running device: uploads, packages, debug files, licences, upgrades."""

import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from live import Live
from sbcd import __version__
from sbcd.rooms.auxfiles import cpt
from signed import licence, load, trusting

TONES = cpt.write(cpt.Tones((cpt.Tone(2, 425, 0, 12, 0, ((100, 400),)),), description="test"))
RIGHT = {
    "cpt": TONES,
    "prt": b"tones",
    "dialplan": b"[ PLAN1 ]\n1,lan\n",
    "casTable": b"cas",
    "amd": b"amd",
    "usersInfo": b"[SBC]\nFORMAT LocalUser,UserName,Password,IPGroupID\nJohn,johnd,2798,2\n",
    "voiceprompts": b"voice",
    "sbcWizard": b"wizard",
    "fxs": b"fxs",
    "fxo": b"fxo",
}


@pytest.fixture(scope="module")
def device(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with trusting(tmp_path_factory.mktemp("filing")) as live:
        yield live


@pytest.mark.parametrize("kind", RIGHT)
def test_each_kind_of_file_is_loaded(device: Live, kind: str) -> None:
    answer = device.put_file(f"/files/{kind}", RIGHT[kind])
    assert answer.status_code == 200, answer.text
    assert "was loaded" in answer.json()["description"]
    assert device.get(f"/files/{kind}").status_code == 405


def test_a_new_dial_plan_is_told(device: Live) -> None:
    """The event acDialPlanFileReplaced (trap 45) stands in no table, but in the log."""
    device.put_file("/files/dialplan", b"[ PLAN1 ]\n1,lan\n2,wan\n")
    assert "acDialPlanFileReplaced; Textual Description: Dial plan file replacement complete. 1 plans, 2" in (
        device.log.read_text()
    )


@pytest.mark.parametrize(
    ("kind", "data", "reason"),
    [
        ("cpt", TONES[:-9], "says that it has"),
        ("cpt", RIGHT["dialplan"], "at least"),
        ("dialplan", TONES, "not a text file"),
        ("dialplan", b"[ P ]\n1,1\n12,1\n", "line 3"),
        ("usersInfo", b"[SBC]\nJohn,johnd,2798,2\n", "line 2"),
        ("prt", TONES, "/files/cpt"),
        ("fxs", b"", "empty"),
        ("cpt", b"x" * ((1 << 20) + 1), "1048576"),
    ],
)
def test_a_wrong_file_is_refused_with_its_reason(device: Live, kind: str, data: bytes, reason: str) -> None:
    answer = device.put_file(f"/files/{kind}", data)
    assert answer.status_code == 400
    assert reason in answer.json()["description"]


def test_a_licence_in_both_forms(device: Live) -> None:
    """R31."""
    folder, serial = device.state.parent, device.get("/status").json()["serialNumber"]
    free = device.get("/license").json()
    assert (free["licenseVersion"], free["serialNumber"], free["key"]) == (1, serial, "")
    text = licence(folder, "1", serial, SBC=7)
    key = next(line.split(" = ")[1] for line in text.splitlines() if serial in line)
    assert device.put_file("/license", text.encode()).status_code == 200
    assert "SBC=7" in device.get("/license").json()["keyDescription"]
    wish = {"licenseVersion": 1, "serialNumber": serial, "key": key}
    assert device.request("PUT", "/license", json=wish).status_code == 200
    for wrong in (
        {**wish, "key": key[:-8] + "AAAAAAA="},
        {**wish, "serialNumber": "5"},
        {**wish, "licenseVersion": 2},
        {**wish, "colour": "red"},
        {"licenseVersion": 1},
        {**wish, "keyRedundant": key},
    ):
        answer = device.request("PUT", "/license", json=wrong)
        assert answer.status_code == 400, wrong
        assert answer.json()["description"]
    assert answer.json() == {"description": "keyRedundant: this device has no redundant unit"}
    assert device.get("/license").json()["key"] == key


def test_a_package_makes_a_fresh_device_the_same(device: Live, tmp_path: Path) -> None:
    ini = 'SyslogServerIP = 127.0.0.9\n[ SRD ]\nFORMAT Index = Name;\nSRD 3 = "Packed";\n[ \\SRD ]\n'
    assert device.put_file("/files/ini/incremental", ini.encode()).status_code == 200
    device.put_file("/files/dialplan", RIGHT["dialplan"])
    package = device.get("/files/configurationPackage.tar.gz?password=sesame").content
    with Live(tmp_path / "fresh") as fresh:
        for wrong, password in ((package[:-30], "sesame"), (package, "wrong"), (package, "")):
            answer = fresh.request(
                "PUT",
                "/files/configurationPackage.tar.gz",
                files={"file": ("p.tar.gz", wrong)},
                data={"password": password},
            )
            assert answer.status_code == 400
        answer = fresh.put_file("/files/configurationPackage.tar.gz?password=sesame", package)
        assert answer.json() == {"description": "Device will reset now to activate new configuration"}
        until(fresh, 40, lambda _: '"Packed"' in fresh.get("/files/ini").text)
        same = [
            [line for line in one.get("/files/ini").text.splitlines() if not line.startswith(";")]
            for one in (device, fresh)
        ]
        assert same[0] == same[1]
        for path in ("/files/tls/0/certificate", "/files/tls/0/privateKey"):
            assert fresh.get(path).content == device.get(path).content
        assert (fresh.state / "files/aux/index.json").exists()


def until(live: Live, seconds: float, right: Callable[[dict[str, object]], bool]) -> dict[str, object]:
    end = time.monotonic() + seconds
    status: dict[str, object] = {}
    while time.monotonic() < end:
        try:
            status = live.get("/status", timeout=2).json()
            if right(status):
                return status
        except OSError:
            pass
        time.sleep(0.2)
    raise AssertionError(f"{status}\n{live.log.read_text()}")


def test_two_uploads_at_once(device: Live) -> None:
    """R10: one software load at a time; auxiliary files one after the other."""
    right = load(device.state.parent, "0.9.9")
    with ThreadPoolExecutor(4) as pool:
        aux = list(pool.map(lambda n: device.put_file("/files/dialplan", b"[ P ]\n%d,t\n" % n), range(8)))
        assert {answer.status_code for answer in aux} == {200}
        wrong = list(pool.map(lambda _: device.put_file("/files/software", right[:-9]), range(4)))
        assert {answer.status_code for answer in wrong} <= {400, 409}
        assert 400 in {answer.status_code for answer in wrong}
    assert device.get("/status").json()["upgradeStatus"] == "None"


def test_an_upgrade_that_works_one_that_fails_and_what_is_refused(tmp_path: Path) -> None:
    with trusting(tmp_path) as live:
        right = load(tmp_path, "0.9.1", minimum="0.1")
        for wrong, reason in (
            (right[:-5], "broken off"),
            (right[:-5] + b"xxxxx", "was changed"),
            (b"ELF", "not a software load"),
            (right.replace(b'"version":"0.9.1"', b'"version":"0.9.2"'), "not signed"),
        ):
            answer = live.put_file("/files/software", wrong)
            assert (answer.status_code, reason in answer.json()["description"]) == (400, True), answer.text
        hitless = live.put_file("/files/software/hitless", right)
        assert hitless.status_code == 409
        live.put_file(
            "/files/ini/incremental", b'[ SRD ]\nFORMAT Index = Name;\nSRD 3 = "Kept";\n[ \\SRD ]\n'
        )
        answer = live.put_file("/files/software", right)
        assert answer.json() == {"description": "Device will reset now to activate new software load"}
        until(live, 40, lambda s: s["versionID"] == "0.9.1" and s["upgradeStatus"] == "None")
        assert '"Kept"' in live.get("/files/ini").text

        begun = time.monotonic()  # and once more, from a slot
        assert live.put_file("/files/software", load(tmp_path, "0.9.2")).status_code == 200
        live.wait_reset(begun)
        until(live, 40, lambda s: s["versionID"] == "0.9.2" and s["upgradeStatus"] == "None")

        old = live.put_file("/files/software", load(tmp_path, "0.0.5"))
        assert (old.status_code, "older than 0.1" in old.json()["description"]) == (400, True)

        begun = time.monotonic()
        bad = load(tmp_path, "0.9.3", broken="raise SystemExit('broken at start')")
        assert live.put_file("/files/software", bad).status_code == 200
        live.wait_reset(begun)
        until(live, 40, lambda s: s["versionID"] == "0.9.2" and s["upgradeStatus"] == "None")
        assert time.monotonic() - begun < 30
        told = live.get("/alarms/active?limit=100").json()["alarms"]
        assert any("0.9.3" in alarm["description"] for alarm in told)
        assert '"Kept"' in live.get("/files/ini").text
        slots = live.state / "software" / "slots"
        until(live, 10, lambda _: sorted(path.name for path in slots.iterdir()) == ["0.9.2"])


def test_a_version_on_trial_can_be_ended_and_is_tried_again(tmp_path: Path) -> None:
    with trusting(tmp_path) as live:
        assert live.put_file("/files/software", load(tmp_path, "0.9.3")).status_code == 200
        until(live, 40, lambda s: s["versionID"] == "0.9.3")
        assert live.stop() == 0
        live.start()
        assert live.get("/status").json()["versionID"] == "0.9.3"
        until(live, 40, lambda s: s["versionID"] == "0.9.3" and s["upgradeStatus"] == "None")


def test_a_load_that_a_crash_broke_off_leaves_nothing(tmp_path: Path) -> None:
    """R8: killed while the load is checked and unpacked."""
    device = trusting(tmp_path)
    device.start()
    try:
        with ThreadPoolExecutor(1) as pool:
            put = pool.submit(device.put_file, "/files/software", load(tmp_path, "0.9.1"))
            end = time.monotonic() + 10
            while not list((device.state / "software").rglob("*.whl")) and time.monotonic() < end:
                if put.done():
                    break
                time.sleep(0.002)
            device.stop(signal.SIGKILL)
            with pytest.raises(requests.ConnectionError):
                put.result()
        device.start()
        status = device.get("/status").json()
        assert (status["versionID"], status["upgradeStatus"]) == (__version__, "None")
        left = [*(device.state / "software").rglob("*.whl"), *(device.state / "software/slots").glob("*")]
        assert not left
        assert not list((device.state / "run" / "uploads").glob("*"))
    finally:
        device.stop()
