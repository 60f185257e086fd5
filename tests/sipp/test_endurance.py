"""Calls that are up while the world around them changes: configuration, processes, floods."""

import contextlib
import os
import random
import signal
import socket
import ssl
import time
from collections.abc import Iterator

import pytest

from sbcd.sip.message import Request, Response, parse, reply
from sbcd.sip.sdp import Sdp
from sbcd.sip.stream import Framer

from .bench import DEVICE, OTHER, PBX, SECOND, TRUNK, Site, udp
from .hand import Hand

ROUTES = """[ IP2IPRouting ]
FORMAT Index = RouteName, RoutingPolicyName, SrcIPGroupName, DestUsernamePrefix, DestType, DestAddress, \
DestPort, DestTransportType, DestSIPInterfaceName;
IP2IPRouting 4 = "ToPBX", "Default_SBCRoutingPolicy", "Trunk", "*", 1, "{0}", {1}, 0, "SIPInterface_0";
[ \\IP2IPRouting ]
"""


@pytest.fixture
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    found = Site(tmp_path_factory.mktemp("site"))
    found.start()
    yield found
    found.live.stop()


@pytest.fixture
def trunk(site: Site) -> Iterator[Hand]:
    found = Hand(site.host(TRUNK), 5080, (site.host(DEVICE), 5060))
    yield found
    found.close()


@pytest.fixture
def pbx(site: Site) -> Iterator[Hand]:
    found = Hand(site.host(PBX), 5090, (site.host(DEVICE), 5060))
    yield found
    found.close()


@pytest.fixture
def second(site: Site) -> Iterator[Hand]:
    found = Hand(site.host(SECOND), 5091, (site.host(DEVICE), 5060))
    yield found
    found.close()


def up(trunk: Hand, pbx: Hand, user: str = "123") -> Response:
    """A call between the two."""
    trunk.invite(user)
    heard = pbx.hear("INVITE")
    assert isinstance(heard, Request)
    pbx.answer(heard)
    ok = trunk.hear(200)
    assert isinstance(ok, Response)
    trunk.within(ok, "ACK", 1)
    pbx.hear("ACK")
    return ok


def down(trunk: Hand, pbx: Hand, ok: Response) -> None:
    """The caller ends it."""
    trunk.within(ok, "BYE", 2)
    heard = pbx.hear("BYE")
    assert isinstance(heard, Request)
    pbx.answer(heard)
    assert trunk.hear(200).cseq.method == "BYE"


def test_fifty_calls_outlive_a_change(site: Site, trunk: Hand, pbx: Hand, second: Hand) -> None:
    """No call drops when the configuration changes; new calls follow the new plan (R28)."""
    calls = [up(trunk, pbx, f"5{number:02}") for number in range(50)]
    assert site.put(ROUTES.format(site.host(SECOND), 5091)).status_code == 200
    new = up(trunk, second)
    site.until(lambda: site.value("activeSessions") == 51)
    for ok in calls:
        down(trunk, pbx, ok)
    down(trunk, second, new)
    site.until(lambda: site.value("activeSessions") == 0)
    assert site.value("abnormalTerminatedCallsInTotal") == 0


def follow(site: Site, trunk: Hand, pbx: Hand, second: Hand, times: int) -> None:
    """A call placed right after the 200 uses the new route, every time."""
    for number in range(times):
        hand = second if number % 2 else pbx
        found = site.put(ROUTES.format(*hand.place))
        assert found.status_code == 200, found.text
        trunk.invite("77")
        heard = hand.hear("INVITE", seconds=3)
        assert isinstance(heard, Request)
        hand.answer(heard, 486)
        trunk.hear(486)


def test_200_means_done(site: Site, trunk: Hand, pbx: Hand, second: Hand) -> None:
    """R28."""
    follow(site, trunk, pbx, second, 50)


@pytest.mark.long
@pytest.mark.timeout(600)
def test_200_means_done_a_thousand_times(site: Site, trunk: Hand, pbx: Hand, second: Hand) -> None:
    """R28."""
    follow(site, trunk, pbx, second, 1000)


def insist(trunk: Hand, pbx: Hand, seconds: float = 20) -> Request:
    """A call as an impatient phone makes it: again and again, until it comes through."""
    end = time.monotonic() + seconds
    while True:
        trunk.invite("1")
        try:
            heard = pbx.hear("INVITE", seconds=0.2)
        except TimeoutError:
            assert time.monotonic() < end
            continue
        assert isinstance(heard, Request)
        return heard


