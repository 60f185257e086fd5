"""One try to reach somebody for a caller: a target, its places in order, and the INVITE that is out.

One rule: an attempt is told lost once, and whatever its far side says after that (a late 200 above all) is
cleaned up here: ACK and BYE, nobody hears of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sbcd.rooms.calls.delayed import promise
from sbcd.rooms.calls.facts import Attempted, Failed, Reason, Way
from sbcd.rooms.calls.legs import Stage
from sbcd.rooms.calls.outbound import invitation
from sbcd.rooms.calls.outgoing import Outgoing
from sbcd.sip.message import Response
from sbcd.sip.transaction import ClientTransaction, rest

if TYPE_CHECKING:
    from sbcd.rooms.calls.reach import Place

UNHEARD = {408, 503}  # as good as no answer: the next place is tried


class Attempt(Outgoing):
    """A target being called."""

    __slots__ = ()

    # --- going out ---

    def start(self) -> None:
        """Finds the places and calls the first."""
        switch, call = self.call.switch, self.call
        assert call.asked is not None
        self.dest_user = call.asked.dest_user
        group = self.target.group
        self.leg = switch.out_leg(call, group)
        refused = switch.admission.refuses(call, group, Way.OUT)
        if refused:
            self.leg.started = switch.now
            call.tell(Attempted, self.leg)
            self._fail(480, None, Reason.ADMISSION)
            return
        switch.reach.places(self.target, call.asked, self._found)

    def _found(self, places: list[Place]) -> None:
        if self.over:
            return
        self.leg.started = self.call.switch.now
        if places:
            self.leg.flow = places[0].flow
        self.call.tell(Attempted, self.leg)
        self.places = list(places)
        if not places:
            self._fail(503, None, Reason.UNREACHABLE)
        else:
            self.next()

    def next(self) -> None:
        """Calls the next place."""
        place = self.places.pop(0)
        switch, call = self.call.switch, self.call
        old = self.leg
        if self.txn is not None:  # a fresh dialog for every place
            self.leg = switch.out_leg(call, self.target.group)
            self.leg.started = old.started
            switch.forget(old)
        self.leg.flow = place.flow
        self.heard = False
        self.request = invitation(call, self, place)
        if call.a is not None and not self.request.body:
            promise(self, call.a)
        if self.request.body and call.a is not None:
            switch.media.offer(call, call.a, self.leg, self.request.body, self._offered)
        else:
            self._send()

    def _offered(self, sdp: bytes | None) -> None:
        if self.over or self.request is None:
            return
        if sdp is None and self.leg.unfit:  # another route may have a coder in common
            self._fail(self.leg.unfit, None, Reason.MEDIA_MISMATCH)
            return
        if sdp is None:
            self.over = True
            self.call.tell(Failed, self.leg, Reason.NO_RESOURCES, 0)
            self.call.refuse(503, Reason.NO_RESOURCES)
            return
        self.request.body = sdp
        self._send()

    def _send(self) -> None:
        assert self.request is not None
        switch = self.call.switch
        self.leg.invite_cseq = self.request.cseq.number
        self.txn = switch.request(self.request, self.leg, self)
        self.leg.invite = self.txn
        quick = switch.reach.patience(self.target.group, bool(self.places))
        if quick and self.txn is not None:
            self.silence = switch.timers.set(switch.now + quick, self._unheard)

    # --- what comes back ---

    def responded(self, txn: ClientTransaction, response: Response) -> None:
        """Every response but 100."""
        switch = self.call.switch
        if self.over or txn is not self.txn:
            if 200 <= response.status < 300:
                self.abandon(response, txn)
            return
        self.heard = True
        switch.timers.drop(self.silence)
        if response.status < 200:
            if response.to.tag:
                self.leg.confirm(response)
                self.leg.stage = Stage.RINGING
            if self.answer_timer is None:
                wait = switch.plan.timers.invite_timeout
                self.answer_timer = switch.timers.set(switch.now + wait, self._unanswered)
            self.call.rang(self, response)
        elif response.status < 300:
            if self.leg.stage >= Stage.CONNECTED and response.to.tag != self.leg.remote_tag:
                self.abandon(response)
                return
            self.leg.confirm(response)
            self.rest()
            self.over = True
            self.call.answered(self, response)
        elif not switch.challenged(self, response):
            if response.status in UNHEARD and switch.reach.swaps(self.target.group) and self.places:
                self.next()
            else:
                self._fail(response.status, response)

    def timed_out(self, txn: ClientTransaction) -> None:
        """No final response."""
        if not self.over and txn is self.txn:
            self._again(408)

    def failed(self, txn: ClientTransaction, why: str) -> None:
        """It could not be sent."""
        if not self.over and txn is self.txn:
            self._again(503)

    def _unheard(self) -> None:
        """The place is silent: another one is tried before the transaction gives up."""
        if not self.over and not self.heard and self.txn is not None:
            txn, switch = self.txn, self.call.switch
            txn.owner = self
            self._again(408)
            rest(switch.endpoint, txn, None)  # it answers late, if ever: nothing more is sent there
            switch.do(switch.endpoint.cancel(txn, switch.now))

    def _again(self, status: int) -> None:
        if self.target.group is not None:
            self.call.switch.reach.unheard(self.leg.flow)
        if self.places:
            self.next()
        else:
            self._fail(status, None, Reason.NO_ANSWER if self.heard else Reason.UNREACHABLE)

    def _unanswered(self) -> None:
        """It rang too long."""
        self.answer_timer = None
        if not self.over:
            self.cancel(tell=False)
            self.over = False
            self._fail(408, None, Reason.NO_ANSWER)

    def _fail(self, status: int, response: Response | None, why: Reason | None = None) -> None:
        from sbcd.rooms.calls.call import reason

        self.over = True
        self.rest()
        self.leg.told = True
        why = reason(status) if why is None else why
        self.call.tell(Failed, self.leg, why, status)
        self.call.switch.lost_leg(self.call, self.leg, status)
        self.call.switch.forget(self.leg)
        self.txn = self.leg.invite = None  # it knows us: no cycle is left to the collector
        self.call.lost(self, status, response, why)
