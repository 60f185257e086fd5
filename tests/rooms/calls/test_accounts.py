"""The device as client and as server of Digest, in virtual time (RFC 3261 22, RFC 7616, RFC 8760)."""

import itertools
from typing import Any

import pytest
from msgspec import structs

from sbcd.rooms.calls.facts import AccountFailed, AccountRegistered, Failed, Reason
from sbcd.rooms.calls.plan import Account, IpGroup, UserSecret
from sbcd.sip import auth
from sbcd.sip.message import Request, Response

from .playbook import ALICE, ANSWER, BOB, CAROL, Hands, brief, invite, plan, says

ACCOUNT = Account(4, 1, -1, "trunk", "sesame", "reg.example", "trunk-contact", True)
NONCE = "n0nce"
SECRETS = (UserSecret(0, "1000", "alice", "wonder"), UserSecret(-1, "", "guest", "come-in"))


def asks(request: Request, status: int = 401, algorithm: str = "MD5") -> Response:
    header = auth.HEADERS[status][0]
    return says(request, status).but({header: str(auth.Challenge("reg.example", NONCE, algorithm))})


def proves(request: Request, user: str, password: str) -> bool:
    """Whether the request answers the challenge of `asks`."""
    text = request.get("Authorization") or request.get("Proxy-Authorization")
    held = auth.Credentials.parse(text)
    kept = auth.secret(held.algorithm, user, held.realm, password)
    return (held.username, held.nonce, held.uri) == (user, NONCE, request.uri) and auth.right(
        held, request.method, kept
    )


def registering(**more: Any) -> Hands:
    hands = Hands(plan(accounts=(ACCOUNT,), **more))
    hands.wait(0.3)
    return hands


def test_an_account_registers_answers_the_challenge_and_refreshes() -> None:
    hands = registering()
    (first,) = hands.take(BOB)
    assert (first.method, first.uri, first.get("Expires")) == ("REGISTER", "sip:reg.example", "3600")
    assert first.to.uri.user == first.from_.uri.user == "trunk"
    assert first.contact.uri.user == "trunk-contact"
    hands.hear(BOB, asks(first))
    (second,) = hands.take(BOB)
    assert proves(second, "trunk", "sesame")
    assert (second.call_id, second.cseq.number) == (first.call_id, first.cseq.number + 1)
    hands.hear(BOB, says(second, 200).but({"Contact": f"{second.get('Contact')};expires=600"}))
    assert next(f for f in hands.facts if isinstance(f, AccountRegistered)).account == 4
    hands.wait(299)
    assert hands.take() == []
    hands.wait(1.2)
    (again,) = hands.take(BOB)
    assert (again.method, again.call_id) == ("REGISTER", first.call_id)
    (line,) = hands.switch.accounts.lines()
    assert (line.registered, 290 < line.expires_in < 301) == (True, True)


def test_a_refused_account_is_told_once_and_tried_again_ever_later() -> None:
    hands = registering()
    times = []
    for _ in range(4):
        while not (sent := hands.take(BOB)):
            hands.wait(1)
        times.append(hands.now)
        hands.hear(BOB, says(sent[0], 403))
    assert [round(b - a) for a, b in itertools.pairwise(times)] == [30, 60, 120]
    assert [f.why for f in hands.facts if isinstance(f, AccountFailed)] == ["403 Forbidden"]


def test_an_account_without_a_living_server_fails_and_a_silent_one_too() -> None:
    hands = registering(proxy_sets=())
    assert [f.why for f in hands.facts if isinstance(f, AccountFailed)] == ["no working server"]
    hands = registering()
    hands.wait(33)
    assert [f.why for f in hands.facts if isinstance(f, AccountFailed)] == ["no response"]


def test_a_row_that_goes_says_goodbye() -> None:
    hands = registering()
    (first,) = hands.take(BOB)
    hands.hear(BOB, says(first, 200))
    hands.follow(plan())
    (bye,) = hands.take(BOB)
    assert (bye.method, bye.get("Expires")) == ("REGISTER", "0")
    hands.wait(5000)
    assert [m for m in hands.take() if m.method != "REGISTER" or m.get("Expires") != "0"] == []
    assert list(hands.switch.accounts.lines()) == []


@pytest.mark.parametrize("status", [401, 407])
@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
def test_a_challenged_invite_goes_again_with_the_account(status: int, algorithm: str) -> None:
    hands = registering()
    hands.take()
    hands.hear(ALICE, invite())
    (first,) = hands.take(BOB)
    hands.hear(BOB, asks(first, status, algorithm))
    ack, second = hands.take(BOB)
    assert brief([ack, second]) == ["ACK", "INVITE"]
    assert proves(second, "trunk", "sesame")
    assert second.cseq.number == first.cseq.number + 1
    assert second.body == first.body
    hands.hear(BOB, says(second, 200, ANSWER))
    assert brief(hands.take(ALICE)) == ["200 INVITE"]


