"""The four machines as transcripts: what goes in, when, what comes out (RFC 3261 17, RFC 6026)."""

import pytest

from sbcd.sip.events import RequestReceived, Send
from sbcd.sip.message import Response, parse, reply
from sip.playbook import UAC, UAS, endpoint, flow, invite, run_until, told

OUT = flow(UAC, UAS)
IN = flow(UAS, UAC)
TCP_OUT = flow(UAC, UAS, "tcp")
TCP_IN = flow(UAS, UAC, "tcp")


def respond(sent, status, tag="b1", **headers):
    return bytes(reply(parse(sent), status, tag=tag, headers=headers))


def wire(outputs):
    return next(output.data for output in outputs if isinstance(output, Send))


def test_invite_is_repeated_and_then_given_up():
    """Timers A (doubling, not capped) and B."""
    end = endpoint()
    _, out = end.request(invite(), OUT, 0.0)
    assert told(out) == ["send INVITE"]
    assert run_until(end, 100) == [
        (0.5, "send INVITE"),
        (1.5, "send INVITE"),
        (3.5, "send INVITE"),
        (7.5, "send INVITE"),
        (15.5, "send INVITE"),
        (31.5, "send INVITE"),
        (32.0, "TimedOut"),
    ]
    assert not any(end.sizes.values())


def test_invite_over_tcp_is_sent_once():
    end = endpoint()
    end.request(invite(), TCP_OUT, 0.0)
    assert run_until(end, 100) == [(32.0, "TimedOut")]
    assert not any(end.sizes.values())


def test_other_request_is_repeated_every_t2_at_most():
    """Timers E and F."""
    end = endpoint()
    end.request(invite("OPTIONS"), OUT, 0.0)
    times = [when for when, line in run_until(end, 100) if line == "send OPTIONS"]
    assert times == [0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]


def test_busy_is_acknowledged_each_time_until_timer_d():
    end = endpoint()
    _, out = end.request(invite(), OUT, 0.0)
    busy = respond(wire(out), 486)
    assert told(end.receive(busy, OUT, 0.1)) == ["send ACK", "ResponseReceived 486 INVITE"]
    assert told(end.receive(busy, OUT, 0.6)) == ["send ACK"]
    assert run_until(end, 32.0) == []
    assert end.sizes["clients"] == 1
    assert run_until(end, 33.0) == []
    assert end.sizes["clients"] == 0
    assert told(end.receive(busy, OUT, 34.0)) == ["Strayed"]


def test_ack_of_a_rejection_carries_what_the_rfc_says():
    """RFC 3261 17.1.1.3: same Via branch, To of the response, CSeq number, Routes."""
    end = endpoint()
    _, out = end.request(invite(Route="<sip:p.example;lr>"), OUT, 0.0)
    sent = parse(wire(out))
    ack = parse(wire(end.receive(respond(wire(out), 404), OUT, 0.1)))
    assert ack.via == sent.via
    assert (str(ack.cseq), ack.to.tag, ack.uri) == ("1 ACK", "b1", sent.uri)
    assert ack.all("Route") == ["<sip:p.example;lr>"]


def test_every_fork_of_an_answer_goes_up_once_and_its_repeats_are_acknowledged():
    """RFC 6026 7.1 and RFC 3261 13.2.2.4."""
    end = endpoint()
    txn, out = end.request(invite(), OUT, 0.0)
    one, two = respond(wire(out), 200, "x"), respond(wire(out), 200, "y")
    assert told(end.receive(one, OUT, 1.0)) == ["ResponseReceived 200 INVITE"]
    ack = invite("ACK", To="<sip:bob@192.0.2.2>;tag=x")
    assert told(end.acknowledge(txn, ack, OUT, 1.0)) == ["send ACK"]
    assert told(end.receive(two, OUT, 1.1)) == ["ResponseReceived 200 INVITE"]
    assert told(end.receive(one, OUT, 1.5)) == ["send ACK"]
    assert told(end.receive(two, OUT, 1.6)) == []  # the caller has not given that ACK yet
    assert run_until(end, 33.1) == []
    assert not any(value for name, value in end.sizes.items() if name not in {"timers", "finished"})


def test_cancel_waits_for_a_provisional():
    """RFC 3261 9.1."""
    end = endpoint()
    txn, out = end.request(invite(), OUT, 0.0)
    assert told(end.cancel(txn, 0.1, {"Reason": "SIP;cause=200"})) == []
    outputs = end.receive(respond(wire(out), 100, tag=""), OUT, 0.2)
    assert told(outputs) == ["send CANCEL"]
    cancel = parse(wire(outputs))
    assert cancel.via == parse(wire(out)).via
    assert (str(cancel.cseq), cancel.get("Reason"), cancel.to.tag) == ("1 CANCEL", "SIP;cause=200", None)
    assert told(end.receive(respond(wire(out), 487), OUT, 0.3)) == ["send ACK", "ResponseReceived 487 INVITE"]


