"""What the plan says of time: figures that hold for all calls.

One rule: as `plan.py`: plain values, made by the device, read by the engine."""

import msgspec


class Timers(msgspec.Struct, frozen=True, gc=False):
    """Global figures. Seconds."""

    t1: float = 0.5
    t2: float = 4.0
    invite_timeout: float = 180.0
    session_expires: int = 0
    least_session_expires: int = 90
    broken_timeout: float = 10.0
    register_expires: int = 3600
    user_agent: str = "sbcd"
    cdr_level: int = 0
    latch: str = "dynamic"  # whose RTP is taken (InboundMediaLatchMode): or "strict"
    mki: tuple[int, bool, bool] = (0, False, False)  # of peers without a profile
    nat: int = 0  # NatMode: 0 to where packets come from, 1 as announced, 2 only there, 3 by the signalling
    keeps_streams: bool = False  # offers tell every stream that was told before
    retry_after: int = 0  # seconds told with 503
    tel_asserted: bool = False  # tel instead of sip in P-Asserted-Identity of the device's own
    name: str = ""  # the device's own, for From of who has none else
    name_in_options: int = 0  # of keep-alives, too; 2: the name of the server
    udp_limit: int = 1300  # larger requests go by TCP (RFC 3261 18.1.1)
