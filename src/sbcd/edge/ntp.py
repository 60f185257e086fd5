"""Asking a time server, by ntplib in a thread: the library waits for its answer.

One rule: whatever goes wrong is an OSError with a sentence."""

from collections.abc import Awaitable, Callable
from typing import Any

TIMEOUT = 5.0
"""Seconds for one question."""

Offload = Callable[[Callable[[], Any]], Awaitable[Any]]


async def ask(server: str, offload: Offload, port: int = 123) -> tuple[float, float, int]:
    """(offset, delay, stratum) of a server; offset and delay in seconds."""

    def question() -> tuple[float, float, int]:
        import ntplib

        try:
            answer = ntplib.NTPClient().request(server, version=4, port=port, timeout=TIMEOUT)
        except ntplib.NTPException as error:
            raise OSError(str(error) or "no answer") from error
        if not 0 < answer.stratum < 16 or answer.leap == 3:
            raise OSError("the server has no time itself")
        return float(answer.offset), float(answer.delay), int(answer.stratum)

    found: tuple[float, float, int] = await offload(question)
    return found
