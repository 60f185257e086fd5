"""What a licence allows is what the device does: calls, and calls with media, of real phones (SIPp)."""

import shutil
import time
from pathlib import Path

import pytest

from live import Live
from rooms.kpi import calls
from signed import licence, trusting

pytestmark = pytest.mark.skipif(shutil.which("sipp") is None, reason="sipp is not installed")


def counters(device: Live) -> dict[str, int]:
    items = device.get("/kpi/current/sbc/callStats/global?detailed=false").json()["items"]
    return {item["id"]: int(item["value"]) for item in items if item["id"].endswith("Total")}


def talk(device: Live, net: int, folder: Path, phones: int) -> dict[str, int]:
    """So many phones call at once; how the counters moved until each was answered or refused."""
    before = counters(device)
    started = calls.talk(net, folder, phones, 4)
    try:
        end = time.monotonic() + 15
        while time.monotonic() < end:
            moved = {id: value - before[id] for id, value in counters(device).items()}
            if moved["establishedCallsInTotal"] + moved["notEstablishCallsInTotal"] >= phones:
                break
            time.sleep(0.1)
        return moved
    finally:
        for process in started:
            process.kill()
            process.communicate()


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    ("capacities", "answered"),
    [({"SBC": 2}, 2), ({"SBC": 5, "SBC_MEDIA": 1}, 1), ({"SBC": 5}, 4)],
    ids=["calls", "media", "enough"],
)
def test_no_more_calls_than_the_licence_allows(
    tmp_path: Path, capacities: dict[str, int], answered: int
) -> None:
    net = calls.free_net()
    ini = tmp_path / "calls.ini"
    ini.write_text(calls.configuration(net))
    with trusting(tmp_path, "--ini", str(ini)) as device:
        serial = device.get("/status").json()["serialNumber"]
        put = device.put_file("/license", licence(tmp_path, serial, **capacities).encode())
        assert put.status_code == 200, put.text
        moved = talk(device, net, tmp_path, 4)
        assert (moved["establishedCallsInTotal"], moved["noResourcesCallsInTotal"]) == (
            answered,
            4 - answered,
        )