def engine(site: Site) -> int:
    """The process id of the engine of this device."""
    wanted = f"sbcd.engine\0--state\0{site.live.state}\0".encode()
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/cmdline", "rb") as file:
                    if wanted in file.read():
                        return int(name)
            except OSError:
                continue
    return 0


def test_engine_killed(site: Site, trunk: Hand, pbx: Hand) -> None:
    """It is there again with the plan; an alarm told so and is cleared; management never stopped."""
    up(trunk, pbx)
    old = engine(site)
    os.kill(old, signal.SIGKILL)
    killed = time.monotonic()
    site.until(lambda: engine(site) not in {0, old})
    assert site.live.get("/status").status_code == 200
    heard = insist(trunk, pbx)
    print(f"calls again after {time.monotonic() - killed:.2f} s")
    pbx.answer(heard, 486)
    history = lambda: site.live.get("/alarms/history?limit=200").text  # noqa: E731
    site.until(lambda: history().count("Call engine") >= 2)
    assert "Call engine" not in site.live.get("/alarms/active").text


def test_management_killed(site: Site, trunk: Hand, pbx: Hand) -> None:
    """Calls go on; the next management finds the same engine, and hears what it missed."""
    ok = up(trunk, pbx)
    old = engine(site)
    site.live.stop(signal.SIGKILL)
    again = up(trunk, pbx, "456")
    down(trunk, pbx, ok)
    site.live.start()
    assert engine(site) == old
    site.until(lambda: site.value("activeSessions") == 1)
    down(trunk, pbx, again)
    site.until(lambda: site.value("activeSessions") == 0)


def spoken(message: Request | Response) -> tuple[str, int]:
    """Where the other side wants its RTP."""
    said = Sdp.parse(message.body).place(0)
    assert said is not None
    return said.host, said.port


def sessions(site: Site) -> int:
    """What /mc_status tells of the relay (R30)."""
    found: int = site.live.get("/mc_status").json()["mediaComponents"][0]["activeSessions"]
    return found


def test_media_both_ways(site: Site, trunk: Hand, pbx: Hand) -> None:
    """RTP goes through ports of the media realm, both ways, hidden from each other, and is counted."""
    trunk.invite("123")
    heard = pbx.hear("INVITE")
    assert isinstance(heard, Request)
    pbx.answer(heard)
    ok = trunk.hear(200)
    assert isinstance(ok, Response)
    trunk.within(ok, "ACK", 1)
    pbx.hear("ACK")
    near, far = spoken(ok), spoken(heard)
    assert {near[0], far[0]} == {site.host(DEVICE)}
    assert near != far
    with udp(site.host(TRUNK), 30002) as left, udp(site.host(PBX), 40000) as right:
        for number in range(20):
            packet = b"\x80\x08" + number.to_bytes(2, "big") + (number * 160).to_bytes(4, "big")
            left.sendto(packet + b"aaaa" + bytes(160), near)
            right.sendto(packet + b"bbbb" + bytes(160), far)
            for phone, mark in ((left, b"bbbb"), (right, b"aaaa")):
                data, place = phone.recvfrom(2000)
                assert data[8:12] == mark
                assert place[0] == site.host(DEVICE)
    site.until(lambda: sessions(site) == 1)
    down(trunk, pbx, ok)
    site.until(lambda: site.value("mediaPacketsInTotal", "media/mediaStats/global") == 40)
    site.until(lambda: sessions(site) == 0)


def test_reset_waits_for_the_last_call(site: Site, trunk: Hand, pbx: Hand) -> None:
    """R11: LOCKED, new calls are refused, the call under way ends in peace; then everything begins anew."""
    ok = up(trunk, pbx)
    old = engine(site)
    site.until(lambda: site.value("activeSessions") == 1)
    told = site.live.post("/actions/reset", json={"saveConfiguration": True, "gracefulTimeout": 1})
    assert told.status_code == 200, told.text
    assert site.live.get("/status").json()["operationalState"] == "LOCKED"

    def refused() -> bool:
        trunk.invite("1")
        return trunk.hear(503, 100).cseq.method == "INVITE"

    site.until(refused)
    assert site.live.post("/actions/reset", json={}).status_code == 409
    down(trunk, pbx, ok)
    site.until(lambda: engine(site) not in {0, old}, 30)
    site.live.wait(30)
    pbx.answer(insist(trunk, pbx), 486)
    assert site.live.get("/status").json()["operationalState"] == "UNLOCKED"


