"""Uploads while the device waits for its last call to end before it resets: refused, without effect (R10)."""

import shutil
import time
from pathlib import Path

import pytest

from rooms.kpi import calls
from sbcd import __version__
from signed import licence, load, trusting
from test_filing import RIGHT

pytestmark = pytest.mark.skipif(shutil.which("sipp") is None, reason="sipp is not installed")


@pytest.mark.timeout(120)
def test_nothing_is_taken_while_a_reset_waits(tmp_path: Path) -> None:
    net = calls.free_net()
    ini = tmp_path / "calls.ini"
    ini.write_text(calls.configuration(net))
    with trusting(tmp_path, "--ini", str(ini)) as device:
        package = device.get("/files/configurationPackage").content
        serial = device.get("/status").json()["serialNumber"]
        uploads = {f"/files/{kind}": data for kind, data in RIGHT.items()}
        uploads |= {
            "/files/software": load(tmp_path, "0.9.9"),
            "/files/software/hitless": b"x",
            "/files/configurationPackage.tar.gz": package,
            "/license": licence(tmp_path, serial, SBC=5).encode(),
        }
        phones = calls.talk(net, tmp_path, 1, 6)
        try:
            end = time.monotonic() + 10
            while not device.get("/calls/active").json()["calls"] and time.monotonic() < end:
                time.sleep(0.1)
            asked = time.monotonic()
            wish = {"saveConfiguration": False, "gracefulTimeout": 1}
            assert device.post("/actions/reset", json=wish).status_code == 200
            assert device.get("/status").json()["operationalState"] == "LOCKED"
            for path, data in uploads.items():
                answer = device.put_file(path, data)
                assert answer.status_code == 409, path
                assert answer.json()["description"] == "The device is resetting"
            assert device.get("/files/configurationPackage").status_code == 200, "reads go on"
            device.wait_reset(asked)
        finally:
            for phone in phones:
                phone.kill()
                phone.communicate()
        assert not (device.state / "files" / "aux" / "index.json").exists()
        assert device.get("/license").json()["key"] == ""
        assert device.get("/status").json()["versionID"] == __version__
