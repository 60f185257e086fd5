"""What the device and the call engine say to each other: commands and plans down, answers and facts up.

One rule: every command has exactly one answer with its number; facts (`facts.py`) are numbered, sent in
order and sent again until they are acknowledged."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from sbcd.media.tones import Talk
from sbcd.rooms.calls.amending import Amendment
from sbcd.rooms.calls.facts import AnyFact, Way
from sbcd.sip.seen import Seen

# --- down: commands. `id` numbers them; the answer carries the same id --------------------------


class Command(msgspec.Struct, frozen=True):
    """Something the engine shall do."""

    id: int


class Prepare(Command, frozen=True, tag=True):
    """Check this plan and bind what is new in it, touching nothing that runs. Answer: Done or Refused, or
    Unknown when the plan that runs is not `base`, of which `plan` tells the differences.
    `base` 0: `plan` is the whole. `lenient`: what cannot be bound is left out and told (`Done.missing`); a
    start must not fail for it."""

    epoch: int
    plan: Amendment
    base: int = 0
    lenient: bool = False


class Commit(Command, frozen=True, tag=True):
    """Run the prepared plan of this epoch. Answer: Done when new calls follow it."""

    epoch: int


class Abort(Command, frozen=True, tag=True):
    """Forget the prepared plan of this epoch and close what was bound for it."""

    epoch: int


class Lock(Command, frozen=True, tag=True):
    """Refuse new calls with 503 (R11: LOCKED); calls under way go on."""


class Unlock(Command, frozen=True, tag=True):
    """Take new calls again."""


class Drain(Command, frozen=True, tag=True):
    """Answer Done when there is no call left, or after `seconds` (0 = wait for ever)."""

    seconds: float = 0


class Install(Command, frozen=True, tag=True):
    """The credentials of these TLS contexts have changed: new connections use what their files say now."""

    contexts: tuple[int, ...]


class Ask(Command, frozen=True, tag=True):
    """Tell what is: 'calls', 'proxies', 'users', 'trials', 'state'; `most` items."""

    what: str
    most: int = 1000


class Drop(Command, frozen=True, tag=True):
    """Tear the call (or test call) down; session 0: all of them."""

    session: int


class TrialStats(msgspec.Struct, frozen=True):
    """What one end of a test call counted: packets, and (of what came) milliseconds and MOS, None unknown."""

    sent: int
    received: int
    lost: int | None = None
    jitter: float | None = None
    delay: float | None = None
    mos: float | None = None


class TrialLine(msgspec.Struct, frozen=True):
    """A test call: what was asked for, and what came of it. `timeout` and `keep` in seconds."""

    session: int
    called: str
    calling: str
    address: str = ""
    interface: int = -1
    transport: str = "UDP"
    group: str = ""  # name or index
    digits: str = ""
    tone: int = 0
    timeout: int = 20
    keep: int = 0
    status: str = ""
    cause: str = ""
    call_id: str = ""
    local: TrialStats | None = None
    remote: TrialStats | None = None


class RehearsalLine(msgspec.Struct, frozen=True):
    """A row of Test_Call; `elapsed` in seconds since its last run began."""

    index: int
    endpoint: str
    called: str
    summary: str  # "Idle", "Running", "Receiving"
    active: int
    attempts: int
    established: int
    failed: int
    disconnected: int
    elapsed: float


class Rehearse(Command, frozen=True, tag=True):
    """Begin or end a series of Test_Call: 'dial', 'drop', 'restart'. Answer: Told, or Refused."""

    index: int
    action: str


class Dial(Command, frozen=True, tag=True):
    """Make a test call. Answer: Told with its line, or Refused."""

    line: TrialLine
    talk: Talk


class Trace(Command, frozen=True, tag=True):
    """Tell the trace of a session; of 0: which sessions there are, and with `everything` every message.
    Answer: Traced. The newest `most` messages at most."""

    session: int = 0
    everything: bool = False
    most: int = 10_000


class Stop(Command, frozen=True, tag=True):
    """End: BYE every call if `tidy`, close, exit."""

    tidy: bool = True


class Acknowledge(msgspec.Struct, frozen=True, tag=True):
    """The facts up to this number of this boot were taken; no answer."""

    boot: str
    number: int


Down = (
    Prepare
    | Commit
    | Abort
    | Lock
    | Unlock
    | Drain
    | Install
    | Ask
    | Drop
    | Trace
    | Dial
    | Rehearse
    | Stop
    | Acknowledge
)


# --- up -----------------------------------------------------------------------------------------


class Hello(msgspec.Struct, frozen=True, tag=True):
    """First message of the engine on a new link: who it is and what it runs."""

    boot: str  # new with every start of the engine
    pid: int
    epoch: int  # of the plan that runs; 0 = none
    locked: bool
    calls: int


class Done(msgspec.Struct, frozen=True, tag=True):
    """The command was carried out; `missing` is what could not be bound (Prepare with `lenient`)."""

    id: int
    missing: tuple[str, ...] = ()


class Unknown(msgspec.Struct, frozen=True, tag=True):
    """Answer to Prepare: the plan it starts from is not the one that runs. The whole is needed."""

    id: int


class Refused(msgspec.Struct, frozen=True, tag=True):
    """The command cannot be carried out, and why: one sentence each."""

    id: int
    reasons: tuple[str, ...]


class CallLine(msgspec.Struct, frozen=True):
    """One leg of a call that is up."""

    session: int
    way: Way
    started: float
    state: str  # "Setup", "Ringing", "Connected", "Held", "Releasing"
    caller: str
    callee: str
    remote: str
    ip_group: int
    seconds: float


class ProxyLine(msgspec.Struct, frozen=True):
    """One server of a proxy set."""

    proxy_set: int
    name: str
    mode: str  # "Parking", "Homing", "Load Balancing"
    keep_alive: str
    address: str
    priority: int
    weight: int
    online: bool | None  # None: not asked
    active: bool
    succeeded: int
    failed: int


class UserLine(msgspec.Struct, frozen=True):
    """One registered user."""

    aor: str
    contact: str
    ip_group: int
    expires_in: float


class AccountLine(msgspec.Struct, frozen=True):
    """A registration of the device's own; `expires_in` in seconds."""

    account: int
    user: str
    ip_group: int
    registered: bool
    expires_in: float
    why: str


