"""The port pairs of the media realms as bound sockets, and the packets that come in on them.

One rule: a packet is read, shown to its side, and sent on in the same breath; nothing is queued."""

from collections.abc import Callable, Iterable, Iterator
from typing import Final, Protocol

from sbcd.edge.rtpcall import Half, bound, cannot_bind
from sbcd.edge.srtp import Broken
from sbcd.media.contract import Done, Realm, Refused
from sbcd.media.ports import Ports
from sbcd.media.rtp import is_rtcp

MOST_PACKET: Final = 2048
AT_ONCE: Final = 32  # packets read in a row from one socket
LOST: Final = (OSError, *Broken)


class Watch(Protocol):
    """What is needed of the event loop."""

    def add_reader(self, fd: int, callback: Callable[..., object], *args: object) -> object: ...
    def remove_reader(self, fd: int) -> object: ...


class Lender:
    """Lends bound halves of the realms it was given."""

    def __init__(self, watch: Watch, clock: Callable[[], float]) -> None:
        self._watch = watch
        self._clock = clock
        self.realms: dict[str, Ports] = {}

    def settle(self, realms: tuple[Realm, ...], halves: Iterable[Half]) -> Done | Refused:
        held = tuple(halves)
        fresh: dict[str, Ports] = {}
        for realm in realms:
            known = self.realms.get(realm.name)
            if known is not None and known.realm == realm:
                fresh[realm.name] = known
                continue
            if problem := cannot_bind(realm.host):
                return Refused(f"media realm {realm.name}: {problem}", 503)
            fresh[realm.name] = Ports(realm)
            moving = [half for half in held if half.ports.realm.host == realm.host]
            for half in moving:
                if fresh[realm.name].take(half.pair):
                    half.ports = fresh[realm.name]
        self.realms = fresh
        return Done()

    def lend(self, realm: str, wanted: int = 0) -> Half:
        """A half with bound sockets. Raises LookupError: no such realm or no port left."""
        ports = self.realms.get(realm)
        if ports is None:
            raise LookupError(f"no media realm {realm!r}")
        if wanted:
            tries: Iterator[int] = iter([wanted] if ports.take(wanted) else [])
        else:
            tries = ports.lend()
        for pair in tries:
            try:
                sockets = bound(ports.realm.host, pair)
            except LookupError:
                ports.give(pair)
                raise
            if sockets is not None:
                half = Half(ports, pair, *sockets)
                self._watch.add_reader(half.rtp.fileno(), pass_rtp, half, self._clock)
                self._watch.add_reader(half.rtcp.fileno(), pass_rtcp, half, self._clock)
                return half
            if wanted:
                ports.give(wanted)
        raise LookupError(f"media realm {realm!r} has no free ports")

    def release(self, half: Half) -> None:
        for one in (half.rtp, half.rtcp):
            self._watch.remove_reader(one.fileno())
            one.close()
        half.ports.give(half.pair)
        if half.other is not None:
            half.other.other = None


def pass_rtp(half: Half, clock: Callable[[], float]) -> None:
    """Everything that waits on the socket goes to the other half, or nowhere."""
    now, side, other, opening = clock(), half.side, half.other, half.shield.opening
    for _ in range(AT_ONCE):
        try:
            data, source = half.rtp.recvfrom(MOST_PACKET)
        except OSError:
            return
        if half.shield.blocked or (other is not None and other.shield.blocked):
            side.refused += 1
            continue
        try:
            if opening is not None:
                data = opening.unprotect_rtcp(data) if is_rtcp(data) else opening.unprotect(data)
            if side.take(data, source, now) and other is not None and (to := other.side.target):
                if (sealing := other.shield.sealing) is not None:
                    data = sealing.protect_rtcp(data) if is_rtcp(data) else sealing.protect(data)
                other.rtp.sendto(data, to)
        except LOST:
            side.refused += 1


def pass_rtcp(half: Half, clock: Callable[[], float]) -> None:
    """The same for RTCP on its own port."""
    now, side, other, opening = clock(), half.side, half.other, half.shield.opening
    for _ in range(AT_ONCE):
        try:
            data, source = half.rtcp.recvfrom(MOST_PACKET)
        except OSError:
            return
        if half.shield.blocked or (other is not None and other.shield.blocked):
            side.refused += 1
            continue
        try:
            if opening is not None:
                data = opening.unprotect_rtcp(data)
            if side.take_rtcp(data, source, now) and other is not None and (to := other.side.target_rtcp):
                other.side.passed_rtcp(data, now)
                if (sealing := other.shield.sealing) is not None:
                    data = sealing.protect_rtcp(data)
                other.rtcp.sendto(data, to)
        except LOST:
            side.refused += 1
