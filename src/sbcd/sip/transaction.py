"""The four transaction machines of RFC 3261 17 (with RFC 6026) as tables; timers as deadlines.

One rule: a machine is a dict (state, happening) -> (state, actions); what is not listed is ignored.
Happenings are messages (`request`, `1xx`, `2xx`, `3xx` for 300-699, `ACK`), the RFC's timers by their
letter, and `broken`. Ours are C (16.6: no final response), N, P (RFC 3262: no PRACK, provisional again),
T (100 is due), W (2xx again, 13.3.1.4), X (no final response to a CANCEL, 9.1), Y, Z (nobody answers)."""

from collections.abc import Callable, Mapping
from typing import ClassVar, Final, Protocol, TypeAlias

from sbcd.sip.events import (
    AckReceived,
    Cancelled,
    Failed,
    Flow,
    Output,
    ResponseReceived,
    Send,
    TimedOut,
    Unacknowledged,
    Unpracked,
)
from sbcd.sip.message import Message, Request, Response, reply
from sbcd.sip.timers import Timer, Timers

Due: TypeAlias = "tuple[Transaction, str]"
Key: TypeAlias = tuple[object, ...]


class Times:
    """The timers of RFC 3261 table 4 in seconds. `again` is where a repetition starts, `life` when a state
    ends; over a reliable transport D, I, J, K end at once, and only 2xx and 1xx with RSeq are repeated."""

    def __init__(self, t1: float = 0.5, t2: float = 4.0, t4: float = 5.0, trying: float = 0.2) -> None:
        self.t1, self.t2, self.t4 = t1, t2, t4
        self.trying = trying  # after which an INVITE nobody answered gets its 100 (17.2.1: 200 ms)
        long = 64 * t1
        self.life: Mapping[str, float] = {
            **dict.fromkeys("BFHJLMNXY", long),
            "D": max(32.0, long),
            "C": 240.0,
            "I": t4,
            "K": t4,
            "Z": 900.0,
        }
        self.at_once = frozenset("DIJK")


class Run(Protocol):
    """What the machines need of their endpoint while something happens."""

    now: float
    out: list[Output]
    times: Times
    timers: Timers[Due]

    def forget(self, txn: "Transaction") -> None: ...
    def send_cancel(self, txn: "ClientTransaction") -> None: ...
    def expect_ack(self, txn: "ServerTransaction") -> None: ...


class Transaction:
    """What clients and servers share."""

    __slots__ = ("again", "flow", "interval", "key", "life", "method", "owner", "request", "state", "wire")
    table: ClassVar["Table"]

    def __init__(self, request: Request, flow: Flow, key: Key, state: str, owner: object) -> None:
        self.request = request  # emptied some seconds after the final response; `method` stays
        self.method = request.method
        self.flow = flow
        self.key = key
        self.state = state
        self.owner = owner  # the caller's to use
        self.wire = b""  # what a repetition sends
        self.interval = 0.0
        self.again: Timer[Due] | None = None
        self.life: Timer[Due] | None = None

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.method} {self.state}>"


class ClientTransaction(Transaction):
    """A request of ours."""

    __slots__ = ("acks", "cancel", "spare")

    def __init__(self, request: Request, flow: Flow, key: Key, owner: object) -> None:
        super().__init__(request, flow, key, "calling" if request.method == "INVITE" else "trying", owner)
        self.acks: dict[str, tuple[Flow, bytes] | None] = {}  # by To tag of the 2xx
        self.cancel: dict[str, str] | None = None  # headers of the CANCEL that is wanted
        self.spare: Flow | None = None  # the UDP flow of a request that was too large for it


class ServerTransaction(Transaction):
    """A request of the peer."""

    __slots__ = ("ack", "cancelled", "final", "merge", "rseq", "tag", "waiting")

    def __init__(self, request: Request, flow: Flow, key: Key, tag: str) -> None:
        super().__init__(request, flow, key, "proceeding" if request.method == "INVITE" else "trying", None)
        self.tag = tag  # of our To: `reply(..., tag=txn.tag)`
        self.final = 0  # status of the final response, 0 before
        self.cancelled = False
        self.merge: Key = ()  # where merged requests are looked for (8.2.2.2)
        self.ack: Key = ()  # where the ACK of its 2xx is looked for
        self.rseq: Key = ()  # the reliable provisional that waits for PRACK
        self.waiting: list[Response] = []  # responses that wait behind it


