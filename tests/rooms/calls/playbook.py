"""A switch between two hands, in virtual time: what goes in, what comes out, what was told.

One rule: no sleeping, no sockets, no chance."""

import itertools
from typing import Any

from sbcd.rooms.calls.plan import (
    Interface,
    IpGroup,
    Match,
    Plan,
    ProxySet,
    RoutingRule,
    Server,
    Srd,
)
from sbcd.rooms.calls.proxies import Found, Resolve
from sbcd.rooms.calls.routing import Router
from sbcd.rooms.calls.switch import Switch
from sbcd.sip.endpoint import Endpoint
from sbcd.sip.events import Flow
from sbcd.sip.message import Request, Response, parse, reply, request
from sbcd.sip.transaction import Times

OURS = ("127.0.9.9", 5060)
ALICE = ("127.0.0.1", 5070)
BOB = ("127.0.0.2", 5080)
CAROL = ("127.0.0.3", 5090)
SDP = b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n"
ANSWER = SDP.replace(b"4000", b"5000")


def plan(**more: Any) -> Plan:
    """Alice's trunk, Bob's trunk with Carol as second server; each calls the other."""
    parts: dict[str, Any] = {
        "interfaces": (Interface(0, "SIP", "127.0.9.9", "", 5060, 5060, 0, 0),),
        "srds": (Srd(0, "Default"),),
        "proxy_sets": (
            ProxySet(0, "PA", 0, 0, -1, (Server("127.0.0.1", 5070, "udp"),)),
            ProxySet(
                1,
                "PB",
                0,
                0,
                -1,
                (Server("127.0.0.2", 5080, "udp"), Server("127.0.0.3", 5090, "udp")),
                hot_swap=True,
            ),
        ),
        "ip_groups": (
            IpGroup(0, "A", 0, 0, 0),
            IpGroup(1, "B", 0, 0, 1, host="b.example"),
        ),
        "routing": (
            RoutingRule(0, "A to B", Match(), source=0, ip_group=1),
            RoutingRule(1, "B to A", Match(), source=1, ip_group=0),
        ),
    }
    return Plan(**{**parts, **more})


class Hands:
    """The world around a switch."""

    def __init__(self, wanted: Plan | None = None) -> None:
        count = itertools.count(1)
        self.unique = lambda: f"u{next(count)}"
        self.now = 100.0
        self.facts: list[Any] = []
        self.records: list[str] = []
        self.media = Through()
        self.switch = Switch(
            self, Endpoint(self.unique, Times()), self.media, self.resolve, self.facts.append, "boot"
        )
        self.switch.record = self.records.append
        self.out: list[tuple[tuple[str, int], Request | Response]] = []
        self.follow(wanted or plan())

    def chance(self) -> float:
        return 0.5

    def wall(self) -> float:
        return self.now + 1e9

    def local(self, interface: int, transport: str, v6: bool) -> tuple[str, int] | None:
        return OURS if interface == 0 else None

    @staticmethod
    def resolve(server: Server, hurry: bool, then: Any) -> None:
        then([Found(server.host, server.port or 5060, server.transport or "udp", 0, 0)])

    def follow(self, wanted: Plan) -> None:
        self._sent(self.switch.follow(Router(wanted), self.now))

    def _sent(self, sends: Any) -> None:
        self.out += [(send.flow.remote, parse(send.data)) for send in sends]

    def hear(self, remote: tuple[str, int], message: Request | Response) -> None:
        """A message of a peer arrives."""
        self._sent(self.switch.receive(bytes(message), Flow(0, "udp", OURS, remote), self.now))

    def wait(self, seconds: float) -> None:
        """Time passes, timers fire."""
        until = self.now + seconds
        while (when := self.switch.deadline) is not None and when <= until:
            self.now = max(when, self.now)
            self._sent(self.switch.expire(self.now))
        self.now = until

    def take(self, to: tuple[str, int] | None = None) -> list[Request | Response]:
        """What was sent since the last look (to one peer)."""
        found = [message for remote, message in self.out if to in (None, remote)]
        self.out = [(remote, message) for remote, message in self.out if to not in (None, remote)]
        return found

    def told(self) -> list[str]:
        """The names of the facts so far, with the side."""
        return [
            f"{type(fact).__name__} {fact.way.name}" if hasattr(fact, "way") else type(fact).__name__
            for fact in self.facts
        ]

    @property
    def empty(self) -> bool:
        """Nothing is remembered any more."""
        switch = self.switch
        return not switch.calls and not switch.legs and not len(switch.admission)