def test_a_second_challenge_and_one_without_credentials_reach_the_caller() -> None:
    hands = registering()
    hands.take()
    hands.hear(ALICE, invite())
    for _ in range(2):
        sent = [m for m in hands.take(BOB) if isinstance(m, Request) and m.method == "INVITE"]
        hands.hear(BOB, asks(sent[0]))
    assert brief(hands.take(ALICE)) == ["401 INVITE"]
    hands = Hands()
    hands.hear(ALICE, invite())
    (out,) = hands.take(BOB)
    hands.hear(BOB, asks(out))
    assert brief(hands.take(ALICE)) == ["401 INVITE"]


def test_a_registrar_that_wants_longer_gets_longer() -> None:
    """RFC 3261 10.2.8."""
    hands = registering()
    (first,) = hands.take(BOB)
    hands.hear(BOB, says(first, 423, Min_Expires="7200"))
    (again,) = hands.take(BOB)
    assert (again.get("Expires"), again.cseq.number) == ("7200", 2)
    hands.hear(BOB, says(again, 423, Min_Expires="7200"))
    assert not hands.take(BOB), "not for ever"
    assert next(f.why for f in hands.facts if isinstance(f, AccountFailed)).startswith("423")


def test_what_was_granted_to_others_is_not_ours() -> None:
    hands = registering()
    (first,) = hands.take(BOB)
    mine = first.get("Contact")
    others = "<sip:other@10.0.0.8>;expires=60"
    hands.hear(BOB, says(first, 200).but({"Contact": [f"{mine};expires=600", others]}))
    hands.wait(290)
    assert not hands.take(BOB)
    hands.wait(20)
    assert set(brief(hands.take(BOB))) == {"REGISTER"}, "after half of 600 seconds"


def test_all_numbers_behind_the_device_are_registered_at_once() -> None:
    """Register: gin (RFC 6140)."""
    hands = Hands(plan(accounts=(structs.replace(ACCOUNT, bulk=True),)))
    hands.wait(0.3)
    (sent,) = hands.take(BOB)
    assert sent.get("Contact") == "<sip:127.0.9.9:5060;bnc>"
    assert (sent.get("Require"), sent.get("Proxy-Require")) == ("gin", "gin")


@pytest.mark.parametrize("again", [True, False])
def test_a_refused_call_may_make_it_register_anew(again: bool) -> None:
    """ReRegisterOnInviteFailure."""
    hands = Hands(plan(accounts=(structs.replace(ACCOUNT, again=again),)))
    hands.wait(0.3)
    hands.hear(BOB, says(hands.take(BOB)[0], 200, Expires="600"))
    hands.hear(ALICE, invite())
    (out,) = hands.take(BOB)
    hands.hear(BOB, says(out, 403))
    assert ("REGISTER" in brief(hands.take(BOB))) is again


def registered(hands: Hands, since: int = 0) -> list[str]:
    """The facts of registrations of the device's own."""
    return [type(fact).__name__ for fact in hands.facts[since:] if getattr(fact, "own", False)]


def test_registrations_of_the_device_are_counted() -> None:
    """KPIs sbcAttemptedRegistrations, sbcSuccessfulRegistrations, sbcRegistrationSuccessRatio."""
    hands = registering()
    (first,) = hands.take(BOB)
    hands.hear(BOB, asks(first))
    hands.hear(BOB, says(hands.take(BOB)[-1], 200, Expires="600"))
    assert registered(hands) == ["RegisterAttempted", "Registered"], "a challenge is no end"
    hands.wait(310)
    hands.hear(BOB, says(hands.take(BOB)[0], 403))
    assert registered(hands)[2:] == ["RegisterAttempted", "RegistrationFailed"]
    told = [fact for fact in hands.facts if getattr(fact, "own", False)]
    assert {(fact.way.name, fact.ip_group) for fact in told} == {("OUT", 1)}
    assert [fact.new for fact in told if type(fact).__name__ == "Registered"] == [True]


def test_users_are_registered_by_the_device() -> None:
    """RegistrationMode 1 with SBCUserInfoTable: each of the group, where its REGISTERs are routed."""
    groups = (
        IpGroup(0, "A", 0, 0, 0, registers=False, surrogate=True),
        IpGroup(1, "B", 0, 0, 1, host="b.example"),
    )
    strange = UserSecret(1, "7", "other", "x")
    hands = Hands(plan(ip_groups=groups, loaded_users=(*SECRETS, strange)))
    hands.wait(0.3)
    sent = hands.take(BOB)
    assert [(one.uri, one.to.uri.user, one.contact.uri.user) for one in sent] == [
        ("sip:b.example", "1000", "1000"),
        ("sip:b.example", "guest", "guest"),
    ]
    hands.hear(BOB, asks(sent[0]))
    again = hands.take(BOB)[-1]
    assert proves(again, "alice", "wonder")
    hands.hear(BOB, says(again, 200, Expires="600"))
    lines = [(line.user, line.registered) for line in hands.switch.accounts.lines()]
    assert lines == [("1000", True), ("guest", False)]
    assert not [fact for fact in hands.facts if isinstance(fact, AccountRegistered | AccountFailed)]
    hands.take()
    hands.follow(plan())
    gone = [one for one in hands.take(BOB) if one.get("Expires") == "0"]
    assert [one.to.uri.user for one in gone] == ["1000"], "he says goodbye"