def told(site: Site, script: str) -> str:
    """What a CLI script prints."""
    answer = site.live.put_file("/files/cliScript/incremental", script.encode())
    assert answer.json()["status"] == "success", answer.text
    return str(answer.json()["output"])


def test_locked_and_unlocked(site: Site, trunk: Hand, pbx: Hand) -> None:
    """`admin state lock`: LOCKED, the alarm stands, no new calls; who talks goes on."""
    ok = up(trunk, pbx)
    site.until(lambda: site.value("activeSessions") == 1)
    assert "shutting down" in told(site, "admin state lock graceful forever\n")
    assert site.live.get("/status").json()["operationalState"] == "LOCKED"
    trunk.invite("1")
    assert trunk.hear(503).get("Retry-After")
    site.until(lambda: "shutting down" in site.live.get("/alarms/active").text)
    down(trunk, pbx, ok)
    site.until(lambda: "locked" in told(site, "show admin state\n"))
    assert "unlocked" in told(site, "admin state unlock\n")
    assert site.live.get("/status").json()["operationalState"] == "UNLOCKED"
    up(trunk, pbx)
    site.until(lambda: site.value("activeSessions") == 1)
    told(site, "admin state lock no-graceful\n")
    for phone in (trunk, pbx):
        bye = phone.hear("BYE")
        assert isinstance(bye, Request)
        phone.answer(bye)
    old = engine(site)
    os.kill(old, signal.SIGKILL)
    site.until(lambda: engine(site) not in {0, old})

    def refused() -> bool:
        trunk.invite("1")
        with contextlib.suppress(TimeoutError):
            return trunk.hear(503, seconds=0.3).cseq.method == "INVITE"
        return False

    site.until(refused)


def test_garbage_flood(site: Site, trunk: Hand, pbx: Hand) -> None:
    """Twenty thousand datagrams of nothing: calls go on, nothing is remembered of it."""
    dice = random.Random(7)
    noise = [dice.randbytes(dice.randrange(1, 600)) for _ in range(200)]
    noise += [b"INVITE sip:x SIP/2.0\r\n\r\n", b"OPTIONS sip:a@b SIP/2.0\r\nVia: x\r\n\r\n", b"\r\n" * 20]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as flood:
        flood.bind((site.host(OTHER), 0))
        for number in range(20_000):
            flood.sendto(noise[number % len(noise)], (site.host(DEVICE), 5060))
    pbx.answer(insist(trunk, pbx), 486)
    trunk.hear(486)
    assert "Call engine" not in site.live.get("/alarms/history?limit=200").text


def large(trunk: Hand, user: str) -> Request:
    """A call with more to say than fits into a datagram (RFC 3261 18.1.1)."""
    said = trunk.invite(user, {"X-Story": "long " * 300})
    assert len(bytes(said)) > 1300
    return said


def test_large_requests_go_by_tcp_where_it_is_taken(site: Site, trunk: Hand, pbx: Hand) -> None:
    """The PBX has no TCP: by UDP after all. The second one has: by TCP."""
    large(trunk, "123")
    heard = pbx.hear("INVITE")
    assert isinstance(heard, Request)
    assert heard.via.transport == "udp"
    pbx.answer(heard, 486)
    trunk.hear(486)
    second = socket.create_server((site.host(SECOND), 5091))
    second.settimeout(10)
    assert site.put(ROUTES.format(site.host(SECOND), 5091)).status_code == 200
    large(trunk, "123")
    connection, _ = second.accept()
    connection.settimeout(10)
    framer, found = Framer(), []
    while not found:
        found = list(framer.feed(connection.recv(65535)))
    by_tcp = parse(found[0])
    assert isinstance(by_tcp, Request)
    assert by_tcp.via.transport == "tcp"
    connection.sendall(bytes(reply(by_tcp, 486, tag="x")))
    trunk.hear(486)
    connection.close()
    second.close()


def test_connections_that_say_nothing(site: Site, trunk: Hand, pbx: Hand) -> None:
    """Half-open, half a message, garbage: none of it holds anybody up; garbage is closed at once."""
    place = (site.host(DEVICE), 5060)
    idle = [socket.create_connection(place, 5, (site.host(OTHER), 0)) for _ in range(100)]
    for number, connection in enumerate(idle):
        connection.sendall(b"INVITE sip:a@b SIP/2.0\r\nVia: " if number % 2 else b"")
    with socket.create_connection(place, 5, (site.host(OTHER), 0)) as rude:
        rude.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert rude.recv(100) == b""
    down(trunk, pbx, up(trunk, pbx))
    for connection in idle:
        connection.close()


