"""Direct Routing in the manner of the samples, loaded through REST: a trunk by UDP and RTP, an office by TLS
and SRTP; calls both ways, transfers, media."""

import datetime
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from sbcd.sip.message import Request, Response
from sbcd.sip.sdp import Sdp

from .bench import DEVICE, HERE, TRUNK, Site, udp
from .hand import Hand
from .office import Office, keys, packet

EDGE, OFFICE = 5, 6
NAME = "sip.pstnhub.example"
Referred = Callable[[], tuple[Request, Response, Request]]
"""The INVITE of the first call, its answer, and the INVITE to whom it was referred."""
TO_OFFICE = f"<sip:+4940@{NAME}:5061;transport=tls;x-m=8:orgid:7>"


def certificate(folder: Path) -> Path:
    """A self-signed one, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    found = folder / "office.pem"
    found.write_bytes(private + made.public_bytes(pem))
    return found


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    found = Site(tmp_path_factory.mktemp("teams"))
    found.start()
    asked = time.monotonic()
    answer = found.live.put_file("/files/ini", found.text(HERE / "teams.ini").encode())
    assert answer.status_code == 200, answer.text
    found.live.wait_reset(asked)
    found.until(lambda: listens(found.host(EDGE), 5061), 30)
    yield found
    assert found.live.stop() == 0


def listens(host: str, port: int) -> bool:
    """Whether somebody takes TCP connections there: the engine comes up beside REST."""
    with socket.socket() as one:
        return one.connect_ex((host, port)) == 0


@pytest.fixture
def trunk(site: Site) -> Iterator[Hand]:
    found = Hand(site.host(TRUNK), 5080, (site.host(DEVICE), 5060))
    yield found
    found.close()


@pytest.fixture(scope="module")
def office(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    cert = certificate(tmp_path_factory.mktemp("cert"))
    found = Office(site.host(OFFICE), NAME, (site.host(EDGE), 5061), cert)
    ping = found.hear("OPTIONS")
    assert isinstance(ping, Request)
    found.answer(ping, 200)
    found.contact_of_ping = ping.get("Contact")
    site.until(lambda: "PS_Teams" not in site.live.get("/alarms/active").text, 20)
    yield found
    found.close()


def answered(trunk: Hand, office: Office, port: int = 0) -> tuple[Request, Response]:
    """The trunk calls the office, which answers."""
    trunk.invite("+4940123")
    heard = office.hear("INVITE")
    assert isinstance(heard, Request)
    office.answer(heard, 180)
    trunk.hear(180)
    office.answer(heard, 200, office.sdp(port))
    ok = trunk.hear(200)
    assert isinstance(ok, Response)
    trunk.within(ok, "ACK", 1)
    office.hear("ACK")
    return heard, ok


def place(body: bytes) -> tuple[str, int]:
    found = Sdp.parse(body).place(0)
    assert found is not None
    return found.host, found.port


def talk(
    left: socket.socket, near: tuple[str, int], right: socket.socket, far: tuple[str, int], body: bytes
) -> None:
    """Ten packets each way: plain on the left, sealed on the right; the first may find nobody there yet."""
    seal, open_ = keys(body)
    for number in range(10):
        left.sendto(packet(number, b"left"), near)
        right.sendto(seal(packet(number, b"rght")), far)
        assert open_(right.recv(2000))[8:12] == b"left"
        assert left.recv(2000)[8:12] == b"rght"


def hang_up(trunk: Hand, office: Office, ok: Response, own: bool = False) -> None:
    trunk.within(ok, "BYE", 2)
    bye = office.hear("BYE", own=own)
    assert isinstance(bye, Request)
    office.answer(bye, 200, own=own)
    assert trunk.hear(200).cseq.method == "BYE"


def rtp(body: bytes) -> int:
    """The port of a description."""
    return place(body)[1]


def test_the_trunk_calls_the_office(site: Site, trunk: Hand, office: Office) -> None:
    """TLS and SRTP there, UDP and RTP here; nothing of the trunk is seen; media both ways. The keep-alive
    says the name that the manipulation gives it."""
    heard, ok = answered(trunk, office)
    assert heard.target.user == "+4940123"
    assert site.host(TRUNK) not in str(heard.headers)
    assert Sdp.parse(ok.body).streams[0].proto == "RTP/AVP"
    assert place(ok.body)[0] == site.host(DEVICE)
    assert place(heard.body)[0] == site.host(EDGE)
    assert "sbc01.teams.example" in office.contact_of_ping
    with udp(site.host(TRUNK), rtp_of(trunk)) as left, udp(site.host(OFFICE), office.port) as right:
        talk(left, place(ok.body), right, place(heard.body), heard.body)
    hang_up(trunk, office, ok)


def rtp_of(trunk: Hand) -> int:
    """The port of the hand's last description."""
    return rtp(trunk.described)


