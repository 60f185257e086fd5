"""The transactions that are alive, and everything by which a message finds its own.

One rule: each table loses its entry in `forget`, and a timer leads every transaction there."""

from collections import deque
from collections.abc import Callable
from typing import Final

from sbcd.sip.events import Flow, Output, Send
from sbcd.sip.headers import bracketed
from sbcd.sip.message import Request, Response
from sbcd.sip.refusal import UDP_MOST
from sbcd.sip.sizing import Ways, enlarge
from sbcd.sip.timers import Timers
from sbcd.sip.transaction import (
    CLIENT_INVITE,
    CLIENT_OTHER,
    SERVER_INVITE,
    SERVER_OTHER,
    START,
    ClientTransaction,
    Due,
    Key,
    ServerTransaction,
    Times,
    Transaction,
    step,
)

SPENT: Final = Request("", "sip:spent.invalid", {})
LINGER: Final = 2.0  # seconds after which a finished transaction lets go of its request
MOST_WAITING: Final = 16
KIND: Final = ("", "1xx", "2xx", "3xx", "3xx", "3xx", "3xx")


class ClientInvite(ClientTransaction):
    __slots__ = ()
    table = CLIENT_INVITE


class ClientOther(ClientTransaction):
    __slots__ = ()
    table = CLIENT_OTHER


class ServerInvite(ServerTransaction):
    __slots__ = ()
    table = SERVER_INVITE


class ServerOther(ServerTransaction):
    __slots__ = ()
    table = SERVER_OTHER


