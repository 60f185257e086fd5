"""What the plan says of attackers and of calls that must not fail: intrusion rules, floods, emergencies.

One rule: as `plan.py`: plain values, made by the device, read by the engine."""

import msgspec

AUTHENTICATION, MALFORMED, CLASSIFICATION, ROUTING, ADMISSION, MESSAGES = 0, 2, 3, 4, 5, 7
"""IDSRule.Reason: what is counted."""
GLOBAL, BY_ADDRESS, BY_PORT = 0, 2, 3
"""IDSRule.ThresholdScope: for whom."""


class IntrusionRule(msgspec.Struct, frozen=True):
    """A row of IDSRule. Thresholds count events within `window` seconds; -1 is none."""

    policy: int
    name: str  # of its policy
    number: int
    reason: int
    scope: int = BY_ADDRESS
    window: int = 1
    minor: int = -1
    major: int = -1
    critical: int = -1
    deny: int = -1
    period: int = -1  # seconds an address is blocked


class IntrusionMatch(msgspec.Struct, frozen=True):
    """A row of IDSMatch: for whom the rules of a policy hold. Empty sets are everybody."""

    index: int
    interfaces: frozenset[int]
    proxy_sets: frozenset[int]
    subnet: str
    policy: int


class Protection(msgspec.Struct, frozen=True):
    """The whole."""

    rules: tuple[IntrusionRule, ...] = ()
    matches: tuple[IntrusionMatch, ...] = ()
    clear_after: float = 300.0  # seconds without a crossing, after which an alarm ends
    flood: int = 0  # failures of one unknown address in ten seconds, after which it is not heard; 0 = never
    preempt: bool = False  # an emergency call takes the place of another one
    emergency: str = ""  # the condition that knows one
