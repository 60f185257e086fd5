"""Test calls (facts: newer firmware): what the device says when it is one of the two who talk."""

import pytest

from rooms.calls.playbook import ALICE, BOB, SDP, Hands, back, brief, invite, plan, says, within
from sbcd.base.errors import Invalid
from sbcd.media.tones import Talk
from sbcd.rooms.calls.contract import Dial, TrialLine
from sbcd.rooms.calls.diagnostics import Testing
from sbcd.rooms.calls.plan import Account, Plan
from sbcd.rooms.calls.trials import KEEP, MOST
from sbcd.sip.message import Request

THERE = SDP.replace(b"4000 RTP/AVP 8", b"5000 RTP/AVP 0 97") + b"a=rtpmap:97 telephone-event/8000\r\n"


class Phones:
    """Telephones that note what they are told."""

    def __init__(self) -> None:
        self.open_, self.said, self.next = set(), [], 40000

    def open(self, host: str) -> int:
        self.next += 2
        self.open_.add(self.next)
        return self.next

    def talk(self, port: int, to: tuple[str, int], talk: Talk) -> None:
        self.said.append((to, talk))

    def counts(self, port: int) -> tuple[int, int]:
        return (10, 9)

    def close(self, port: int) -> None:
        self.open_.remove(port)


@pytest.fixture
def hands() -> Hands:
    return begun(plan())


def begun(wanted: Plan) -> Hands:
    hands = Hands(wanted)
    hands.phones = Phones()
    hands.switch.trials.voices = hands.phones
    return hands


def dial(hands: Hands, **more: object) -> int:
    talk = Talk(digits="123")
    line = TrialLine(0, "2000", "1000", **{"group": "B", "timeout": 20, **more})
    session = hands.switch.trials.dial(Dial(1, line, talk)).session
    hands._sent(hands.switch.flush())
    return session


def status(hands: Hands, session: int) -> tuple[str, str]:
    trial = hands.switch.trials.find(session)
    assert trial is not None
    return trial.line().status, trial.line().cause


def heard(hands: Hands, to: tuple[str, int] = BOB) -> Request:
    return hands.take(to)[-1]


def quiet(hands: Hands) -> None:
    """Nothing is left behind, and nobody counted anything."""
    assert hands.empty
    assert not hands.phones.open_
    assert not hands.facts
    assert not hands.records


def test_a_test_call_is_a_call_and_the_device_hangs_up(hands: Hands) -> None:
    session = dial(hands)
    asked = heard(hands)
    assert (asked.method, asked.uri) == ("INVITE", "sip:2000@b.example")
    assert asked.from_.uri.user == "1000"
    assert b"m=audio 40002 RTP/AVP 8 0 101" in asked.body
    assert status(hands, session) == ("Trying", "")
    hands.hear(BOB, says(asked, 180))
    assert status(hands, session) == ("Ringing", "")
    hands.hear(BOB, says(asked, 200, THERE))
    assert brief(hands.take(BOB)) == ["ACK"]
    assert status(hands, session) == ("Connected", "")
    assert hands.phones.said == [(("127.0.0.1", 5000), Talk(0, 97, "123"))], "its coder and payload type"
    hands.switch.trials.find(session).drop()
    hands._sent(hands.switch.flush())
    bye = heard(hands)
    assert bye.method == "BYE"
    hands.hear(BOB, says(bye, 200))
    assert status(hands, session) == ("Disconnected", "RELEASE_BECAUSE_MANUAL_DISC")
    line = hands.switch.trials.find(session).line()
    assert (line.call_id, line.local.sent, line.local.received) == (asked.call_id, 10, 9)
    quiet(hands)


