"""The torture messages of RFC 4475, handled as that RFC says for an element that is strict and simple.

Each goes into an endpoint; what comes out to its user is then judged as the RFC's section on it says."""

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sbcd.sip.events import RequestReceived, Send, Strayed
from sbcd.sip.grammar import Malformed
from sbcd.sip.message import Request, Response, parse
from sbcd.sip.refusal import refusal
from sbcd.sip.validity import request_flaw, response_flaw
from sip.playbook import UAC, UAS, endpoint, flow

CORPUS = Path(__file__).parents[1] / "corpus" / "messages"
METHODS = ("INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "REGISTER", "MESSAGE")
# what happens: "taken", the status of the refusal, or "dropped"; and where RFC 4475 says so
FATES = {
    "wsinv": ("taken", "3.1.1.1"),
    "intmeth": (501, "3.1.1.2"),
    "esc01": ("taken", "3.1.1.3"),
    "escnull": ("taken", "3.1.1.4"),
    "esc02": (501, "3.1.1.5"),
    "lwsdisp": ("taken", "3.1.1.6"),
    "longreq": ("taken", "3.1.1.7"),
    "dblreq": ("taken", "3.1.1.8"),
    "semiuri": ("taken", "3.1.1.9"),
    "transports": ("taken", "3.1.1.10"),
    "mpart01": ("taken", "3.1.1.11"),
    "unreason": ("read", "3.1.1.12"),
    "noreason": ("read", "3.1.1.13"),
    "badinv01": (400, "3.1.2.1: even the Via is bad, so the answer goes to the sender's address"),
    "clerr": (400, "3.1.2.2"),
    "ncl": (400, "3.1.2.3"),
    "scalar02": (400, "3.1.2.4"),
    "scalarlg": ("dropped", "3.1.2.5"),
    "quotbal": (400, "3.1.2.6"),
    "ltgtruri": (400, "3.1.2.7"),
    "lwsruri": (400, "3.1.2.8"),
    "lwsstart": (400, "3.1.2.9"),
    "trws": (400, "3.1.2.10"),
    "escruri": (400, "3.1.2.11"),
    "baddate": ("taken", "3.1.2.12: who does not use Date may ignore it"),
    "regbadct": ("taken", "3.1.2.13: its Contact cannot be understood, see below"),
    "badaspec": (400, "3.1.2.14"),
    "baddn": (400, "3.1.2.15"),
    "badvers": (505, "3.1.2.16"),
    "mismatch01": (400, "3.1.2.17"),
    "mismatch02": (400, "3.1.2.18: 400 or 501"),
    "bigcode": ("dropped", "3.1.2.19"),
    "badbranch": ("taken", "3.2.1"),
    "insuf": (400, "3.3.1"),
    "unkscm": (416, "3.3.2"),
    "novelsc": (416, "3.3.3"),
    "unksm2": ("taken", "3.3.4"),
    "bext01": (420, "3.3.5"),
    "invut": (415, "3.3.6"),
    "regaut01": ("taken", "3.3.7: challenged again by who wants a password"),
    "multi01": (400, "3.3.8"),
    "mcl01": (400, "3.3.9"),
    "bcast": ("dropped", "3.3.10"),
    "zeromf": ("taken", "3.3.11: OPTIONS with Max-Forwards 0 is answered"),
    "cparam01": ("taken", "3.3.12"),
    "cparam02": ("taken", "3.3.13"),
    "regescrt": ("taken", "3.3.14"),
    "sdp01": (406, "3.3.15"),
    "inv2543": ("taken", "3.4.1"),
}


def load(name):
    return (CORPUS / f"{name}.sip").read_bytes()


def test_every_message_is_here():
    assert {path.stem for path in CORPUS.glob("*.sip")} >= FATES.keys()


@pytest.mark.parametrize("name", FATES)
def test_fate(name):
    data = load(name)
    outputs = endpoint().receive(data, flow(UAS, UAC), 0.0)
    fresh = [output for output in outputs if isinstance(output, RequestReceived)]
    sent = [parse(output.data) for output in outputs if isinstance(output, Send)]
    if fresh:
        refused = refusal(fresh[0].request, METHODS, {"timer", "100rel"}, ())
        if refused is None and fresh[0].request.method == "INVITE":
            refused = refusal(fresh[0].request, METHODS, {"timer", "100rel"})
        fate = refused.status if refused else "taken"
    elif sent:
        fate = sent[0].status
    elif any(isinstance(output, Strayed) and output.status for output in outputs):
        fate = "read" if not response_flaw(parse(data)) and name != "bcast" else "dropped"
    else:
        fate = "dropped"
    assert fate == FATES[name][0], (FATES[name][1], outputs)


def test_what_wsinv_means():
    read = parse(load("wsinv"))
    assert request_flaw(read) == ""
    assert (read.to.tag, read.from_.tag, read.from_.display) == ("1918181833n", "98asjd8", 'J Rosenberg \\"')
    assert (str(read.cseq), read.number("Max-Forwards", 255)) == ("9 INVITE", 68)
    assert (read.via.host, read.via.params["branch"], read.via.branch) == ("192.0.2.2", "390skdjuw", "")
    assert len(read.listed("Via")) == 3
    assert read.get("Subject", "none") == ""
    assert read.get("newfangledheader") == "newfangled value continued newfangled value"
    assert read.get("UnknownHeaderWithUnusualValue") == ";;,,;;,;"
    assert read.contact.params == {"newparam": "newvalue", "secondparam": None, "q": "0.33"}
    assert read.addresses("Route")[0].uri.params == {
        "lr": None,
        "unknownwith": "value",
        "unknown-no-value": None,
    }
    assert len(read.body) == 150


def test_what_others_mean():
    read = parse(load("intmeth"))
    assert read.method == "!interesting-Method0123456789_*+`.%indeed'~"
    assert read.to.display == "BEL:_ NUL:_ DEL:_"
    assert read.target.host == "example.com"
    assert read.target.user.endswith("weird!*pas$wo~d_too.(doesn't-it)")
    assert read.get("extensionHeader-!.%*+_`'~") == "大停電"
    assert parse(load("esc01")).to.uri.number == "user"
    assert parse(load("esc01")).target.user == "sips%3Auser%40example.com"
    assert len(parse(load("esc02")).all("Contact")) == 2  # C%6Fntact is another header
    assert parse(load("dblreq")).body == b""
    assert parse(load("semiuri")).target.number == "user"
    assert [via.split("/")[2].split()[0] for via in parse(load("transports")).listed("Via")] == [
        "UDP", "SCTP", "TLS", "UNKNOWN", "TCP",
    ]  # fmt: skip
    assert parse(load("mpart01")).body.count(bytes(range(256))) == 1
    assert "девяносто" in parse(load("unreason")).reason
    assert parse(load("noreason")).reason == ""
    assert parse(load("cparam01")).contact.params == {"unknownparam": None}
    assert parse(load("cparam02")).contact.uri.params == {"unknownparam": None}
    assert parse(load("regescrt")).contact.uri.headers == "Route=%3Csip:sip.example.com%3E"
    with pytest.raises(Malformed):
        _ = parse(load("regbadct")).contact


@pytest.mark.parametrize("name", FATES)
def test_what_was_read_is_written_and_read_again_as_equal(name):
    try:
        first = parse(load(name))
    except Malformed:
        return
    if first.flaw:
        return
    second = parse(bytes(first))
    assert (second.headers, second.body, second.flaw) == (first.headers, first.body, "")


WORDS = st.sampled_from(
    b"""INVITE sip:a@b SIP/2.0|SIP/2.0 200 OK|Via: SIP/2.0/UDP h;branch=z9hG4bKx|From: <sip:a@b>;tag=1
|To: <sip:a@b>|Call-ID: 1|CSeq: 1 INVITE|Contact: *|Route: <sip:a>,
| folded|l: 3|\xff\xfe: x|Via: ,|From: "|CSeq: x
|Via: \r|Max-Forwards: 999||\0""".replace(b"\n", b"").split(b"|")
)


@given(st.one_of(st.binary(max_size=300), st.lists(WORDS, max_size=14).map(b"\r\n".join)))
@example(b"")
@example(b"\r\n\r\n")
@example(b"SIP/2.0\r\nVia:,")
@example(b"INVITE sip:a@b SIP/2.0\r\nVia: \r\n\r\n")
def test_no_bytes_crash_the_endpoint(data):
    end = endpoint()
    for whole in (data, data + b"\r\n\r\n", load("wsinv")[:40] + data):
        for output in end.receive(whole, flow(UAS, UAC), 0.0):
            if isinstance(output, Send):
                answer = parse(output.data)
                assert isinstance(answer, Response)
                assert not response_flaw(answer) or answer.status in {400, 505}


@given(st.integers(0, 2000), st.binary(min_size=1, max_size=3), st.sampled_from(sorted(FATES)))
def test_no_damage_to_a_real_message_crashes_the_endpoint(at, noise, name):
    data = load(name)
    at %= len(data)
    outputs = endpoint().receive(data[:at] + noise + data[at + len(noise) :], flow(UAS, UAC), 0.0)
    for output in outputs:
        if isinstance(output, RequestReceived):
            assert isinstance(output.request, Request)
            assert not request_flaw(output.request)
