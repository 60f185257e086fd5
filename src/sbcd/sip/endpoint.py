"""All transactions behind one door: `receive(data, flow, now)`, `deadline`, `expire(now)`.

One rule: bytes and time go in, values come out; nothing is kept that no timer will end."""

from collections.abc import Callable

from sbcd.sip.events import Flow, Output
from sbcd.sip.message import Message, Request, Response
from sbcd.sip.transaction import ClientTransaction, ServerTransaction


class Endpoint:
    """One SIP element. `unique` gives fresh random text (letters and digits) for branches and tags."""

    def __init__(self, unique: Callable[[], str]) -> None:
        raise NotImplementedError

    @property
    def deadline(self) -> float | None:
        """When `expire` is to be called next, on the clock that `now` is of; None when nothing waits."""
        raise NotImplementedError

    def receive(self, data: bytes | Message, flow: Flow, now: float) -> list[Output]:
        """A datagram, or one message of a stream (see `sip.stream.Framer`)."""
        raise NotImplementedError

    def expire(self, now: float) -> list[Output]:
        """What is due by `now`."""
        raise NotImplementedError

    def broken(self, flow: Flow, now: float, reason: str = "connection lost") -> list[Output]:
        """A Send on this flow failed, or its connection is gone."""
        raise NotImplementedError

    def request(
        self, request: Request, flow: Flow, now: float, owner: object = None
    ) -> tuple[ClientTransaction, list[Output]]:
        """Send a request (not ACK, not CANCEL) in a transaction of its own; Via is added here."""
        raise NotImplementedError

    def respond(self, txn: ServerTransaction, response: Response, now: float) -> list[Output]:
        """Send a response. After a final one every other is silently dropped (180 after 200 never leaves).
        A 2xx to INVITE is repeated until its ACK. A provisional with RSeq is repeated until its PRACK;
        the PRACK itself then comes as RequestReceived."""
        raise NotImplementedError

    def cancel(
        self, txn: ClientTransaction, now: float, headers: dict[str, str] | None = None
    ) -> list[Output]:
        """CANCEL an INVITE: at once after a provisional, otherwise as soon as one comes; nothing after a
        final response. `headers` (Reason) are added. The 487 comes as ResponseReceived; a 2xx may, too."""
        raise NotImplementedError

    def acknowledge(self, txn: ClientTransaction, ack: Request, flow: Flow, now: float) -> list[Output]:
        """Send the ACK of a 2xx to INVITE (made by the dialog; Via is added here) and keep it, so that each
        repeat of that 2xx is answered without you."""
        raise NotImplementedError

    def send(self, message: Message, flow: Flow) -> list[Output]:
        """Send outside every transaction."""
        raise NotImplementedError
