"""Facts of the engine that are alarms of the device: servers, IP groups, overload, the engine itself.

One rule: an alarm is cleared by the fact that says so, or because the engine that raised it is gone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from sbcd.rooms.alarms import Alarms, Severity, alarm_type
from sbcd.rooms.calls import guarding
from sbcd.rooms.calls.facts import (
    AccountFailed,
    AccountRegistered,
    AnyFact,
    Blocked,
    Intrusion,
    IpGroupBlocked,
    IpGroupUnblocked,
    Overloaded,
    ProxySetLost,
    ProxySetRestored,
    ServerDown,
    ServerUp,
)
from sbcd.rooms.calls.plan import Interface, Plan, ProxySet

PROXY_LOST = alarm_type("acProxyConnectionLost")
PROXY_CHANGED = alarm_type("acProxyConnectivity")
GROUP_BLOCKED = alarm_type("acIpGroupNoRouteAlarm")
OVERLOAD = alarm_type("acBoardOverloadAlarm")
ENGINE_DOWN = alarm_type("acModuleServiceAlarm")
ENGINE = "System#0/Module#1"
NOT_BOUND = alarm_type("acBoardConfigurationError")
BOARD = "System#0"


class Alarming:
    """Raises and clears."""

    def __init__(self, alarms: Alarms) -> None:
        self.alarms = alarms
        self._down: dict[tuple[int, str], None] = {}
        self._sets: Mapping[int, ProxySet] = {}
        self._interfaces: Mapping[int, Interface] = {}
        self._standing: set[int] = set()  # IP groups that are blocked

    def heard(self, fact: AnyFact) -> None:
        """One fact."""
        handler = HANDLERS.get(type(fact))
        if handler is not None:
            handler(self, fact)

    def planned(self, plan: Plan) -> None:
        """The names of what alarms speak of."""
        self._sets = plan.proxy_sets.rows
        self._interfaces = plan.interfaces.rows

    def engine_lost(self, why: str) -> None:
        """The engine ended or does not answer."""
        self.alarms.raise_(ENGINE_DOWN, ENGINE, f"Call engine: {why}", severity=Severity.CRITICAL)

    def engine_back(self) -> None:
        """It works again, with the plan."""
        self.alarms.clear(ENGINE_DOWN, ENGINE, "Call engine: it works again")

    def missing(self, places: Iterable[str]) -> None:
        """What could not be bound at the start."""
        if text := "; ".join(places):
            self.alarms.raise_(NOT_BOUND, BOARD, f"Board Config Error: {text}", severity=Severity.MAJOR)
        else:
            self.alarms.clear(NOT_BOUND, BOARD, "Board Config Error: all ports are open")

    def forget(self) -> None:
        """A new engine knows nothing of the servers yet: it tells anew who is down."""
        for kind in (PROXY_LOST, GROUP_BLOCKED, OVERLOAD, guarding.POLICY):
            for source in self.alarms.sources(kind):
                if kind is not OVERLOAD or source == BOARD:  # also those of a device that ended in a crash
                    self.alarms.clear(kind, source, "Call engine started")
        for index in self._standing:
            self.alarms.clear(GROUP_BLOCKED, f"Board#1/IPGroup#{index}", "Call engine started")
        self._down.clear()
        self._standing.clear()

    def _server(self, fact: ServerDown | ServerUp) -> None:
        index, place = fact.proxy_set, fact.address.partition(";")[0]
        source = f"Board#1/ProxyConnection#{index}"
        row = self._sets.get(index)
        name = f"{index} ({row.name if row is not None else ''})"
        if isinstance(fact, ServerDown):
            self._down[(index, fact.address)] = None
            text = f"Server {place} is down - one or more servers in the proxy set are offline"
            self.alarms.raise_(
                PROXY_LOST, source, f"Proxy Set Alarm Proxy Set {name}: {text}", severity=Severity.MINOR
            )
            self.alarms.event(
                PROXY_CHANGED, "System#0", f"Proxy Set ID {index}: IP {place} is out of service"
            )
            return
        self._down.pop((index, fact.address), None)
        self.alarms.event(PROXY_CHANGED, "System#0", f"Proxy Set ID {index}: IP {place} is in service")
        if not any(key[0] == index for key in self._down):
            text = f"Proxy Set {name}: Server {place} is up, all servers are online now"
            self.alarms.clear(PROXY_LOST, source, text)

    def _set_lost(self, fact: ProxySetLost) -> None:
        self.alarms.raise_(
            PROXY_LOST,
            f"Board#1/ProxyConnection#{fact.proxy_set}",
            f"Proxy Set Alarm Proxy Set {fact.proxy_set} ({fact.name}): "
            "Proxy lost. looking for another proxy",
            severity=Severity.MAJOR,
        )

    def _set_restored(self, fact: ProxySetRestored) -> None:
        left = [key[1] for key in self._down if key[0] == fact.proxy_set]
        source = f"Board#1/ProxyConnection#{fact.proxy_set}"
        name = f"Proxy Set {fact.proxy_set} ({fact.name})"
        if left and fact.proxy_set in self._sets:
            place = left[0].partition(";")[0]
            text = f"Server {place} is down - one or more servers in the proxy set are offline"
            self.alarms.raise_(PROXY_LOST, source, f"Proxy Set Alarm {name}: {text}", severity=Severity.MINOR)
        else:
            self._down = {key: None for key in self._down if key[0] != fact.proxy_set}
            self.alarms.clear(PROXY_LOST, source, f"{name}: all servers are online now")

    def _blocked(self, fact: IpGroupBlocked) -> None:
        self._standing.add(fact.ip_group)
        text = f"IP Group is temporarily blocked. IP Group ({fact.name}) Blocked Reason: {fact.why}"
        self.alarms.raise_(GROUP_BLOCKED, f"Board#1/IPGroup#{fact.ip_group}", text, severity=Severity.MAJOR)

    def _unblocked(self, fact: IpGroupUnblocked) -> None:
        self._standing.discard(fact.ip_group)
        text = f"IP Group ({fact.name}) is usable again"
        self.alarms.clear(GROUP_BLOCKED, f"Board#1/IPGroup#{fact.ip_group}", text)

    def _account_failed(self, fact: AccountFailed) -> None:
        text = f"Account {fact.account} is not registered at IP Group {fact.ip_group}: {fact.why}"
        self.alarms.raise_(PROXY_LOST, f"Board#1/Account#{fact.account}", text, severity=Severity.MINOR)

    def _account_registered(self, fact: AccountRegistered) -> None:
        text = f"Account {fact.account} is registered at IP Group {fact.ip_group}"
        self.alarms.clear(PROXY_LOST, f"Board#1/Account#{fact.account}", text)

    def _overload(self, fact: Overloaded) -> None:
        if fact.on:
            text = f"Board overload alarm: the call engine is {fact.lag:.1f} seconds late"
            self.alarms.raise_(OVERLOAD, "System#0", text, severity=Severity.MAJOR)
        else:
            self.alarms.clear(OVERLOAD, "System#0", "Board overload alarm: passed")

    def _crossed(self, fact: Intrusion) -> None:
        guarding.crossed(self.alarms, fact, self._interfaces)

    def _shut_out(self, fact: Blocked) -> None:
        guarding.blocked(self.alarms, fact)


HANDLERS: dict[type, Callable[..., None]] = {
    AccountFailed: Alarming._account_failed,
    AccountRegistered: Alarming._account_registered,
    ServerDown: Alarming._server,
    ServerUp: Alarming._server,
    ProxySetLost: Alarming._set_lost,
    ProxySetRestored: Alarming._set_restored,
    IpGroupBlocked: Alarming._blocked,
    IpGroupUnblocked: Alarming._unblocked,
    Overloaded: Alarming._overload,
    Intrusion: Alarming._crossed,
    Blocked: Alarming._shut_out,
}