def test_a_peer_in_a_black_hole(site: Site, trunk: Hand, pbx: Hand) -> None:
    """It takes everything and says nothing: the next server is called and stays the first one to be called;
    whoever talked to it may hang up at once."""
    ok = up(trunk, pbx)
    trunk.within(ok, "BYE", 2)  # from here on the PBX says nothing more
    assert trunk.hear(200).cseq.method == "BYE"
    site.until(lambda: site.value("activeSessions") == 0)
    second = Hand(site.host(SECOND), 5090, (site.host(DEVICE), 5060))
    trunk.invite("1")
    heard = second.hear("INVITE")
    assert isinstance(heard, Request)
    second.answer(heard, 486)
    trunk.hear(486)
    began = time.monotonic()
    trunk.invite("1")
    heard = second.hear("INVITE")
    assert time.monotonic() - began < 2
    assert isinstance(heard, Request)
    second.answer(heard, 486)
    trunk.hear(486)
    second.close()
    site.until(lambda: site.value("activeSessions") == 0)


TCP_REPAIR = 19  # a socket that is closed in this state says nothing to its peer


def test_a_connection_whose_other_end_is_no_more(site: Site, pbx: Hand) -> None:
    """Half-open: the trunk vanished without a word. The PBX hangs up, the call ends; the trunk is back."""
    place = (site.host(DEVICE), 5060)
    caller = Hand(site.host(TRUNK), 5080, place, "tcp")
    up(caller, pbx)
    heard = pbx.last
    site.until(lambda: site.value("activeSessions") == 1)
    try:
        caller.socket.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, 1)
    except PermissionError:
        caller.close()
        pytest.skip("a half-open connection takes CAP_NET_ADMIN to make")
    caller.close()
    pbx.bye(heard)
    assert pbx.hear(200).cseq.method == "BYE"
    site.until(lambda: site.value("activeSessions") == 0)
    again = Hand(site.host(TRUNK), 5080, place, "tcp")
    down(again, pbx, up(again, pbx))
    again.close()


def test_a_peer_that_does_not_read(site: Site, trunk: Hand, pbx: Hand) -> None:
    """It asks by TCP and takes no answer: its connection is closed; nobody else waits for it."""
    place = (site.host(DEVICE), 5060)
    ask = (
        "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP x;branch=z9hG4bK{0}\r\nFrom: <sip:a@b>;tag=1\r\n"
        "To: <sip:c@d>\r\nCall-ID: {0}\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nSubject: {1}\r\n"
        "Content-Length: 0\r\n\r\n"
    )
    down(trunk, pbx, up(trunk, pbx))
    with socket.create_connection(place, 5, (site.host(TRUNK), 0)) as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.settimeout(5)
        with contextlib.suppress(TimeoutError, ConnectionError):
            for number in range(40_000):
                deaf.sendall(ask.format(number, "x" * 100).encode())
            pytest.fail("everything was taken")
    pbx.answer(insist(trunk, pbx), 486)
    trunk.hear(486)


def test_tls_to_udp(site: Site, pbx: Hand) -> None:
    """A trunk that calls by TLS reaches a PBX on UDP, and is hung up on its own connection."""
    caller = Hand(site.host(TRUNK), 5081, (site.host(DEVICE), 5061), "tls")
    ok = up(caller, pbx)
    assert ";transport=tls" in ok.get("Contact")
    down(caller, pbx, ok)
    caller.close()
    with socket.create_connection((site.host(DEVICE), 5061), 5, (site.host(OTHER), 0)) as rude:
        rude.sendall(b"INVITE sip:not-by-tls SIP/2.0\r\n\r\n")
    site.until(lambda: site.value("rejectedSipTlsConnTotal", "network/ddosStats/global") == 1)
    assert site.value("attemptedSipTlsConnTotal", "network/ddosStats/global") == 2


def test_a_new_certificate_serves_new_connections(site: Site, pbx: Hand) -> None:
    """The TLS room's change reaches the engine; the old connection lives on."""
    place = (site.host(DEVICE), 5061)
    caller = Hand(site.host(TRUNK), 5081, place, "tls")
    old = ssl.get_server_certificate(place)
    body = {"subjectName": "CN=new.example"}
    assert site.live.post("/files/tls/0/certificate/generate", json=body).status_code == 200
    site.until(lambda: ssl.get_server_certificate(place) != old)
    down(caller, pbx, up(caller, pbx))
    caller.close()