def test_it_ends_by_itself_and_its_result_is_kept_for_a_while(hands: Hands) -> None:
    session = dial(hands, timeout=5)
    asked = heard(hands)
    hands.hear(BOB, says(asked, 200, THERE))
    hands.wait(4.9)
    assert brief(hands.take(BOB)) == ["ACK"]
    hands.wait(0.2)
    hands.hear(BOB, says(heard(hands), 200))
    assert status(hands, session) == ("Disconnected", "RELEASE_BECAUSE_MAX_DURATION_TIMER_EXPIRED")
    quiet(hands)
    hands.switch.now += KEEP + 1
    assert hands.switch.trials.find(session) is None
    assert list(hands.switch.trials.lines()) == []


def test_the_peer_hangs_up(hands: Hands) -> None:
    session = dial(hands)
    asked = heard(hands)
    hands.hear(BOB, says(asked, 200, THERE))
    ack = hands.take(BOB)[0]
    hands.hear(BOB, back(asked, "BYE", 1))
    assert ack.method == "ACK"
    assert brief(hands.take(BOB)) == ["200 BYE"]
    assert status(hands, session) == ("Disconnected", "GWAPP_NORMAL_CALL_CLEAR")
    quiet(hands)


@pytest.mark.parametrize(
    ("code", "told"),
    [(486, "Failed,Busy"), (404, "Failed,NoRoute"), (488, "Failed,MediaMismatch"), (500, "Failed,Other")],
)
def test_a_refusal_is_told(hands: Hands, code: int, told: str) -> None:
    session = dial(hands)
    hands.hear(BOB, says(heard(hands), code))
    assert brief(hands.take(BOB)) == ["ACK"]
    assert status(hands, session)[0] == told
    quiet(hands)


def test_nobody_answers_in_time_and_the_late_200_is_cleaned_up(hands: Hands) -> None:
    session = dial(hands, timeout=3)
    asked = heard(hands)
    hands.hear(BOB, says(asked, 180))
    hands.wait(3.1)
    assert brief(hands.take(BOB)) == ["CANCEL"]
    assert status(hands, session) == ("Failed,NoAnswer", "GWAPP_NO_ANSWER_FROM_USER_ALERTED")
    hands.hear(BOB, says(asked, 200, THERE))
    assert brief(hands.take(BOB)) == ["ACK", "BYE"]
    quiet(hands)


def test_silence_is_out_of_reach(hands: Hands) -> None:
    session = dial(hands, timeout=100)
    hands.wait(40)
    assert status(hands, session)[0] == "Failed,Unreachable"
    quiet(hands)


def test_a_second_answer_of_a_fork_is_hung_up(hands: Hands) -> None:
    session = dial(hands)
    asked = heard(hands)
    hands.hear(BOB, says(asked, 200, THERE))
    hands.take()
    hands.hear(BOB, says(asked, 200, THERE, tag="other"))
    sent = hands.take(BOB)
    assert brief(sent) == ["ACK", "BYE"]
    assert sent[1].to.tag == "other"
    assert status(hands, session)[0] == "Connected"


def test_an_answer_that_does_not_fit_ends_it(hands: Hands) -> None:
    session = dial(hands)
    asked = heard(hands)
    hands.hear(BOB, says(asked, 200, SDP.replace(b"AVP 8", b"AVP 18")))
    assert brief(hands.take(BOB)) == ["ACK", "BYE"]
    assert status(hands, session)[0] == "Failed,MediaMismatch"
    quiet(hands)


def test_a_challenge_is_answered_with_the_account(hands: Hands) -> None:
    hands.follow(plan(accounts=(Account(0, 1, -1, "dev", "secret", "", "", False),)))
    session = dial(hands)
    first = heard(hands)
    hands.hear(BOB, says(first, 401, WWW_Authenticate='Digest realm="r", nonce="n", algorithm=MD5'))
    ack, again = hands.take(BOB)
    assert (ack.method, again.method, again.cseq.number) == ("ACK", "INVITE", first.cseq.number + 1)
    assert 'username="dev"' in again.get("Authorization")
    hands.hear(BOB, says(again, 200, THERE))
    assert status(hands, session)[0] == "Connected"