def test_the_office_calls_the_trunk(site: Site, trunk: Hand, office: Office) -> None:
    """Classified by its Contact and the name it calls; the trunk gets its asserted identity and plain RTP."""
    office.invite("+49301", "sbc01.teams.example")
    heard = trunk.hear("INVITE")
    assert isinstance(heard, Request)
    assert "+4930@" in heard.get("P-Asserted-Identity")
    assert Sdp.parse(heard.body).streams[0].proto == "RTP/AVP"
    trunk.answer(heard)
    ok = office.hear(200, own=True)
    assert isinstance(ok, Response)
    office.within(ok, "ACK", 1)
    trunk.hear("ACK")
    with udp(site.host(TRUNK), 40000) as left, udp(site.host(OFFICE), office.port) as right:
        talk(left, place(heard.body), right, place(ok.body), ok.body)
    office.within(ok, "BYE", 2)
    bye = trunk.hear("BYE")
    assert isinstance(bye, Request)
    trunk.answer(bye)
    assert office.hear(200, own=True).cseq.method == "BYE"


def test_strangers_get_no_answer(site: Site, office: Office) -> None:
    """ClassificationFailureResponseType 0."""
    with udp(site.host(OFFICE), 0) as rude:
        rude.settimeout(0.5)
        head = (
            "Via: SIP/2.0/UDP x;branch=z9hG4bKr\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: r\r\n"
        )
        said = f"INVITE sip:1@d SIP/2.0\r\n{head}CSeq: 1 INVITE\r\nMax-Forwards: 70\r\n\r\n"
        rude.sendto(said.encode(), (site.host(DEVICE), 5060))
        with pytest.raises(TimeoutError):
            rude.recv(1000)


def news(office: Office) -> str:
    """What the next NOTIFY tells, which comes the way the REFER went; it is answered."""
    heard = office.hear("NOTIFY", own=True)
    assert isinstance(heard, Request)
    office.answer(heard, 200, own=True)
    return heard.body.decode().strip()


@pytest.fixture
def referred(site: Site, trunk: Hand, office: Office) -> Iterator[Referred]:
    """The trunk talks to the office, which refers it to somebody else there."""

    def make() -> tuple[Request, Response, Request]:
        heard, ok = answered(trunk, office)
        office.within(heard, "REFER", 1, Refer_To=TO_OFFICE, Referred_By=f"<sip:+4930@{NAME}>")
        assert office.hear(202, own=True).cseq.method == "REFER"
        assert news(office) == "SIP/2.0 100 Trying"
        called = office.hear("INVITE")
        assert isinstance(called, Request)
        assert called.uri == TO_OFFICE[1:-1]
        assert called.get("Referred-By") == f"<sip:+4930@{NAME}>"
        return heard, ok, called

    yield make
    site.until(lambda: site.value("activeSessions") == 0)


def test_a_transfer(
    site: Site,
    trunk: Hand,
    office: Office,
    referred: Referred,
) -> None:
    """REFER is carried out here: the new one is called by TLS, the trunk is told by re-INVITE where he is,
    their media flow; the origin line of what the trunk is told goes on."""
    heard, ok, called = referred()
    office.answer(called, 200, office.sdp(50010))
    office.hear("ACK")
    again = trunk.hear("INVITE")
    assert isinstance(again, Request)
    was, now = Sdp.parse(ok.body).origin, Sdp.parse(again.body).origin
    assert (was[1], was[2] + 1) == (now[1], now[2])
    trunk.send_back(again, trunk.described)
    trunk.hear("ACK")
    assert news(office) == "SIP/2.0 200 OK"
    with udp(site.host(TRUNK), rtp_of(trunk)) as left, udp(site.host(OFFICE), 50010) as right:
        talk(left, place(again.body), right, place(called.body), called.body)
    office.within(heard, "BYE", 2)
    assert office.hear(200, own=True).cseq.method == "BYE"
    trunk.within(ok, "BYE", 2)
    bye = office.hear("BYE")
    assert isinstance(bye, Request)
    assert bye.call_id == called.call_id
    office.answer(bye, 200)
    assert trunk.hear(200).cseq.method == "BYE"


def test_a_transfer_that_fails_keeps_the_call(
    site: Site,
    trunk: Hand,
    office: Office,
    referred: Referred,
) -> None:
    heard, ok, called = referred()
    office.answer(called, 486)
    assert news(office) == "SIP/2.0 486 Busy Here"
    with udp(site.host(TRUNK), rtp_of(trunk)) as left, udp(site.host(OFFICE), office.port) as right:
        talk(left, place(ok.body), right, place(heard.body), heard.body)
    hang_up(trunk, office, ok, own=True)
