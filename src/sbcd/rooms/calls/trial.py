"""A test call: the device itself is one of the two who talk (docs/adr/0085).

One rule: it is a real call towards its peer - transactions, dialog, media through the relay - and none in the
figures of calls: no fact is told of it and no record written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import structs

from sbcd.media.tones import Talk
from sbcd.rooms.calls import spoken
from sbcd.rooms.calls.contract import TrialLine, TrialStats
from sbcd.rooms.calls.facts import MediaMeasured, Way
from sbcd.rooms.calls.legs import Leg, Stage
from sbcd.rooms.calls.plan import Profile
from sbcd.rooms.calls.reach import on_loopback
from sbcd.sip.message import Request, Response
from sbcd.sip.transaction import ClientTransaction, ServerTransaction

if TYPE_CHECKING:
    from sbcd.rooms.calls.routing import Router
    from sbcd.rooms.calls.trials import Trials
    from sbcd.sip.timers import Timer

PLAIN = Profile(-1, "", security=2)
"""Between us and our own relay: RTP."""
MANUAL = "RELEASE_BECAUSE_MANUAL_DISC"
TOO_LONG = "RELEASE_BECAUSE_MAX_DURATION_TIMER_EXPIRED"
NORMAL = "GWAPP_NORMAL_CALL_CLEAR"


class Indoors:
    """The router as the media door sees it: nobody's profile is plain RTP, all else is as it is."""

    def __init__(self, router: Router) -> None:
        self._router = router

    def profile(self, group: Any) -> Profile:
        """The IP Profile of a group; ours is PLAIN."""
        return self._router.profile(group) if group is not None else PLAIN

    def __getattr__(self, name: str) -> Any:
        return getattr(self._router, name)


