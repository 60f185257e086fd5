"""Whoever wants to hear of alarms does: SNMP managers, the syslog collector, the web hook, the log.

One rule: it follows the configuration, decides nothing about alarms, and never makes the one who raised one
wait. A destination that was changed is the new one when the change is answered (R28)."""

import asyncio
import logging
import re
import ssl
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sbcd.base import log
from sbcd.base.clock import Clock
from sbcd.base.errors import Conflict, Problem
from sbcd.base.vault import Vault
from sbcd.config.snapshot import Change, Snapshot
from sbcd.config.types import Secret
from sbcd.edge.snmp import Asking, Community, Manager, Snmp, UsmUser
from sbcd.edge.syslog import Collector, Syslog, Transport, roots_of_the_system
from sbcd.edge.webhook import Hook, Webhook
from sbcd.rooms.alarms import ENTERPRISE, Alarm, Alarms, customization, mib, notices
from sbcd.rooms.alarms.customization import AlarmSettings
from sbcd.rooms.alarms.outlets import (
    InformParams,
    NatParams,
    SnmpIdentityParams,
    SyslogForm,
    SyslogStreamParams,
    SyslogTLSContext,
    WebhookParams,
)
from sbcd.rooms.alarms.reporting import SnmpParams, SyslogParams, TrapParams
from sbcd.rooms.alarms.tables import SNMPUsers
from sbcd.rooms.system.tables import SystemParams
from sbcd.rooms.tls.tables import TLSContexts

NOTICE = 25
"""The level between information and warning that most lines about alarms have."""
SEVERITIES = ((50, 2), (40, 3), (30, 4), (NOTICE, 5), (20, 6))
"""Levels of the log as severities of syslog; below the last everything is debug (7)."""
LOGGER = "sbcd.alarms"
QUIET = ".local:"
"""Lines of loggers that end so stay on the device."""
UNUSED = ("", "0.0.0.0", "::")  # noqa: S104  # compared with, never bound
COMMUNITY_USERS = ("", "v2cparams")
"""Trap users that mean SNMPv2c."""
KEY_SIZES = {1: 16, 2: 20, 3: 28, 4: 32, 5: 48, 6: 64}
"""Octets of a localized key by the signature protocol (RFC 3414, RFC 7860)."""
PRIVACY_SIZES = {1: 16, 2: 32, 3: 16, 4: 24, 5: 32}
REPORTING = (SnmpParams, SnmpIdentityParams, TrapParams, InformParams, SNMPUsers)

_log = logging.getLogger(LOGGER)
logging.addLevelName(NOTICE, "NOTICE")
_LEVELS = {2: 50, 3: 40, 4: 30, 5: NOTICE}
_HEXED = re.compile(r"[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){15,}")


@dataclass(frozen=True, slots=True)
class Identity:
    """What the device tells of itself. `host` is where its agent listens, `reach` where an address of the
    configuration really is (loopback mode)."""

    serial: Callable[[], str]
    version: str
    host: Callable[[], str]
    reach: Callable[[str], str] = field(default=str)


