"""How an attempt to reach somebody is given up, acknowledged or cleaned up after.

One rule: whatever the far side says when nobody wants it any more (a late 200 above all) is ended here: ACK
and BYE, and nobody hears of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sbcd.rooms.calls.facts import Failed, Reason
from sbcd.rooms.calls.legs import Leg
from sbcd.rooms.calls.passing import passed
from sbcd.sip.message import Headers, Request, Response
from sbcd.sip.timers import Timer
from sbcd.sip.transaction import ClientTransaction

if TYPE_CHECKING:
    from sbcd.rooms.calls.call import Call
    from sbcd.rooms.calls.reach import Place
    from sbcd.rooms.calls.routing import Target


class Outgoing:
    """A target being called."""

    __slots__ = (
        "acked",
        "answer_timer",
        "call",
        "challenged",
        "dest_user",
        "early",
        "heard",
        "leg",
        "made",
        "numbers",
        "over",
        "places",
        "request",
        "silence",
        "target",
        "txn",
    )

    leg: Leg

    def __init__(self, call: Call, target: Target) -> None:
        self.call = call
        self.target = target
        self.places: list[Place] = []
        self.txn: ClientTransaction | None = None
        self.request: Request | None = None
        self.over = False
        self.made = False  # the offer is the device's own (delayed.py)
        self.numbers: set[tuple[str, int]] = set()  # of reliable provisionals, by tag
        self.heard = False  # any response
        self.challenged = False
        self.acked: set[str] = set()
        self.early: dict[int, tuple[str, int]] = {}  # RSeq towards the caller -> tag and RSeq of the called
        self.silence: Timer[Any] | None = None
        self.answer_timer: Timer[Any] | None = None
        self.dest_user = ""

    def rest(self) -> None:
        timers = self.call.switch.timers
        timers.drop(self.silence)
        timers.drop(self.answer_timer)

    def cancel(self, *, tell: bool = True) -> None:
        """Gives this attempt up."""
        if self.over:
            return
        self.over = True
        self.rest()
        switch = self.call.switch
        if self.txn is not None:
            switch.do(switch.endpoint.cancel(self.txn, switch.now))
        if tell:
            self.leg.told = True
            self.call.tell(Failed, self.leg, Reason.CANCELLED, 487)
            switch.lost_leg(self.call, self.leg, 487)
        switch.forget(self.leg)

    def acknowledge(self, sdp: bytes, heard: Request | None = None) -> None:
        """The ACK of the 200."""
        self.leg.invite = None
        if self.txn is not None:
            headers = passed(heard) if heard is not None else {}
            self.call.switch.acknowledge(self.txn, self.leg, headers, sdp)

    def abandon(self, response: Response, txn: ClientTransaction | None = None) -> None:
        """A 200 that nobody wants any more: ACK, then BYE."""
        switch = self.call.switch
        old = txn or self.txn
        tag = response.to.tag or ""
        if old is None or tag in self.acked:
            return
        self.acked.add(tag)
        leg = switch.out_leg(self.call, self.target.group)
        switch.forget(leg)
        sent = old.request
        leg.flow = old.flow
        leg.call_id, leg.local_tag = sent.call_id, sent.from_.tag or ""
        leg.local, leg.remote = self.leg.local, self.leg.remote
        leg.contact = self.leg.contact
        leg.target = sent.uri
        leg.next_cseq = sent.cseq.number + 1
        leg.confirm(response)
        switch.acknowledge(old, leg)
        switch.request(leg.request("BYE", {}), leg)

    @staticmethod
    def wants(response: Response) -> bool:
        """Whether a provisional response wants a PRACK."""
        return "RSeq" in response.headers and "100rel" in response.tokens("Require")

    def repeated(self, response: Response) -> bool:
        """Whether a reliable provisional was heard before (RFC 3262 3)."""
        heard = (response.to.tag or "", response.number("RSeq") or 0)
        known = heard in self.numbers
        self.numbers.add(heard)
        return known

    def reliable(self, response: Response) -> None:
        """The caller will send the PRACK: the number of this one is noted for when that comes."""
        assert self.call.a is not None
        number = response.number("RSeq") or 0
        self.early[self.call.a.rseq + 1] = (response.to.tag or "", number)

    def prack(self, response: Response) -> None:
        """The device sends the PRACK itself."""
        headers: Headers = {"RAck": [f"{response.number('RSeq') or 0} {self.leg.invite_cseq} INVITE"]}
        self.call.switch.request(self.leg.request("PRACK", headers), self.leg)
