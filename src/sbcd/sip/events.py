"""What goes into and comes out of the endpoint, as values.

One rule: what shall be done has an imperative name (`Send`), what happened stands in the past tense."""

from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import msgspec

from sbcd.sip.message import Request, Response

if TYPE_CHECKING:
    from sbcd.sip.transaction import ClientTransaction, ServerTransaction

Transport = Literal["udp", "tcp", "tls"]
RELIABLE: Final = frozenset({"tcp", "tls"})


class Flow(msgspec.Struct, frozen=True, gc=False):
    """Between which two addresses a message goes. `interface` is the index of the SIP interface;
    `local` what stands in our Via and Contact there (host without brackets, port); `connection` numbers
    a TCP or TLS connection, 0 when there is none yet: then the edge reuses or opens one to `remote`
    (`host` is the name a TLS peer must prove, when it was found by name)."""

    interface: int
    transport: Transport
    local: tuple[str, int]
    remote: tuple[str, int]
    connection: int = 0
    host: str = ""

    @property
    def reliable(self) -> bool:
        return self.transport in RELIABLE


class Send(msgspec.Struct, frozen=True, gc=False):
    """Send these bytes on this flow. When that fails tell `Endpoint.failed(send, now)`."""

    flow: Flow
    data: bytes
    txn: "ClientTransaction | ServerTransaction | None" = None


class RequestReceived(msgspec.Struct, frozen=True, gc=False):
    """A new request, no retransmission; answer it with `Endpoint.respond(txn, ...)`.
    It was checked: mandatory headers are there and can be read."""

    txn: "ServerTransaction"
    request: Request
    flow: Flow


class AckReceived(msgspec.Struct, frozen=True, gc=False):
    """The ACK of a 2xx that was sent with `respond`: once for each 2xx. `request` may carry an answer."""

    txn: "ServerTransaction"
    request: Request
    flow: Flow


class Cancelled(msgspec.Struct, frozen=True, gc=False):
    """A CANCEL hit this INVITE before its final response. The CANCEL is answered already;
    the INVITE is yours to answer (487)."""

    txn: "ServerTransaction"
    cancel: Request


class Unacknowledged(msgspec.Struct, frozen=True, gc=False):
    """A 2xx was repeated for 64*T1 and no ACK came (RFC 3261 13.3.1.4): end the dialog with BYE."""

    txn: "ServerTransaction"


class Unpracked(msgspec.Struct, frozen=True, gc=False):
    """A reliable provisional was repeated for 64*T1 and no PRACK came (RFC 3262 3): reject with 5xx."""

    txn: "ServerTransaction"


class ResponseReceived(msgspec.Struct, frozen=True, gc=False):
    """A response to a request of ours: every provisional but 100, the final one once. A 2xx to INVITE comes
    once for each To tag (forking); give its ACK to `Endpoint.acknowledge`, repeats are then answered here."""

    txn: "ClientTransaction"
    response: Response


class TimedOut(msgspec.Struct, frozen=True, gc=False):
    """No final response within 64*T1 (timer B or F), or none within 64*T1 of a CANCEL: as good as 408."""

    txn: "ClientTransaction"


class Failed(msgspec.Struct, frozen=True, gc=False):
    """The transport refused: as good as 503 (RFC 3261 8.1.3.1). For a server transaction: the response
    could not be delivered."""

    txn: "ClientTransaction | ServerTransaction"
    reason: str


class Strayed(msgspec.Struct, frozen=True, gc=False):
    """A message that belongs to no transaction and was dropped: a late response, an ACK of nothing,
    garbage. `status` is that of the response, 0 otherwise. For counters and the log only."""

    flow: Flow
    reason: str
    status: int = 0


Output: TypeAlias = (
    Send
    | RequestReceived
    | AckReceived
    | Cancelled
    | Unacknowledged
    | Unpracked
    | ResponseReceived
    | TimedOut
    | Failed
    | Strayed
)
