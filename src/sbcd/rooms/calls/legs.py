"""One leg: what the device must remember of one dialog, and how it speaks in it.

One rule: a leg knows its own peer only. What the other leg said comes to it as plain arguments (a status, a
body, headers that may pass), so that nothing of one side leaks to the other (topology hiding)."""

from __future__ import annotations

from enum import IntEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sbcd.rooms.calls.facts import Reason, Way
from sbcd.rooms.calls.passing import ALLOW
from sbcd.sip.events import Flow
from sbcd.sip.grammar import Malformed, split
from sbcd.sip.headers import Address, Uri, bracketed
from sbcd.sip.message import Headers, Message, Request, Response, reply
from sbcd.sip.transaction import ClientTransaction, ServerTransaction

if TYPE_CHECKING:
    from sbcd.rooms.calls.plan import IpGroup
    from sbcd.sip.timers import Timer

MOST_ROUTES = 20


class Stage(IntEnum):
    """How far a leg has come."""

    SETUP = 0
    RINGING = 1
    CONNECTED = 2
    RELEASING = 3
    OVER = 4


def readable(message: Message) -> tuple[str, ...]:
    """The Record-Route values, none when one of them cannot be read: a route that leads nowhere is worse."""
    try:
        routes = message.listed("Record-Route")[:MOST_ROUTES]
        for route in routes:
            Address.parse(route)
    except Malformed:
        return ()
    return tuple(routes)


