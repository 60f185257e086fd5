"""Who gets in: passwords, memory of verified pairs, blocking by user and by address (R33)."""

import asyncio
import base64
from collections.abc import Callable
from typing import TypeVar

import pytest

from sbcd.base.clock import Clock
from sbcd.rooms.users import Account, Tokens, Users, passwords
from sbcd.rooms.users.model import Guard, basic
from sbcd.web.route import User

T = TypeVar("T")
HASH = passwords.digest("secret")


class Watch(Clock):
    """A clock that stands until it is moved."""

    now = 1000.0

    def monotonic(self) -> float:
        return self.now


class Door:
    """Users with one Administrator `ann` (password `secret`) and one blocked-by-status `bob`."""

    def __init__(self) -> None:
        self.clock = Watch()
        self.slow = 0
        self.users = Users(self.clock, self.offload)
        self.accounts = {
            "ann": Account("ann", HASH, 100),
            "bob": Account("bob", HASH, 50, valid=False),
            "eve": Account("eve", "", 200),
        }
        self.users.take(self.accounts)

    async def offload(self, work: Callable[[], T]) -> T:
        self.slow += 1
        return work()

    def knock(self, name: str, password: str, address: str = "192.0.2.1") -> User | None:
        token = base64.b64encode(f"{name}:{password}".encode()).decode()
        return asyncio.run(self.users.authenticate(f"Basic {token}", address))


@pytest.fixture
def door() -> Door:
    return Door()


def test_the_right_pair_gets_in_at_its_level(door: Door) -> None:
    assert door.knock("ann", "secret") == User("ann", 100, "192.0.2.1")


@pytest.mark.parametrize(
    ("name", "password"),
    [("ann", "Secret"), ("ann", ""), ("Ann", "secret"), ("bob", "secret"), ("eve", ""), ("nobody", "secret")],
)
def test_everybody_else_does_not(door: Door, name: str, password: str) -> None:
    assert door.knock(name, password) is None


@pytest.mark.parametrize(
    "header", [None, "", "Basic", "Basic !", "Basic YQ==", "Bearer x", "Basic " + "A" * 9000]
)
def test_what_is_no_basic_header_costs_no_hash(door: Door, header: str | None) -> None:
    assert asyncio.run(door.users.authenticate(header, "192.0.2.1")) is None
    assert door.slow == 0


def test_a_verified_pair_is_hashed_once_until_something_changes(door: Door) -> None:
    for _ in range(5):
        assert door.knock("ann", "secret")
    assert door.slow == 1
    door.clock.now += 301
    assert door.knock("ann", "secret")
    assert door.slow == 2
    door.users.take({"ann": Account("ann", passwords.digest("other"), 100)})
    assert door.knock("ann", "secret") is None, "the old password ends with the change"
    assert door.knock("ann", "other")


def test_a_removed_user_is_out_at_once(door: Door) -> None:
    assert door.knock("ann", "secret")
    door.users.take({})
    assert door.knock("ann", "secret") is None


def test_three_failures_block_the_user_for_his_block_time(door: Door) -> None:
    for number in range(3):
        assert door.knock("ann", "wrong", f"192.0.2.{number}") is None
    assert door.users.blocked("ann")
    assert door.knock("ann", "secret", "198.51.100.1") is None
    door.clock.now += 61
    assert not door.users.blocked("ann")
    assert door.knock("ann", "secret", "198.51.100.1")


def test_three_failures_block_the_address_whatever_the_user(door: Door) -> None:
    for name in ("a", "b", "c"):
        assert door.knock(name, "x", "192.0.2.9") is None
    assert door.knock("ann", "secret", "192.0.2.9") is None
    assert door.knock("ann", "secret", "192.0.2.8"), "others are not locked out with it"
    door.clock.now += 61
    assert door.knock("ann", "secret", "192.0.2.9")