class Notifying:
    """The ways out of the alarms; a follower of the configuration."""

    def __init__(
        self,
        alarms: Alarms,
        clock: Clock,
        vault: Vault,
        identity: Identity,
        refused: Callable[[], None] = lambda: None,
        client: Callable[[int], ssl.SSLContext] | None = None,
    ) -> None:
        """`vault` keeps how often SNMP started; `refused` is called when a manager asked in vain;
        `client` makes the context of a TLS client from the row of TLSContexts."""
        self._alarms, self._clock, self._vault, self._identity = alarms, clock, vault, identity
        self._refused = refused
        self._name, self._begun = "", False
        self._snmp: Snmp | None = None
        self._alive, self._alive_due = 0.0, 0.0  # seconds between two signs of life, 0: none
        self._loop = asyncio.get_running_loop()

        def tls(index: int | None) -> ssl.SSLContext:
            return roots_of_the_system() if index is None or client is None else client(index)

        self.syslog = Syslog(tls)
        self.webhook = Webhook(tls)
        alarms.tell(self._alarm)

    # ---- telling ----

    def line(self, level: int, line: str) -> None:
        """A line of the log, from any thread; `Ring.tell` takes this."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._line, level, line)

    def standard(self, oid: str) -> None:
        """One of SNMP's own notifications, as coldStart."""
        if self._snmp:
            self._snmp.send(notices.standard(oid, self._clock.uptime()))

    def link(self, up: bool, index: int) -> None:
        """A network link came or went."""
        if self._snmp:
            self._snmp.send(notices.link(up, index, self._clock.uptime()))

    def tick(self, now: datetime) -> None:
        """Sends a sign of life when it is time to (SendKeepAliveTrap)."""
        if not self._snmp or not self._alive or self._clock.monotonic() < self._alive_due:
            return
        self._alive_due = self._clock.monotonic() + self._alive
        sign = notices.sign_of_life(self._alarms.version, now, self._clock.uptime())
        device = notices.Device(self._name, "", "", self._identity.serial())
        trap = notices.trap(sign, self._alarms.severity, device, self._alarms.enterprise)
        self._snmp.send(trap, alive=True)

    def cold_start(self) -> None:
        """The device has begun anew; before anything else, because managers forget then what they knew."""
        self._begun = True
        self.standard(notices.COLD_START)

    def _line(self, level: int, line: str) -> None:
        parts = line.split(" ", 3)  # stamp, level, logger, text
        if len(parts) < 4 or parts[2].endswith(QUIET):
            return
        severity = next((found for floor, found in SEVERITIES if level >= floor), 7)
        text = parts[3] if parts[2].startswith((LOGGER, "sbcd.activity")) else f"{parts[2]} {parts[3]}"
        self.syslog.send(severity, text, self._clock.wall())

    def _alarm(self, alarm: Alarm) -> None:
        _log.log(_LEVELS[notices.LOG_LEVELS[alarm.severity]], "%s", notices.line(alarm))
        device = notices.Device(self._name, "", "", self._identity.serial())
        enterprise = self._alarms.enterprise
        if self._snmp:
            self._snmp.send(notices.trap(alarm, self._alarms.severity, device, enterprise))
        if not self._loop.is_closed():  # whoever raised it may be in a thread
            post = notices.as_json(alarm, device, enterprise)
            self._loop.call_soon_threadsafe(self.webhook.send, post)

    # ---- following the configuration ----

    def check(self, change: Change) -> Iterable[Problem]:
        """Users that cannot sign or encrypt, trap users that do not exist, rules about unknown alarms."""
        yield from customization.problems(change)
        for index, (_, user) in change.changed(SNMPUsers).items():
            if user:
                yield from _key_problems(index, user)
        hook = change.new.params(WebhookParams)
        if hook.context and _context(change.new, hook.context) is None:
            yield Problem(f"SbcdAlarmWebhookTLSContext: there is no TLS context '{hook.context}'")
        if change.touches(TrapParams, SNMPUsers):
            targets = change.new.params(TrapParams)
            for number, name in enumerate(targets.users):
                known = name.lower() in COMMUNITY_USERS or change.new.find(SNMPUsers, name)
                if targets.used[number] and not known:
                    yield Problem(f"SNMPManagerTrapUser_{number}: there is no SNMPv3 user '{name}'")

    async def apply(self, change: Change) -> None:
        new = change.new
        snmp = new.params(SnmpParams)
        self._name = new.params(SystemParams).sys_name
        self._alarms.enterprise = new.params(SnmpIdentityParams).enterprise or ENTERPRISE
        if change.touches(*REPORTING):
            await self._follow_snmp(new)
        if not self._begun:
            self.cold_start()
        binding = new.params(NatParams).binding if snmp.keep_alive_trap else 0
        if self._alive != binding * 0.9:
            self._alive, self._alive_due = binding * 0.9, 0.0
        await self.syslog.to(self._collector(new))
        await self.webhook.to(_hook(new))
        self._alarms.limit(snmp.active_most, snmp.history_most)
        if change.touches(AlarmSettings):
            self._alarms.customize(customization.judge(list(new.rows(AlarmSettings).values())))

    async def close(self) -> None:
        """Gives what waits a moment, then ends."""
        await asyncio.gather(self.syslog.close(), self.webhook.close())
        if self._snmp:
            await self._snmp.close()

    async def _follow_snmp(self, new: Snapshot) -> None:
        managers, asking = self._managers(new), self._asking(new)
        if self._snmp is None:
            if not managers and asking is None:
                return
            self._snmp = self._new_snmp(new.params(SnmpIdentityParams).engine_id)
        try:
            await self._snmp.configure(managers, asking)
        except OSError as error:
            raise Conflict(
                f"The SNMP agent cannot listen on port {new.params(SnmpParams).port}: {error}"
            ) from error
        except Exception as error:  # pysnmp's own; their texts may hold keys (R34)
            raise Conflict(f"SNMP cannot work with these settings: {type(error).__name__}") from None

    def _new_snmp(self, engine_id: str) -> Snmp:
        """The device as SNMP engine: an identity that stays, and one more start counted (RFC 3414, 2.2)."""
        boots = int(self._vault.read("boots") or b"0") % (2**31 - 2) + 1
        self._vault.replace("boots", str(boots).encode())
        identity = bytes.fromhex(engine_id.replace(":", ""))
        identity = identity or bytes.fromhex("8000138b04") + self._identity.serial().encode()[:27]
        return Snmp(identity, boots, mib.objects(self._alarms, self._system), self._refused)

    def _system(self) -> mib.System:
        description = f"Open session border controller sbcd, version {self._identity.version}"
        return mib.System(description, self._clock.uptime(), "", self._name, "")

    def _managers(self, new: Snapshot) -> list[Manager]:
        snmp, targets, informs = new.params(SnmpParams), new.params(TrapParams), new.params(InformParams)
        found = []
        for number, used in enumerate(targets.used):
            host = str(targets.managers[number])
            if snmp.disabled or not used or not targets.sending[number] or host in UNUSED:
                continue
            user = new.find(SNMPUsers, targets.users[number])
            who = _user(user[1]) if user else Community(Secret(snmp.trap_community).reveal())
            found.append(
                Manager(
                    self._identity.reach(host),
                    targets.ports[number],
                    who,
                    informs.inform[number],
                    float(informs.timeout),
                    informs.retries,
                )
            )
        if snmp.keep_alive_trap and snmp.keep_alive_trap_port:
            port = snmp.keep_alive_trap_port
            signs = [Manager(one.host, port, one.who, alive=True) for one in found]
            found += dict.fromkeys(signs)
        return found

    def _asking(self, new: Snapshot) -> Asking | None:
        snmp = new.params(SnmpParams)
        words = (*snmp.read_only_communities, *snmp.read_write_communities)
        who: list[Community | UsmUser] = [
            Community(word) for word in dict.fromkeys(Secret(word).reveal() for word in words) if word
        ]
        who += [_user(user) for user in new.rows(SNMPUsers).values()]
        if snmp.disabled or not new.params(SnmpIdentityParams).agent or not who:
            return None
        trusted = frozenset(str(address) for address in snmp.trusted_managers) - {*UNUSED}
        return Asking(self._identity.host(), snmp.port, tuple(who), trusted)

    def _collector(self, new: Snapshot) -> Collector | None:
        params, stream = new.params(SyslogParams), new.params(SyslogStreamParams)
        if not params.enabled or str(params.server) in UNUSED:
            return None
        return Collector(
            self._identity.reach(str(params.server)),
            params.port,
            Transport(int(stream.protocol)),
            params.facility,
            params.level,
            stream.form is SyslogForm.RFC_5424,
            self._name or "-",
            _context(new, row.context if (row := new.row(SyslogTLSContext, 0)) else ""),
        )


