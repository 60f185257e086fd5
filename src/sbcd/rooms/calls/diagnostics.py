"""What the plan says of test calls and of the trace of calls.

One rule: as `plan.py`: plain values, made by the device, read by the engine."""

import msgspec


class Testing(msgspec.Struct, frozen=True):
    """Test calls."""

    prefix: str = ""  # calls to numbers with it are answered by the device itself; '' = none
    through: str = ""  # this one is taken off, and the call goes through the device


class Tracing(msgspec.Struct, frozen=True):
    """The trace of calls: kept in memory, and sent to a collector."""

    most: int = 0  # bytes; 0 keeps nothing
    host: str = ""  # of the HEP collector; '' = none
    port: int = 9060
    agent: int = 2001
    key: str = ""

    def __repr__(self) -> str:
        return f"Tracing({self.most}, {self.host!r}, {self.port}, {self.agent})"