def test_who_is_in_stays_in_while_others_guess(door: Door) -> None:
    assert door.knock("ann", "secret", "192.0.2.7")
    for _ in range(3):
        door.knock("ann", "wrong", "192.0.2.66")
    assert door.knock("ann", "secret", "192.0.2.7")
    assert door.knock("ann", "secret", "192.0.2.5") is None


def test_success_begins_the_count_anew(door: Door) -> None:
    for number in range(10):
        door.knock("ann", "wrong", "192.0.2.1")
        door.knock("ann", "wrong", "192.0.2.1")
        assert door.knock("ann", f"secret{number}"[:6], "192.0.2.1")
        door.users._remembered.clear()


def test_the_limits_are_those_of_the_configuration(door: Door) -> None:
    door.users.take(door.accounts, Guard(failures=1, address_seconds=5))
    door.knock("x", "x")
    assert door.knock("ann", "secret") is None
    door.clock.now += 6
    assert door.knock("ann", "secret")
    door.users.take(door.accounts, Guard(failures=0))
    for _ in range(20):
        door.knock("ann", "wrong")
    door.users._remembered.clear()
    assert door.knock("ann", "secret"), "0: never blocked"


def test_only_addresses_of_the_access_list(door: Door) -> None:
    door.users.take(door.accounts, Guard(known=frozenset({"192.0.2.1"})))
    assert door.knock("ann", "secret", "192.0.2.1")
    assert door.knock("ann", "secret", "192.0.2.2") is None
    assert door.knock("ann", "secret", "127.0.0.1"), "nobody locks himself out of the machine"


def test_unknown_users_cost_a_hash_too(door: Door) -> None:
    """Otherwise the time of an answer would tell which names exist."""
    assert passwords.verify(passwords.DUMMY, "") is False
    assert passwords.DUMMY.split("$")[3] == HASH.split("$")[3]
    door.knock("nobody", "x")
    assert door.slow == 1


def test_a_flood_of_logins_is_refused_before_it_costs_anything(door: Door) -> None:
    async def flood() -> list[User | None]:
        gate = asyncio.Event()

        async def slow(work: Callable[[], T]) -> T:
            await gate.wait()
            return work()

        door.users._offload = slow  # type: ignore[assignment]
        tries = [asyncio.ensure_future(door.users.login("x", "y", f"10.0.0.{n}", "REST")) for n in range(150)]
        await asyncio.sleep(0)
        refused = sum(one.done() for one in tries)
        gate.set()
        await asyncio.gather(*tries)
        assert refused == 50
        return [await door.users.login("ann", "secret", "192.0.2.1", "REST")]

    assert asyncio.run(flood()) == [User("ann", 100, "192.0.2.1")]


@pytest.mark.parametrize(
    ("header", "pair"),
    [
        ("Basic QWRtaW46QWRtaW4=", ("Admin", "Admin")),
        ("basic QWRtaW46QWRtaW4=", ("Admin", "Admin")),
        ("Basic YTpiOmM=", ("a", "b:c")),
        ("Basic " + base64.b64encode("ü:ä".encode()).decode(), ("ü", "ä")),
        ("Basic " + base64.b64encode("ü:ä".encode("latin-1")).decode(), ("ü", "ä")),
    ],
)
def test_basic_as_rfc_7617_has_it(header: str, pair: tuple[str, str]) -> None:
    assert basic(header) == pair


def test_r32_a_token_opens_once_and_for_ten_seconds() -> None:
    clock = Watch()
    tokens = Tokens(clock)
    token = tokens.issue("john", 200, 180, "10.3.2.40")
    assert len(token) == 32
    assert int(token, 16) >= 0
    found = tokens.redeem(token)
    assert found is not None
    assert (found.user, found.level, found.session_timeout, found.cross_host) == (
        "john",
        200,
        180,
        "10.3.2.40",
    )
    assert tokens.redeem(token) is None
    late = tokens.issue("john", 50, None, None)
    clock.now += 10.1
    assert tokens.redeem(late) is None