def follow(ring: log.Ring, notifying: Notifying) -> None:
    """From now on lines of the log are sent as well."""
    ring.tell(notifying.line)


def _hook(new: Snapshot) -> Hook | None:
    params = new.params(WebhookParams)
    token = Secret(params.token).reveal()
    return Hook(params.url, token, _context(new, params.context)) if params.url else None


def _context(new: Snapshot, name: str) -> int | None:
    """The row of a TLS context; None when nobody named one."""
    found = new.find(TLSContexts, name) if name else None
    return found[0] if found else None


def _user(row: SNMPUsers) -> UsmUser:
    keys = Secret(row.auth_key).reveal(), Secret(row.priv_key).reveal()
    return UsmUser(row.name, int(row.auth_protocol), int(row.priv_protocol), *keys)


def _key_problems(index: int, user: SNMPUsers) -> Iterable[Problem]:
    """Why SNMP could not work with a user's keys; never says the keys (R34)."""
    if user.priv_protocol and not user.auth_protocol:
        yield Problem("encryption needs a signature", table="SNMPUsers", row=index, column="PrivProtocol")
    for column, protocol, secret, sizes in (
        ("AuthKey", user.auth_protocol, user.auth_key, KEY_SIZES),
        ("PrivKey", user.priv_protocol, user.priv_key, PRIVACY_SIZES),
    ):
        key = Secret(secret).reveal()
        if not protocol:
            continue
        if _HEXED.fullmatch(key):
            if (len(key) + 1) // 3 < sizes[int(protocol)]:
                text = f"a localized key of this protocol has {sizes[int(protocol)]} octets"
                yield Problem(text, table="SNMPUsers", row=index, column=column)
        elif len(key) < 8:
            yield Problem("needs at least 8 characters", table="SNMPUsers", row=index, column=column)
