"""What happened to calls, registrations and peers, in the past tense.

One rule: a fact is told once and carries everything a meter, a record or an alarm needs; nobody has to
remember an earlier fact to understand it. `session` is the same in every fact and every record of one
call, so that a KPI is the sum of its CDRs."""

from __future__ import annotations

from enum import IntEnum

import msgspec


class Way(IntEnum):
    """The side of the device a leg is on: IN came to the device, OUT was sent by it."""

    IN = 0
    OUT = 1


class Reason(IntEnum):
    """Why an attempt did not become a call; each is one counter of the KPI tree."""

    BUSY = 0  # 486, 600
    NO_ANSWER = 1  # 408, 480, no answer in time
    CANCELLED = 2  # the caller gave up while it rang (487)
    FORWARDED = 3  # 3xx
    NO_ROUTE = 4  # no routing rule, no target (404 of ours)
    NO_RESOURCES = 5  # no media port, licence capacity, overload
    MEDIA_MISMATCH = 6  # 415, 488
    ADMISSION = 7  # an admission rule said no
    CLASSIFICATION = 8  # nobody knows the sender
    UNREACHABLE = 9  # no server of the proxy set, or it never answered
    LOCKED = 10  # the device was locked (R11)
    OTHER = 11


class Fact(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Something that happened. `at`: seconds of the epoch."""

    at: float


class LegFact(Fact, frozen=True, array_like=True):
    """Something that happened on one leg. Indexes are configuration rows; -1 = not (yet) known."""

    session: int  # growing from 1 within one life of the engine (`Facts.boot`)
    way: Way
    ip_group: int
    srd: int
    interface: int


# --- calls (INVITE) -----------------------------------------------------------------------------


class Attempted(LegFact, frozen=True, array_like=True, tag="attempted"):
    """An INVITE came in, or went out."""


class Rang(LegFact, frozen=True, array_like=True, tag="rang"):
    """First 18x of the leg. `delay`: seconds since its INVITE (post-dial delay)."""

    delay: float


class Answered(LegFact, frozen=True, array_like=True, tag="answered"):
    """200 OK. `delay`: seconds since the leg's INVITE; `post_dial`: until the first 18x or the 200."""

    delay: float
    post_dial: float


class Failed(LegFact, frozen=True, array_like=True, tag="failed"):
    """The attempt is over without an answer. `status`: the SIP status sent or received."""

    reason: Reason
    status: int


class Ended(LegFact, frozen=True, array_like=True, tag="ended"):
    """An answered leg is over. `duration`: seconds since the 200. `abnormal`: not by a BYE of a party."""

    duration: float
    abnormal: bool
    why: str  # "BYE", "session timer", "media broken", "no ACK", "disconnected by operator", ...


class Forwarded(LegFact, frozen=True, array_like=True, tag="forwarded"):
    """A 3xx arrived and its contact is followed, or a 3xx was passed on."""


class Transferred(LegFact, frozen=True, array_like=True, tag="transferred"):
    """A REFER was accepted on the leg."""


class MediaBroken(LegFact, frozen=True, array_like=True, tag="media-broken"):
    """No packet came for the configured time; the call is torn down (`Ended` follows)."""


class SessionOpened(Fact, frozen=True, array_like=True, tag="session-opened"):
    """A call exists, from its first INVITE on (gauge activeSessions)."""

    session: int


class SessionClosed(Fact, frozen=True, array_like=True, tag="session-closed"):
    """Both legs are gone."""

    session: int


class Unclassified(Fact, frozen=True, array_like=True, tag="unclassified"):
    """A dialog-starting request whose sender nobody knows."""

    srd: int
    interface: int
    method: str


# --- media --------------------------------------------------------------------------------------


class StreamsChanged(LegFact, frozen=True, array_like=True, tag="streams"):
    """The leg now has so many RTP / SRTP streams through the relay (gauge; 0 at its end)."""

    realm: int
    rtp: int
    srtp: int


class MediaMeasured(LegFact, frozen=True, array_like=True, tag="media"):
    """What was counted on a leg since the last such fact of it. Losses in packets, times in milliseconds."""

    realm: int
    seconds: float
    packets_in: int
    packets_out: int
    octets_in: int
    octets_out: int
    lost_in: int
    lost_out: int | None = None  # told by the far side's RTCP, or unknown
    jitter_in: float | None = None
    jitter_out: float | None = None
    delay: float | None = None
    mos_in: float | None = None  # 1.0-5.0
    mos_out: float | None = None
    coder: str = ""  # the name in the SDP: PCMA, PCMU, opus
    colour_in: int | None = None  # by a QoE Profile: 2 green, 1 yellow, 0 red
    colour_out: int | None = None


# --- registrations, subscriptions, other dialogs ------------------------------------------------


class RegisterAttempted(LegFact, frozen=True, array_like=True, tag="register-attempted"):
    """A REGISTER came in from a user, or was sent by the device for itself (`own`)."""

    own: bool = False


class Registered(LegFact, frozen=True, array_like=True, tag="registered"):
    """A 200 to a REGISTER. `new`: not a refresh. `users`: how many the device now knows."""

    aor: str
    expires: int
    new: bool
    users: int
    own: bool = False


class Unregistered(LegFact, frozen=True, array_like=True, tag="unregistered"):
    """A binding is gone, by request or because it expired."""

    aor: str
    expired: bool
    users: int
    own: bool = False


class RegistrationFailed(LegFact, frozen=True, array_like=True, tag="registration-failed"):
    """A REGISTER was refused."""

    reason: Reason
    status: int
    own: bool = False


class DialogAttempted(LegFact, frozen=True, array_like=True, tag="dialog-attempted"):
    """A request other than INVITE and REGISTER outside a dialog (SUBSCRIBE, OPTIONS, MESSAGE, ...)."""

    method: str


class DialogOpened(LegFact, frozen=True, array_like=True, tag="dialog-opened"):
    """It was accepted. Subscriptions stay (gauge) until `DialogEnded`; others end at once."""

    method: str


class DialogEnded(LegFact, frozen=True, array_like=True, tag="dialog-ended"):
    """It is over, after it was opened."""

    method: str


class DialogFailed(LegFact, frozen=True, array_like=True, tag="dialog-failed"):
    """It was refused."""

    method: str
    reason: Reason
    status: int


# --- peers and the engine itself ----------------------------------------------------------------


class ServerUp(Fact, frozen=True, array_like=True, tag="server-up"):
    """A proxy answers its keep-alive (again)."""

    proxy_set: int
    address: str  # host:port;transport


class ServerDown(Fact, frozen=True, array_like=True, tag="server-down"):
    """A proxy does not answer its keep-alive."""

    proxy_set: int
    address: str
    why: str


class ProxySetLost(Fact, frozen=True, array_like=True, tag="proxy-set-lost"):
    """No server of the set is left (fewer than MinActiveServersLB with load balancing: `left` > 0)."""

    proxy_set: int
    name: str
    left: int


class ProxySetRestored(Fact, frozen=True, array_like=True, tag="proxy-set-restored"):
    """The set can be used again; also told when a set with a standing alarm is deleted."""

    proxy_set: int
    name: str


class IpGroupBlocked(Fact, frozen=True, array_like=True, tag="ip-group-blocked"):
    """Calls cannot be sent to the group."""

    ip_group: int
    name: str
    why: str


class IpGroupUnblocked(Fact, frozen=True, array_like=True, tag="ip-group-unblocked"):
    """They can again."""

    ip_group: int
    name: str


class AccountRegistered(Fact, frozen=True, array_like=True, tag="account-registered"):
    """A registration of the device's own was granted after it was not there. `ip_group`: where."""

    account: int
    ip_group: int


class AccountFailed(Fact, frozen=True, array_like=True, tag="account-failed"):
    """A registration of the device's own failed; it is tried again."""

    account: int
    ip_group: int
    why: str


class Traffic(Fact, frozen=True, array_like=True, tag="traffic"):
    """Counted since the last such fact (about once a second while there is any)."""

    transactions: int
    sip_packets: int
    non_sip_packets: int
    dropped: int  # thrown away unread: over a limit
    tls_attempted: int
    tls_refused: int


class Overloaded(Fact, frozen=True, array_like=True, tag="overloaded"):
    """The engine is too slow for what comes (`on`), or no longer."""

    on: bool
    lag: float  # seconds the loop was late


class Intrusion(Fact, frozen=True, array_like=True, tag="intrusion"):
    """Events of a rule of intrusion detection crossed a threshold; `severity` 0: nothing was crossed for long
    enough (1 minor, 2 major, 3 critical). `match` -1: the limit that holds without intrusion detection."""

    match: int
    policy: int
    rule: int
    severity: int
    name: str  # of the policy
    reason: int  # IDSRule.Reason
    source: str  # of the last event: host:port TRANSPORT
    scope: str  # for whom it was counted: an address, "global"
    interface: int
    count: int


class Blocked(Fact, frozen=True, array_like=True, tag="blocked"):
    """Nobody listens to this address (or address and port) from now on, or (`on` false) again."""

    address: str
    on: bool


class Recorded(Fact, frozen=True, array_like=True, tag="recorded"):
    """A line of the CDR stream, for syslog; the file is written by the engine itself."""

    line: str


AnyFact = (
    Attempted
    | Rang
    | Answered
    | Failed
    | Ended
    | Forwarded
    | Transferred
    | MediaBroken
    | SessionOpened
    | SessionClosed
    | Unclassified
    | AccountRegistered
    | AccountFailed
    | StreamsChanged
    | MediaMeasured
    | RegisterAttempted
    | Registered
    | Unregistered
    | RegistrationFailed
    | DialogAttempted
    | DialogOpened
    | DialogEnded
    | DialogFailed
    | ServerUp
    | ServerDown
    | ProxySetLost
    | ProxySetRestored
    | IpGroupBlocked
    | IpGroupUnblocked
    | Traffic
    | Overloaded
    | Intrusion
    | Blocked
    | Recorded
)
