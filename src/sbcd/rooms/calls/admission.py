"""Admission control: how many calls, how fast, for whom (SBCAdmissionProfile and its rules).

One rule: what was let in is counted until it is over, whatever the rules have become meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sbcd.rooms.calls.facts import Way

if TYPE_CHECKING:
    from sbcd.rooms.calls.desk import Desk
    from sbcd.rooms.calls.plan import AdmissionRule, IpGroup

ALL, INVITE, SUBSCRIBE, OTHER = 0, 1, 2, 3
BOTH = 0
MOST_BUCKETS = 100_000


class Bucket:
    """A token bucket."""

    __slots__ = ("left", "seen")

    def __init__(self, left: float, seen: float) -> None:
        self.left = left
        self.seen = seen

    def take(self, now: float, rate: int, burst: int) -> bool:
        """One token, if there is one."""
        most = max(burst, rate, 1)
        self.left = min(most, self.left + (now - self.seen) * rate)
        self.seen = now
        if self.left < 1:
            return False
        self.left -= 1
        return True


class Admission:
    """Counts what is going on and says no where a rule does."""

    def __init__(self, switch: Desk) -> None:
        self.switch = switch
        self._counts: dict[tuple[Any, ...], int] = {}
        self._buckets: dict[tuple[Any, ...], Bucket] = {}
        self._held: dict[tuple[int, int], list[tuple[Any, ...]]] = {}

    def refuses(
        self, call: Any, group: IpGroup | None, way: Way, method: str = "INVITE", user: str = ""
    ) -> bool:
        """Whether a rule refuses one more; otherwise it is counted for the session until `over`."""
        profiles = self._profiles(group)
        if not profiles:
            return False
        asked = getattr(call, "asked", None)
        if not user and asked is not None:
            user = asked.source_user if way == Way.IN else asked.dest_user
        kind = {"INVITE": INVITE, "SUBSCRIBE": SUBSCRIBE}.get(method, OTHER)
        taken: list[tuple[Any, ...]] = []
        for scope, name in profiles:
            for number, rule in enumerate(self.switch.router.admission.get(name, ())):
                if rule.request in {ALL, kind} and rule.direction in {BOTH, way + 1}:
                    key = (*scope, name, number)
                    if not self._allows(rule, key, user):
                        return True
                    taken.append(key)
                    if rule.limit_per_user >= 0 and user:
                        taken.append((*key, user))
        if kind != OTHER:
            for key in taken:
                self._counts[key] = self._counts.get(key, 0) + 1
            self._held.setdefault((call.seat, int(way)), []).extend(taken)
        return False

    def _profiles(self, group: IpGroup | None) -> list[tuple[tuple[str, int], str]]:
        if group is None:
            return []
        router = self.switch.router
        srd = router.srds.get(group.srd)
        found = [(("group", group.index), group.admission)]
        if srd is not None:
            found.append((("srd", srd.index), srd.admission))
        return [(scope, name) for scope, name in found if name]

    def _allows(self, rule: AdmissionRule, key: tuple[Any, ...], user: str) -> bool:
        if rule.limit >= 0 and self._counts.get(key, 0) >= rule.limit:
            return False
        if user and rule.limit_per_user >= 0 and self._counts.get((*key, user), 0) >= rule.limit_per_user:
            return False
        if rule.rate and not self._bucket(key, rule.rate, rule.burst):
            return False
        return not (
            user
            and rule.rate_per_user
            and not self._bucket((*key, user), rule.rate_per_user, rule.burst_per_user)
        )

    def _bucket(self, key: tuple[Any, ...], rate: int, burst: int) -> bool:
        now = self.switch.now
        bucket = self._buckets.get(key)
        if bucket is None:
            if len(self._buckets) >= MOST_BUCKETS:
                self._buckets = {k: b for k, b in self._buckets.items() if now - b.seen < 60}
            bucket = self._buckets[key] = Bucket(max(burst, rate, 1), now)
        return bucket.take(now, rate, burst)

    def moved(self, old: int, way: Way, new: int) -> None:
        """What was counted under one number counts under another."""
        held = self._held.pop((old, int(way)), None)
        if held is not None:
            self._held[new, int(way)] = held

    def over(self, session: int, way: Way) -> None:
        """What was counted for this side of the session is over."""
        for key in self._held.pop((session, int(way)), ()):
            left = self._counts[key] - 1
            if left:
                self._counts[key] = left
            else:
                del self._counts[key]

    def __len__(self) -> int:
        return len(self._held)
