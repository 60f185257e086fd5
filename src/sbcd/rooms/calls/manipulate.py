"""Number manipulation: which rule changes a user part, and how.

One rule: rules are tried from the top; the first that matches is applied for its URI, and after it only
those marked as additional that follow it directly."""

from __future__ import annotations

from sbcd.base.indexed import Indexed
from sbcd.rooms.calls.matching import Asked, Compiled
from sbcd.rooms.calls.plan import Manipulation

ALL = 255  # LeaveFromRight: everything stays


def rewrite(user: str, rule: Manipulation) -> str:
    """Removal from the left, from the right, what is left from the right, then prefix and suffix."""
    if rule.remove_left:
        user = user[rule.remove_left :]
    if rule.remove_right:
        user = user[: -rule.remove_right] if rule.remove_right < len(user) else ""
    if rule.leave_right < ALL:
        user = user[-rule.leave_right :] if rule.leave_right else ""
    return f"{rule.prefix}{user}{rule.suffix}"


class Manipulations:
    """The rules of one direction, ready to be asked."""

    __slots__ = ("rules",)

    def __init__(self, rules: Indexed[tuple[Manipulation, Compiled]]) -> None:
        self.rules = rules

    def apply(
        self,
        asked: Asked,
        source: int,
        dest: int = -1,
        policy: str = "",
        trigger: int = 4,
        rerouting: int = -1,
    ) -> tuple[str, str, int]:
        """The new source user, destination user and the privacy mode (0 = as it is)."""
        users = [asked.source_user, asked.dest_user]
        privacy = 0
        done = [False, False]
        followed = [False, False]  # the rule just above was applied: an additional one may follow
        for rule, match in self.rules.ordered:
            uri = 1 if rule.uri else 0
            eligible = followed[uri] if rule.additional else not done[uri]
            if (
                not eligible
                or (rule.source >= 0 and rule.source != source)
                or (rule.dest >= 0 and rule.dest != dest)
                or (policy and rule.policy and rule.policy != policy)
                or not triggered(rule.trigger, trigger)
                or (rule.reroute >= 0 and rule.reroute != rerouting)
                or not match.holds(asked)
            ):
                if not rule.additional:
                    followed[uri] = False
                continue
            users[uri] = rewrite(users[uri], rule)
            privacy = rule.privacy or privacy
            done[uri] = followed[uri] = True
        return users[0], users[1], privacy

    def __bool__(self) -> bool:
        return bool(self.rules)


def triggered(rule: int, trigger: int) -> bool:
    """Whether a rule of this Trigger (0 any, 1 3xx, 2 REFER, 3 both, 4 initial only) is meant."""
    return rule == 0 or rule == trigger or (rule == 3 and trigger in {1, 2})