class Alive:
    """All transactions of one endpoint; the machines run on it (`transaction.Run`)."""

    def __init__(self, unique: Callable[[], str], times: Times | None = None, most: int = 200_000) -> None:
        self.unique = unique
        self.times = times or Times()
        self.most = most
        self.timers: Timers[Due] = Timers()
        self.now = 0.0
        self.out: list[Output] = []
        self.clients: dict[Key, ClientTransaction] = {}
        self.servers: dict[Key, ServerTransaction] = {}
        self.merges: dict[Key, ServerTransaction] = {}
        self.acks: dict[Key, ServerTransaction] = {}
        self.pracks: dict[Key, ServerTransaction] = {}
        self.flows: dict[Key, set[Transaction]] = {}
        self.finished: deque[tuple[float, Transaction]] = deque()
        self.ways: Ways | None = None
        self.largest = UDP_MOST  # bytes of a request that leaves by UDP where there is another way

    @property
    def sizes(self) -> dict[str, int]:
        """How much each table holds; all of it ends by timer."""
        return {
            "clients": len(self.clients),
            "servers": len(self.servers),
            "merges": len(self.merges),
            "acks": len(self.acks),
            "pracks": len(self.pracks),
            "flows": len(self.flows),
            "finished": len(self.finished),
            "timers": self.timers.held,
        }

    # -- what the machines need

    def forget(self, txn: Transaction) -> None:
        if isinstance(txn, ClientTransaction):
            self.clients.pop(txn.key, None)
        elif isinstance(txn, ServerTransaction):
            self.servers.pop(txn.key, None)
            self.merges.pop(txn.merge, None)
            self.pracks.pop(txn.rseq, None)
            self.acks.pop(txn.ack, None)
        self.leave(txn)

    def leave(self, txn: Transaction) -> None:
        """It no longer waits for what becomes of its connection."""
        if txn.flow.reliable:
            place = (txn.flow.interface, txn.flow.transport, txn.flow.remote)
            if (there := self.flows.get(place)) is not None:
                there.discard(txn)
                if not there:
                    del self.flows[place]

    def send_cancel(self, txn: ClientTransaction) -> None:
        """Same branch, same Request-URI, same Route, From, To, Call-ID and CSeq number (9.1)."""
        held = txn.request.headers
        names = ("Via", "Max-Forwards", "Route", "From", "To", "Call-ID")
        headers = {name: held[name] for name in names if name in held}
        headers["CSeq"] = [f"{txn.request.cseq.number} CANCEL"]
        headers |= {name: [value] for name, value in (txn.cancel or {}).items()}
        self.start(Request("CANCEL", txn.request.uri, headers), txn.flow, str(txn.key[0]), None, via=False)
        START["X"](self, txn, None)

    def expect_ack(self, txn: ServerTransaction) -> None:
        txn.ack = (txn.request.call_id, txn.tag, txn.request.cseq.number)
        self.acks[txn.ack] = txn

    # -- inside

    def begin(self, now: float) -> None:
        self.now = now
        self.out = []
        finished = self.finished
        while finished and finished[0][0] <= now:
            txn = finished.popleft()[1]
            if txn.state == "accepted" and txn.wire and txn.method == "INVITE":
                continue
            txn.request = SPENT
            if txn.state == "terminated":
                txn.owner = None

    def with_via(self, request: Request, flow: Flow, branch: str) -> Request:
        host, port = flow.local
        via = f"SIP/2.0/{flow.transport.upper()} {bracketed(host)}:{port};branch={branch};rport"
        headers = {"Via": [via], "Max-Forwards": ["70"], **request.headers}
        headers["Via"] = [via]
        return Request(request.method, request.uri, headers, request.body)

    def start(
        self, request: Request, flow: Flow, branch: str, owner: object, via: bool = True
    ) -> ClientTransaction:
        sent = self.with_via(request, flow, branch) if via else request
        kind = ClientInvite if sent.method == "INVITE" else ClientOther
        txn = kind(sent, flow, (branch, sent.method), owner)
        txn.wire = bytes(sent)
        if len(txn.wire) > self.largest and via and self.ways is not None and flow.transport == "udp":
            enlarge(self, txn, self.ways)
        self.clients[txn.key] = txn
        self._known(txn)
        step(self, txn, "start")
        return txn

    def _known(self, txn: Transaction) -> None:
        if txn.flow.reliable:
            self.flows.setdefault((txn.flow.interface, txn.flow.transport, txn.flow.remote), set()).add(txn)

    def serve(self, request: Request, flow: Flow, key: Key, merge: Key) -> ServerTransaction:
        """A new server transaction; the caller has made sure that there is none with this key. `merge` is
        by what the same request is known that comes by another way."""
        tag = request.to.tag
        kind = ServerInvite if request.method == "INVITE" else ServerOther
        txn = kind(request, flow, key, tag or self.unique())
        self.servers[key] = txn
        self._known(txn)
        if tag is None:
            txn.merge = merge
            self.merges.setdefault(txn.merge, txn)
        step(self, txn, "start")
        return txn

    def answer(self, txn: ServerTransaction, response: Response) -> None:
        """Let a response leave, or hold it back, or drop it: see `Endpoint.respond`."""
        status = response.status
        if txn.final or (txn.waiting and txn.waiting[-1].status >= 200 and status < 300):
            return
        if status >= 300:
            txn.waiting = []
        elif txn.rseq and (status >= 200 or "RSeq" in response.headers):
            if len(txn.waiting) < MOST_WAITING:
                txn.waiting.append(response)
            return
        wire = bytes(response)
        if status < 200 and "RSeq" in response.headers and txn.method == "INVITE":
            txn.rseq = (txn.request.call_id, txn.tag, txn.request.cseq.number, response.number("RSeq"))
            self.pracks[txn.rseq] = txn
            txn.wire = wire
            step(self, txn, "rel")
        elif txn.rseq and status < 200:
            self.out.append(Send(txn.flow, wire, txn))
        else:
            self._leave(txn, status, wire)

    def _leave(self, txn: ServerTransaction, status: int, wire: bytes) -> None:
        txn.wire = wire
        if status >= 200:
            txn.final = status
            self.pracked(txn)
            self.finished.append((self.now + LINGER, txn))
        step(self, txn, KIND[status // 100])

    def pracked(self, txn: ServerTransaction) -> None:
        """The reliable provisional of this transaction is waited for no longer."""
        self.pracks.pop(txn.rseq, None)
        txn.rseq = ()
