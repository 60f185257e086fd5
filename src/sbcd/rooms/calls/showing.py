"""`show voip calls ...` and the like: the calls, their statistics, the proxy sets and the users.

One rule: the layouts are those that public clients of such devices parse."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sbcd.config.show import Show
from sbcd.rooms.calls.contract import CallLine, ProxyLine
from sbcd.rooms.calls.facts import Answered, AnyFact, Attempted, Ended, Failed, Reason, Way

if TYPE_CHECKING:
    from sbcd.rooms.calls.room import Calls

MOST = 10_000


class Statistics:
    """Counters since the start, of incoming attempts."""

    def __init__(self) -> None:
        self.attempts = self.established = self.abnormal = 0
        self.failures: dict[Reason, int] = {}

    def heard(self, fact: AnyFact) -> None:
        """One fact."""
        if getattr(fact, "way", None) != Way.IN:
            return
        match fact:
            case Attempted():
                self.attempts += 1
            case Answered():
                self.established += 1
            case Failed():
                self.failures[fact.reason] = self.failures.get(fact.reason, 0) + 1
            case Ended():
                self.abnormal += fact.abnormal

    def text(self) -> str:
        """As `show voip calls statistics` tells them."""
        count = self.failures.get
        lines = (
            ("Call attempts", self.attempts),
            ("Established calls", self.established),
            ("Calls terminated due to busy line", count(Reason.BUSY, 0)),
            ("Calls terminated due to no answer", count(Reason.NO_ANSWER, 0)),
            ("Calls terminated due to forward", count(Reason.FORWARDED, 0)),
            ("Calls terminated due to no route", count(Reason.NO_ROUTE, 0)),
            ("Calls terminated due to resource allocation failure", count(Reason.NO_RESOURCES, 0)),
            ("Calls terminated due to media negotiation failure", count(Reason.MEDIA_MISMATCH, 0)),
            ("Calls terminated due to admission failure", count(Reason.ADMISSION, 0)),
            ("Calls abnormally terminated", self.abnormal),
        )
        return "\n".join(f"{name}: {number}" for name, number in lines)


def clock(seconds: float) -> str:
    """hh:mm:ss"""
    whole = int(seconds)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}"


def active(lines: Sequence[CallLine]) -> str:
    """The table of calls."""
    sessions = {line.session for line in lines}
    rows = [f"Total Active Calls: {len(sessions)}"]
    if lines:
        rows.append("|start|endpoint|caller|callee|direction|remote-ip(IPG-n)|duration|state|session-id|")
    for line in lines:
        start = datetime.fromtimestamp(line.started, UTC)
        when = f"{start:%H:%M:%S}.{start.microsecond // 1000:03}  UTC {start:%a %b %d %Y}"
        way = "Incoming" if line.way == Way.IN else "Outgoing"
        remote = f"{line.remote}(IPG-{line.ip_group})"
        fields = (when, "SBC", line.caller, line.callee, way, remote, clock(line.seconds), line.state)
        rows.append("|" + "|".join(fields) + f"|sid:{line.session}|")
    return "\n".join(rows)


def proxies(lines: Sequence[ProxyLine]) -> str:
    """The table of proxy sets with their servers."""
    rows = [
        "Proxy Sets Status",
        "ID | NAME | MODE | KEEP ALIVE | ADDRESS | PRIORITY | WEIGHT | SUCCESS | FAILED | STATUS",
    ]
    last = -1
    for line in lines:
        if line.proxy_set != last:
            servers = [other for other in lines if other.proxy_set == line.proxy_set]
            status = "OFFLINE" if all(other.online is False for other in servers) else "ONLINE"
            if line.keep_alive == "Disabled":
                status = "NOT RESOLVED" if not servers else "-"
            rows.append(
                f"{line.proxy_set} | {line.name} | {line.mode} | {line.keep_alive} | | | | | | {status}"
            )
            last = line.proxy_set
        word = {True: "ONLINE", False: "OFFLINE", None: "-"}[line.online]
        place = line.address.replace(";", " ") + (" (*)" if line.active else "")
        counts = f"{line.priority} | {line.weight} | {line.succeeded} | {line.failed}"
        rows.append(f" | | | | {place} | {counts} | {word}")
    return "\n".join(rows)


def shows(room: Calls, statistics: Statistics) -> list[Show]:
    """The show commands of the room."""

    async def calls_active(words: Sequence[str]) -> str:
        return active(await room.calls())

    async def proxy_sets(words: Sequence[str]) -> str:
        return proxies(await room.proxies())

    async def users(words: Sequence[str]) -> str:
        lines = await room.users()
        rows = [
            f"{line.aor}  {line.contact}  IPG-{line.ip_group}  {int(line.expires_in)} s" for line in lines
        ]
        return "\n".join((f"Registered users: {len({line.aor for line in lines})}", *rows))

    async def accounts(words: Sequence[str]) -> str:
        rows = ["ID | USER | SERVING IP GROUP | STATUS | EXPIRES IN | REASON"]
        for one in await room.accounts():
            status = "REGISTERED" if one.registered else "NOT REGISTERED"
            fields = (one.account, one.user, one.ip_group, status, f"{int(one.expires_in)} s", one.why or "-")
            rows.append(" | ".join(map(str, fields)))
        return "\n".join(rows)

    return [
        Show("voip register-account", "The device's own registrations", accounts),
        Show("voip calls active", "Calls that are up, and being set up", calls_active),
        Show("voip calls active sbc", "The same for the SBC", calls_active),
        Show("voip calls statistics", "Counters of calls", lambda words: statistics.text()),
        Show("voip calls statistics sbc", "The same for the SBC", lambda words: statistics.text()),
        Show("voip proxy sets status", "Proxy sets and their servers", proxy_sets),
        Show("voip proxy set status", "Proxy sets and their servers", proxy_sets),
        Show("voip register db sbc list", "Registered users", users),
    ]