# --- the device as client of its users (SBCUserInfoTable)


def answering(mode: int = 1, **more: Any) -> Hands:
    groups = (IpGroup(0, "A", 0, 0, 0, authentication=mode), IpGroup(1, "B", 0, 0, 1, host="b.example"))
    return Hands(plan(ip_groups=groups, users=SECRETS, **more))


@pytest.mark.parametrize("method", ["INVITE", "MESSAGE"])
def test_the_device_answers_for_its_user(method: str) -> None:
    hands = answering()
    body = {} if method == "INVITE" else {"CSeq": f"1 {method}", "Content-Type": None}
    hands.hear(ALICE, invite(body=b"").but(body, method=method))
    (out,) = hands.take(BOB)
    hands.hear(BOB, asks(out))
    again = hands.take(BOB)[-1]
    assert (again.method, again.cseq.number) == (method, 2)
    assert proves(again, "alice", "wonder")
    hands.hear(BOB, says(again, 200, ANSWER if method == "INVITE" else b""))
    assert brief(hands.take(ALICE)) == [f"200 {method}"]


@pytest.mark.parametrize("method", ["INVITE", "MESSAGE"])
def test_a_second_challenge_a_stranger_and_another_mode_reach_the_user(method: str) -> None:
    body = {} if method == "INVITE" else {"CSeq": f"1 {method}", "Content-Type": None}
    for hands, caller, times in (
        (answering(), "1000", 2),
        (answering(), "nobody", 1),
        (answering(mode=0), "1000", 1),
    ):
        asked = invite(body=b"", From=f"<sip:{caller}@alice.example>;tag=a1").but(body, method=method)
        hands.hear(ALICE, asked)
        for _ in range(times):
            sent = [m for m in hands.take(BOB) if isinstance(m, Request) and m.method == method]
            hands.hear(BOB, asks(sent[-1]))
        assert brief(hands.take(ALICE)) == [f"401 {method}"]


# --- the device as server


def guarded(**more: Any) -> Hands:
    groups = (
        IpGroup(0, "A", 0, 0, 0, host="home.example", authentication=2, **more),
        IpGroup(1, "B", 0, 0, 1, host="b.example"),
    )
    return Hands(plan(ip_groups=groups, users=SECRETS))


def with_credentials(
    request: Request, challenged: Response, user: str, password: str, count: int = 1
) -> Request:
    challenge = auth.strongest(challenged, "WWW-Authenticate")
    assert challenge is not None
    held = auth.answer(challenge, request.method, request.uri, user, password, "cn", count)
    return request.but(
        {
            "Authorization": str(held),
            "CSeq": f"{request.cseq.number + count} {request.method}",
            "Via": request.get("Via").replace("z9hG4bK", f"z9hG4bKx{user}{count}"),
        }
    )


@pytest.mark.parametrize(
    ("user", "password", "answers"),
    [
        ("alice", "wonder", []),
        ("guest", "come-in", []),
        ("alice", "wrong", ["403 INVITE"]),
        ("mallory", "wonder", ["403 INVITE"]),
    ],
)
def test_who_proves_the_password_is_let_in(user: str, password: str, answers: list[str]) -> None:
    hands = guarded()
    hands.hear(ALICE, invite())
    (asked,) = hands.take(ALICE)
    assert (brief([asked]), len(asked.all("WWW-Authenticate"))) == (["401 INVITE"], 2)
    assert hands.take(BOB) == []
    hands.hear(ALICE, with_credentials(invite(), asked, user, password))
    assert [text for text in brief(hands.take(ALICE)) if not text.startswith("100")] == answers
    assert brief(hands.take(BOB)) == ([] if answers else ["INVITE"])


def test_credentials_are_good_once_and_never_leave_to_the_other_side() -> None:
    hands = guarded()
    hands.hear(ALICE, invite())
    (asked,) = hands.take(ALICE)
    right = with_credentials(invite(), asked, "alice", "wonder")
    hands.hear(ALICE, right)
    (out,) = hands.take(BOB)
    assert not out.has("Authorization")
    hands.take()
    replayed = right.but({"Call-ID": "other", "Via": right.get("Via").replace("z9hG4bK", "z9hG4bKr")})
    hands.hear(ALICE, replayed)
    (again,) = [m for m in hands.take(ALICE) if isinstance(m, Response) and m.status > 100]
    assert again.status == 401
    assert "stale=true" in again.get("WWW-Authenticate")


def test_only_the_listed_methods_are_asked() -> None:
    hands = guarded(methods=frozenset({"REGISTER"}))
    hands.hear(ALICE, invite())
    assert brief(hands.take(BOB)) == ["INVITE"]


def test_no_session_and_no_fact_of_a_call_begins_before_the_password() -> None:
    hands = guarded()
    hands.hear(ALICE, invite())
    assert hands.empty
    assert not any(isinstance(f, Failed) and f.reason is Reason.OTHER for f in hands.facts)
    assert CAROL
