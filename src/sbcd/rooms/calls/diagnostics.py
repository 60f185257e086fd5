"""What the plan says of test calls and of the trace of calls.

One rule: as `plan.py`: plain values, made by the device, read by the engine."""

import msgspec

CALLER, CALLED = 0, 1
ONCE, CONTINUOUS = 0, 1


class Rehearsal(msgspec.Struct, frozen=True):
    """A row of Test_Call. `called` and `endpoint` are user parts; `duration` in seconds, -1 left to the
    device, 0 endless; `rate` calls a second; `minutes` of a continuous run (0: endless), `interval` between
    two runs."""

    index: int
    endpoint: str
    called: str
    party: int = CALLER
    group: str = ""
    address: str = ""
    transport: str = "UDP"
    interface: int = -1
    channels: int = 1
    duration: int = 20
    rate: int = 10
    mode: int = ONCE
    minutes: int = 0
    interval: int = 0
    digits: str = ""
    user: str = ""
    password: str = ""

    def __repr__(self) -> str:
        return f"Rehearsal({self.index}, {self.endpoint!r})"


class Testing(msgspec.Struct, frozen=True):
    """Test calls."""

    prefix: str = ""  # calls to numbers with it are answered by the device itself; '' = none
    through: str = ""  # this one is taken off, and the call goes through the device
    rows: tuple[Rehearsal, ...] = ()


class Tracing(msgspec.Struct, frozen=True):
    """The trace of calls: kept in memory, and sent to a collector."""

    most: int = 0  # bytes; 0 keeps nothing
    host: str = ""  # of the HEP collector; '' = none
    port: int = 9060
    agent: int = 2001
    key: str = ""

    def __repr__(self) -> str:
        return f"Tracing({self.most}, {self.host!r}, {self.port}, {self.agent})"
