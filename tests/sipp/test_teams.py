"""Teams Direct Routing with the configuration of a real device (sample 08): keep-alives over TLS, the name of
the tenant in Contact, SRTP on one side, session timers, hold, and Replaces."""

import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pylibsrtp import Policy, Session

from live import Live
from sbcd.edge.mki import Named
from sbcd.media.sdes import Crypto, usable
from sbcd.sip.message import Request, Response, reply, request
from sbcd.sip.sdp import Sdp

from .bench import taken
from .hand import Hand
from .teams import DOMAIN, Servers, authority, client

SAMPLES = Path(__file__).parents[2] / ".." / "shared" / "samples"
SAMPLE = next(iter(SAMPLES.glob("08_*.ini")), None)
pytestmark = pytest.mark.skipif(SAMPLE is None, reason="the sample files are not here")

CODERS = (
    "104 9 103 111 18 0 8 97 101 13 118\r\na=rtpmap:104 SILK/16000\r\na=rtpmap:9 G722/8000\r\n"
    "a=rtpmap:103 SILK/8000\r\na=rtpmap:111 SIREN/16000\r\na=rtpmap:18 G729/8000\r\na=rtpmap:97 RED/8000\r\n"
    "a=rtpmap:101 telephone-event/8000\r\na=rtpmap:13 CN/8000\r\na=rtpmap:118 CN/16000\r\n"
    "a=candidate:1 1 UDP 2130706431 192.0.2.9 50000 typ host\r\na=rtcp-mux\r\n"
)
RTP = b"\x80\x08" + bytes(10)


class Site:
    """The device with the sample's configuration on a network of its own, trunk and Teams around it."""

    def __init__(self, folder: Path) -> None:
        assert SAMPLE is not None
        self.live = Live(folder / "state")
        self.net = 100 + self.live.http % 150
        self.trunk_side, self.teams_side = f"127.{self.net}.1.4", f"127.{self.net}.0.4"
        self.trunk_host = f"127.{self.net}.8.2"
        self.teams_hosts = [f"127.{self.net}.9.{number}" for number in (10, 11, 12)]
        text = SAMPLE.read_text().replace("192.192.", f"192.{self.net}.")
        text = text.replace('"SIP.TRUNK.IP.HERE"', f'"10.{self.net}.8.2:5080"')
        text += "\n[ Dns2Ip ]\nFORMAT Index = DomainName, FirstIpAddress;\n"
        for at, name in enumerate(("sip", "sip2", "sip3")):
            text += f'Dns2Ip {at} = "{name}.{DOMAIN}", 52.{self.net}.9.{10 + at};\n'
        ini = folder / "teams.ini"
        ini.write_text(text + "[ \\Dns2Ip ]\n")
        self.live._arguments = ("--ini", str(ini))
        self.certificate, self.key = authority(folder)
        self.servers = Servers(self.teams_hosts, self.certificate, self.key)
        self.hands: list[Hand] = []
        self.ears: list[Ear] = []

    def start(self) -> None:
        self.live.start()
        root = self.certificate.read_bytes()
        told = self.live.put_file("/files/tls/0/trustedRoot/incremental", root)
        assert told.status_code == 200, told.text
        self.until(lambda: taken(self.trunk_side, 5061))
        self.trunk = Hand(self.trunk_host, 5080, (self.trunk_side, 5061))

    def until(self, holds, seconds: float = 40) -> None:
        end = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < end, self.live.log.read_text()[-3000:]
            time.sleep(0.1)

    def caller(self, at: int = 0) -> Hand:
        """A connection that Teams opens to the device."""
        context = client(self.certificate, self.key)
        made = Hand(self.teams_hosts[at], 0, (self.teams_side, 5061), "tls", context)
        self.hands.append(made)
        return made

    def ear(self, host: str, *, secure: bool) -> "Ear":
        """A place for RTP."""
        self.ears.append(Ear(host, secure))
        return self.ears[-1]

    def close(self) -> int:
        self.servers.close()
        for ear in self.ears:
            ear.socket.close()
        for one in (self.trunk, *self.hands):
            one.close()
        return self.live.stop()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    found = Site(tmp_path_factory.mktemp("teams"))
    found.start()
    yield found
    assert found.close() == 0