Action: TypeAlias = Callable[[Run, Transaction, Message | None], None]
Table: TypeAlias = dict[tuple[str, str], tuple[str, tuple[Action, ...]]]


def step(run: Run, txn: Transaction, happening: str, message: Message | None = None) -> bool:
    """Let something happen to a transaction; tells whether its state listed it."""
    row = txn.table.get((txn.state, happening))
    if row is None:
        return False
    txn.state = row[0]
    for action in row[1]:
        action(run, txn, message)
    return True


# -- actions


def send(run: Run, txn: Transaction, message: Message | None) -> None:
    if txn.wire:
        assert isinstance(txn, ClientTransaction | ServerTransaction)
        run.out.append(Send(txn.flow, txn.wire, txn))


def rest(run: Run, txn: Transaction, message: Message | None) -> None:
    """No more repetitions."""
    if txn.again is not None:
        run.timers.drop(txn.again)
        txn.again = None


def end(run: Run, txn: Transaction, message: Message | None) -> None:
    rest(run, txn, None)
    run.timers.drop(txn.life)
    txn.life = None
    run.forget(txn)


def done(run: Run, txn: Transaction, message: Message | None) -> None:
    """Over with nothing to tell: its owner is let go, so that no cycle is left to the collector. Over TCP
    that is so before its last response was told: there `Alive.begin` lets go of the owner."""
    end(run, txn, None)
    if not txn.flow.reliable:
        txn.owner = None


def passed(run: Run, txn: Transaction, message: Message | None) -> None:
    assert isinstance(txn, ClientTransaction)
    assert isinstance(message, Response)
    if message.status > 100:
        run.out.append(ResponseReceived(txn, message))


def timed_out(run: Run, txn: Transaction, message: Message | None) -> None:
    assert isinstance(txn, ClientTransaction)
    run.out.append(TimedOut(txn))


def failed(reason: str) -> Action:
    def act(run: Run, txn: Transaction, message: Message | None) -> None:
        assert isinstance(txn, ClientTransaction | ServerTransaction)
        run.out.append(Failed(txn, reason))

    return act


def live(name: str) -> Action:
    """Start the timer that ends the new state."""

    def act(run: Run, txn: Transaction, message: Message | None) -> None:
        run.timers.drop(txn.life)
        if name in run.times.at_once and txn.flow.reliable:
            txn.life = None
            step(run, txn, name)
        else:
            txn.life = run.timers.set(run.now + run.times.life[name], (txn, name))

    return act


def repeat(name: str, even_reliable: bool = False) -> Action:
    """Start repeating what was sent: first after T1."""

    def act(run: Run, txn: Transaction, message: Message | None) -> None:
        run.timers.drop(txn.again)
        txn.again = None
        if even_reliable or not txn.flow.reliable:
            txn.interval = run.times.t1
            txn.again = run.timers.set(run.now + txn.interval, (txn, name))

    return act


def again(name: str, capped: bool = True) -> Action:
    """The next repetition after twice the time, T2 at most where the RFC caps it."""

    def act(run: Run, txn: Transaction, message: Message | None) -> None:
        txn.interval = min(txn.interval * 2, run.times.t2) if capped else txn.interval * 2
        txn.again = run.timers.set(run.now + txn.interval, (txn, name))

    return act


def slowly(run: Run, txn: Transaction, message: Message | None) -> None:
    """Timer E in Proceeding: every T2 (17.1.2.2)."""
    txn.interval = run.times.t2
    txn.again = run.timers.set(run.now + txn.interval, (txn, "E"))


