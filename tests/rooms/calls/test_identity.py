"""What an IP Profile does to P-Asserted-Identity, Diversion and History-Info of an INVITE."""

import msgspec
import pytest

from sbcd.rooms.calls.plan import Profile
from sbcd.sip.message import Request

from .playbook import ALICE, BOB, Hands, invite, plan

ADD, REMOVE = 1, 2
CAROL_BUSY = '"Carol" <sip:3000@pbx.example>;reason=user-busy;privacy=off;counter=1'
DAVE_AWAY = "<sip:4000@pbx.example>;reason=no-answer;privacy=full;counter=1"
HISTORY = (
    "<sip:4000@pbx.example?Privacy=history>;index=1, "
    "<sip:3000@pbx.example;cause=408>;index=1.1;mp=1, "
    "<sip:2000@pbx.example;cause=486>;index=1.1.1;mp=1.1"
)


def heard(profile: Profile, **more: str) -> Request:
    """The INVITE that Bob gets, whose IP Group has this profile."""
    groups = plan().ip_groups
    bob = msgspec.structs.replace(groups[1], profile=0)
    hands = Hands(plan(profiles=(profile,), ip_groups=(groups[0], bob)))
    hands.hear(ALICE, invite(**more))
    (out,) = hands.take(BOB)
    assert isinstance(out, Request)
    return out


@pytest.mark.parametrize(
    ("mode", "said", "asserted"),
    [
        (0, "", None),
        (0, "<sip:99@alice.example>", "<sip:99@127.0.9.9>"),
        (ADD, "", '"Alice" <sip:1000@127.0.9.9>'),
        (ADD, "<sip:99@alice.example>", "<sip:99@127.0.9.9>"),
        (REMOVE, "<sip:99@alice.example>", None),
        (REMOVE, "", None),
    ],
)
def test_asserted_identity(mode: int, said: str, asserted: str | None) -> None:
    """SBCAssertIdentity: as is, added from the source URI, removed."""
    more = {"P_Asserted_Identity": said} if said else {}
    out = heard(Profile(0, "P", assert_identity=mode), **more)
    assert out.headers.get("P-Asserted-Identity") == (None if asserted is None else [asserted])


def test_nobody_is_asserted_for_an_anonymous_caller() -> None:
    out = heard(
        Profile(0, "P", assert_identity=ADD), From='"Anonymous" <sip:anonymous@anonymous.invalid>;tag=a1'
    )
    assert "P-Asserted-Identity" not in out.headers


def test_diversion_becomes_history() -> None:
    """RFC 7544 5: newest Diversion first, oldest History-Info first; the called comes last."""
    out = heard(Profile(0, "P", diversion=REMOVE, history=ADD), Diversion=f"{CAROL_BUSY}, {DAVE_AWAY}")
    assert "Diversion" not in out.headers
    assert out.headers["History-Info"] == [
        "<sip:4000@pbx.example?Privacy=history>;index=1",
        '"Carol" <sip:3000@pbx.example;cause=408>;index=1.1;mp=1',
        "<sip:2000@b.example;cause=486>;index=1.1.1;mp=1.1",
    ]


def test_history_becomes_diversion() -> None:
    """RFC 7544 6: whoever has a cause behind him was diverted."""
    out = heard(Profile(0, "P", diversion=ADD, history=REMOVE), History_Info=HISTORY)
    assert "History-Info" not in out.headers
    assert out.headers["Diversion"] == [
        "<sip:3000@pbx.example>;reason=user-busy;privacy=off;counter=1",
        DAVE_AWAY,
    ]


def test_a_reason_in_the_entry_counts_too() -> None:
    """RFC 7044: the Reason stands with who was left."""
    told = "<sip:3000@pbx.example?Reason=SIP%3Bcause%3D302>;index=1, <sip:2000@b.example>;index=1.1"
    out = heard(Profile(0, "P", diversion=ADD), History_Info=told)
    assert out.headers["Diversion"] == ["<sip:3000@pbx.example>;reason=unconditional;privacy=off;counter=1"]
    assert out.get("History-Info") == told


@pytest.mark.parametrize(
    ("diversion", "history", "left"),
    [
        (0, 0, {"Diversion", "History-Info"}),
        (REMOVE, REMOVE, set()),
        (REMOVE, 0, {"History-Info"}),
        (0, REMOVE, {"Diversion"}),
        (ADD, ADD, {"Diversion", "History-Info"}),
    ],
)
def test_what_is_left(diversion: int, history: int, left: set[str]) -> None:
    profile = Profile(0, "P", diversion=diversion, history=history)
    out = heard(profile, Diversion=CAROL_BUSY, History_Info=HISTORY)
    assert {name for name in ("Diversion", "History-Info") if name in out.headers} == left


def test_both_are_brought_together() -> None:
    """Both add: each gets what only the other knew; what both know stands once."""
    both = Profile(0, "P", diversion=ADD, history=ADD)
    out = heard(both, Diversion=CAROL_BUSY, History_Info=HISTORY)
    assert out.headers["Diversion"] == [
        "<sip:3000@pbx.example>;reason=user-busy;privacy=off;counter=1",
        DAVE_AWAY,
    ]
    assert out.get("History-Info") == HISTORY


def test_what_cannot_be_read_is_left_alone() -> None:
    out = heard(Profile(0, "P", history=ADD), Diversion="<<nonsense")
    assert "History-Info" not in out.headers
    assert out.get("Diversion") == "<<nonsense"