def test_cancel_after_the_final_response_sends_nothing():
    end = endpoint()
    txn, out = end.request(invite(), OUT, 0.0)
    end.receive(respond(wire(out), 200), OUT, 0.1)
    assert told(end.cancel(txn, 0.2)) == []


def test_a_cancelled_invite_without_final_response_ends_after_64_t1():
    end = endpoint()
    txn, out = end.request(invite(), OUT, 0.0)
    end.receive(respond(wire(out), 180), OUT, 1.0)
    assert told(end.cancel(txn, 2.0)) == ["send CANCEL"]
    lines = [line for _, line in run_until(end, 34.0) if line != "send CANCEL"]
    assert lines == ["TimedOut", "TimedOut"]  # the CANCEL and the INVITE
    assert end.sizes["clients"] == 0


def test_ringing_for_ever_is_cancelled_by_timer_c():
    end = endpoint()
    _, out = end.request(invite(), OUT, 0.0)
    end.receive(respond(wire(out), 180), OUT, 1.0)
    end.receive(respond(wire(out), 180), OUT, 100.0)  # begins C anew
    assert run_until(end, 339.0) == []
    assert run_until(end, 340.0) == [(340.0, "send CANCEL")]


def test_broken_connection_fails_what_waits_there():
    end = endpoint()
    end.request(invite(), TCP_OUT, 0.0)
    end.request(invite("OPTIONS", call="other"), TCP_OUT, 0.0)
    assert sorted(told(end.broken(TCP_OUT, 1.0))) == ["Failed", "Failed"]
    assert not end.sizes["flows"]


# -- servers


def received(end, message, way=IN, now=0.0):
    """A request enters; its server transaction."""
    client = endpoint("c")
    _, out = client.request(message, flow(way.remote, way.local, way.transport), 0.0)
    outputs = end.receive(wire(out), way, now)
    fresh = next(output for output in outputs if isinstance(output, RequestReceived))
    return wire(out), fresh.txn


def ack_of(data, response: Response):
    """The ACK of a rejection, as a client makes it."""
    sent = parse(data)
    return bytes(
        sent.but({"To": response.get("To"), "CSeq": "1 ACK"}, method="ACK"),
    )


def test_trying_comes_after_200_ms_when_nobody_answers():
    """RFC 3261 17.2.1."""
    end = endpoint()
    received(end, invite())
    assert run_until(end, 10) == [(0.2, "send 100 INVITE")]


def test_trying_comes_at_once_when_asked_for():
    end = endpoint(trying=0)
    client = endpoint("c")
    _, out = client.request(invite(), OUT, 0.0)
    assert told(end.receive(wire(out), IN, 0.0)) == ["send 100 INVITE", "RequestReceived INVITE"]


def test_a_repeated_invite_gets_the_last_provisional():
    end = endpoint()
    data, txn = received(end, invite())
    assert told(end.receive(data, IN, 0.1)) == []
    assert told(end.respond(txn, reply(txn.request, 180, tag=txn.tag), 0.15)) == ["send 180 INVITE"]
    assert told(end.receive(data, IN, 0.5)) == ["send 180 INVITE"]


def test_a_rejection_is_repeated_eleven_times_and_then_failed():
    """Timers G (T2 at most) and H."""
    end = endpoint()
    _, txn = received(end, invite())
    assert told(end.respond(txn, reply(txn.request, 486, tag=txn.tag), 0.0)) == ["send 486 INVITE"]
    seen = run_until(end, 100)
    assert [when for when, line in seen if line == "send 486 INVITE"] == [
        0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5,
    ]  # fmt: skip
    assert seen[-1] == (32.0, "Failed")
    assert end.sizes["servers"] == end.sizes["merges"] == 0


def test_ack_ends_the_repetition_and_timer_i_the_transaction():
    end = endpoint()
    data, txn = received(end, invite())
    response = reply(txn.request, 486, tag=txn.tag)
    end.respond(txn, response, 0.0)
    assert told(end.receive(ack_of(data, response), IN, 0.1)) == []
    assert told(end.receive(ack_of(data, response), IN, 0.2)) == []
    assert run_until(end, 5.0) == []
    assert end.sizes["servers"] == 1
    run_until(end, 5.2)
    assert end.sizes["servers"] == 0


