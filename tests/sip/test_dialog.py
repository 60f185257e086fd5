"""What a leg remembers: tags, routes, CSeq, targets; session timers; reliable provisionals."""

import pytest

from sbcd.sip.dialog import Dialog, glare_delay
from sbcd.sip.grammar import Malformed
from sbcd.sip.message import reply
from sbcd.sip.refusal import Refusal, refusal, too_large
from sbcd.sip.reliable import Order, headers, possible, wanted
from sbcd.sip.session import SessionTimer, TooSmall, agreed, answered, offered, raised
from sip.playbook import invite

ROUTES = "<sip:p1.example;lr>, <sip:p2.example;lr>"


def test_who_was_asked_keeps_the_route_in_order():
    """RFC 3261 12.1.1."""
    dialog = Dialog.taken(invite(**{"Record-Route": ROUTES}), "b1")
    bye = dialog.request("BYE")
    assert dialog.id == ("call-1", "b1", "a1")
    assert (bye.uri, str(bye.cseq), bye.from_.tag, bye.to.tag) == ("sip:alice@192.0.2.1", "1 BYE", "b1", "a1")
    assert bye.all("Route") == ["<sip:p1.example;lr>", "<sip:p2.example;lr>"]
    assert str(dialog.next_hop) == "sip:p1.example;lr"


def test_who_asked_turns_the_route_round():
    """RFC 3261 12.1.2; the ACK of the 2xx has the CSeq of the INVITE."""
    sent = invite(number=5)
    answer = reply(sent, 200, headers={"Record-Route": ROUTES, "Contact": "<sip:bob@10.0.0.2>"}, tag="b1")
    dialog = Dialog.made(sent, answer)
    ack = dialog.ack(5)
    assert (ack.uri, str(ack.cseq), ack.to.tag) == ("sip:bob@10.0.0.2", "5 ACK", "b1")
    assert ack.all("Route") == ["<sip:p2.example;lr>", "<sip:p1.example;lr>"]
    assert str(dialog.request("BYE").cseq) == "6 BYE"


def test_a_strict_router_gets_itself_as_request_uri():
    """RFC 3261 12.2.1.1."""
    dialog = Dialog.taken(invite(**{"Record-Route": "<sip:old.example>, <sip:p2.example;lr>"}), "b1")
    bye = dialog.request("BYE")
    assert bye.uri == "sip:old.example"
    assert bye.all("Route") == ["<sip:p2.example;lr>", "<sip:alice@192.0.2.1>"]


def test_order_and_target_refresh():
    """RFC 3261 12.2.2."""
    dialog = Dialog.taken(invite(number=3), "b1")
    assert not dialog.accept(invite("INFO", 3))
    assert dialog.accept(invite("INFO", 7))
    assert not dialog.accept(invite("INFO", 6))
    dialog.refresh(invite("INFO", 8, Contact="<sip:new@192.0.2.7>"))
    assert dialog.target.host == "192.0.2.1"
    dialog.refresh(invite("UPDATE", 8, Contact="<sip:new@192.0.2.7>"))
    assert dialog.target.host == "192.0.2.7"


def test_without_contact_there_is_no_dialog():
    with pytest.raises(Malformed, match="without Contact"):
        Dialog.taken(invite().but({"Contact": None}), "b1")


def test_glare():
    """RFC 3261 14.1."""
    assert glare_delay(True, 0.0) == 2.1
    assert glare_delay(True, 1.0) == 4.0
    assert glare_delay(False, 0.5) == 1.0


def test_session_timer_as_the_side_that_was_asked():
    """RFC 4028 9."""
    plain = invite(Supported="timer")
    assert answered(plain, 0) == (None, {})
    assert answered(plain, 1800) == (SessionTimer(1800, True), {"Session-Expires": "1800;refresher=uas"})
    asked = plain.but({"Session-Expires": "1200;refresher=uac"})
    timer, told = answered(asked, 1800)
    assert (timer, told) == (
        SessionTimer(1200, False),
        {"Session-Expires": "1200;refresher=uac", "Require": "timer"},
    )
    assert (timer.refresh_after, timer.dead_after) == (600.0, 1168.0)
    assert answered(plain.but({"x": "60"}), 1800) == TooSmall(90)
    assert answered(asked, 600)[0] == SessionTimer(600, False)
    assert answered(asked.but({"Min-SE": "900"}), 600)[0] == SessionTimer(900, False)


