"""Session timers (RFC 4028): a call whose ends have vanished does not live for ever.

One rule: by default the two ends agree with each other through the device, which watches the interval they
agreed on; an IP Profile can make the device a partner of its own (SBCSessionExpiresMode 3) or strip the
headers (2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sbcd.rooms.calls.legs import Stage
from sbcd.sip.grammar import Malformed
from sbcd.sip.message import Headers, Message, Request, Response
from sbcd.sip.transaction import ClientTransaction

if TYPE_CHECKING:
    from sbcd.rooms.calls.call import Call
    from sbcd.rooms.calls.legs import Leg
    from sbcd.rooms.calls.plan import Profile

TRANSPARENT, NOT_SUPPORTED, SUPPORTED = 1, 2, 3
GRACE = 32.0  # seconds past the interval before the call is ended


def interval(message: Message) -> tuple[int, str]:
    """The Session-Expires of a message and who refreshes; (0, '') without."""
    if "Session-Expires" not in message.headers:
        return 0, ""
    try:
        value = message.valued("Session-Expires")
    except Malformed:
        return 0, ""
    if value is None or not value.value.isdigit():
        return 0, ""
    return int(value.value), (value.params.get("refresher") or "").lower()


def too_small(call: Call, invite: Request) -> bool:
    """Whether the interval asked for is below what the device accepts (RFC 4028 9: 422)."""
    seconds, _ = interval(invite)
    return 0 < seconds < call.switch.plan.timers.least_session_expires


def proposal(call: Call, profile: Profile, invite: Request, headers: Headers) -> bool:
    """Writes Session-Expires and Min-SE of an outgoing INVITE; True when `timer` is supported on that leg."""
    if profile.session_expires == NOT_SUPPORTED:
        return False
    if profile.session_expires == SUPPORTED:
        timers = call.switch.plan.timers
        headers["Session-Expires"] = [f"{timers.session_expires or 1800};refresher=uas"]
        headers["Min-SE"] = [str(timers.least_session_expires)]
        return True
    for name in ("Session-Expires", "Min-SE"):
        if name in invite.headers:
            headers[name] = invite.headers[name]
    return "Supported" in invite.headers and "timer" in invite.tokens("Supported")


def watch(call: Call, response: Response, headers: Headers) -> None:
    """A 2xx to an INVITE or UPDATE passes: its interval is watched from now, and passed on."""
    seconds, refresher = interval(response)
    if not seconds:
        return
    attempt_profile = call.router.profile(call.b.group if call.b is not None else None)
    if attempt_profile.session_expires != SUPPORTED:
        headers["Session-Expires"] = response.headers["Session-Expires"]
        if "timer" in response.tokens("Require"):
            headers["Require"] = ["timer"]
    elif refresher != "uas" and call.b is not None:
        Refresh(call, call.b, seconds).wait()
    restart(call, seconds)


class Refresh:
    """The device's own refreshing of a leg whose peer leaves it to us, at half of the interval: an UPDATE, or
    a re-INVITE with what the peer was told last when it takes no UPDATE (RFC 4028 7.4)."""

    __slots__ = ("call", "leg", "repeats", "seconds")

    def __init__(self, call: Call, leg: Leg, seconds: int, *, repeats: bool = True) -> None:
        self.call = call
        self.leg = leg
        self.seconds = seconds
        self.repeats = repeats

    def wait(self) -> None:
        """Until the next one is due."""
        switch = self.call.switch
        switch.timers.drop(self.leg.refresher)
        self.leg.refresher = switch.timers.set(switch.now + self.seconds / 2, self.send)

    def send(self) -> None:
        """One refresh; a peer that takes neither method is left to the observer."""
        leg, switch = self.leg, self.call.switch
        profile = self.call.router.profile(leg.group)
        leg.refresher = None
        if leg.stage != Stage.CONNECTED:
            return
        headers: Headers = {"Session-Expires": [f"{self.seconds};refresher=uac"], "Supported": ["timer"]}
        if leg.updates and profile.update:
            switch.request(leg.request("UPDATE", headers), leg, self)
        elif profile.reinvite and leg.said and leg.invite is None:
            request = leg.request("INVITE", {**headers, "Content-Type": ["application/sdp"]}, leg.said)
            leg.invite = switch.request(request, leg, self)
            leg.invite_cseq = request.cseq.number

    def responded(self, txn: ClientTransaction, response: Response) -> None:
        """The peer is alive, or it says that the call is not."""
        if response.status < 200:
            return
        if txn.request.method == "INVITE":
            self._settled(txn, response)
        if response.status < 300:
            restart(self.call, self.seconds)
            if self.repeats:
                self.wait()
        elif response.status in {408, 481}:
            self.call.end(f"{response.status} to {txn.request.method}", abnormal=True)

    def _settled(self, txn: ClientTransaction, response: Response) -> None:
        """The re-INVITE has its answer; a 2xx wants an ACK."""
        self.leg.invite = None
        if response.status < 300:
            self.leg.learn(response)
            self.call.switch.acknowledge(txn, self.leg)

    def timed_out(self, txn: ClientTransaction) -> None:
        """The peer is gone."""
        self.call.end("session timer", abnormal=True)

    def failed(self, txn: object, why: str) -> None:
        """It cannot be reached."""
        self.call.end("session timer", abnormal=True)


def restart(call: Call, seconds: int) -> None:
    """The call ends when nobody refreshes it in time, unless that is left to the peers (transparent)."""
    if call.b is not None and call.router.profile(call.b.group).session_expires == TRANSPARENT:
        return
    timers = call.switch.timers
    timers.drop(call.observer)
    grace = min(GRACE, seconds / 3)
    call.observer = timers.set(
        call.switch.now + seconds + grace, lambda: call.end("session timer", abnormal=True)
    )