def test_an_answer_is_repeated_until_its_ack_even_over_tcp():
    """RFC 3261 13.3.1.4."""
    for way in (IN, TCP_IN):
        end = endpoint()
        data, txn = received(end, invite(), way)
        response = reply(txn.request, 200, tag=txn.tag)
        assert told(end.respond(txn, response, 0.0)) == ["send 200 INVITE"]
        assert run_until(end, 2.0) == [(0.5, "send 200 INVITE"), (1.5, "send 200 INVITE")]
        ack = parse(ack_of(data, response))
        ack = ack.but({"Via": ack.get("Via").replace("z9hG4bK", "z9hG4bKother")})
        assert told(end.receive(bytes(ack), way, 2.1)) == ["AckReceived ACK"]
        assert told(end.receive(bytes(ack), way, 2.2)) == ["Strayed"]
        assert told(end.receive(data, way, 2.3)) == []  # RFC 6026: absorbed
        assert run_until(end, 33.0) == []
        assert end.sizes["servers"] == end.sizes["acks"] == 0


def test_an_answer_nobody_acknowledges_is_told():
    end = endpoint()
    _, txn = received(end, invite())
    end.respond(txn, reply(txn.request, 200, tag=txn.tag), 0.0)
    assert run_until(end, 33.0)[-1] == (32.0, "Unacknowledged")
    assert end.sizes["acks"] == 0


@pytest.mark.parametrize("late", [100, 180, 183, 200, 486])
def test_nothing_leaves_after_the_final_response(late):
    """180 after 200 must never happen."""
    end = endpoint()
    _, txn = received(end, invite())
    end.respond(txn, reply(txn.request, 200, tag=txn.tag), 0.0)
    assert told(end.respond(txn, reply(txn.request, late, tag=txn.tag), 0.1)) == []


def test_cancel_is_answered_and_told_once():
    end = endpoint()
    data, txn = received(end, invite())
    cancel = parse(data).but({"CSeq": "1 CANCEL"}, method="CANCEL")
    assert told(end.receive(bytes(cancel), IN, 0.1)) == ["send 200 CANCEL", "Cancelled"]
    assert told(end.receive(bytes(cancel), IN, 0.2)) == ["send 200 CANCEL"]
    assert told(end.respond(txn, reply(txn.request, 487, tag=txn.tag), 0.2)) == ["send 487 INVITE"]


def test_cancel_of_nothing_gets_481():
    end = endpoint()
    cancel = invite("CANCEL", Via="SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx")
    assert told(end.receive(bytes(cancel), IN, 0.1)) == ["send 481 CANCEL"]


def test_cancel_after_the_answer_changes_nothing():
    end = endpoint()
    data, txn = received(end, invite())
    end.respond(txn, reply(txn.request, 200, tag=txn.tag), 0.0)
    cancel = parse(data).but({"CSeq": "1 CANCEL"}, method="CANCEL")
    assert told(end.receive(bytes(cancel), IN, 0.1)) == ["send 200 CANCEL"]
    assert not txn.cancelled


def test_a_merged_request_gets_482():
    """RFC 3261 8.2.2.2: the same request by two ways."""
    end = endpoint()
    data, _ = received(end, invite())
    other = parse(data)
    other = other.but({"Via": other.get("Via").replace("z9hG4bK", "z9hG4bKfork")})
    assert told(end.receive(bytes(other), IN, 0.1)) == ["Strayed", "send 482 INVITE"]
    other = other.but(uri="sip:carol@192.0.2.2")  # another branch of a fork, to another user
    assert told(end.receive(bytes(other), IN, 0.1)) == ["RequestReceived INVITE"]


def test_a_finished_request_is_answered_again_until_timer_j():
    end = endpoint()
    data, txn = received(end, invite("OPTIONS"))
    assert told(end.receive(data, IN, 0.1)) == []
    end.respond(txn, reply(txn.request, 200, tag=txn.tag), 1.0)
    assert told(end.receive(data, IN, 30.0)) == ["send 200 OPTIONS"]
    run_until(end, 33.1)
    assert end.sizes["servers"] == 0
    end = endpoint()
    _, txn = received(end, invite("OPTIONS"), TCP_IN)
    end.respond(txn, reply(txn.request, 200, tag=txn.tag), 1.0)
    assert end.sizes["servers"] == end.sizes["flows"] == 0  # over TCP timer J is zero


def test_a_reliable_provisional_is_repeated_until_prack_and_the_answer_waits():
    """RFC 3262 3."""
    end = endpoint()
    _, txn = received(end, invite(Supported="100rel"))
    ringing = reply(txn.request, 183, headers={"Require": "100rel", "RSeq": "7"}, tag=txn.tag)
    assert told(end.respond(txn, ringing, 0.0)) == ["send 183 INVITE"]
    assert told(end.respond(txn, reply(txn.request, 200, tag=txn.tag), 0.1)) == []
    assert told(end.respond(txn, reply(txn.request, 180, tag=txn.tag), 0.2)) == []
    assert run_until(end, 2.0) == [(0.5, "send 183 INVITE"), (1.5, "send 183 INVITE")]
    to = f"<sip:bob@192.0.2.2>;tag={txn.tag}"
    stray, _ = endpoint("s").request(invite("PRACK", 2, To=to, RAck="8 1 INVITE"), OUT, 0.0)
    assert told(end.receive(bytes(stray.request), IN, 2.1)) == ["Strayed", "send 481 PRACK"]
    prack, _ = endpoint("p").request(invite("PRACK", 3, To=to, RAck="7 1 INVITE"), OUT, 0.0)
    assert told(end.receive(bytes(prack.request), IN, 2.2)) == ["RequestReceived PRACK", "send 200 INVITE"]
    assert end.sizes["pracks"] == 0


