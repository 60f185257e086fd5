"""REGISTER through the device: the user's contact becomes ours, and is remembered when the registrar agrees.

One rule: the times told to the user may be shorter than those granted, never longer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sbcd.rooms.calls.facts import Reason, RegisterAttempted, Registered, RegistrationFailed, Unregistered
from sbcd.rooms.calls.identity import escaped
from sbcd.rooms.calls.legs import Leg
from sbcd.rooms.calls.outside import Outside
from sbcd.rooms.calls.passing import DIALOG, passed
from sbcd.sip.grammar import Malformed
from sbcd.sip.headers import Address, bracketed
from sbcd.sip.message import Headers, Request, Response

if TYPE_CHECKING:
    from sbcd.rooms.calls.plan import IpGroup
    from sbcd.rooms.calls.reach import Place


class Registration(Outside):
    """One REGISTER on its way."""

    token = ""

    def go(self, source: IpGroup, policy: str = "") -> None:
        """Starts routing it."""
        if self._full(source):
            self.attempted(self.a)
            self.refuse(503, Reason.ADMISSION)
        else:
            super().go(source, policy)

    def _full(self, source: IpGroup) -> bool:
        """Whether the group (MaxNumOfRegUsers) or the licence (FEU) takes no more users."""
        most, registrar = source.most_users, self.switch.registrar
        of_group = most >= 0 and registrar.count(source.index) >= most
        of_device = len(registrar) >= self.switch.plan.user_capacity
        return (of_group or of_device) and not registrar.known(source.index, self.asked.source_user)

    def attempted(self, leg: Leg) -> None:
        """It came, or goes."""
        self.tell(RegisterAttempted, leg)

    def refused(self, leg: Leg, why: Reason, status: int) -> None:
        """It failed on this leg."""
        self.tell(RegistrationFailed, leg, why, status)

    def accepted(self, response: Response) -> None:
        """The registrar agreed."""
        headers = passed(response, DIALOG)
        self._registered(response, headers)
        self.reply(200, headers, response)
        self.over()

    def here(self, status: int) -> None:
        """The device is the registrar."""
        headers: Headers = {}
        if status == 200:
            seconds = self._seconds(self.request, self.switch.plan.timers.register_expires)
            contact = self.request.contact
            if self.a.group is not None and contact is not None:
                token = self.switch.registrar.token(self.a.group.index, self._aor(), str(contact.uri))
                self._bind(seconds, headers, token)
        else:
            self.refused(self.a, Reason.OTHER, status)
        self.reply(status, headers, None)
        self.over()

    def prepare(self, leg: Leg, headers: Headers, place: Place) -> None:
        """Our Contact instead of the user's; the registrar's host as Request-URI; To is the user himself."""
        assert self.a.group is not None
        leg.remote = leg.local if self.request.to.uri.user == self.request.from_.uri.user else leg.remote
        group = self.target.group if self.target is not None else None
        leg.target = f"sip:{bracketed((group.host if group else '') or place.host)}"
        if place.port and not (group is not None and group.host):
            leg.target += f":{place.port}"
        contact = self.request.contact
        for name in ("Expires", "Contact"):
            if name in self.request.headers:
                headers[name] = self.request.headers[name]
        if contact is None:
            headers["Contact"] = []
        elif contact.uri.scheme != "*":
            aor = self._aor()
            self.token = self.switch.registrar.token(self.a.group.index, aor, str(contact.uri))
            own = Address.parse(leg.contact).uri
            mine = f"<sip:{escaped(self.token)}@{bracketed(own.host)}:{own.port}"
            mine += f";transport={leg.flow.transport}>" if leg.flow.transport != "udp" else ">"
            seconds = contact.params.get("expires")
            headers["Contact"] = [f"{mine};expires={seconds}" if seconds else mine]

    def _aor(self) -> str:
        to = self.request.to.uri
        return f"{to.number}@{to.host.lower()}"

    @staticmethod
    def _seconds(message: Request | Response, default: int) -> int:
        """The expiry a message says: of its Contact, else of its header."""
        contact = message.contact
        text = (contact.params.get("expires") or "") if contact is not None else ""
        if text.isdigit():
            return int(text)
        try:
            number = message.number("Expires")
        except Malformed:
            number = None
        return default if number is None else number

    def _registered(self, response: Response, headers: Headers) -> None:
        """The registrar agreed: what it granted to our contact is the user's."""
        granted = None
        for held in response.contacts:
            if held.uri.user == self.token:
                text = held.params.get("expires") or ""
                granted = int(text) if text.isdigit() else None
        asked = self._seconds(self.request, self.switch.plan.timers.register_expires)
        if granted is None:
            number = response.number("Expires")
            granted = asked if number is None else number
        if self.request.contact is None:
            return
        self._bind(0 if asked == 0 else granted, headers, self.token)
        if self.b is not None:
            self._told(self.b, granted if asked else 0, new=True)

    def _bind(self, granted: int, headers: Headers, token: str) -> None:
        """Keeps or forgets the binding and tells the user, with a shorter time towards a NAT."""
        registrar, group, contact = self.switch.registrar, self.a.group, self.request.contact
        if group is None or contact is None:
            return
        aor = self._aor()
        if contact.uri.scheme == "*" or granted == 0:
            registrar.remove(group.index, aor, "" if contact.uri.scheme == "*" else token)
            headers.pop("Contact", None)
            self._told(self.a, 0, new=False)
            return
        shown = self._shortened(granted)
        flow = self.a.flow
        new = registrar.store(
            aor, self.request.to.uri.number, str(contact.uri), flow, group.index, token, granted, self.session
        )
        headers["Contact"] = [f"<{contact.uri}>;expires={shown}"]
        self._told(self.a, granted, new=new)

    def _told(self, leg: Leg, seconds: int, *, new: bool) -> None:
        users = len(self.switch.registrar)
        if seconds:
            self.tell(Registered, leg, self._aor(), seconds, new, users)
        else:
            self.tell(Unregistered, leg, self._aor(), False, users)

    def _shortened(self, granted: int) -> int:
        """IpProfile: SBCUserRegistrationTime, SBCUserBehind*NATRegistrationTime."""
        profile = self.router.profile(self.a.group)
        contact = self.request.contact
        behind = contact is not None and contact.uri.host != self.a.flow.remote[0]
        nat = profile.nat_udp_expires if self.a.flow.transport == "udp" else profile.nat_tcp_expires
        wanted = nat if behind and nat > 0 else profile.user_expires
        return min(granted, wanted) if wanted > 0 else granted
