"""The call engine as seen from the device: started, linked, watched, started again.

One rule: the engine is no part of this process: it survives it, and is found again by its socket; only a
device that ends in good order ends it too."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from sbcd.edge.link import Link, connect

_log = logging.getLogger("sbcd.engine.link")
TRY_EVERY = 0.05  # seconds between attempts to connect
STARTS_IN = 10.0  # seconds an engine may take to open its socket
SHORT_LIFE = 5.0  # an engine that ends sooner is started again with a growing pause
SHORTEST_PAUSE, LONGEST_PAUSE = 0.1, 15.0
ENDS_IN = 5.0


class EngineProcess:
    """`linked` is called with every new link, `heard` with every message, `lost` when the link is gone,
    `failed` each time an engine did not come up; it is tried again, less and less often."""

    def __init__(
        self,
        command: Sequence[str],
        socket: Path,
        *,
        linked: Callable[[], None],
        heard: Callable[[bytes], None],
        lost: Callable[[str], None],
        failed: Callable[[str], None],
    ) -> None:
        self._command = list(command)
        self._socket = socket
        self._linked, self._heard, self._lost, self._failed = linked, heard, lost, failed
        self._link: Link | None = None
        self._child: subprocess.Popen[bytes] | None = None
        self._task: asyncio.Task[None] | None = None
        self._gone = asyncio.Event()
        self._tried = asyncio.Event()
        self._stopping = False

    async def start(self) -> None:
        """Finds the engine that runs, or starts one; then keeps it running. Returns when there is one, or
        when the first one did not come up."""
        self._task = asyncio.get_running_loop().create_task(self._keep())
        await self._tried.wait()

    @property
    def open(self) -> bool:
        """Whether there is a link."""
        return self._link is not None and self._link.open

    def say(self, message: bytes) -> None:
        """To the engine; without a link it is dropped."""
        if self._link is not None:
            self._link.say(message)

    async def _join(self) -> None:
        """Connects, starting an engine when none listens."""
        loop = asyncio.get_running_loop()
        until, pause = 0.0, 0.0
        while not await self._connected():
            code = self._child.poll() if self._child is not None else None
            if self._child is None or code is not None or loop.time() > until:
                if until:  # one was started here, and is no engine
                    self._failed("does not start" + (f" (exit code {code})" if code is not None else ""))
                    self._tried.set()
                    pause = longer(pause)
                    await asyncio.sleep(pause)
                self._spawn()
                until = loop.time() + STARTS_IN
            await asyncio.sleep(TRY_EVERY)
        self._tried.set()

    async def _connected(self) -> bool:
        with contextlib.suppress(OSError):
            self._gone.clear()
            self._link = await connect(self._socket, lambda: Link(self._received, self._ended))
            self._linked()
            return True
        return False

    def _spawn(self) -> None:
        if self._child is not None and self._child.poll() is None:
            self._child.kill()
            self._child.wait()
        try:
            self._child = subprocess.Popen(
                self._command,
                cwd=self._socket.parent,  # where its core dumps belong
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError as error:
            self._child = None
            _log.error("Cannot start the call engine: %s", error)

    async def _keep(self) -> None:
        loop = asyncio.get_running_loop()
        pause = 0.0
        await self._join()
        while True:
            since = loop.time()
            await self._gone.wait()
            if self._stopping:
                return
            code = self._child.poll() if self._child is not None else None
            self._lost("it ended" + (f" ({code})" if code is not None else ""))
            pause = longer(pause) if loop.time() - since < SHORT_LIFE else 0.0
            await asyncio.sleep(pause)
            await self._join()

    def _received(self, link: Link, message: bytes) -> None:
        if link is self._link or self._link is None:
            self._heard(message)

    def _ended(self, link: Link) -> None:
        if link is self._link or self._link is None:
            self._link = None
            self._gone.set()

    async def stop(self, farewell: bytes) -> None:
        """Tells the engine to end and waits until it has."""
        self._stopping = True
        if self._task is not None:
            self._task.cancel()
        if self._link is not None:
            self.say(farewell)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(ENDS_IN):
                    await self._gone.wait()
        if self._child is not None:
            try:
                await asyncio.to_thread(self._child.wait, ENDS_IN)
            except subprocess.TimeoutExpired:
                self._child.kill()
                self._child.wait()


def longer(pause: float) -> float:
    """The next pause between two tries, in seconds."""
    return min(max(pause * 2, SHORTEST_PAUSE), LONGEST_PAUSE)
