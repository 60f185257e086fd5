"""The two ways a test call comes about: the device calls somebody, or takes a call for its test number.

One rule: whatever a peer says, the call ends: with a BYE, a CANCEL or a final response."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sbcd.rooms.calls import spoken
from sbcd.rooms.calls.facts import Way
from sbcd.rooms.calls.identity import escaped
from sbcd.rooms.calls.legs import Leg, Stage, contact
from sbcd.rooms.calls.outbound import address_leg
from sbcd.rooms.calls.passing import ALLOW
from sbcd.rooms.calls.registering import authorized
from sbcd.rooms.calls.trial import TOO_LONG, Trial
from sbcd.sip import auth
from sbcd.sip.events import Flow
from sbcd.sip.headers import bracketed
from sbcd.sip.message import Request, Response
from sbcd.sip.transaction import ClientTransaction, ServerTransaction

if TYPE_CHECKING:
    from sbcd.rooms.calls.plan import IpGroup
    from sbcd.rooms.calls.reach import Place

SDP = {"Content-Type": ["application/sdp"]}
CAUSES = {
    404: ("NoRoute", "GWAPP_UNASSIGNED_NUMBER"),
    408: ("NoAnswer", "GWAPP_NO_USER_RESPONDING"),
    480: ("NoAnswer", "GWAPP_NO_USER_RESPONDING"),
    486: ("Busy", "GWAPP_USER_BUSY"),
    488: ("MediaMismatch", "GWAPP_INCOMPATIBLE_DESTINATION"),
    503: ("Unreachable", "GWAPP_NO_ROUTE_TO_DESTINATION"),
    600: ("Busy", "GWAPP_USER_BUSY"),
    603: ("Rejected", "GWAPP_CALL_REJECTED"),
}
NO_RESOURCES = "Failed,NoResources"


class Dialled(Trial):
    """The device calls."""

    group: IpGroup | None = None
    txn: ClientTransaction | None = None
    request: Request | None = None
    challenged = False
    secret = ("", "")

    def found(self, places: list[Place]) -> None:
        """The places to try; a test asks the first one only."""
        if self.over:
            return
        if not places:
            self.finish("Failed,Unreachable", CAUSES[503][1])
            return
        leg, place = self.leg, places[0]
        leg.flow = place.flow
        leg.started = self.switch.now
        if not self.settle(leg):
            self.finish(NO_RESOURCES, "")
            return
        self.invite(place)

    def invite(self, place: Place) -> None:
        """The INVITE, when the relay has a place for it."""
        asked, leg, host = self.asked, self.leg, bracketed(place.flow.local[0])
        caller = f"sip:{escaped(asked.calling)}@{host}"
        heard = Request("INVITE", f"sip:{escaped(asked.called)}@{host}", {"From": [f"<{caller}>"]})
        address_leg(leg, heard, asked.calling, asked.called, "", place, self.group)
        headers = {"Allow": [ALLOW], "User-Agent": [self.switch.plan.timers.user_agent], **SDP}

        def offered(sdp: bytes | None) -> None:
            if self.over:
                return
            if sdp is None:
                self.finish(NO_RESOURCES, "")
                return
            self.request = leg.request("INVITE", headers, sdp)
            leg.invite_cseq = self.request.cseq.number
            self.txn = self.switch.request(self.request, leg, self)

        self.switch.media.offer(self, self.inner, leg, self.offer, offered)

    def responded(self, txn: ClientTransaction, response: Response) -> None:
        """What the peer says to the INVITE."""
        status = response.status
        if txn.method != "INVITE":
            return
        if status < 200:
            if not self.over and status > 100:
                self.status = "Ringing"
        elif status < 300:
            self.taken(txn, response)
        elif not self.over and not self.answered_challenge(txn, response):
            word, cause = CAUSES.get(status, ("Other", ""))
            self.finish(f"Failed,{word}", cause)

    def answered_challenge(self, txn: ClientTransaction, response: Response) -> bool:
        """Whether a 401 or 407 was answered."""
        held = self.secret if self.secret[0] else self.switch.accounts.credentials(self.group, None)
        if response.status not in auth.HEADERS or self.challenged or held is None or self.request is None:
            return False
        again = authorized(self.request, response, *held, self.switch.unique(), self.leg.next_cseq)
        if again is None:
            return False
        self.challenged, self.request = True, again
        self.leg.next_cseq += 1
        self.leg.invite_cseq = again.cseq.number
        self.txn = self.switch.request(again, self.leg, self)
        return True

    def taken(self, txn: ClientTransaction, response: Response) -> None:
        """A 200: ours, a second one of a fork, or one that comes too late."""
        leg, switch = self.leg, self.switch
        wanted = not self.over and (leg.stage < Stage.CONNECTED or response.to.tag == leg.remote_tag)
        if not wanted:
            leg = Leg(self, Way.OUT, leg.group, leg.flow, leg.call_id, leg.local_tag)
            leg.local, leg.remote, leg.contact = self.leg.local, self.leg.remote, self.leg.contact
            leg.invite_cseq, leg.next_cseq = self.leg.invite_cseq, self.leg.next_cseq
        leg.confirm(response)
        switch.acknowledge(txn, leg)
        if not wanted:
            switch.request(leg.request("BYE", {}), leg)
            return
        self.connected()
        switch.media.answer(self, leg, self.inner, response.body, self.agreed)

    def agreed(self, sdp: bytes | None) -> None:
        """The answer, as the relay tells it."""
        if not self.over and not self.speak(sdp):
            self.drop(CAUSES[488][1])
            self.status = "Failed,MediaMismatch"

    def drop(self, cause: str = "RELEASE_BECAUSE_MANUAL_DISC") -> None:
        """The device hangs up, or gives up."""
        if not self.over and self.txn is not None and self.leg.stage < Stage.CONNECTED:
            self.switch.do(self.switch.endpoint.cancel(self.txn, self.switch.now))
            if cause == TOO_LONG:
                self.finish("Failed,NoAnswer", "GWAPP_NO_ANSWER_FROM_USER_ALERTED")
        super().drop(cause)

    def timed_out(self, txn: ClientTransaction) -> None:
        """Silence."""
        if txn is self.txn and self.leg.stage < Stage.CONNECTED:
            self.finish("Failed,Unreachable", CAUSES[408][1])

    def failed(self, txn: object, why: str) -> None:
        """Out of reach."""
        if txn is self.txn and self.leg.stage < Stage.CONNECTED:
            self.finish("Failed,Unreachable", CAUSES[503][1])


class Taken(Trial):
    """A call for the test number: it is answered."""

    way = Way.IN

    def begin(self, txn: ServerTransaction, flow: Flow, group: IpGroup) -> None:
        """Answers an INVITE."""
        switch, request = self.switch, txn.request
        leg = Leg(self, Way.IN, group, flow, request.call_id, txn.tag)
        leg.found(request)
        leg.contact = contact(request.target.user if request.target.user.isascii() else "", flow)
        leg.started = switch.now
        txn.owner = self
        switch.remember(leg)
        if not self.settle(leg):
            self.refuse(txn, 503)
        elif request.body:
            switch.media.offer(self, leg, self.inner, request.body, lambda sdp: self.offered(txn, sdp))
        else:
            switch.media.offer(self, self.inner, leg, self.offer, lambda sdp: self.say(txn, sdp))

    def offered(self, txn: ServerTransaction, sdp: bytes | None) -> None:
        """The caller's offer, as the relay tells it."""
        found = spoken.agreed(sdp) if sdp else None
        if self.over or found is None or not self.speak(sdp):
            self.refuse(txn, 488)
            return
        ours = spoken.answer(sdp or b"", found, self.host, self.port, self.session)
        self.switch.media.answer(self, self.inner, self.leg, ours, lambda back: self.say(txn, back))

    def say(self, txn: ServerTransaction, sdp: bytes | None) -> None:
        """200."""
        if self.over:
            return
        if sdp is None:
            self.refuse(txn, 503)
            return
        self.leg.invite = txn
        self.answer(self.leg, txn, sdp)
        self.connected()

    def refuse(self, txn: ServerTransaction, status: int) -> None:
        """No."""
        if self.over:
            return
        self.switch.do(self.switch.endpoint.respond(txn, self.leg.reply(txn, status, {}), self.switch.now))
        self.finish(NO_RESOURCES if status == 503 else "Failed,MediaMismatch", CAUSES[status][1])

    def acked(self, txn: ServerTransaction, request: Request) -> None:
        """With a late offer the ACK has the answer."""
        if request.body and not self.over and txn is self.leg.invite and not txn.request.body:
            self.switch.media.answer(self, self.leg, self.inner, request.body, self.late)

    def late(self, sdp: bytes | None) -> None:
        """The answer of a late offer."""
        if not self.over and not self.speak(sdp):
            self.drop(CAUSES[488][1])

    def cancelled(self, txn: ServerTransaction) -> None:
        """The caller gave up before the answer."""
        if self.leg.stage < Stage.CONNECTED:
            self.switch.refuse(txn, 487)
            self.finish("Disconnected", "RELEASE_BECAUSE_REMOTE_CANCEL_CALL")
        else:
            super().cancelled(txn)
