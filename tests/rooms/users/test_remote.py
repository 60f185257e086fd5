"""Who is asked when, what silence means, and what is remembered: with answers as values and a moved clock."""

import asyncio
import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pytest

from sbcd.base.clock import Clock
from sbcd.base.signon import Accepted, Answer, LdapServer, RadiusServer, RadiusSettings, Rejected, Silent
from sbcd.config.draft import Draft
from sbcd.config.snapshot import Change, Snapshot
from sbcd.config.types import Address, Secret
from sbcd.rooms.users import Account, SignOn, Users, passwords
from sbcd.rooms.users.logins import LdapParams, LdapWebParams, RadiusParams
from sbcd.rooms.users.model import Guard
from sbcd.rooms.users.remote import SPARED, Order, Servers, ldap_of, radius_of
from sbcd.rooms.users.tables import (
    GroupLevel,
    LdapConfiguration,
    LdapSearchMethod,
    LdapServerGroups,
    LdapServersSearchDNs,
    LdapServerType,
    MgmntLDAPGroups,
    RadiusServers,
)
from sbcd.web.route import User

T = TypeVar("T")
HASH = passwords.digest("local")
DOWN = Silent("down")
HERE = "192.0.2.1"


class Watch(Clock):
    now = 1000.0

    def monotonic(self) -> float:
        return self.now


@dataclass
class Server:
    """Knows `rita` (password `far`), or is down."""

    level: int | None = 100
    down: bool = False
    answer: Answer | None = None
    asked: list[str] = field(default_factory=list)

    async def ask(self, name: str, password: str) -> Answer:
        self.asked.append(name)
        if self.answer is not None:
            return self.answer
        if self.down:
            return DOWN
        return Accepted(self.level) if (name, password) == ("rita", "far") else Rejected()


class Door:
    """A device with one local Security Administrator `lena` (password `local`)."""

    def __init__(self, *servers: Server, **order: Any) -> None:
        self.clock = Watch()
        self.users = Users(self.clock, self.offload)
        self.users.take({"lena": Account("lena", HASH, 200)}, Guard(3, 60))
        self.sign_on = SignOn(self.users, self.clock)
        self.sign_on.take(Order(servers, **order))

    async def offload(self, work: Callable[[], T]) -> T:
        return work()

    def knock(self, name: str, password: str, address: str = HERE) -> int | None:
        token = base64.b64encode(f"{name}:{password}".encode()).decode()
        user = asyncio.run(self.sign_on.authenticate(f"Basic {token}", address))
        assert user is None or user == User(name, user.level, address, "REST")
        return user.level if user else None


def test_who_watches_hears_of_silence_and_of_its_end() -> None:
    """So that it can be an alarm; who is spared for a while is not told of."""
    first, second = Server(down=True), Server()
    door = Door(first, second)
    heard: list[tuple[object, str]] = []
    door.sign_on.tell(lambda service, why: heard.append((service, why)))
    assert door.knock("rita", "far") == 100
    assert heard == [(first, "down"), (second, "")]
    first.down = False
    door.clock.now += SPARED + 1
    door.sign_on.take(Order((first, second)))
    assert door.knock("rita", "far") == 100
    assert heard[2:] == [(None, ""), (first, "")]


def test_without_servers_the_local_users_decide() -> None:
    door = Door()
    assert door.knock("lena", "local") == 200
    assert door.knock("rita", "far") is None


@pytest.mark.parametrize(
    ("order", "lena", "asked"),
    [
        ({"local_first": False}, None, ["rita", "lena"]),  # servers answer, so the local users do not count
        ({"local_first": True}, 200, ["rita"]),  # local users count always, and first
    ],
)
def test_who_counts_while_servers_answer(order: dict[str, Any], lena: int | None, asked: list[str]) -> None:
    server = Server()
    door = Door(server, **order)
    assert door.knock("rita", "far") == 100
    assert door.knock("lena", "local") == lena
    assert server.asked == asked


@pytest.mark.parametrize(("fallback", "lena"), [(True, 200), (False, None)])
def test_silence(fallback: bool, lena: int | None) -> None:
    """MGMTBEHAVIORONTIMEOUT: 1 asks the local users, 0 refuses; a dead server is left alone for a while."""
    server = Server(down=True)
    door = Door(server, local_on_silence=fallback)
    assert door.knock("lena", "local") == lena
    assert door.knock("lena", "local") == lena
    assert door.knock("rita", "far") is None
    assert server.asked == ["lena"]  # the others did not wait for it
    server.down = False
    door.clock.now += SPARED
    assert door.knock("rita", "far") == 100


