"""What a leg must remember of its peer: tags, routes, targets, CSeq (RFC 3261 12).

One rule: a dialog is made from the message that founded it and changes only through `request`, `accept`,
`refresh` and `confirm`."""

from collections.abc import Mapping, Sequence
from typing import Self

from sbcd.sip.grammar import Malformed
from sbcd.sip.headers import Address, Uri
from sbcd.sip.message import Headers, Message, Request, Response
from sbcd.sip.names import canonical

REFRESHING = frozenset({"INVITE", "UPDATE", "SUBSCRIBE", "NOTIFY", "REFER"})


class Dialog:
    """One dialog, early or confirmed; several may come of one INVITE (one for each To tag)."""

    __slots__ = ("call_id", "local", "local_seq", "remote", "remote_seq", "routes", "target")

    def __init__(
        self,
        call_id: str,
        local: Address,
        remote: Address,
        target: Uri,
        routes: Sequence[str] = (),
        local_seq: int = 0,
        remote_seq: int | None = None,
    ) -> None:
        self.call_id = call_id
        self.local = local  # with our tag
        self.remote = remote  # with the peer's tag; without one when the peer is of RFC 2543
        self.target = target
        self.routes = tuple(routes)  # Route values, nearest first
        self.local_seq = local_seq
        self.remote_seq = remote_seq

    @classmethod
    def taken(cls, request: Request, tag: str) -> Self:
        """As the side that was asked (12.1.1); `tag` is ours. Raises Malformed without a usable Contact."""
        contact = request.contact
        if contact is None or contact.uri.scheme == "*":
            raise Malformed(f"{request.method} without Contact cannot found a dialog")
        return cls(
            request.call_id,
            request.to.tagged(tag),
            request.from_,
            contact.uri,
            request.listed("Record-Route"),
            0,
            request.cseq.number,
        )

    @classmethod
    def made(cls, request: Request, response: Response) -> Self:
        """As the side that asked (12.1.2), from a 101-299 with To tag. A provisional may lack Contact: then
        the request's target is kept until one comes. Raises Malformed."""
        contact = response.contact
        return cls(
            request.call_id,
            request.from_,
            response.to,
            request.target if contact is None else contact.uri,
            response.listed("Record-Route")[::-1],
            request.cseq.number,
        )

    @property
    def id(self) -> tuple[str, str, str]:
        """Call-ID, our tag, the peer's tag."""
        return self.call_id, self.local.tag or "", self.remote.tag or ""

    @property
    def next_hop(self) -> Uri:
        """Whereto the next request goes on the wire: the first route, or the target. Raises Malformed."""
        return Address.parse(self.routes[0]).uri if self.routes else self.target

    def request(
        self,
        method: str,
        headers: Mapping[str, str | Sequence[str]] | None = None,
        body: bytes = b"",
        content_type: str = "",
    ) -> Request:
        """A request inside the dialog (12.2.1.1), loose and strict routing; raises CSeq by one."""
        self.local_seq += 1
        return self._built(method, self.local_seq, headers, body, content_type)

    def ack(
        self,
        number: int,
        headers: Mapping[str, str | Sequence[str]] | None = None,
        body: bytes = b"",
        content_type: str = "",
    ) -> Request:
        """The ACK of a 2xx to the INVITE with this CSeq number (13.2.2.4)."""
        return self._built("ACK", number, headers, body, content_type)

    def _built(
        self,
        method: str,
        number: int,
        headers: Mapping[str, str | Sequence[str]] | None,
        body: bytes,
        content_type: str,
    ) -> Request:
        uri, routes = str(self.target), list(self.routes)
        if routes and "lr" not in (first := Address.parse(routes[0]).uri).params:
            routes = [*routes[1:], f"<{uri}>"]  # a strict router wants itself as Request-URI
            uri = str(first)
        held: Headers = {"Route": routes} if routes else {}
        held["Max-Forwards"] = ["70"]
        held["From"] = [str(self.local)]
        held["To"] = [str(self.remote)]
        held["Call-ID"] = [self.call_id]
        held["CSeq"] = [f"{number} {method}"]
        for name, value in (headers or {}).items():
            held[canonical(name)] = [value] if isinstance(value, str) else list(value)
        if body and content_type:
            held["Content-Type"] = [content_type]
        return Request(method, uri, held, body)

    def accept(self, request: Request) -> bool:
        """Take a request of the peer in its order (12.2.2); False means answer 500 and forget it."""
        number = request.cseq.number
        if self.remote_seq is not None and number <= self.remote_seq:
            return False
        self.remote_seq = number
        return True

    def refresh(self, message: Message) -> None:
        """Follow the Contact of a target refresh (12.2.2), request or 2xx; nothing changes without one."""
        method = message.method if isinstance(message, Request) else message.cseq.method
        if method in REFRESHING and (contact := message.contact) is not None and contact.uri.scheme != "*":
            self.target = contact.uri

    def confirm(self, response: Response) -> None:
        """A 2xx settles what the provisional only said: routes and target (13.2.2.4)."""
        self.routes = tuple(response.listed("Record-Route")[::-1])
        self.refresh(response)


def glare_delay(own_call_id: bool, chance: float) -> float:
    """Seconds after which a re-INVITE that got 491 is tried again (14.1): 2.1-4.0 for who made the Call-ID,
    0-2.0 for the other, in steps of 10 ms. `chance` is a random number 0-1."""
    low, high = (2.1, 4.0) if own_call_id else (0.0, 2.0)
    return round(low + (high - low) * chance, 2)