def test_an_address_is_called_over_the_interface_named(hands: Hands) -> None:
    dial(hands, group="", address="127.0.0.3:5090", interface=0)
    assert heard(hands, ("127.0.0.3", 5090)).uri == "sip:2000@127.0.0.3:5090"


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"group": "Nobody"}, "there is no IP Group 'Nobody'"),
        ({"address": "127.0.0.3", "interface": 7}, "there is no SIP Interface 7"),
    ],
)
def test_what_cannot_be_called_is_refused(hands: Hands, more: dict[str, object], told: str) -> None:
    with pytest.raises(Invalid, match=told):
        dial(hands, **more)


def test_few_run_at_a_time(hands: Hands) -> None:
    for _ in range(MOST):
        dial(hands)
    with pytest.raises(Invalid, match=f"{MOST} test calls are running"):
        dial(hands)


def test_a_locked_device_makes_none(hands: Hands) -> None:
    """R11."""
    hands.switch.locked = True
    with pytest.raises(Invalid, match="locked"):
        dial(hands)


def test_a_hold_is_answered(hands: Hands) -> None:
    dial(hands)
    asked = heard(hands)
    hands.hear(BOB, says(asked, 200, THERE))
    hands.take()
    hands.hear(BOB, back(asked, "INVITE", 1, THERE + b"a=sendonly\r\n"))
    (held,) = hands.take(BOB)
    assert held.status == 200
    assert b"a=recvonly" in held.body
    assert b"m=audio 40002 RTP/AVP 0 97" in held.body
    assert b"a=rtpmap:97 telephone-event/8000" in held.body


# --- the device is called ---


def prefixed() -> Plan:
    return plan(testing=Testing(prefix="999", through="888"))


def test_a_call_for_the_test_number_is_answered(hands: Hands) -> None:
    hands.follow(prefixed())
    hands.hear(ALICE, invite("99912"))
    (answered,) = hands.take(ALICE)
    assert answered.status == 200
    assert b"m=audio 40002 RTP/AVP 8\r\n" in answered.body
    assert not hands.take(BOB), "nobody else hears of it"
    hands.hear(ALICE, within(answered, "ACK", 1))
    (line,) = hands.switch.trials.lines()
    assert (line.status, line.called, line.group) == ("Connected", "99912", "A")
    hands.hear(ALICE, within(answered, "BYE", 2))
    assert brief(hands.take(ALICE)) == ["200 BYE"]
    quiet(hands)


def test_without_an_offer_the_ack_has_the_answer(hands: Hands) -> None:
    hands.follow(prefixed())
    hands.hear(ALICE, invite("999", b""))
    answered = hands.take(ALICE)[-1]
    assert b"m=audio 40002" in answered.body
    hands.hear(ALICE, within(answered, "ACK", 1, THERE))
    assert hands.phones.said == [(("127.0.0.1", 5000), Talk(0, 97))]


def test_what_fits_not_is_refused(hands: Hands) -> None:
    hands.follow(prefixed())
    hands.hear(ALICE, invite("999", SDP.replace(b"AVP 8", b"AVP 18")))
    assert [one.status for one in hands.take(ALICE)] == [488]
    quiet(hands)


def test_the_other_prefix_is_taken_off_and_the_call_goes_through(hands: Hands) -> None:
    hands.follow(prefixed())
    hands.hear(ALICE, invite("88899912"))
    asked = heard(hands)
    assert asked.target.user == "99912", "the proxy beyond may send it back to the test number"
    assert "Attempted OUT" in hands.told()


def test_no_prefix_no_test_calls(hands: Hands) -> None:
    hands.hear(ALICE, invite("99912"))
    assert isinstance(hands.take(BOB)[0], Request)
    assert not list(hands.switch.trials.lines())


def test_no_telephone_no_call(hands: Hands) -> None:
    hands.phones.open = lambda host: 0
    session = dial(hands)
    assert status(hands, session) == ("Failed,NoResources", "")
    assert not hands.take(BOB)