def test_dead_servers_do_not_slow_local_users() -> None:
    server = Server(down=True)
    door = Door(server, local_first=True)
    assert door.knock("lena", "local") == 200
    assert server.asked == []


def test_servers_that_were_not_asked_are_not_spared() -> None:
    server = Server()
    door = Door(server)
    server.answer = Silent("too many wait", busy=True)
    assert door.knock("rita", "far") is None
    server.answer = None
    assert door.knock("rita", "far") == 100


@pytest.mark.parametrize(("told", "level"), [(50, 50), (20, 20), (None, 200), (0, 0)])
def test_levels(told: int | None, level: int) -> None:
    """DefaultAccessLevel for who has none; under 50 is signed on, and refused by every path (403)."""
    assert Door(Server(told)).knock("rita", "far") == level


@pytest.mark.parametrize(
    ("services", "level"),
    [
        ([Server(50), Server(100)], 50),
        ([Server(down=True), Server(100)], 100),
        ([Server(down=True), Server(down=True)], None),
    ],
)
def test_several_services(services: list[Server], level: int | None) -> None:
    door = Door(*services)
    assert door.knock("rita", "far") == level
    assert door.knock("rita", "wrong") is None
    if all(one.down for one in services):
        assert door.knock("lena", "local") == 200


@pytest.mark.parametrize(("renewed", "second"), [(True, 1), (False, 2)])
def test_memory(renewed: bool, second: int) -> None:
    """MGMTLOGINCACHETIMEOUT and MGMTLOGINCACHEMODE; a wrong password is never remembered."""
    server = Server()
    door = Door(server, memory=900.0, renewed=renewed)
    for moment in (0, 600, 600):
        door.clock.now += moment
        assert door.knock("rita", "far") == 100
    assert len(server.asked) == second
    door.clock.now += 901
    assert door.knock("rita", "far") == 100
    assert len(server.asked) == second + 1
    assert door.knock("rita", "wrong") is None
    assert door.knock("rita", "wrong") is None
    assert len(server.asked) == second + 3


def test_failures_block_the_address() -> None:
    server = Server()
    door = Door(server)
    for _ in range(3):
        assert door.knock("rita", "guess") is None
    assert door.knock("rita", "far") is None
    assert len(server.asked) == 3
    assert door.knock("rita", "far", "192.0.2.2") == 100
    door.clock.now += 61
    assert door.knock("rita", "far") == 100


def test_a_change_of_order_forgets_and_ends_sessions() -> None:
    server = Server()
    door = Door(server)
    rita = User("rita", 100, HERE, "WEB")
    before = door.sign_on.standing(rita, False)
    assert door.knock("rita", "far") == 100
    door.sign_on.take(Order())
    assert door.knock("rita", "far") is None
    assert door.sign_on.standing(rita, False) != before


def test_a_session_ends_with_its_user_and_with_no_other() -> None:
    """Who is deleted or changed is logged off at once; whoever changes others or a timer stays in."""
    door = Door()
    lena = Account("lena", HASH, 200)
    user = User("lena", 200, HERE, "WEB")

    def ends(accounts: dict[str, Account], guard: Guard, *, token: bool = False) -> bool:
        door.users.take({"lena": lena}, Guard(3, 60))
        before = door.sign_on.standing(user, token)
        door.users.take(accounts, guard)
        return door.sign_on.standing(user, token) != before

    same = {"lena": lena}
    assert not ends(same, Guard(5, 30))
    assert not ends({**same, "paul": Account("paul", HASH, 50)}, Guard(3, 60))
    assert ends({}, Guard(3, 60))
    assert ends({"lena": Account("lena", HASH, 100)}, Guard(3, 60))
    assert ends({"lena": Account("lena", passwords.digest("x"), 200)}, Guard(3, 60))
    elsewhere = Guard(3, 60, frozenset({"192.0.2.200"}))  # WebAccessList
    assert ends(same, elsewhere)
    assert not ends({}, Guard(3, 60), token=True)
    assert ends(same, elsewhere, token=True)


