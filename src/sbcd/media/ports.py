"""Lends RTP port pairs of a media realm and takes them back.

One rule: the pair that was free longest is lent next, so that late packets of a call that ended do not
reach the next one."""

from collections import deque
from collections.abc import Iterator

from sbcd.media.contract import Realm


class Ports:
    """The pairs of one realm: RTP on the lower port, RTCP on the next."""

    def __init__(self, realm: Realm) -> None:
        self.realm = realm
        first = realm.first + realm.first % 2
        self._free = deque(range(first, realm.last, max(2, realm.spacing)))
        self._lent: set[int] = set()

    def lend(self) -> Iterator[int]:
        """Lower ports to try, one after the other, at most 32; the last one tried is lent, those
        before it (somebody else has them) go to the end of the line."""
        for _ in range(min(32, len(self._free))):
            port = self._free.popleft()
            self._lent.add(port)
            yield port
            self.give(port)

    def take(self, port: int) -> bool:
        """Lend this very pair; False when it is lent already or none of this realm."""
        try:
            self._free.remove(port)
        except ValueError:
            return False
        self._lent.add(port)
        return True

    def give(self, port: int) -> None:
        """Take a pair back; idempotent."""
        if port in self._lent:
            self._lent.discard(port)
            self._free.append(port)

    @property
    def free(self) -> int:
        return len(self._free)

    @property
    def lent(self) -> int:
        return len(self._lent)
