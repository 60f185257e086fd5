"""The process itself: its loop, signals, periodic work, threads for slow work, readiness, and the reset.

One rule: a reset replaces the program in place (same process id, arguments and ports), so that nothing of
the old life survives but the state directory (R11)."""

import asyncio
import contextlib
import ctypes
import logging
import os
import resource
import signal
import socket
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import TypeVar

T = TypeVar("T")

MOST_FILES = 65536
M_MMAP_THRESHOLD = -3
"""mallopt(3)."""

_log = logging.getLogger("sbcd.process")


class Process:
    """What rooms are given of the process; made inside the running loop."""

    def __init__(self, wall: Callable[[], datetime]) -> None:
        self._wall = wall
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="slow")
        self._logins = ThreadPoolExecutor(2, thread_name_prefix="login")
        self._over = asyncio.Event()
        self._stopped = False
        self._tasks: set[asyncio.Task[None]] = set()
        self.restart = False
        """Whether the end that was asked for is a reset."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)

    def offload(self, work: Callable[[], T]) -> Awaitable[T]:
        """Does slow work (hashes, keys) in a thread while the loop goes on; it begins at once."""
        return asyncio.get_running_loop().run_in_executor(self._threads, work)

    def offload_login(self, work: Callable[[], T]) -> Awaitable[T]:
        """The same for password hashes, in threads of their own: who guesses passwords holds up nobody who
        saves or changes something."""
        return asyncio.get_running_loop().run_in_executor(self._logins, work)

    def every(self, seconds: float, tick: Callable[[datetime], None]) -> None:
        """Calls `tick` with the time every `seconds`; one that fails is logged and called again."""

        async def ticking() -> None:
            while True:
                await asyncio.sleep(seconds)
                try:
                    tick(self._wall())
                except Exception:
                    _log.exception("Cannot do periodic work")

        self.spawn(ticking())

    def spawn(self, work: "Awaitable[None]") -> None:
        """Lets `work` run beside everything else; it is cancelled at the end."""

        async def running() -> None:
            try:
                await work
            except Exception:
                _log.exception("Background work ended")

        task = asyncio.ensure_future(running())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def after(self, seconds: float, call: Callable[[], None]) -> Callable[[], None]:
        """Calls once, later; what comes back takes it back."""
        return asyncio.get_running_loop().call_later(seconds, call).cancel

    def stop(self) -> None:
        """Ends the process in good order, also one that is just about to begin anew."""
        self._stopped, self.restart = True, False
        self._over.set()

    async def reset(self) -> None:
        """Ends it in the same order, then begins anew in place."""
        self.restart = not self._stopped
        self._over.set()

    async def until_over(self) -> None:
        await self._over.wait()

    async def close(self) -> None:
        """Ends periodic and background work."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for pool in (self._threads, self._logins):
            pool.shutdown(wait=False, cancel_futures=True)


def give_memory_back() -> None:
    """Lets the C library return large blocks to the machine: a password hash takes 20 MB for 30 ms, and
    each thread would keep them. A C library that cannot be told is left as it is."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(M_MMAP_THRESHOLD, 1 << 20)


def open_many_files() -> None:
    """Raises the number of open files to what the machine allows: each connection is one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def notify(state: str) -> None:
    """Tells the service manager (sd_notify(3)); without one nothing happens."""
    place = os.environ.get("NOTIFY_SOCKET", "")
    if not place:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as door:
        try:
            door.sendto(state.encode(), "\0" + place[1:] if place.startswith("@") else place)
        except OSError as error:
            _log.warning("Cannot tell the service manager: %s", error)
