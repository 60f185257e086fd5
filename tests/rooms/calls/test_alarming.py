"""Facts of the engine as alarms: what is raised, with which words, and what ends it."""

from typing import Any

import pytest

from sbcd.base.clock import Clock
from sbcd.rooms.alarms import Alarms
from sbcd.rooms.calls.alarming import Alarming
from sbcd.rooms.calls.facts import (
    AccountFailed,
    AccountRegistered,
    Blocked,
    Intrusion,
    IpGroupBlocked,
    IpGroupUnblocked,
    Overloaded,
    ProxySetLost,
    ProxySetRestored,
)

from .playbook import plan


class Stage:
    """The alarms of facts."""

    def __init__(self) -> None:
        self.alarms = Alarms(Clock())
        self.room = Alarming(self.alarms)
        self.room.planned(plan())

    def hear(self, *facts: Any) -> list[tuple[str, str, str]]:
        """What stands after these facts: type, severity, source."""
        for fact in facts:
            self.room.heard(fact)
        return [(one.type.name, one.severity.title, one.source) for one in self.alarms.active.values()]

    def texts(self) -> list[str]:
        return [one.text for one in self.alarms.history.values()]


def intrusion(severity: int, count: int = 5) -> Intrusion:
    source = "127.7.7.7:5060 UDP" if severity else ""
    return Intrusion(0.0, 2, 0, 1, severity, "Strangers", 3, source, "127.7.7.7", 0, count)


def test_intrusion_thresholds() -> None:
    stage = Stage()
    place = "Board#1/IDSMatch#2/IDSRule#1"
    assert stage.hear(intrusion(1)) == [("acIDSPolicyAlarm", "Minor", place)]
    assert stage.texts()[0] == (
        "Minor threshold (1) cross. Policy: Strangers (0), Rule: 1, Last event: classification, "
        "Source: 127.7.7.7:5060 UDP, SIP Interface: SIP (0)"
    )
    assert stage.hear(intrusion(3, 50)) == [("acIDSPolicyAlarm", "Critical", place)]
    assert stage.hear(intrusion(0)) == []


def test_who_is_blocked_is_an_event() -> None:
    stage = Stage()
    told: list[str] = []
    stage.alarms.tell(lambda alarm: told.append(alarm.text))
    assert stage.hear(Blocked(0.0, "127.7.7.7", True), Blocked(0.0, "127.7.7.7", False)) == []
    assert told == ["Added IP 127.7.7.7 to blacklist", "Removed IP 127.7.7.7 from blacklist"]


@pytest.mark.parametrize(
    ("wrong", "right", "raised"),
    [
        (
            AccountFailed(0.0, 3, 1, "403 Forbidden"),
            AccountRegistered(0.0, 3, 1),
            ("acProxyConnectionLost", "Minor", "Board#1/Account#3"),
        ),
        (
            IpGroupBlocked(0.0, 1, "B", "No Working Proxy"),
            IpGroupUnblocked(0.0, 1, "B"),
            ("acIpGroupNoRouteAlarm", "Major", "Board#1/IPGroup#1"),
        ),
        (
            ProxySetLost(0.0, 1, "PB", 0),
            ProxySetRestored(0.0, 1, "PB"),
            ("acProxyConnectionLost", "Major", "Board#1/ProxyConnection#1"),
        ),
        (
            Overloaded(0.0, True, 2.0),
            Overloaded(0.0, False, 0.0),
            ("acBoardOverloadAlarm", "Major", "System#0"),
        ),
    ],
)
def test_raised_and_cleared(wrong: Any, right: Any, raised: tuple[str, str, str]) -> None:
    stage = Stage()
    assert stage.hear(wrong) == [raised]
    assert stage.hear(right) == []


def test_a_new_engine_forgets_what_the_old_one_raised() -> None:
    stage = Stage()
    stage.hear(intrusion(2), ProxySetLost(0.0, 1, "PB", 0), IpGroupBlocked(0.0, 1, "B", "No Working Proxy"))
    stage.room.forget()
    assert stage.hear() == []