class Ear:
    """A socket for RTP, with keys where it is Teams's."""

    def __init__(self, host: str, secure: bool) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((host, 0))
        self.socket.settimeout(10)
        self.host, self.port = self.socket.getsockname()
        self.own = Crypto(1, "AES_CM_128_HMAC_SHA1_80", os.urandom(30)) if secure else None
        self.theirs: Crypto | None = None

    def sdp(self, coders: str, more: str = "") -> bytes:
        profile = "RTP/SAVP" if self.own else "RTP/AVP"
        crypto = f"a=crypto:{self.own}\r\n".replace("|", "|2^31|") if self.own else ""
        head = f"v=0\r\no=- 7 7 IN IP4 {self.host}\r\ns=-\r\nc=IN IP4 {self.host}\r\nt=0 0\r\n"
        if "\r\n" not in coders:
            coders += "\r\n"
        return f"{head}m=audio {self.port} {profile} {coders}{crypto}{more}".encode()

    def learn(self, body: bytes) -> tuple[str, int]:
        """Where the device is, and its key."""
        whole = Sdp.parse(body)
        stream, place = whole.streams[0], whole.place(0)
        assert place is not None
        assert stream.proto == ("RTP/SAVP" if self.own else "RTP/AVP")
        if self.own:
            (self.theirs,) = usable(stream.attributes("crypto"))[:1]
        return place.host, place.port

    def send(self, packet: bytes, to: tuple[str, int]) -> None:
        if self.own:
            packet = keyed(self.own, Policy.SSRC_ANY_OUTBOUND).protect(packet)
        self.socket.sendto(packet, to)

    def receive(self) -> bytes:
        data, _ = self.socket.recvfrom(2048)
        if self.theirs:
            data = keyed(self.theirs, Policy.SSRC_ANY_INBOUND).unprotect(data)
        return data


def keyed(crypto: Crypto, kind: int) -> Session | Named:
    """What opens or seals with a key; its packets name it when the description did (MKI)."""
    session = Session(Policy(crypto.key, kind))
    return Named(session, crypto.suite, crypto.mki) if crypto.mki else session


def packet(number: int, ssrc: int) -> bytes:
    return RTP[:2] + number.to_bytes(2, "big") + bytes(4) + ssrc.to_bytes(4, "big") + b"voice" * 32


def from_teams(hand: Hand, ear: Ear, call: str, callee: str, **more: str) -> Request:
    """An INVITE as Teams sends it."""
    headers = {
        "Via": f"SIP/2.0/TLS {hand.place[0]}:5061;branch=z9hG4bK{call}",
        "Record-Route": f"<sip:sip-du-a-eu.{DOMAIN}:5061;transport=tls;lr>",
        "From": f"<sip:+27111231500@sip.{DOMAIN}:5061;user=phone>;tag={call}",
        "To": f"<sip:{callee}@sbc01.teams.contoso.com:5061;user=phone>",
        "Call-ID": call,
        "CSeq": "1 INVITE",
        "Contact": f"<sip:api-du-a-euwe.{DOMAIN}:443;x-i=1;x-c=2/d/8>",
        "Max-Forwards": "69",
        "Session-Expires": "3600",
        "Min-SE": "300",
        "Supported": "timer",
        "Allow": "INVITE,ACK,CANCEL,BYE,OPTIONS",
        **more,
    }
    uri = f"sip:{callee}@sbc01.teams.contoso.com:5061;user=phone;transport=tls"
    sent = request("INVITE", uri, headers, ear.sdp(CODERS), "application/sdp")
    hand.send(sent)
    return sent


def ok(heard: Request, body: bytes, contact: str, **more: str) -> Response:
    return reply(heard, 200, "", {"Contact": contact, **more}, body, "application/sdp", tag="far")


def test_keep_alives_go_to_every_server_with_the_name_of_the_device(site: Site) -> None:
    """ProxySet 1 (OPTIONS over TLS), ContactName with ProxyKeepAliveUsingIPG."""
    site.until(lambda: len({ping.uri for ping in site.servers.pings}) == 3)
    assert {ping.uri for ping in site.servers.pings} == {
        f"sip:{name}.{DOMAIN}:5061" for name in ("sip", "sip2", "sip3")
    }
    for ping in site.servers.pings:
        assert ping.get("Contact") == "<sip:teams.contoso.com:5061;transport=tls>"
    site.until(lambda: "acProxyConnectionLost" not in site.live.get("/alarms/active").text)


