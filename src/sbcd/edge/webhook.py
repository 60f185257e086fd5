"""Alarms as JSON, posted to a URL of the operator's.

One rule: 2xx is delivered, 4xx (but 408, 425 and 429) is given up, everything else is tried again, later and
later. httpx is loaded with the first alarm that goes out, because most devices have no hook."""

import logging
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sbcd.edge.outbox import Outbox
from sbcd.edge.syslog import roots_of_the_system

if TYPE_CHECKING:
    import httpx

TIMEOUT = 10.0
"""Seconds for the whole of one POST."""
AGAIN = {408, 425, 429}


@dataclass(frozen=True, slots=True)
class Hook:
    """Where alarms are posted. `token` is sent as a bearer token when there is one; `context` is the
    TLS context, None for the roots of the system."""

    url: str
    token: str = field(default="", repr=False)
    context: int | None = None


class Refused(Exception):
    """The receiver wants it later, or is not well."""


class Webhook:
    """The way to one hook; `to(None)` ends it. `pause` is the first wait before a message is tried again."""

    def __init__(
        self, tls: Callable[[int | None], ssl.SSLContext] = roots_of_the_system, pause: float = 1.0
    ) -> None:
        self._tls, self._pause = tls, pause
        self._hook: Hook | None = None
        self._outbox: Outbox[Mapping[str, Any]] | None = None
        self._client: httpx.AsyncClient | None = None

    @property
    def trouble(self) -> str | None:
        """Why the last alarm could not be delivered; never holds the token."""
        return self._outbox.trouble if self._outbox else None

    async def to(self, hook: Hook | None) -> None:
        """From now on alarms go there."""
        if hook == self._hook:
            return
        await self.close()
        self._hook = hook
        if hook:
            self._outbox = Outbox(self._deliver, most=500, tries=8, pause=self._pause)

    def send(self, alarm: Mapping[str, Any]) -> None:
        """Never waits; in the loop only."""
        if self._outbox:
            self._outbox.put(alarm)

    async def close(self) -> None:
        if self._outbox:
            await self._outbox.stop(grace=0.5)
        if self._client:
            await self._client.aclose()
        self._outbox = self._client = self._hook = None

    async def _deliver(self, alarm: Mapping[str, Any]) -> None:
        import httpx

        assert self._hook  # the outbox ends before the hook goes
        if self._client is None:
            for name in ("httpx", "httpcore"):  # they would log the URL, which may hold a key
                logging.getLogger(name).setLevel(logging.WARNING)
            secure = self._tls(self._hook.context) if self._hook.url.startswith("https:") else False
            self._client = httpx.AsyncClient(verify=secure, timeout=TIMEOUT, trust_env=False)
        headers = {"Authorization": f"Bearer {self._hook.token}"} if self._hook.token else {}
        try:
            response = await self._client.post(self._hook.url, json=alarm, headers=headers)
        except httpx.HTTPError as error:
            raise Refused(f"{type(error).__name__}") from error
        if response.is_success or (response.is_client_error and response.status_code not in AGAIN):
            return
        raise Refused(f"the receiver answers {response.status_code}")
