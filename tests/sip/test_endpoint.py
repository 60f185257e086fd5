"""The door: limits, refusals without a transaction, failures of sending."""

from msgspec.structs import replace

from sbcd.sip.endpoint import Endpoint
from sbcd.sip.events import Send
from sbcd.sip.message import parse, reply
from sip.playbook import UAC, UAS, counted, endpoint, flow, invite, told

OUT, IN = flow(UAC, UAS), flow(UAS, UAC)


def raw(number, method="INVITE", **extra):
    via = f"SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK{number}"
    return bytes(invite(method, call=f"c{number}", **{"Via": via, **extra}))


def test_a_flood_is_refused_when_the_house_is_full():
    end = Endpoint(counted("e"), most=10)
    for number in range(20):
        lines = told(end.receive(raw(number), IN, 0.0))
        assert lines == (["RequestReceived INVITE"] if number < 10 else ["Strayed", "send 503 INVITE"])
    assert end.sizes["servers"] == 10
    refused = end.receive(raw(30), IN, 0.0)[1]
    assert parse(refused.data).get("Retry-After") == "10"


def test_an_ack_is_never_answered():
    end = endpoint()
    assert told(end.receive(raw(1, "ACK"), IN, 0.0)) == ["Strayed"]
    assert told(end.receive(raw(1, "ACK", **{"Max-Forwards": "x"}), IN, 0.0)) == ["Strayed"]


def test_a_bad_request_is_told_why():
    (_, send) = endpoint().receive(raw(1, **{"Max-Forwards": "x"}), IN, 0.0)
    assert parse(send.data).reason == "Bad Request (Max-Forwards 'x' is not a number up to 255)"


def test_a_prack_nobody_waits_for_gets_481():
    end = endpoint()
    for rack in ("", "1 1", "x 1 INVITE", "1 1 INVITE"):
        assert told(end.receive(raw(1, "PRACK", RAck=rack), IN, 0.0)) == ["Strayed", "send 481 PRACK"]


def test_a_send_that_failed_fails_its_transaction():
    end = endpoint()
    _, (send,) = end.request(invite(), OUT, 0.0)
    assert told(end.failed(send, 0.1)) == ["Failed"]
    assert told(end.failed(send, 0.2)) == []
    assert told(end.failed(Send(OUT, b""), 0.3)) == []
    assert end.sizes["clients"] == 0


def test_an_unreachable_place_fails_all_that_goes_there():
    end = endpoint()
    end.request(invite(call="1"), OUT, 0.0)
    end.request(invite(call="2"), flow(UAC, ("192.0.2.9", 5060)), 0.0)
    assert told(end.broken(OUT, 0.1)) == ["Failed"]
    assert end.sizes["clients"] == 1


def test_a_broken_connection_spares_the_others_to_the_same_place():
    end = endpoint()
    one, two = flow(UAC, UAS, "tcp"), flow(UAC, UAS, "tcp")
    end.request(invite(call="1"), replace(one, connection=7), 0.0)
    end.request(invite(call="2"), replace(two, connection=8), 0.0)
    assert told(end.broken(replace(one, connection=7), 0.1)) == ["Failed"]
    assert told(end.broken(replace(one, connection=0), 0.1)) == ["Failed"]
    assert end.sizes["flows"] == 0


def test_responses_that_are_not_ours_are_dropped():
    end = endpoint()
    txn, (send,) = end.request(invite(), OUT, 0.0)
    ok = reply(parse(send.data), 200, tag="b")
    via = ok.get("Via")
    for vias in (
        [via, "SIP/2.0/UDP other"],
        [f"{via}, SIP/2.0/UDP other"],
        ["SIP/2.0/UDP x;branch=z9hG4bKy"],
        ["?"],
    ):
        assert told(end.receive(bytes(ok.but({"Via": vias})), OUT, 0.1)) == ["Strayed"]
    assert told(end.receive(bytes(ok.but({"CSeq": "1 BYE"})), OUT, 0.1)) == ["Strayed"]
    spaced = via.replace(";branch=", " ; Branch = ")
    assert told(end.receive(bytes(ok.but({"Via": spaced})), OUT, 0.1)) == ["ResponseReceived 200 INVITE"]
    assert txn.state == "accepted"


def test_a_finished_transaction_lets_go_of_its_request():
    end = endpoint()
    txn, (send,) = end.request(invite("OPTIONS"), OUT, 0.0)
    end.receive(bytes(reply(parse(send.data), 200, tag="b")), OUT, 0.1)
    assert txn.request.method == "OPTIONS"
    end.expire(3.0)
    assert (txn.request.method, txn.method) == ("", "OPTIONS")
    assert repr(txn) == "<ClientOther OPTIONS completed>"


def test_the_hundred_is_no_news():
    end = endpoint()
    _, (send,) = end.request(invite(), OUT, 0.0)
    assert told(end.receive(bytes(reply(parse(send.data), 100)), OUT, 0.1)) == []
    assert told(end.receive(bytes(reply(parse(send.data), 180, tag="b")), OUT, 0.1)) == [
        "ResponseReceived 180 INVITE"
    ]


def test_a_response_over_tcp_finds_the_owner():
    """Timers D and K are zero there: the transaction is over before its response was told to anybody."""
    tcp = flow(UAC, UAS, "tcp")
    for method, status in (("OPTIONS", 200), ("OPTIONS", 503), ("INVITE", 486)):
        end, owner = endpoint(), object()
        _, (send,) = end.request(invite(method), tcp, 0.0, owner)
        answer = bytes(reply(parse(send.data), status, tag="b"))
        events = [one for one in end.receive(answer, tcp, 0.1) if not isinstance(one, Send)]
        assert [one.txn.owner for one in events] == [owner]
        end.expire(5.0)
        assert events[0].txn.owner is None