class Through:
    """A relay that changes nothing; it notes what passed."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, bytes]] = []
        self.released = 0

    def offer(self, pair: Any, source: Any, dest: Any, sdp: bytes, then: Any) -> None:
        self.seen.append(("offer", sdp))
        then(sdp)

    def answer(self, pair: Any, source: Any, dest: Any, sdp: bytes, then: Any) -> None:
        self.seen.append(("answer", sdp))
        then(sdp)

    def connected(self, pair: Any) -> None:
        pass

    def release(self, pair: Any) -> None:
        self.released += 1

    def moved(self, pair: Any, gone: Any, fresh: Any, seat: int) -> None:
        self.seen.append(("moved", b""))

    def drop(self, seat: int) -> None:
        self.seen.append(("dropped", b""))


def brief(messages: list[Request | Response]) -> list[str]:
    """Messages as 'INVITE' or '200 INVITE'."""
    return [
        f"{message.status} {message.cseq.method}" if isinstance(message, Response) else message.method
        for message in messages
    ]


def invite(user: str = "2000", body: bytes = SDP, call: str = "call-1", **more: str) -> Request:
    """Alice calls."""
    headers = {
        "Via": "SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bK" + call,
        "From": '"Alice" <sip:1000@alice.example>;tag=a1',
        "To": f"<sip:{user}@127.0.9.9>",
        "Call-ID": call,
        "CSeq": "1 INVITE",
        "Contact": "<sip:1000@127.0.0.1:5070>",
        "Max-Forwards": "70",
        **{name.replace("_", "-"): value for name, value in more.items()},
    }
    return request("INVITE", f"sip:{user}@127.0.9.9", headers, body, "application/sdp")


def says(heard: Request, status: int, body: bytes = b"", tag: str = "b1", **more: str) -> Response:
    """A response to a request of ours, with a Contact."""
    headers = {"Contact": "<sip:2000@127.0.0.2:5080>"} if status < 400 else {}
    headers.update({name.replace("_", "-"): value for name, value in more.items()})
    return reply(heard, status, "", headers, body, "application/sdp" if body else "", tag)


def within(
    heard: Response, method: str, number: int, body: bytes = b"", branch: str = "", **more: str
) -> Request:
    """A request of Alice in the dialog that a response of ours founded."""
    contact = heard.contact
    assert contact is not None
    headers = {
        "Via": f"SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bK{method}{number}{branch}",
        "From": heard.get("From"),
        "To": heard.get("To"),
        "Call-ID": heard.call_id,
        "CSeq": f"{number} {method}",
        "Max-Forwards": "70",
        **{name.replace("_", "-"): value for name, value in more.items()},
    }
    return request(method, contact.uri, headers, body, "application/sdp" if body else "")


def back(heard: Request, method: str, number: int, body: bytes = b"", tag: str = "b1") -> Request:
    """A request of Bob in the dialog that our INVITE to him founded."""
    contact = heard.contact
    assert contact is not None
    headers = {
        "Via": f"SIP/2.0/UDP 127.0.0.2:5080;branch=z9hG4bKb{method}{number}",
        "From": f"{heard.get('To')};tag={tag}",
        "To": heard.get("From"),
        "Call-ID": heard.call_id,
        "CSeq": f"{number} {method}",
        "Contact": "<sip:2000@127.0.0.2:5080>",
        "Max-Forwards": "70",
    }
    return request(method, contact.uri, headers, body, "application/sdp" if body else "")


__all__ = [
    "ALICE",
    "ANSWER",
    "BOB",
    "CAROL",
    "SDP",
    "Hands",
    "Resolve",
    "back",
    "brief",
    "invite",
    "plan",
    "says",
    "within",
]