class BlockedLine(msgspec.Struct, frozen=True):
    """An address nobody listens to (`port` 0: any), and for how many more seconds."""

    address: str
    port: int
    seconds: float


class State(msgspec.Struct, frozen=True):
    """The engine at a glance."""

    epoch: int
    locked: bool
    calls: int
    users: int
    transactions: int
    facts_waiting: int
    facts_lost: int
    relays: tuple[tuple[int, str, str, int], ...] = ()  # id, address, status, active sessions


class Told(msgspec.Struct, frozen=True, tag=True):
    """The answer to `Ask`."""

    id: int
    calls: tuple[CallLine, ...] = ()
    proxies: tuple[ProxyLine, ...] = ()
    users: tuple[UserLine, ...] = ()
    accounts: tuple[AccountLine, ...] = ()
    trials: tuple[TrialLine, ...] = ()
    rehearsals: tuple[RehearsalLine, ...] = ()
    blocked: tuple[BlockedLine, ...] = ()
    state: State | None = None
    text: str = ""


class TraceLine(msgspec.Struct, frozen=True):
    """A session of which messages are kept; `first` is the first of them."""

    session: int
    at: float
    messages: int
    first: bytes


class Traced(msgspec.Struct, frozen=True, tag=True):
    """The answer to `Trace`."""

    id: int
    on: bool
    messages: tuple[Seen, ...] = ()
    sessions: tuple[TraceLine, ...] = ()


class Facts(msgspec.Struct, frozen=True, tag=True):
    """Facts number `first` ... `first + len(facts) - 1` of this boot, in order, sent again until taken."""

    boot: str
    first: int
    facts: Sequence[AnyFact]


Up = Hello | Done | Refused | Unknown | Told | Traced | Facts
