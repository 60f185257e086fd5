"""Test calls of a running device over REST, to a telephone with a real RTP socket (facts: newer firmware)."""

import socket
import time
from collections.abc import Iterator

import pytest

from live import MONITOR, Live
from phone import Phone, trunks
from sbcd.sip.message import Request, parse, reply
from sbcd.sip.sdp import Sdp

OTHER = b"[SIP Params]\nTestCallID = 999\n"


@pytest.fixture(scope="module")
def device(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with Live(tmp_path_factory.mktemp("trial") / "state") as running:
        yield running


@pytest.fixture
def phone() -> Iterator[Phone]:
    with Phone() as one:
        yield one


@pytest.fixture
def ears() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind(("127.0.0.1", 0))
        one.settimeout(5)
        yield one


def configured(device: Live, phone: Phone) -> None:
    answer = device.put_file("/files/ini/incremental", trunks(phone, phone) + OTHER)
    assert answer.status_code == 200, answer.text


def sdp(ears: socket.socket) -> bytes:
    port = ears.getsockname()[1]
    return (
        f"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
        f"m=audio {port} RTP/AVP 8 101\r\n"
        "a=rtpmap:101 telephone-event/8000\r\n"
    ).encode()


def status(device: Live, session: str) -> dict:
    return device.get(f"/sipTestCall/getStatus?sessionId={session}").json()


def until(device: Live, session: str, wanted: str) -> dict:
    for _ in range(200):
        told = status(device, session)
        if told["callStatus"] == wanted:
            return told
        time.sleep(0.05)
    raise AssertionError(told)


def events(ears: socket.socket, count: int) -> str:
    """The first digits that are heard, as text."""
    digits, last = "", None
    while len(digits) < count:
        packet = ears.recv(2048)
        stamp = packet[4:8]
        if packet[1] & 0x7F == 101 and stamp != last:
            digits, last = digits + str(packet[12]), stamp
    return digits


def test_a_test_call_rings_talks_and_is_dropped(device: Live, phone: Phone, ears: socket.socket) -> None:
    configured(device, phone)
    wanted = {"calledNumber": "2000", "callingNumber": "1000", "destIpGroup": "Carrier"}
    answer = device.post("/sipTestCall/dial", json=wanted | {"playDtmfString": "42", "timeout": 60})
    assert answer.status_code == 200, answer.text
    session = answer.json()["sessionId"]
    invite = phone.hear("INVITE")
    assert invite.target.user == "2000"
    phone.say(
        reply(
            invite,
            200,
            headers={"Contact": f"<sip:127.0.0.1:{phone.port}>"},
            body=sdp(ears),
            content_type="application/sdp",
            tag="callee",
        )
    )
    phone.hear("ACK")
    assert events(ears, 4) == "4242", "the digits, again and again"
    told = status(device, session)
    assert (told["callStatus"], told["callId"]) == ("Connected", invite.call_id)
    assert "releaseCause" not in told
    assert told["localStats"]["packetsSent"] > 20
    shown = device.get(f"/sipTestCall/show?sessionId={session}").json()
    assert (shown["calledNumber"], shown["timeout"], shown["keepResultTimeout"]) == ("2000", 60, 720)
    assert device.request("DELETE", f"/sipTestCall/drop?sessionId={session}").status_code == 200
    bye = phone.hear("BYE")
    phone.say(reply(bye, 200))
    told = until(device, session, "Disconnected")
    assert told["releaseCause"] == "RELEASE_BECAUSE_MANUAL_DISC"
    assert told["remoteStats"]["packetsSent"] > 20
    assert told["remoteStats"]["packetsReceived"] == 0
    assert device.get("/calls/active").json() == {"calls": []}


def test_no_figure_of_calls_counts_a_test_call(device: Live) -> None:
    for way in ("In", "Out"):
        told = device.get(f"/kpi/current/sbc/callStats/global/attemptedCalls{way}Total")
        assert told.json()["value"] == 0, told.text


def test_errors_are_told_as_newer_firmware_tells_them(device: Live) -> None:
    for path, code in (("getStatus?sessionId=77", 404), ("show?sessionId=77", 404), ("getStatus", 400)):
        answer = device.get(f"/sipTestCall/{path}")
        assert answer.status_code == code
        assert answer.json()["errorDescription"]
    assert (
        device.get("/sipTestCall/show?sessionId=77").json()["errorDescription"] == "Session ID does not exist"
    )
    assert device.request("DELETE", "/sipTestCall/drop?sessionId=77").status_code == 404
    assert device.request("DELETE", "/sipTestCall/drop").status_code == 400
    for wrong in (
        {"calledNumber": "1"},
        {"calledNumber": "1", "callingNumber": "2"},
        {"calledNumber": "1", "callingNumber": "2", "destIpGroup": "Nobody"},
        {"calledNumber": "1", "callingNumber": "2", "destIpGroup": "Carrier", "playDtmfString": "x"},
        {"calledNumber": "1", "callingNumber": "2", "destIpGroup": "Carrier", "playToneIndex": 7},
        {"calledNumber": "1", "callingNumber": "2", "destIpGroup": "Carrier", "transportType": "SCTP"},
        {"calledNumber": "1" * 62, "callingNumber": "2", "destIpGroup": "Carrier"},
    ):
        answer = device.post("/sipTestCall/dial", json=wrong)
        assert answer.status_code == 400, wrong
        assert answer.json()["description"]
    answer = device.post("/sipTestCall/dial", json={}, auth=MONITOR)
    assert answer.status_code == 403


def test_the_device_answers_its_test_number_and_talks(
    device: Live, phone: Phone, ears: socket.socket
) -> None:
    configured(device, phone)
    invite = phone.invite(device.sip, "1000", "999")
    answered = phone.hear("200")
    place = Sdp.parse(answered.body).place(0)
    assert place is not None
    ears.sendto(bytes([0x80, 8]) + bytes(10) + bytes(160), (place.host, place.port))
    ack = Request(
        "ACK",
        str(answered.contact.uri),
        {
            "Via": [f"SIP/2.0/UDP 127.0.0.1:{phone.port};branch=z9hG4bKack"],
            "From": [invite.get("From")],
            "To": [answered.get("To")],
            "Call-ID": [invite.call_id],
            "CSeq": ["1 ACK"],
            "Max-Forwards": ["70"],
        },
    )
    phone.say(ack)
    bye = ack.but({"CSeq": "2 BYE", "Via": ack.get("Via").replace("ack", "bye")}, method="BYE")
    phone.say(parse(bytes(bye)))
    assert phone.hear("200").cseq.method == "BYE"
    calls = device.get("/sipTestCall/show").json()["testCalls"]
    assert [one["calledNumber"] for one in calls][-1] == "999"


def test_a_series_by_table_is_begun_by_hand(device: Live, phone: Phone, ears: socket.socket) -> None:
    configured(device, phone)
    row = b"""[ Test_Call ]
FORMAT Index = EndpointURI, CalledURI, RouteBy, IPGroupName, CallDuration, MaxChannels;
Test_Call 0 = "1000", "3000", 1, "Carrier", 1, 1;
[ \\Test_Call ]
"""
    assert device.put_file("/files/ini/incremental", row).status_code == 200
    answer = device.post("/sipTestCall/table/0/dial")
    assert (answer.status_code, answer.json()["testSummary"]) == (200, "Running")
    invite = phone.hear("INVITE")
    assert invite.target.user == "3000"
    contact = {"Contact": f"<sip:127.0.0.1:{phone.port}>"}
    phone.say(
        reply(invite, 200, headers=contact, body=sdp(ears), content_type="application/sdp", tag="callee")
    )
    assert events(ears, 3) == "321", "TestCallDtmfString"
    phone.say(reply(phone.hear("BYE"), 200))
    told = device.get("/sipTestCall/table").json()["testCallTable"][0]
    assert (told["callAttempts"], told["establishedCalls"], told["failedAttempts"]) == (1, 1, 0)
    shown = device.put_file("/files/cliScript/incremental", b"show voip test-call\n").json()["output"]
    assert "3000" in shown
    for wrong in ("/sipTestCall/table/7/dial", "/sipTestCall/table/0/sing", "/sipTestCall/table/x/dial"):
        assert device.post(wrong).status_code == 400