class Trial:
    """One test call. `leg` faces the peer, `inner` our own telephone."""

    way = Way.OUT

    def __init__(self, trials: Trials, router: Router, asked: TrialLine, said: Talk) -> None:
        self.trials, self.switch = trials, trials.switch
        self.router: Any = Indoors(router)
        self.session, self.asked, self.said = asked.session, asked, said
        self.seat = asked.session
        self.status, self.cause, self.call_id = "Trying", "", ""
        self.leg: Leg
        self.inner: Leg
        self.a: Leg | None = None  # as `Anchor.release` looks for them
        self.b: Leg | None = None
        self.port = 0
        self.host = ""
        self.over = self.by_peer = False
        self.until = 0.0  # when the result is forgotten
        self.stats: list[TrialStats | None] = [None, None]
        self.timer: Timer[Any] | None = None

    # --- beginning ---

    def settle(self, leg: Leg) -> bool:
        """`leg` is the way to the peer: opens our telephone there; False when that cannot be."""
        self.leg, self.call_id = leg, leg.call_id
        switch = self.switch
        self.inner = Leg(self, Way.IN, None, leg.flow, leg.call_id, switch.unique())
        self.inner.seat = leg.seat = self.seat
        interface = self.router.interfaces.get(leg.flow.interface)
        v6 = ":" in leg.flow.remote[0]
        self.host = "" if interface is None else interface.ipv6 if v6 else interface.ipv4
        self.port = self.trials.voices.open(self.host) if self.host else 0
        self.timer = switch.timers.set(switch.now + self.asked.timeout, self.expired)
        return self.port > 0

    @property
    def offer(self) -> bytes:
        """Our own description."""
        return spoken.offer(self.host, self.port, self.session)

    def speak(self, sdp: bytes | None) -> bool:
        """The peer's description came, as the relay tells it to us; False when it does not fit."""
        found = spoken.agreed(sdp) if sdp else None
        if found is None:
            return False
        host, port = found.to
        to = (on_loopback(host) if self.switch.plan.loopback else host, port)
        if found.hears:
            self.trials.voices.talk(self.port, to, spoken.talk(found, self.said))
        return True

    def connected(self) -> None:
        """Both talk."""
        self.status = "Connected"
        self.leg.stage = self.inner.stage = Stage.CONNECTED
        self.leg.answered = self.inner.answered = self.switch.now
        self.a, self.b = self.inner, self.leg
        self.trials.connected(self)

    # --- the end ---

    def expired(self) -> None:
        """It lasted as long as it might."""
        self.timer = None
        self.drop(TOO_LONG)

    def drop(self, cause: str = MANUAL) -> None:
        """The device hangs up."""
        if self.over:
            return
        if self.leg.stage == Stage.CONNECTED:
            self.switch.request(self.leg.request("BYE", {}), self.leg)
            self.leg.stage = Stage.RELEASING
        self.finish("Disconnected", cause)

    def end(self, why: str, *, abnormal: bool = False, by: Leg | None = None, headers: Any = None) -> None:
        """The peer hung up, or its dialog is gone."""
        if not self.over:
            self.by_peer = True
            self.finish("Disconnected", NORMAL if why == "BYE" else "RELEASE_BECAUSE_UNKNOWN_REASON")

    def finish(self, status: str, cause: str) -> None:
        """It is over; its result is kept for a while."""
        if self.over:
            return
        self.over, self.status, self.cause = True, status, cause
        switch = self.switch
        switch.timers.drop(self.timer)
        sent, got = self.trials.voices.counts(self.port)
        self.stats[0] = TrialStats(sent, got)
        if self.port:
            self.trials.voices.close(self.port)
        switch.forget(self.leg)
        self.leg.stage = Stage.OVER
        switch.media.release(self)
        self.trials.finished(self)

    def tell(self, kind: Any, leg: Leg, *more: Any) -> None:
        """What the media door counted is our result; nobody else hears of it."""
        if kind is MediaMeasured and leg is self.leg:
            told = MediaMeasured(0.0, self.session, leg.way, -1, -1, -1, *more)
            self.stats[1] = TrialStats(
                told.packets_out, told.packets_in, told.lost_in, told.jitter_in, told.delay, told.mos_in
            )

    def line(self) -> TrialLine:
        """As it is now."""
        local = self.stats[0]
        if local is None and self.port:
            local = TrialStats(*self.trials.voices.counts(self.port))
        return structs.replace(
            self.asked,
            status=self.status,
            cause=self.cause,
            call_id=self.call_id,
            local=local,
            remote=self.stats[1],
        )

    # --- inside the dialog ---

    def other(self, leg: Leg) -> Leg | None:
        """Nobody is behind us."""
        return None

    def inside(self, leg: Leg, txn: ServerTransaction) -> None:
        """What a peer asks of us in the dialog, besides BYE and OPTIONS."""
        request = txn.request
        if request.method in {"INVITE", "UPDATE"} and request.body:
            self.renegotiate(leg, txn)
        elif request.method == "INVITE":
            self.answer(leg, txn, self.offer)
        elif request.method in {"UPDATE", "INFO", "MESSAGE", "PRACK"}:
            self.switch.answer(txn, leg, 200)
        else:
            self.switch.refuse(txn, 405, leg)

    def renegotiate(self, leg: Leg, txn: ServerTransaction) -> None:
        """The peer offers anew (hold, session refresh)."""
        txn.owner = self

        def offered(sdp: bytes | None) -> None:
            found = spoken.agreed(sdp) if sdp else None
            if found is None or not self.speak(sdp):
                self.switch.refuse(txn, 488, leg)
                return
            ours = spoken.answer(sdp or b"", found, self.host, self.port, self.session)
            self.switch.media.answer(
                self, self.inner, leg, ours, lambda back: self.answer(leg, txn, back or b"")
            )

        self.switch.media.offer(self, leg, self.inner, txn.request.body, offered)

    def answer(self, leg: Leg, txn: ServerTransaction, sdp: bytes) -> None:
        """200 with our description."""
        txn.owner = self
        kind = {"Content-Type": ["application/sdp"]} if sdp else {}
        said = leg.reply(txn, 200, kind, sdp)
        self.switch.do(self.switch.endpoint.respond(txn, said, self.switch.now))

    # --- what the endpoint tells of transactions that we serve or ask ---

    def acked(self, txn: ServerTransaction, request: Request) -> None:
        """Nothing is left to do."""

    def cancelled(self, txn: ServerTransaction) -> None:
        """It is withdrawn."""
        self.switch.refuse(txn, 487, self.leg)

    def unacknowledged(self, txn: ServerTransaction) -> None:
        """No ACK came."""
        self.drop("RELEASE_BECAUSE_UNKNOWN_REASON")

    def unpracked(self, txn: ServerTransaction) -> None:
        """We send nothing that wants a PRACK."""

    def failed(self, txn: object, why: str) -> None:
        """A response could not be delivered: the timers know what follows."""

    def timed_out(self, txn: ClientTransaction) -> None:
        """See `failed`."""

    def responded(self, txn: ClientTransaction, response: Response) -> None:
        """A BYE was answered."""
