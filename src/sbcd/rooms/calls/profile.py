"""An IP Profile as a part of the plan: how a peer behaves.

One rule: the defaults are those of a peer without a profile."""

import msgspec

from sbcd.rooms.calls.coders import Coder, Shape


class Profile(msgspec.Struct, frozen=True):
    """An IP Profile: how a peer behaves."""

    index: int
    name: str
    session_expires: int = 0  # 0 observer, 1 transparent, 2 not supported, 3 supported
    prack: int = 3  # 1 optional, 2 mandatory, 3 transparent
    refer: int = 0  # 0 passed, 1 database URL, 2 IP group name, 3 handled here, 4 local host, 5 as it is
    redirect: int = 0  # 3xx: 0 transparent, 1 database URL, 2 handled here, 3 IP group name, 4 local host
    broken: bool = True
    user_expires: int = 0
    nat_udp_expires: int = -1
    nat_tcp_expires: int = -1
    assert_identity: int = 0
    diversion: int = 0
    history: int = 0
    longest: int = 0  # seconds of a call, 0 = no limit
    security: int = 0  # of media: 0 as is, 1 SRTP, 2 RTP, 3 and 4 both
    keeps_agent: bool = False  # User-Agent passes as it came
    mki: tuple[int, bool, bool] = (0, False, False)  # size, symmetric, enforced (media.sdes.Mki)
    shape: Shape | None = None  # what becomes of session descriptions; None: nothing
    coders: tuple[Coder, ...] = ()  # of offers the device makes itself
    events_payload: int = 96  # of telephone events it adds
    delayed_offer: bool = True  # the peer takes an INVITE without offer
    update: int = 2  # the peer takes UPDATE: 0 no, 1 when connected, 2 yes
    reinvite: int = 2  # the peer takes re-INVITE: 0 no, 1 with a description only, 2 yes
    replaces: int = 0  # 0 passed on, 1 handled here, 2 as it is
    early_media: bool = True  # the peer takes early media
    early_response: int = 0  # 18x 0 as they come, 1 as 180, 2 as 183
    multiple_18x: bool = True  # the peer takes more than one 18x
