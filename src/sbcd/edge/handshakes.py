"""TLS handshakes of listeners, counted: begun, and never finished.

One rule: a handshake counts as refused when its connection was not made in time, whoever gave up."""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sbcd.edge.sip import Counters


class Handshakes:
    """Those that are under way."""

    def __init__(self, counters: Counters, seconds: float) -> None:
        self._counters = counters
        self._seconds = seconds
        self._begun: dict[int, asyncio.TimerHandle] = {}

    def watch(self, context: ssl.SSLContext) -> None:
        """Counts every connection that the loop begins with this context."""
        inner = context.wrap_bio

        def wrap_bio(*args: Any, **kwargs: Any) -> ssl.SSLObject:
            found = inner(*args, **kwargs)
            self._counters.tls_attempted += 1
            loop = asyncio.get_running_loop()
            self._begun[id(found)] = loop.call_later(self._seconds, self._late, id(found))
            return found

        context.wrap_bio = wrap_bio  # type: ignore[method-assign]

    def made(self, found: object) -> None:
        """The connection of this SSL object is there."""
        handle = self._begun.pop(id(found), None)
        if handle is not None:
            handle.cancel()

    def _late(self, number: int) -> None:
        if self._begun.pop(number, None) is not None:
            self._counters.tls_refused += 1