def acknowledge(run: Run, txn: Transaction, message: Message | None) -> None:
    """ACK of a final response that is no 2xx (17.1.1.3): built once, sent again with each repeat."""
    assert isinstance(message, Response)
    if not txn.wire.startswith(b"ACK "):
        held = txn.request.headers
        headers = {"Via": held["Via"][:1], "From": held["From"], "To": message.headers["To"]}
        headers |= {"Call-ID": held["Call-ID"], "CSeq": [f"{txn.request.cseq.number} ACK"]}
        headers |= {name: held[name] for name in ("Route", "Max-Forwards") if name in held}
        txn.wire = bytes(Request("ACK", txn.request.uri, headers))
    run.out.append(Send(txn.flow, txn.wire))


def accepted(run: Run, txn: Transaction, message: Message | None) -> None:
    """A 2xx: the first of its tag goes up, a repeat is answered with the ACK the caller gave."""
    assert isinstance(txn, ClientTransaction)
    assert isinstance(message, Response)
    tag = message.to.tag or ""
    if tag not in txn.acks:
        if len(txn.acks) < 32:
            txn.acks[tag] = None
            run.out.append(ResponseReceived(txn, message))
    elif (ack := txn.acks[tag]) is not None:
        run.out.append(Send(*ack))


def cancel_if_wanted(run: Run, txn: Transaction, message: Message | None) -> None:
    assert isinstance(txn, ClientTransaction)
    if txn.cancel is not None:
        run.send_cancel(txn)


def cancel(run: Run, txn: Transaction, message: Message | None) -> None:
    assert isinstance(txn, ClientTransaction)
    txn.cancel = txn.cancel or {}
    run.send_cancel(txn)


def ringing(run: Run, txn: Transaction, message: Message | None) -> None:
    """A provisional: no timer B any more, C begins anew - unless a CANCEL is out, whose X goes on."""
    assert isinstance(txn, ClientTransaction)
    if txn.cancel is None:
        START["C"](run, txn, None)


def trying(run: Run, txn: Transaction, message: Message | None) -> None:
    txn.wire = bytes(reply(txn.request, 100))
    run.out.append(Send(txn.flow, txn.wire))


def expect_ack(run: Run, txn: Transaction, message: Message | None) -> None:
    assert isinstance(txn, ServerTransaction)
    run.expect_ack(txn)


def acked(run: Run, txn: Transaction, message: Message | None) -> None:
    assert isinstance(txn, ServerTransaction)
    assert isinstance(message, Request)
    txn.wire = b""
    run.out.append(AckReceived(txn, message, txn.flow))


def unacknowledged(run: Run, txn: Transaction, message: Message | None) -> None:
    assert isinstance(txn, ServerTransaction)
    if txn.wire:
        run.out.append(Unacknowledged(txn))


def unpracked(run: Run, txn: Transaction, message: Message | None) -> None:
    assert isinstance(txn, ServerTransaction)
    txn.waiting = []
    run.out.append(Unpracked(txn))


def cancelled(run: Run, txn: Transaction, message: Message | None) -> None:
    assert isinstance(txn, ServerTransaction)
    assert isinstance(message, Request)
    if not txn.cancelled:
        txn.cancelled = True
        run.out.append(Cancelled(txn, message))


START: Final = {name: live(name) for name in "BCDFHIJKLMNXYZ"}
LOST: Final = failed("the connection was lost")

