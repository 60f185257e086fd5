"""What the plan says of test calls and of the trace of calls.

One rule: as `plan.py`: plain values, made by the device, read by the engine."""

import msgspec


class Testing(msgspec.Struct, frozen=True):
    """Test calls."""

    prefix: str = ""  # calls to numbers with it are answered by the device itself; '' = none
    through: str = ""  # this one is taken off, and the call goes through the device
