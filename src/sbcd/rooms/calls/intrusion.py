"""Who behaves like an attacker: failures are counted by sender, told, and after too many nobody listens.

One rule: counting is bounded and forgets; who is blocked costs a look into a dict and no more, whatever he
sends."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any

from sbcd.rooms.calls.contract import BlockedLine
from sbcd.rooms.calls.facts import Blocked, Intrusion, Reason
from sbcd.rooms.calls.protection import (
    ADMISSION,
    BY_ADDRESS,
    BY_PORT,
    GLOBAL,
    MESSAGES,
    ROUTING,
    IntrusionMatch,
    IntrusionRule,
    Protection,
)
from sbcd.sip.headers import bracketed

if TYPE_CHECKING:
    from sbcd.rooms.calls.desk import Desk
    from sbcd.sip.events import Flow
    from sbcd.sip.timers import Timer

MOST_COUNTED = 100_000
MOST_BLOCKED = 10_000
FLOOD_WINDOW, FLOOD_PERIOD = 10, 60
Key = tuple[Any, ...]
REASONS = {Reason.NO_ROUTE: ROUTING, Reason.ADMISSION: ADMISSION}


class Window:
    """Events of one sender by one rule."""

    __slots__ = ("count", "since")

    def __init__(self, since: float) -> None:
        self.since = since
        self.count = 0


class Intrusions:
    """The watch."""

    def __init__(self, switch: Desk) -> None:
        self.switch = switch
        self.watching = False  # whether `drops` is to be asked
        self.dropped = 0
        self._counts_messages = False
        self._flood: IntrusionRule | None = None
        self._matches: list[tuple[IntrusionMatch, Any]] = []
        self._rules: dict[tuple[int, int], list[IntrusionRule]] = {}  # by policy and reason
        self._windows: dict[Key, Window] = {}
        self._blocked: dict[Key, float] = {}
        self._standing: dict[tuple[int, int, int], Timer[Any]] = {}

    def follow(self, wanted: Protection) -> None:
        """A new plan. What was blocked stays so for its time, unless nobody is to be blocked any more."""
        self._rules = {}
        for rule in wanted.rules:
            self._rules.setdefault((rule.policy, rule.reason), []).append(rule)
        self._matches = [
            (match, ip_network(match.subnet, strict=False) if match.subnet else None)
            for match in wanted.matches
        ]
        self._clear_after = wanted.clear_after
        self._flood = (
            IntrusionRule(
                -1, "flood", 0, -1, BY_ADDRESS, FLOOD_WINDOW, deny=wanted.flood, period=FLOOD_PERIOD
            )
            if wanted.flood
            else None
        )
        self._counts_messages = any(rule.reason == MESSAGES for rule in wanted.rules)
        if not wanted.rules and not wanted.flood:
            for key in list(self._blocked):
                self._free(key)
            for standing in list(self._standing):
                self._over(standing)
        self._windows.clear()
        self._look()

    def _look(self) -> None:
        self.watching = bool(self._blocked) or self._counts_messages

    # --- what comes ---

    def drops(self, flow: Flow) -> bool:
        """Whether nobody listens to this sender now."""
        host, port = flow.remote[0], flow.remote[1]
        if (host,) in self._blocked or (host, port) in self._blocked:
            self.dropped += 1
            return True
        if self._counts_messages:
            self.event(MESSAGES, flow)
        return False

    def failed(self, why: Reason, flow: Flow) -> None:
        """A request was refused for this reason of a KPI."""
        reason = REASONS.get(why)
        if reason is not None:
            self.event(reason, flow)

    def event(self, reason: int, flow: Flow) -> None:
        """Something of this kind happened."""
        if self._flood is not None and reason not in {MESSAGES, ROUTING, ADMISSION} and not self._known(flow):
            self._count(self._flood, -1, flow)
        for match, subnet in self._matches:
            rules = self._rules.get((match.policy, reason))
            if rules and self._fits(match, subnet, flow):
                for rule in rules:
                    self._count(rule, match.index, flow)

    def _known(self, flow: Flow) -> bool:
        """The address of a peer of the configuration, or a registered user."""
        return self.switch.proxies.houses(flow) or self.switch.registrar.sender(flow) is not None

    def _fits(self, match: IntrusionMatch, subnet: Any, flow: Flow) -> bool:
        if match.interfaces and flow.interface not in match.interfaces:
            return False
        if match.proxy_sets and not match.proxy_sets & set(self.switch.proxies.senders(flow)):
            return False
        try:
            return subnet is None or ip_address(flow.remote[0]) in subnet
        except ValueError:
            return False

    # --- counting ---

    def _count(self, rule: IntrusionRule, match: int, flow: Flow) -> None:
        sender: Key = {GLOBAL: (), BY_PORT: flow.remote[:2]}.get(rule.scope, flow.remote[:1])
        now, key = self.switch.now, (match, rule.policy, rule.number, sender)
        window = self._windows.get(key)
        if window is None or now - window.since >= rule.window:
            if window is None and len(self._windows) >= MOST_COUNTED:
                self._windows.clear()  # more senders than anybody can tell apart: begin anew
            window = self._windows[key] = Window(now)
        window.count += 1
        for severity, threshold in ((1, rule.minor), (2, rule.major), (3, rule.critical)):
            if window.count == threshold:
                self._crossed(rule, match, severity, sender, flow, window.count)
        if rule.deny > 0 and window.count >= rule.deny and sender:
            self._block(sender, rule.period)

    def _crossed(
        self, rule: IntrusionRule, match: int, severity: int, sender: Key, flow: Flow, count: int
    ) -> None:
        switch = self.switch
        source = f"{bracketed(flow.remote[0])}:{flow.remote[1]} {flow.transport.upper()}"
        scope = ":".join(str(part) for part in sender) or "global"
        told = (match, rule.policy, rule.number, severity, rule.name, rule.reason, source, scope)
        switch.tell(Intrusion(switch.wall(), *told, flow.interface, count))
        standing = (match, rule.policy, rule.number)
        switch.timers.drop(self._standing.get(standing))
        self._standing[standing] = switch.timers.set(
            switch.now + self._clear_after, lambda: self._over(standing)
        )

    def _over(self, standing: tuple[int, int, int]) -> None:
        """Nothing was crossed for long enough."""
        self.switch.timers.drop(self._standing.pop(standing, None))
        self.switch.tell(Intrusion(self.switch.wall(), *standing, 0, "", 0, "", "", -1, 0))

    # --- blocking ---

    def _block(self, sender: Key, period: int) -> None:
        if period <= 0 or sender in self._blocked or len(self._blocked) >= MOST_BLOCKED:
            return
        switch = self.switch
        self._blocked[sender] = switch.now + period
        switch.timers.set(switch.now + period, lambda: self._free(sender))
        switch.tell(Blocked(switch.wall(), ":".join(str(part) for part in sender), True))
        self._look()

    def _free(self, sender: Key) -> None:
        if self._blocked.pop(sender, None) is not None:
            switch = self.switch
            switch.tell(Blocked(switch.wall(), ":".join(str(part) for part in sender), False))
            self._look()

    def lines(self) -> list[BlockedLine]:
        """Who is blocked, and for how many seconds."""
        now = self.switch.now
        return [
            BlockedLine(str(key[0]), int(key[1]) if len(key) > 1 else 0, max(until - now, 0.0))
            for key, until in self._blocked.items()
        ]
