"""RTP and SRTP streams of anchored calls, as the facts tell them (KPIs mediaRtpStreams, mediaSrtpStreams)."""

from typing import Any

import pytest

from sbcd.media import contract as media
from sbcd.rooms.calls.anchor import Anchor
from sbcd.rooms.calls.facts import StreamsChanged, Way
from sbcd.rooms.calls.plan import Realm
from sbcd.rooms.calls.streams import Streams, kinds
from sbcd.sip.message import Request, Response

from .playbook import ALICE, ANSWER, BOB, SDP, Hands, invite, plan, says, within

SECURE = SDP.replace(b"RTP/AVP", b"RTP/SAVP")


@pytest.mark.parametrize(
    ("sdp", "found"),
    [
        (SDP, (1, 0)),
        (SECURE, (0, 1)),
        (SDP + b"m=video 4002 UDP/TLS/RTP/SAVPF 96\r\n", (1, 1)),
        (SDP + b"m=video 0 RTP/AVP 96\r\n", (1, 0)),
        (b"", (0, 0)),
        (b"m=audio\r\nm=\r\n", (0, 0)),
    ],
)
def test_streams_of_a_description(sdp: bytes, found: tuple[int, int]) -> None:
    assert kinds(sdp) == found


def test_nothing_is_kept_of_what_is_over() -> None:
    streams = Streams()
    assert [streams.say(1, "a", sdp) for sdp in (SDP, SDP, SECURE)] == [False, False, True]
    assert (streams.of(1, "a"), streams.of(2, "a")) == ((0, 1), (1, 0))
    streams.forget(1, ["a", "b"])
    assert len(streams) == 0


class Relay:
    """A relay between RTP inside and SRTP at Alice's."""

    def ask(self, command: Any, then: Any) -> None:
        if isinstance(command, media.Offer):
            then(media.Anchored(command.sdp.replace(b"SAVP", b"AVP")))
        elif isinstance(command, media.Answer):
            then(media.Anchored(command.sdp.replace(b"AVP", b"SAVP")))
        else:
            then(media.Counted({}))


def test_a_leg_with_srtp_and_one_with_rtp_until_they_end_and_again_for_a_new_reader() -> None:
    hands = Hands(plan(realms=(Realm(0, "R", "127.0.9.9", "", 20000, 20100, default=True),)))
    anchor = Anchor(Relay())
    anchor.switch = hands.switch
    hands.switch.media = anchor

    def told() -> list[tuple[Way, int, int]]:
        found = [(f.way, f.rtp, f.srtp) for f in hands.facts if isinstance(f, StreamsChanged)]
        hands.facts.clear()
        return found

    hands.hear(ALICE, invite(body=SECURE))
    (asked,) = hands.take(BOB)
    assert isinstance(asked, Request)
    hands.hear(BOB, says(asked, 200, ANSWER))
    (ok,) = hands.take(ALICE)
    assert isinstance(ok, Response)
    hands.hear(ALICE, within(ok, "ACK", 1))
    there = [(Way.IN, 0, 1), (Way.OUT, 1, 0)]
    assert told() == there
    anchor.retell()  # a device that was killed begins anew
    assert told() == there
    hands.hear(ALICE, within(ok, "BYE", 2))
    assert told() == [(Way.IN, 0, 0), (Way.OUT, 0, 0)]
    anchor.retell()
    assert told() == []
    assert len(anchor._kinds) == 0