def test_a_call_from_teams_with_timers_hold_and_replaces(site: Site) -> None:
    teams, there, here = (
        site.caller(),
        site.ear(site.teams_hosts[0], secure=True),
        site.ear(site.trunk_host, secure=False),
    )
    from_teams(teams, there, "call-1", "+27112223344")
    out = site.trunk.hear("INVITE", seconds=30)
    assert isinstance(out, Request)
    assert out.uri.startswith("sip:0112223344@")  # DST_TEAMS_PSTN: +27 becomes 0
    assert Sdp.parse(out.body).streams[0].formats == ("18", "0", "8", "97", "101", "13", "118")
    assert DOMAIN not in bytes(out).decode()
    to_trunk = here.learn(out.body)
    trunk_contact = f"<sip:{site.trunk_host}:5080>"
    site.trunk.send(ok(out, here.sdp("8"), trunk_contact, Session_Expires="3600;refresher=uac"))
    site.trunk.hear("ACK")
    final = teams.hear(200, seconds=30)
    assert isinstance(final, Response)
    assert "@sbc01.teams.contoso.com:5061;transport=tls>" in final.get("Contact")  # the tenant's own name
    to_teams = there.learn(final.body)
    teams.within(final, "ACK", 1)

    for number in range(3):  # voice both ways, SRTP on one side only
        there.send(packet(number, 7), to_teams)
        assert here.receive() == packet(number, 7)
        here.send(packet(number, 8), to_trunk)
        assert there.receive() == packet(number, 8)

    # the trunk refreshes by UPDATE; Teams takes none: it hears a re-INVITE (RFC 4028)
    update = back(
        site.trunk, out, "UPDATE", 2, {"Session-Expires": "3600;refresher=uac", "Supported": "timer"}
    )
    site.trunk.send(update)
    assert site.trunk.hear(200).cseq.method == "UPDATE"
    refresh = teams.hear("INVITE", seconds=20)
    assert isinstance(refresh, Request)
    assert refresh.get("Session-Expires").startswith("3600")
    teams.send(ok(refresh, there.sdp(CODERS.replace("104 9 103 111 18 0 8", "8")), refresh_contact()))
    teams.hear("ACK")

    # the trunk holds: Teams is told inactive, and the trunk recvonly
    site.trunk.send(back(site.trunk, out, "INVITE", 3, {}, here.sdp("8", "a=sendonly\r\n")))
    hold = teams.hear("INVITE", seconds=20)
    assert isinstance(hold, Request)
    assert Sdp.parse(hold.body).direction(0) == "inactive"
    teams.send(ok(hold, there.sdp("8", "a=inactive\r\n"), refresh_contact()))
    teams.hear("ACK")
    held = site.trunk.hear(200)
    assert Sdp.parse(held.body).direction(0) == "recvonly"
    site.trunk.send(back(site.trunk, out, "ACK", 3, {}))

    # somebody else at Teams takes the call over (Replaces): the trunk hears a re-INVITE, the first one BYE
    second, other = site.caller(1), site.ear(site.teams_hosts[1], secure=True)
    dialog = f"call-1;to-tag={final.to.tag};from-tag=call-1"
    from_teams(second, other, "call-2", "+27112223344", Replaces=dialog, Supported="timer, replaces")
    again = site.trunk.hear("INVITE", seconds=20)
    assert isinstance(again, Request)
    assert (again.call_id, again.to.tag) == (out.call_id, "far")
    to_trunk = here.learn(again.body)
    site.trunk.send(ok(again, here.sdp("8"), trunk_contact))
    site.trunk.hear("ACK")
    taken_over = second.hear(200, seconds=20)
    assert isinstance(taken_over, Response)
    second.within(taken_over, "ACK", 1)
    bye = teams.hear("BYE", seconds=20)
    assert isinstance(bye, Request)
    teams.send(reply(bye, 200))
    to_teams = other.learn(taken_over.body)
    other.send(packet(1, 9), to_teams)
    assert here.receive() == packet(1, 9)
    second.within(taken_over, "BYE", 2)
    end = site.trunk.hear("BYE")
    assert isinstance(end, Request)
    site.trunk.send(reply(end, 200))
    second.hear(200)
    site.until(lambda: not site.live.get("/calls/active").json()["calls"])


def refresh_contact() -> str:
    return f"<sip:api-du-a-euwe.{DOMAIN}:443;x-i=1>"


