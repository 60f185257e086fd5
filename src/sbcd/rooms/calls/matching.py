"""What the rules of classification, routing and manipulation look at, and whether they match.

One rule: `*`, -1 and empty cost nothing when a call comes: they are compiled away."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sbcd.rooms.calls.messages import Scene, condition
from sbcd.rooms.calls.patterns import host_matcher, matcher
from sbcd.rooms.calls.plan import Match
from sbcd.sip.message import Request

REQUESTS = {  # IP2IPRouting.RequestType
    1: frozenset({"INVITE"}),
    2: frozenset({"REGISTER"}),
    3: frozenset({"SUBSCRIBE"}),
    4: frozenset({"INVITE", "REGISTER"}),
    5: frozenset({"INVITE", "SUBSCRIBE"}),
    6: frozenset({"OPTIONS"}),
}


class Asked:
    """A request as the rules see it. `scene` makes of it what conditions look at (it does not hold it: no
    cycle, no work for the collector), `variables` are the session's."""

    __slots__ = (
        "address",
        "dest_host",
        "dest_tags",
        "dest_user",
        "hop",
        "interface",
        "method",
        "port",
        "request",
        "scene",
        "source_host",
        "source_tags",
        "source_user",
        "transport",
        "variables",
    )

    def __init__(
        self,
        method: str,
        interface: int = -1,
        address: str = "",
        port: int = 0,
        transport: str = "udp",
        source_user: str = "",
        source_host: str = "",
        dest_user: str = "",
        dest_host: str = "",
    ) -> None:
        self.method = method
        self.interface = interface
        self.address = address
        self.port = port
        self.transport = transport
        self.source_user = source_user
        self.source_host = source_host
        self.dest_user = dest_user
        self.dest_host = dest_host
        self.hop = (0, "")  # port and transport of an address that somebody named (3xx, REFER)
        self.source_tags: frozenset[tuple[str, str]] = frozenset()
        self.dest_tags: frozenset[tuple[str, str]] = frozenset()
        self.scene: Callable[[Asked], Scene] | None = None
        self.variables: dict[str, str] = {}
        self.request: Request | None = None  # what call setup rules made of it

    def seen(self) -> Scene:
        """What conditions look at. Only for requests that came in."""
        assert self.scene is not None
        return self.scene(self)


def tags(text: str) -> frozenset[tuple[str, str]]:
    """'country=de;premium' as pairs; a tag without a name has the name 'default'."""
    found = set()
    for item in text.split(";"):
        name, equals, value = item.strip().partition("=")
        if name:
            found.add((name.lower(), value) if equals else ("default", name))
    return frozenset(found)


class Compiled:
    """A `Match`, ready to be asked."""

    __slots__ = ("_condition", "_dest_tags", "_methods", "_source_tags", "_texts")

    def __init__(self, match: Match, conditions: Mapping[str, str]) -> None:
        checks = (
            ("source_user", matcher(match.source_user)),
            ("source_host", host_matcher(match.source_host)),
            ("dest_user", matcher(match.dest_user)),
            ("dest_host", host_matcher(match.dest_host)),
        )
        self._texts = tuple((name, check) for name, check in checks if check is not None)
        self._methods = REQUESTS.get(match.request)
        self._source_tags = tags(match.source_tags)
        self._dest_tags = tags(match.dest_tags)
        text = conditions.get(match.condition, "") if match.condition else ""
        self._condition = condition(text) if text else None

    def holds(self, asked: Asked) -> bool:
        """Whether all of it is so."""
        if self._methods is not None and asked.method not in self._methods:
            return False
        for name, check in self._texts:
            if not check(getattr(asked, name)):
                return False
        if self._source_tags and not self._source_tags <= asked.source_tags:
            return False
        if self._dest_tags and not self._dest_tags <= asked.dest_tags:
            return False
        if self._condition is None:
            return True
        return asked.scene is not None and self._condition(asked.scene(asked))
