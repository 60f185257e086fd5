"""`show system alarms` and its history."""

import asyncio
from datetime import UTC, datetime, timedelta, timezone

import pytest

from sbcd.base.clock import Clock
from sbcd.config.cli.block import Refused
from sbcd.config.show import Shows
from sbcd.rooms.alarms import Alarms, Severity, alarm_type
from sbcd.rooms.alarms.shows import shows


class Still(Clock):
    def wall(self) -> datetime:
        return datetime(2010, 6, 11, 14, 19, 42, tzinfo=UTC)


def test_the_tables_in_columns() -> None:
    alarms = Alarms(Still())
    known = Shows(shows(alarms, lambda: timezone(timedelta(hours=2))))
    assert asyncio.run(known.run("system alarms")) == "No active alarms\n"
    assert asyncio.run(known.run("system alarms history")) == "No alarms in the history\n"
    link = alarm_type("acBoardEthernetLinkAlarm")
    alarms.raise_(link, "Board#1/EthernetLink#1", "Network link one is down")
    alarms.raise_(alarm_type("acNTPServerStatusAlarm"), "Board#1", "No time server\nanswers", Severity.MINOR)
    alarms.clear(link, "Board#1/EthernetLink#1", "Network link one is up")
    assert asyncio.run(known.run("system alarms")) == (
        "  Seq.  Source   Severity  Date                  Description\n"
        "  2.    Board#1  Minor     11.6.2010 , 16:19:42  No time server answers\n"
    )
    assert asyncio.run(known.run("system alarms history")).splitlines()[1:] == [
        "  1.    Board#1/EthernetLink#1  Critical  11.6.2010 , 16:19:42  Network link one is down",
        "  2.    Board#1                 Minor     11.6.2010 , 16:19:42  No time server answers",
        "  3.    Board#1/EthernetLink#1  Cleared   11.6.2010 , 16:19:42  Network link one is up",
    ]
    with pytest.raises(Refused):
        asyncio.run(known.run("system alarms of yesterday"))
