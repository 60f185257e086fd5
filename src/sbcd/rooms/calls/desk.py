"""What the switch keeps: legs, calls, the plan; and what it does for them: sending, refusing, recording.

One rule: nothing here decides about a call; calls do."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Protocol

from sbcd.rooms.calls.accounts import Accounts
from sbcd.rooms.calls.admission import Admission
from sbcd.rooms.calls.cdr import call_record, leg_record
from sbcd.rooms.calls.emergency import Emergencies
from sbcd.rooms.calls.facts import Recorded, Way
from sbcd.rooms.calls.guard import Guard
from sbcd.rooms.calls.intrusion import Intrusions
from sbcd.rooms.calls.legs import Leg, Stage
from sbcd.rooms.calls.marks import Marks
from sbcd.rooms.calls.plan import IpGroup, Plan
from sbcd.rooms.calls.proxies import Proxies, Resolve
from sbcd.rooms.calls.reach import Reach, on_loopback
from sbcd.rooms.calls.registrar import Registrar
from sbcd.rooms.calls.routing import USER, Router
from sbcd.rooms.calls.shaping import Shaping
from sbcd.rooms.calls.trials import Trials
from sbcd.sip.endpoint import Endpoint
from sbcd.sip.events import Flow, Output, Send
from sbcd.sip.message import Headers, Request, Response, reply
from sbcd.sip.timers import Timers
from sbcd.sip.transaction import ClientTransaction, ServerTransaction

if TYPE_CHECKING:
    from sbcd.rooms.calls.attempt import Attempt
    from sbcd.rooms.calls.call import Call
    from sbcd.rooms.calls.ending import Session

NOWHERE = Flow(-1, "udp", ("", 0), ("", 0))
Sdp = Callable[[bytes | None], None]


class Media(Protocol):
    """The door of the media relay. `then` gets the rewritten description, None when there are no ports."""

    def offer(self, pair: Any, source: Leg, dest: Leg, sdp: bytes, then: Sdp) -> None:
        """`source` offers this to `dest`."""
        ...

    def answer(self, pair: Any, source: Leg, dest: Leg, sdp: bytes, then: Sdp) -> None:
        """`source` answers what `dest` offered."""
        ...

    def connected(self, pair: Any) -> None:
        """Both legs are up."""
        ...

    def release(self, pair: Any) -> None:
        """The call is over."""
        ...

    def moved(self, pair: Any, gone: Leg, fresh: Leg, seat: int) -> None:
        """`fresh` talks instead of `gone`, and its media are anchored under another number."""
        ...

    def drop(self, seat: int) -> None:
        """What was anchored under this number came to nothing."""
        ...


class World(Protocol):
    """What the switch is given by the roof."""

    def unique(self) -> str:
        """Fresh random text."""
        ...

    def chance(self) -> float:
        """A number from 0 to below 1."""
        ...

    def wall(self) -> float:
        """Seconds of the epoch."""
        ...

    def local(self, interface: int, transport: str, v6: bool) -> tuple[str, int] | None:
        """Where we are on an interface."""
        ...


class Desk:
    """Everything that is going on, and the tools of calls."""

    def __init__(
        self,
        world: World,
        endpoint: Endpoint,
        media: Media,
        resolve: Resolve,
        tell: Callable[[Any], None],
        boot: str,
    ) -> None:
        self.endpoint = endpoint
        self.media: Media = Shaping(media)
        self.tell = tell
        self.boot = boot
        self.unique, self.chance, self.wall, self.local = world.unique, world.chance, world.wall, world.local
        self.now = 0.0
        self.out: list[Send] = []
        self.timers: Timers[Callable[[], None]] = Timers()
        self.plan = Plan()
        self.router = Router(self.plan)
        self.legs: dict[str, Leg] = {}
        self.calls: dict[int, Call] = {}
        self.sessions = 0
        self.locked = False
        self.overloaded = False
        self.strays = 0
        self.refused: dict[int, int] = {}  # by message policies, by status
        self.transactions = 0
        self.record: Callable[[str], None] = lambda line: None
        self.ended: Callable[[], None] = lambda: None
        self.named: Callable[[int, str], None] = lambda session, call_id: None  # for the trace
        self._turns: dict[int, int] = {}
        self.proxies = Proxies(self, resolve)
        self.reach = endpoint.ways = Reach(self, self.proxies)
        self.registrar = Registrar(self)
        self.admission = Admission(self)
        self.accounts = Accounts(self)
        self.trials = Trials(self)
        self.intrusions, self.emergencies = Intrusions(self), Emergencies(self)
        self.marks = Marks(self)
        self.guard = Guard(self, f"{self.unique()}{self.unique()}{self.unique()}".encode())

    def do(self, outputs: Iterable[Output]) -> None:
        """Carries out what came out of the endpoint."""
        raise NotImplementedError

    # --- what calls ask of it ---

    def request(self, request: Request, leg: Leg, owner: object = None) -> ClientTransaction:
        """Sends a request of a leg."""
        flow = leg.flow if leg.stage == Stage.SETUP else self.reach.follow(leg)
        return self.send_request(request, flow, owner)

    def send_request(self, request: Request, flow: Flow, owner: object) -> ClientTransaction:
        """Sends a request."""
        txn, outputs = self.endpoint.request(request, flow, self.now, owner)
        self.do(outputs)
        return txn

    def acknowledge(
        self, txn: ClientTransaction, leg: Leg, headers: Headers | None = None, body: bytes = b""
    ) -> None:
        """The ACK of a 2xx that a leg's INVITE got (RFC 3261 13.2.2.4)."""
        ack = leg.request("ACK", headers or {}, body, cseq=txn.request.cseq.number)
        self.do(self.endpoint.acknowledge(txn, ack, self.reach.follow(leg), self.now))

    def answer(self, txn: ServerTransaction, leg: Leg, status: int) -> None:
        """A response without a story."""
        self.do(self.endpoint.respond(txn, leg.reply(txn, status, {}), self.now))

    def refuse(
        self, txn: ServerTransaction, status: int, leg: Leg | None = None, headers: Headers | None = None
    ) -> None:
        """A refusal without a story."""
        self.do(
            self.endpoint.respond(txn, reply(txn.request, status, "", headers or {}, tag=txn.tag), self.now)
        )

    def silence(self, txn: ServerTransaction) -> None:
        """No answer at all."""
        txn.owner = None
        self.endpoint.forget(txn)

    def out_leg(self, pair: Any, group: IpGroup | None) -> Leg:
        """A new outgoing leg."""
        keeps = group is not None and group.keep_call_id and pair.a is not None
        name = pair.a.call_id if keeps else self.unique()
        leg = Leg(pair, Way.OUT, group, NOWHERE, name, self.unique())
        self.named(pair.session, name)
        leg.seat = pair.seat
        self.legs[leg.local_tag] = leg
        return leg

    def remember(self, leg: Leg) -> None:
        """Requests in this dialog find the leg."""
        self.legs[leg.local_tag] = leg

    def forget(self, leg: Leg) -> None:
        """They do no longer."""
        self.legs.pop(leg.local_tag, None)

    def srd(self, interface: int) -> int:
        """The SRD of a SIP interface."""
        row = self.router.interfaces.get(interface)
        return row.srd if row is not None else -1

    def usable(self, group: IpGroup) -> bool:
        """Whether calls can be sent to the group now."""
        return group.kind == USER or self.proxies.usable(group.proxy_set)

    def owner(self, host: str) -> IpGroup | None:
        """The server group whose proxy set has this host."""
        found = self.proxies.having({host.lower(), on_loopback(host) if self.plan.loopback else host})
        groups = (row for row in self.plan.ip_groups if row.proxy_set in found and row.kind != USER)
        return next(groups, None) if found else None

    def turn(self, set_index: int, of: int) -> int:
        """Round robin among the members of an IP Group Set."""
        turn = self._turns.get(set_index, -1) + 1
        self._turns[set_index] = turn
        return turn % of

    def alternative(self, router: Router, attempt: Attempt, status: int, silent: bool) -> bool:
        """Whether another route is tried after this: silence always, statuses as the tables say."""
        if silent:
            return True
        group = attempt.target.group
        name = group.alternative_reasons if group is not None else ""
        reasons = router.reasons.get(name) if name else None
        if reasons is None:
            reasons = router.reasons.get("", frozenset())
        return status in reasons or status // 100 in reasons

    def challenged(self, attempt: Attempt, response: Response) -> bool:
        """401 and 407 are answered with the credentials of an account or of the group, once."""
        return self.accounts.answer(attempt, response)

    # --- milestones of calls ---

    def connected(self, call: Call) -> None:
        """Both legs are up."""
        self.media.connected(call)
        longest = call.router.profile(call.b.group if call.b is not None else None).longest
        if longest:
            call.longest = self.timers.set(self.now + longest, lambda: call.end("longest duration"))

    def lost_leg(self, call: Call, leg: Leg, status: int) -> None:
        """An outgoing leg was not answered: its record."""
        self.admission.over(leg.seat, Way.OUT)
        self.written(leg_record(call, leg, self.boot, status, "not established"))

    def left(self, call: Session, leg: Leg, why: str) -> None:
        """An answered leg is no part of its call any more: its record."""
        self.timers.drop(leg.refresher)
        self.admission.over(leg.seat, leg.way)
        self.written(leg_record(call, leg, self.boot, 200, why))

    def closed(self, call: Session, why: str, abnormal: bool, failed: int) -> None:
        """A call is over."""
        if self.calls.pop(call.session, None) is None:
            return
        self.media.release(call)
        self.emergencies.over(call.session)
        self.admission.over(call.session, Way.IN)
        self.admission.over(call.session, Way.OUT)
        status = failed or 200
        assert call.a is not None
        first = leg_record(call, call.a, self.boot, status, why)
        for leg in (call.a, call.b):
            if leg is not None:
                self.admission.over(leg.seat, leg.way)
                self.written(first if leg is call.a else leg_record(call, leg, self.boot, status, why))
        self.written(call_record(first, call.a))
        if not self.calls:
            self.ended()

    def written(self, line: str) -> None:
        """A record: to its file, and as a fact where it is wanted."""
        self.record(line)
        if self.plan.timers.cdr_level:
            self.tell(Recorded(self.wall(), line))
