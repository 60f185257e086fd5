"""An attack on a running device: an alarm, an event, silence for the attacker, and a way to see it."""

import time
from pathlib import Path

from live import Live
from phone import Phone

INI = b"""[SIP Params]
EnableIDS = 1
[ IDSPolicy ]
FORMAT Index = Name;
IDSPolicy 0 = "Strangers";
[ \\IDSPolicy ]
[ IDSRule ]
FORMAT Index=Policy, Reason, ThresholdScope, ThresholdWindow, DenyThreshold, DenyPeriod, MinorAlarmThreshold;
IDSRule 0 = 0, 3, 3, 60, 3, 60, 2;
[ \\IDSRule ]
[ IDSMatch ]
FORMAT Index = Policy;
IDSMatch 0 = "Strangers";
[ \\IDSMatch ]
"""


def alarms(device: Live, kind: str) -> list[str]:
    answer = device.get(f"/alarms/{kind}?limit=100")
    found = answer.json()["alarms"] if answer.status_code == 200 else []
    return [one["description"] for one in found]


def test_a_stranger_who_tries_too_often(tmp_path: Path) -> None:
    with Live(tmp_path / "state") as device, Phone() as stranger:
        answer = device.put_file("/files/ini/incremental", INI)
        assert answer.status_code == 200, answer.text
        for number in range(3):
            stranger.invite(device.sip, f"77{number}", "1000")
            stranger.hear("500")
        end = time.monotonic() + 10
        while not (found := [text for text in alarms(device, "active") if "Strangers (0)" in text]):
            assert time.monotonic() < end
            time.sleep(0.05)
        assert "Last event: classification" in found[0]
        assert f"Source: 127.0.0.1:{stranger.port} UDP" in found[0]
        told = device.put_file("/files/cliScript/incremental", b"show voip ids blacklist active\n").json()
        assert str(stranger.port) in told["output"]
        assert "127.0.0.1" in told["output"]