def back(
    hand: Hand, heard: Request, method: str, number: int, more: dict[str, str], body: bytes = b""
) -> Request:
    """A request of the called in the dialog of an INVITE it answered."""
    contact = heard.contact
    assert contact is not None
    headers = {
        "Via": f"SIP/2.0/UDP {hand.place[0]}:{hand.place[1]};branch=z9hG4bKback{method}{number}",
        "From": f"{heard.get('To')};tag=far",
        "To": heard.get("From"),
        "Call-ID": heard.call_id,
        "CSeq": f"{number} {method}",
        "Contact": f"<sip:{hand.place[0]}:{hand.place[1]}>",
        "Max-Forwards": "70",
        **more,
    }
    return request(method, contact.uri, headers, body, "application/sdp" if body else "")


@pytest.mark.parametrize("offers", [True, False], ids=["with an offer", "without one"])
def test_a_call_to_teams(site: Site, offers: bool) -> None:
    """The tenant by the dial plan on the number called; an INVITE without an offer gets one."""
    here, there = site.ear(site.trunk_host, secure=False), site.ear(site.teams_hosts[0], secure=True)
    name = f"pstn-{offers}"
    headers = {
        "Via": f"SIP/2.0/UDP {site.trunk_host}:5080;branch=z9hG4bK{name}",
        "From": f"<sip:0831234567@{site.trunk_host}>;tag={name}",
        "To": f"<sip:+27111232500@{site.trunk_side}>",
        "Call-ID": name,
        "CSeq": "1 INVITE",
        "Contact": f"<sip:0831234567@{site.trunk_host}:5080>",
        "Max-Forwards": "70",
    }
    body = here.sdp("8 0 3") if offers else b""
    kind = "application/sdp" if offers else ""
    sent = request("INVITE", f"sip:+27111232500@{site.trunk_side}:5061", headers, body, kind)
    site.trunk.send(sent)
    out = site.servers.hear("INVITE")
    assert isinstance(out, Request)
    assert "@sbc02.teams.contoso.com:5061;transport=tls>" in out.get("Contact")
    assert out.from_.uri.user == "+27831234567"  # SRC_PSTN--TEAMS
    stream = Sdp.parse(out.body).streams[0]
    assert stream.proto == "RTP/SAVP"
    assert stream.formats == (("8", "0") if offers else ("18", "8", "0", "96"))
    chosen = usable(stream.attributes("crypto"))[0]
    assert there.own is not None
    assert chosen.mki == b"\x01"  # MKISize 1
    there.own = Crypto(chosen.tag, chosen.suite, there.own.key, b"\x02" if offers else b"")
    to_teams = there.learn(out.body)
    answer = there.sdp("8")
    site.servers.say(ok(out, answer, f"<sip:api-du-a-euwe.{DOMAIN}:443>"))
    final = site.trunk.hear(200, seconds=20)
    assert isinstance(final, Response)
    to_trunk = here.learn(final.body)
    ack = site.trunk.within(final, "ACK", 1) if offers else acked(site, final, here.sdp("8"))
    assert ack.method == "ACK"
    site.servers.hear("ACK")
    for number in range(3):
        here.send(packet(number, 8), to_trunk)  # first: Teams has its ACK before the trunk's is here
        assert there.receive() == packet(number, 8)
        there.send(packet(number, 7), to_teams)
        assert here.receive() == packet(number, 7)
    site.trunk.within(final, "BYE", 2)
    bye = site.servers.hear("BYE")
    assert isinstance(bye, Request)
    site.servers.say(reply(bye, 200))
    site.trunk.hear(200)


def acked(site: Site, final: Response, body: bytes) -> Request:
    """An ACK with the answer to what the 200 offered."""
    contact = final.contact
    assert contact is not None
    headers = {
        "Via": f"SIP/2.0/UDP {site.trunk_host}:5080;branch=z9hG4bKack{final.call_id}",
        "From": final.get("From"),
        "To": final.get("To"),
        "Call-ID": final.call_id,
        "CSeq": "1 ACK",
        "Max-Forwards": "70",
    }
    said = request("ACK", contact.uri, headers, body, "application/sdp")
    site.trunk.send(said)
    return said


def test_who_is_not_teams_is_not_answered(site: Site) -> None:
    """The condition on Contact, and ClassificationFailureResponseType 0: silence."""
    stranger, ear = site.caller(2), site.ear(site.teams_hosts[2], secure=True)
    from_teams(stranger, ear, "call-9", "+27112223344", Contact="<sip:evil@192.0.2.66:5061;transport=tls>")
    with pytest.raises(TimeoutError):
        stranger.hear(403, 404, 500, seconds=2)