def test_servers_that_come_leave_local_sessions_that_are_still_decided_here() -> None:
    door, server = Door(), Server()
    lena = User("lena", 200, HERE, "WEB")
    before = door.sign_on.standing(lena, False)
    door.sign_on.take(Order((server,), local_first=True))
    assert door.sign_on.standing(lena, False) == before
    door.sign_on.take(Order((server,)))
    assert door.sign_on.standing(lena, False) != before


def test_the_access_list_counts_before_any_server_is_asked() -> None:
    server = Server()
    door = Door(server)
    door.users.take({}, Guard(3, 60, frozenset({"192.0.2.200"})))
    assert door.knock("rita", "far") is None
    assert server.asked == []
    assert door.knock("rita", "far", "192.0.2.200") == 100


# --- from the configuration


def configured() -> Draft:
    draft = Draft(Snapshot.empty())
    draft.put(
        0, RadiusServers(ip_address=Address("127.0.0.1"), shared_secret=Secret("s"), authentication_port=1812)
    )
    draft.put(
        1, RadiusServers(ip_address=Address("127.0.0.2"), shared_secret=Secret("t"), authentication_port=0)
    )
    draft.put(0, LdapServerGroups(name="calls"))
    draft.put(
        1,
        LdapServerGroups(
            name="logins", server_type=LdapServerType.MANAGEMENT, search_method=LdapSearchMethod.SEQUENTIAL
        ),
    )
    draft.put(0, LdapConfiguration(group="calls", server_ip=Address("127.0.0.3")))
    draft.put(
        1,
        LdapConfiguration(
            group="logins",
            server_ip=Address("127.0.0.4"),
            server_port=636,
            max_respond_time=1500,
            bind_dn="cn=sbc",
            password=Secret("p"),
            use_tls=True,
            tls_context="ldap",
            verify_certificate=True,
            verify_subject=True,
            domain_name="ldap.example",
        ),
    )
    draft.put(0, LdapServersSearchDNs(base_path="dc=b", server=1, position=1))
    draft.put(1, LdapServersSearchDNs(base_path="dc=a", server=1, position=0))
    draft.put(0, MgmntLDAPGroups(server=1, position=0, level=GroupLevel.SEC_ADMIN, group="Chiefs;Owners"))
    return draft


def test_settings_by_the_tables() -> None:
    running = configured().finish()
    assert radius_of(running) == RadiusSettings((RadiusServer("127.0.0.1", 1812, "s"),), 2.0, 1, 5003, 35)
    found = ldap_of(running, lambda _, name: {"ldap": 4}[name])
    assert not found.parallel
    assert found.servers == (
        LdapServer(
            "127.0.0.4",
            636,
            1.5,
            "cn=sbc",
            "p",
            ("dc=a", "dc=b"),
            "memberOf",
            (("Chiefs", 200), ("Owners", 200)),
            True,
            4,
            True,
            "ldap.example",
        ),
    )


def test_services_are_on_when_both_switches_are() -> None:
    door, made = Door(), []
    servers = Servers(
        door.sign_on,
        lambda _: made.append("radius") or Server(),  # type: ignore[func-returns-value]
        lambda _: made.append("ldap") or Server(),  # type: ignore[func-returns-value]
        lambda _, __: 0,
        lambda _: None,
    )
    running = Snapshot.empty()
    for draft, expected in (
        (configured(), []),
        (configured().set(RadiusParams(enabled=True)), []),
        (configured().set(RadiusParams(enabled=True, login=True)), ["radius"]),
        (configured().set(LdapParams(enabled=True)).set(LdapWebParams(login=True)), ["ldap"]),
        (configured().set(RadiusParams(login=True)), []),
    ):
        made.clear()
        new = draft.finish()
        asyncio.run(servers.apply(Change(running, new)))
        running = new
        assert made == expected
        assert door.knock("rita", "far") == (100 if expected else None)


def test_a_filter_that_is_none_is_a_problem() -> None:
    def check(text: str) -> None:
        raise ValueError("it is not closed")

    servers = Servers(Door().sign_on, lambda _: Server(), lambda _: Server(), lambda _, __: 0, check)
    assert [str(one) for one in servers.check(Change(Snapshot.empty(), configured().finish()))] == [
        "LDAPAuthFilter: it is not closed"
    ]