CLIENT_INVITE: Final[Table] = {
    ("calling", "start"): ("calling", (send, repeat("A"), START["B"])),
    ("calling", "A"): ("calling", (send, again("A", capped=False))),
    ("calling", "B"): ("terminated", (timed_out, end)),
    ("calling", "1xx"): ("proceeding", (rest, ringing, cancel_if_wanted, passed)),
    ("calling", "2xx"): ("accepted", (rest, START["M"], accepted)),
    ("calling", "3xx"): ("completed", (rest, acknowledge, passed, START["D"])),
    ("calling", "broken"): ("terminated", (LOST, end)),
    ("calling", "spare"): ("calling", (send, repeat("A"))),
    ("proceeding", "1xx"): ("proceeding", (ringing, passed)),
    ("proceeding", "2xx"): ("accepted", (START["M"], accepted)),
    ("proceeding", "3xx"): ("completed", (acknowledge, passed, START["D"])),
    ("proceeding", "C"): ("proceeding", (cancel,)),
    ("proceeding", "X"): ("terminated", (timed_out, end)),
    ("proceeding", "broken"): ("terminated", (LOST, end)),
    ("accepted", "2xx"): ("accepted", (accepted,)),
    ("accepted", "M"): ("terminated", (done,)),
    ("completed", "3xx"): ("completed", (acknowledge,)),
    ("completed", "D"): ("terminated", (done,)),
}
CLIENT_OTHER: Final[Table] = {
    ("trying", "start"): ("trying", (send, repeat("E"), START["F"])),
    ("trying", "E"): ("trying", (send, again("E"))),
    ("trying", "F"): ("terminated", (timed_out, end)),
    ("trying", "1xx"): ("proceeding", (passed,)),
    ("trying", "2xx"): ("completed", (rest, passed, START["K"])),
    ("trying", "3xx"): ("completed", (rest, passed, START["K"])),
    ("trying", "broken"): ("terminated", (LOST, end)),
    ("trying", "spare"): ("trying", (send, repeat("E"))),
    ("proceeding", "E"): ("proceeding", (send, slowly)),
    ("proceeding", "F"): ("terminated", (timed_out, end)),
    ("proceeding", "1xx"): ("proceeding", (passed,)),
    ("proceeding", "2xx"): ("completed", (rest, passed, START["K"])),
    ("proceeding", "3xx"): ("completed", (rest, passed, START["K"])),
    ("proceeding", "broken"): ("terminated", (LOST, end)),
    ("completed", "K"): ("terminated", (done,)),
}
SERVER_INVITE: Final[Table] = {
    ("proceeding", "start"): ("proceeding", (START["Z"],)),
    ("proceeding", "request"): ("proceeding", (send,)),
    ("proceeding", "T"): ("proceeding", (trying,)),
    ("proceeding", "1xx"): ("proceeding", (rest, send, START["Z"])),
    ("proceeding", "rel"): ("proceeding", (send, repeat("P", even_reliable=True), START["N"])),
    ("proceeding", "P"): ("proceeding", (send, again("P", capped=False))),
    ("proceeding", "N"): ("proceeding", (rest, START["Z"], unpracked)),
    ("proceeding", "PRACK"): ("proceeding", (rest, START["Z"])),
    ("proceeding", "2xx"): ("accepted", (send, repeat("W", even_reliable=True), START["L"], expect_ack)),
    ("proceeding", "3xx"): ("completed", (send, repeat("G"), START["H"])),
    ("proceeding", "CANCEL"): ("proceeding", (cancelled,)),
    ("proceeding", "Z"): ("terminated", (failed("nobody answered it"), end)),
    ("accepted", "W"): ("accepted", (send, again("W"))),
    ("accepted", "ACK"): ("accepted", (rest, acked)),
    ("accepted", "L"): ("terminated", (rest, unacknowledged, end)),
    ("completed", "request"): ("completed", (send,)),
    ("completed", "G"): ("completed", (send, again("G"))),
    ("completed", "ACK"): ("confirmed", (rest, START["I"])),
    ("completed", "H"): ("terminated", (failed("no ACK came"), end)),
    ("completed", "broken"): ("terminated", (LOST, end)),
    ("confirmed", "I"): ("terminated", (done,)),
}
SERVER_OTHER: Final[Table] = {
    ("trying", "start"): ("trying", (START["Y"],)),
    ("trying", "1xx"): ("proceeding", (send,)),
    ("trying", "2xx"): ("completed", (send, START["J"])),
    ("trying", "3xx"): ("completed", (send, START["J"])),
    ("trying", "Y"): ("terminated", (failed("nobody answered it"), end)),
    ("proceeding", "request"): ("proceeding", (send,)),
    ("proceeding", "1xx"): ("proceeding", (send,)),
    ("proceeding", "2xx"): ("completed", (send, START["J"])),
    ("proceeding", "3xx"): ("completed", (send, START["J"])),
    ("proceeding", "Y"): ("terminated", (failed("nobody answered it"), end)),
    ("completed", "request"): ("completed", (send,)),
    ("completed", "broken"): ("terminated", (LOST, end)),
    ("completed", "J"): ("terminated", (done,)),
}