def test_session_timer_as_the_side_that_asked():
    """RFC 4028 7.2."""
    ok = reply(invite(), 200, tag="b")
    assert offered(1800)["Session-Expires"] == "1800"
    assert agreed(ok, 1800) == SessionTimer(1800, True)
    assert agreed(ok.but({"Session-Expires": "900;refresher=uas"}), 1800) == SessionTimer(900, False)
    assert raised(reply(invite(), 422, headers={"Min-SE": "3600"}), 1800) == 3600


def test_reliable_provisionals_in_order():
    """RFC 3262 4."""
    asked = invite(Supported="100rel")
    assert possible(asked)
    assert not wanted(asked)
    order = Order()
    first, second, fourth = (reply(asked, 183, headers=headers(number)) for number in (10, 11, 13))
    assert order.take(reply(asked, 180)) is None
    assert order.take(first) == "10 1 INVITE"
    assert order.take(first) is None
    assert order.take(fourth) is None
    assert order.take(second) == "11 1 INVITE"


def test_refusals_in_the_order_of_the_rfc():
    methods = ("INVITE", "ACK", "BYE", "OPTIONS")
    assert refusal(invite(), methods) is None
    allow = {"Allow": "INVITE, ACK, BYE, OPTIONS"}
    assert refusal(invite("REFER"), methods) == Refusal(405, allow)
    assert refusal(invite("DANCE"), methods) == Refusal(501, allow)
    assert refusal(invite().but(uri="nobody:x"), methods) == Refusal(416)
    assert refusal(invite(**{"Max-Forwards": "0"}), methods) == Refusal(483)
    assert refusal(invite("OPTIONS", **{"Max-Forwards": "0"}), methods) is None
    assert refusal(invite(Require="timer, X"), methods, {"timer"}) == Refusal(420, {"Unsupported": "X"})
    odd = invite(**{"Content-Type": "text/odd"}).but(body=b"x")
    assert refusal(odd, methods).status == 415
    assert refusal(odd.but({"Content-Disposition": "x; handling=optional"}), methods) is None


def test_large_requests_leave_udp():
    """RFC 3261 18.1.1."""
    assert not too_large(1300)
    assert too_large(1301)
    assert too_large(1201, mtu=1400)


def test_a_2xx_settles_what_the_provisional_said():
    """RFC 3261 13.2.2.4; a provisional without Contact leaves the target as it was."""
    sent = invite()
    dialog = Dialog.made(sent, reply(sent, 180, headers={"Record-Route": "<sip:old;lr>"}, tag="b1"))
    assert str(dialog.target) == "sip:bob@192.0.2.2"
    dialog.confirm(
        reply(sent, 200, headers={"Record-Route": ROUTES, "Contact": "<sip:b@10.0.0.2>"}, tag="b1")
    )
    assert (dialog.routes[0], str(dialog.target)) == ("<sip:p2.example;lr>", "sip:b@10.0.0.2")
    info = dialog.request("INFO", {"Subject": ["a", "b"]}, b"x", "text/plain")
    assert (info.content_type, info.all("Subject"), info.body) == ("text/plain", ["a", "b"], b"x")
    assert str(Dialog.taken(sent, "t").next_hop) == "sip:alice@192.0.2.1"


def test_who_knows_no_session_timers_cannot_be_told_422():
    """RFC 4028 9: without Supported: timer the side that was asked refreshes itself."""
    asked = invite(**{"Session-Expires": "30"})
    assert answered(asked, 0)[0] == SessionTimer(90, True)
    assert answered(asked.but({"Session-Expires": "3600;refresher=uas"}), 0)[0] == SessionTimer(3600, True)


def test_what_cannot_be_read_is_400():
    assert refusal(invite(**{"Max-Forwards": "x"}), ("INVITE",)) == Refusal(400)
    assert refusal(invite(Accept="text/plain, application/*"), ("INVITE",)) is None