def test_a_reliable_provisional_nobody_acknowledges_is_told():
    end = endpoint()
    _, txn = received(end, invite(Supported="100rel"))
    end.respond(txn, reply(txn.request, 183, headers={"Require": "100rel", "RSeq": "7"}, tag=txn.tag), 0.0)
    assert run_until(end, 40.0)[-1] == (32.0, "Unpracked")
    assert told(end.respond(txn, reply(txn.request, 500, tag=txn.tag), 40.0)) == ["send 500 INVITE"]


def test_a_request_nobody_answers_ends_by_timer():
    end = endpoint()
    received(end, invite("OPTIONS"))
    received(end, invite(call="b"))
    run_until(end, 901.0)
    assert end.sizes["servers"] == end.sizes["merges"] == 0


def test_old_clients_without_branch_are_matched_by_the_rules_of_rfc_2543():
    end = endpoint()
    old = invite(Via="SIP/2.0/UDP 192.0.2.1:5060")
    outputs = end.receive(bytes(old), IN, 0.0)
    txn = outputs[0].txn
    assert told(end.receive(bytes(old), IN, 0.1)) == []
    response = reply(txn.request, 486, tag=txn.tag)
    end.respond(txn, response, 0.2)
    assert told(end.receive(ack_of(bytes(old), response), IN, 0.3)) == []
    assert txn.state == "confirmed"


def test_the_response_goes_where_rport_says():
    """RFC 3581 and RFC 3261 18.2.2."""
    end = endpoint()
    nat = flow(UAS, ("198.51.100.9", 40000))
    for via, port, params in [
        (
            "SIP/2.0/UDP 10.0.0.1:5062;branch=z9hG4bKa;rport",
            40000,
            {"rport": "40000", "received": "198.51.100.9"},
        ),
        ("SIP/2.0/UDP 10.0.0.1:5062;branch=z9hG4bKb", 5062, {"received": "198.51.100.9"}),
        ("SIP/2.0/UDP 198.51.100.9;branch=z9hG4bKc", 5060, {}),
    ]:
        txn = end.receive(bytes(invite(call=via, Via=via)), nat, 0.0)[0].txn
        send = end.respond(txn, reply(txn.request, 404, tag="x"), 0.0)[0]
        assert send.flow.remote == ("198.51.100.9", port)
        held = dict(parse(send.data).via.params)
        held.pop("branch")
        assert held == params


def test_an_unfinished_request_is_repeated_slowly_after_a_provisional():
    """Timer E in Proceeding (17.1.2.2)."""
    end = endpoint()
    _, out = end.request(invite("OPTIONS"), OUT, 0.0)
    assert told(end.receive(respond(wire(out), 183), OUT, 0.1)) == ["ResponseReceived 183 OPTIONS"]
    times = [when for when, line in run_until(end, 20) if line == "send OPTIONS"]
    assert times == [0.5, 4.5, 8.5, 12.5, 16.5]


def test_an_unreliable_provisional_passes_a_reliable_one_that_waits():
    end = endpoint()
    _, txn = received(end, invite(Supported="100rel"))
    end.respond(txn, reply(txn.request, 183, headers={"Require": "100rel", "RSeq": "7"}, tag=txn.tag), 0.0)
    assert told(end.respond(txn, reply(txn.request, 180, tag=txn.tag), 0.1)) == ["send 180 INVITE"]
    assert run_until(end, 0.6) == [(0.5, "send 183 INVITE")]
    for number in range(40):
        more = reply(txn.request, 183, headers={"Require": "100rel", "RSeq": str(8 + number)}, tag=txn.tag)
        assert told(end.respond(txn, more, 0.7)) == []
    assert len(txn.waiting) == 16
    assert told(end.respond(txn, reply(txn.request, 486, tag=txn.tag), 0.8)) == ["send 486 INVITE"]
    assert txn.waiting == []
    assert end.sizes["pracks"] == 0


def test_many_forks_are_bounded():
    end = endpoint()
    _, out = end.request(invite(), OUT, 0.0)
    news = [
        line for tag in range(50) for line in told(end.receive(respond(wire(out), 200, f"t{tag}"), OUT, 0.1))
    ]
    assert news == ["ResponseReceived 200 INVITE"] * 32