class Leg:
    """One side of a call."""

    __slots__ = (
        "answered",
        "asked",
        "call",
        "call_id",
        "contact",
        "flow",
        "group",
        "heard",
        "invite",
        "invite_cseq",
        "local",
        "local_tag",
        "next_cseq",
        "outcome",
        "peer_cseq",
        "promised",
        "rang",
        "refresher",
        "remote",
        "remote_tag",
        "routes",
        "rseq",
        "said",
        "seat",
        "stage",
        "started",
        "target",
        "told",
        "unfit",
        "updates",
        "way",
    )

    def __init__(
        self, call: Any, way: Way, group: IpGroup | None, flow: Flow, call_id: str, local_tag: str
    ) -> None:
        self.call = call
        self.way = way
        self.group = group
        self.flow = flow
        self.call_id = call_id
        self.local_tag = local_tag
        self.local = ""  # our address without tag, as it stands in From or To
        self.remote = ""
        self.remote_tag = ""
        self.contact = ""
        self.target = ""  # the peer's Contact: where requests go
        self.routes: tuple[str, ...] = ()
        self.next_cseq = 1
        self.peer_cseq = -1
        self.invite: ServerTransaction | ClientTransaction | None = None
        self.invite_cseq = 0
        self.rseq = 0
        self.stage = Stage.SETUP
        self.started = 0.0
        self.rang = 0.0
        self.answered = 0.0
        self.told = False  # its end was told as a fact
        self.updates = False  # the peer allows UPDATE
        self.heard = b""  # the last session description of the peer
        self.asked = b""  # its last offer
        self.said = b""  # the last description it was told
        self.outcome: Reason | None = None  # why it was not established
        self.promised = False  # the offer on its way in its name is the device's own
        self.unfit = 0  # the status when a description for it could not be made to fit
        self.seat = 0  # the number under which admission and media count it
        self.refresher: Timer[Any] | None = None

    @property
    def rewrites(self) -> bool:
        """Whether what is said to the peer goes through a manipulation set."""
        return self.group is not None and self.group.outbound_set >= 0

    # --- what is heard ---

    def learn(self, message: Message) -> None:
        """Takes the peer's Contact from a message that may set it."""
        if "Contact" in message.headers:
            self.target = contacted(message.get("Contact")) or self.target
        if "Allow" in message.headers:
            self.updates = "update" in message.tokens("Allow")

    def found(self, request: Request) -> None:
        """The peer's dialog-starting request, heard as server."""
        source = request.from_
        self.remote = untagged(request.get("From"), source)
        self.remote_tag = source.tag or ""
        self.local = untagged(request.get("To"), request.to)
        self.peer_cseq = request.cseq.number
        if "Record-Route" in request.headers:
            self.routes = readable(request)
        self.learn(request)
        self.target = self.target or str(source.uri)  # without Contact there is only the From

    def confirm(self, response: Response) -> None:
        """A response with a To tag, heard as client: founds or refreshes the dialog."""
        tag = response.to.tag or ""
        if "Record-Route" in response.headers:
            self.routes = readable(response)[::-1]
        elif tag != self.remote_tag:
            self.routes = ()
        self.remote_tag = tag
        self.learn(response)

    def owns(self, request: Request) -> bool:
        """Whether a request with our tag is really of this dialog (RFC 3261 12)."""
        if self.stage == Stage.OVER or self.call_id != request.call_id:
            return False
        return not self.remote_tag or request.from_.tag == self.remote_tag

    # --- what is said ---

    def request(self, method: str, headers: Headers, body: bytes = b"", cseq: int = 0) -> Request:
        """A request inside the dialog (or the one that starts it). `cseq` for ACK: that of the INVITE."""
        if not cseq:
            cseq = self.next_cseq
            self.next_cseq += 1
        uri = self.target
        held: Headers = {
            "Max-Forwards": ["70"],
            "From": [f"{self.local};tag={self.local_tag}"],
            "To": [f"{self.remote};tag={self.remote_tag}" if self.remote_tag else self.remote],
            "Call-ID": [self.call_id],
            "CSeq": [f"{cseq} {method}"],
        }
        if self.routes:
            routes = list(self.routes)
            first = Address.parse(routes[0]).uri
            if "lr" not in first.params:  # a strict router, RFC 3261 12.2.1.1
                routes = [*routes[1:], f"<{uri}>"]
                uri = str(first)
            held["Route"] = routes
        if method not in {"BYE", "ACK"}:
            held["Contact"] = [self.contact]
        held.update(headers)
        request = Request(method, uri, held, body)
        return self.call.router.rewriter.said(self, request) if self.rewrites else request

    def reply(
        self, txn: ServerTransaction, status: int, headers: Headers, body: bytes = b"", reason: str = ""
    ) -> Response:
        """A response inside the dialog."""
        held: Headers = {"Contact": [self.contact]} if 100 < status < 400 else {}
        if status < 300 and txn.request.method in {"INVITE", "UPDATE", "OPTIONS"}:
            held["Allow"] = [ALLOW]
        held.update(headers)
        response = reply(txn.request, status, reason, held, body, tag=self.local_tag)
        return self.call.router.rewriter.said(self, response) if self.rewrites else response

    @property
    def destination(self) -> Flow:
        """Where requests of this leg go: its connection or address (refined by `Reach` for new targets)."""
        return self.flow


@lru_cache(4096)  # each message of a side says it again
def contacted(value: str) -> str:
    """The URI of a Contact, '' when there is none to go to. Raises Malformed."""
    first = next(iter(split(value)), "")
    uri = Address.parse(first).uri if first else None
    return str(uri) if uri is not None and uri.scheme != "*" else ""


def untagged(text: str, address: Address) -> str:
    """A From or To as it stood, without its tag."""
    if ";tag=" not in text:
        return text
    head, _, tag = text.rpartition(";tag=")
    if tag == address.tag and head[-1:] == ">" and ";tag=" not in head:
        return head
    return str(Address(address.uri, address.display, {k: v for k, v in address.params.items() if k != "tag"}))


def contact(user: str, flow: Flow, group: IpGroup | None = None) -> str:
    """Our Contact on a flow, by the name that the group knows us by (ContactName)."""
    host, port = flow.local
    if group is not None and group.contact_host:
        host = group.contact_host
    transport = "" if flow.transport == "udp" else f";transport={flow.transport}"
    return f"<sip:{user + '@' if user else ''}{bracketed(host)}:{port}{transport}>"


def with_user(uri: Uri, user: str, host: str, port: int | None = None) -> Uri:
    """A sip URI with another user part and host, its user parameters kept."""
    kept = {"user": uri.params["user"]} if "user" in uri.params else {}
    return Uri("sip", user, host, port, kept)
