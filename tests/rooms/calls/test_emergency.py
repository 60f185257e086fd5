"""Emergency calls when there is no room (SBCPreemptionMode, SBCEmergencyCondition)."""

from rooms.calls.playbook import ALICE, ANSWER, BOB, Hands, brief, invite, plan, says, within
from sbcd.rooms.calls.facts import Ended
from sbcd.rooms.calls.plan import AdmissionRule, IpGroup
from sbcd.rooms.calls.protection import Protection

ON = Protection(preempt=True, emergency="112")
CONDITIONS = (("112", "param.call.dst.user == '112'"),)


def begun(protection: Protection = ON, capacity: int = 2) -> Hands:
    """A device with room for so many calls, all taken."""
    hands = Hands(plan(capacity=capacity, protection=protection, conditions=CONDITIONS))
    for number in range(capacity):
        hands.hear(
            ALICE, invite(call=f"c{number}", Via=f"SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bKc{number}")
        )
        hands.hear(BOB, says(hands.take(BOB)[-1], 200, ANSWER, tag=f"b{number}"))
        answered = hands.take(ALICE)[-1]
        hands.hear(ALICE, within(answered, "ACK", 1, branch=str(number)))
        hands.take()
    return hands


def call(hands: Hands, user: str, name: str) -> None:
    hands.hear(ALICE, invite(user, call=name, Via=f"SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bK{name}"))


def test_a_full_device_refuses_others_and_ends_one_call_for_an_emergency() -> None:
    hands = begun()
    call(hands, "2000", "more")
    assert brief(hands.take(ALICE)) == ["503 INVITE"]
    call(hands, "112", "help")
    sent = hands.take()
    assert sorted(brief(sent)) == ["BYE", "BYE", "INVITE"]
    byes = [message for message in sent if brief([message]) == ["BYE"]]
    assert {bye.get("Reason") for bye in byes} == {'preemption;cause=5;text="Network Preemption"'}
    ended = [fact for fact in hands.facts if isinstance(fact, Ended)]
    assert {(fact.why, fact.abnormal) for fact in ended} == {("preempted", True)}
    assert len(hands.switch.calls) == 2


def test_an_emergency_call_never_ends_for_another() -> None:
    hands = begun(capacity=1)
    call(hands, "112", "first")
    hands.take()
    assert len(hands.switch.calls) == 1
    call(hands, "112", "second")
    assert brief(hands.take(ALICE)) == ["503 INVITE"]
    hands.switch.calls[next(iter(hands.switch.calls))].end("test")
    assert not hands.switch.emergencies.sessions, "nothing is remembered"


def test_an_emergency_call_is_taken_while_the_engine_is_overloaded() -> None:
    hands = Hands(plan(protection=ON, conditions=CONDITIONS))
    hands.switch.overloaded = True
    call(hands, "2000", "other")
    assert brief(hands.take(ALICE)) == ["503 INVITE"]
    call(hands, "112", "help")
    assert brief(hands.take(BOB)) == ["INVITE"]


def test_admission_does_not_stop_an_emergency_call() -> None:
    base = plan()
    rule = AdmissionRule(request=1, direction=1, limit=0)
    groups = (IpGroup(0, "A", 0, 0, 0, admission="none"), base.ip_groups[1])
    hands = Hands(
        plan(ip_groups=groups, admission=(("none", (rule,)),), protection=ON, conditions=CONDITIONS)
    )
    call(hands, "2000", "other")
    assert brief(hands.take(ALICE)) == ["480 INVITE"]
    call(hands, "112", "help")
    assert brief(hands.take(BOB)) == ["INVITE"]


def test_switched_off_nobody_is_preempted() -> None:
    hands = begun(Protection(emergency="112"))
    call(hands, "112", "help")
    assert brief(hands.take()) == ["503 INVITE"]
    assert len(hands.switch.calls) == 2
