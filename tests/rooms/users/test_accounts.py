"""From WebUsers to accounts: plain passwords are hashed, foreign digests lock nobody out (R33, R34)."""

import asyncio
import warnings
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import pytest

from sbcd.base.clock import Clock
from sbcd.config.draft import Draft
from sbcd.config.snapshot import Change, Snapshot
from sbcd.config.types import Secret
from sbcd.rooms.alarms import Alarms
from sbcd.rooms.users import Accounts, Users, hashed, masters, passwords
from sbcd.rooms.users.logins import LoginParams
from sbcd.rooms.users.tables import UserLevel, UserStatus, WebUsers
from sbcd.web.route import User

T = TypeVar("T")
FOREIGN = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


def user(name: str, password: str, level: UserLevel = UserLevel.SEC_ADMIN, nonce: str = "") -> WebUsers:
    return WebUsers(name=name, password=Secret(password), level=level, status=UserStatus.VALID, nonce=nonce)


class Room:
    """The follower with its surroundings; `told` is what went to the log."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.clock = Clock()
        self.alarms = Alarms(self.clock)
        self.users = Users(self.clock, self.here)
        self.late: list[Coroutine[Any, Any, None]] = []
        self.room = Accounts(
            self.users, self.here, self.alarms, self.told.append, lambda running: (), self.late.append
        )
        self.running = Snapshot.empty()

    async def here(self, work: Callable[[], T]) -> T:
        return work()

    def change(self, rows: dict[int, WebUsers | None], **login: Any) -> list[str]:
        """Makes a change as the store does; the problems, and nothing happened when there are any."""

        async def make() -> list[str]:
            draft = Draft(self.running)
            for index, row in rows.items():
                draft.put(index, row) if row else draft.remove(WebUsers, index)
            if login:
                draft.set(draft.params(LoginParams).but(**login))
            new = await self.room.prepare(Change(self.running, draft.finish()))
            change = Change(self.running, new)
            problems = [str(problem) for problem in self.room.check(change)]
            if not problems:
                await self.room.apply(change)
                self.running = new
                for work in self.late:
                    await work
                self.late.clear()
            return problems

        return asyncio.run(make())

    def password(self, index: int) -> str:
        row = self.running.row(WebUsers, index)
        assert row is not None
        return row.password.reveal()

    def knows(self, name: str, password: str) -> bool:
        return asyncio.run(self.users.login(name, password, "192.0.2.1", "REST")) is not None


@pytest.fixture
def room() -> Room:
    room = Room()
    assert room.change({0: user("ann", "open sesame")}) == []
    return room


def test_a_plain_password_is_hashed_and_works(room: Room) -> None:
    assert passwords.is_digest(room.password(0))
    assert room.knows("ann", "open sesame")
    assert not room.knows("ann", "sesame")
    assert "sesame" not in " ".join(room.told)


def test_the_same_password_again_changes_nothing(room: Room) -> None:
    """Otherwise every upload of the same file would ask to be saved."""
    before = room.password(0)
    assert room.change({0: user("ann", "open sesame")}) == []
    assert room.password(0) == before
    assert room.change({0: user("ann", "other")}) == []
    assert room.password(0) != before


def test_an_exported_hash_is_taken_as_it_is(room: Room) -> None:
    known = passwords.digest("from the export")
    assert room.change({1: user("bob", known, UserLevel.USER)}) == []
    assert room.password(1) == known
    assert room.knows("bob", "from the export")


def test_a_foreign_digest_of_a_known_user_keeps_his_password(room: Room) -> None:
    before = room.password(0)
    assert room.change({0: user("ann", FOREIGN, nonce="b114b4a565d0fc92")}) == []
    assert room.password(0) == before
    assert room.knows("ann", "open sesame")


@pytest.mark.parametrize("digest", ["ab" * 32, "AB" * 32, "0c" * 48])
def test_nobody_logs_in_with_the_digest_of_a_backup(room: Room, digest: str) -> None:
    """`password <64 or 96 hex> obscured` in a script, an INI file without salt: no password is so long."""
    assert room.change({1: user("zoe", digest)}) == []
    assert not room.knows("zoe", digest)
    assert any("zoe cannot log in until its password is set" in line for line in room.told)


def test_a_foreign_digest_of_an_unknown_user_waits_for_a_password(room: Room) -> None:
    assert room.change({1: user("zoe", FOREIGN, nonce="b114b4a565d0fc92")}) == []
    assert not room.knows("zoe", FOREIGN)
    assert any("zoe cannot log in until its password is set" in line for line in room.told)
    assert room.password(1) == FOREIGN, "an export gives back what came"


def test_nobody_is_locked_out_by_an_export_of_another_device(room: Room) -> None:
    assert room.change({0: None, 5: user("zoe", FOREIGN, nonce="b114b4a565d0fc92")}) == []
    assert {row.name for row in room.running.rows(WebUsers).values()} == {"zoe", "ann"}
    assert room.knows("ann", "open sesame")


def test_the_last_security_administrator_cannot_go(room: Room) -> None:
    told = room.change({0: None, 1: user("bob", "secret", UserLevel.ADMIN)})
    assert told == ["WebUsers: at least one Security Administrator with a password must remain"]
    assert room.knows("ann", "open sesame")


@pytest.mark.parametrize("name", ["", "a b", "ä", "x" * 41])
def test_names(room: Room, name: str) -> None:
    assert room.change({1: user(name, "secret", UserLevel.USER)})[0].startswith(
        "WebUsers 1 Username: a user name"
    )


@pytest.mark.parametrize(
    ("password", "good"), [("AAbb11!!", True), ("AAbb11!", False), ("aabb11!!", False), ("AAbb 11!!", False)]
)
def test_complexity_when_it_is_asked_for(room: Room, password: str, good: bool) -> None:
    row = user("bob", password, UserLevel.USER)
    assert room.change({1: row}) == [], "only when EnforcePasswordComplexity says so"
    told = room.change({2: row.but(name="carl")}, enforce_password_complexity=True)
    assert bool(told) is not good
    assert password not in str(told)


def test_r33_default_passwords_raise_an_alarm_until_they_are_changed(room: Room) -> None:
    room.change({1: user("Admin", "Admin"), 2: user("User", "User", UserLevel.USER)})
    assert {alarm.source for alarm in room.alarms.active.values()} == {
        "Board#1/WebUser#1",
        "Board#1/WebUser#2",
    }
    assert "User Admin still has the default password: change it" in room.told
    room.change({1: user("Admin", "something else")})
    assert {alarm.source for alarm in room.alarms.active.values()} == {"Board#1/WebUser#2"}


def test_the_factory_users_are_hashed_before_anything_else() -> None:
    room = Room()
    draft = Draft(Snapshot.empty())
    for index, row in WebUsers.factory().items():
        draft.put(index, row)
    fresh = asyncio.run(hashed(draft.finish(), room.here))
    assert all(passwords.is_digest(row.password.reveal()) for row in fresh.rows(WebUsers).values())
    assert asyncio.run(hashed(fresh, room.here)) is fresh


def test_default_users_come_back_when_that_was_asked_for() -> None:
    """ResetWebPassword, at the next start."""
    room = Room()
    draft = Draft(Snapshot.empty()).set(LoginParams(reset_web_password=True))
    draft.put(4, user("eve", passwords.digest("forgotten")))
    fresh = asyncio.run(hashed(draft.finish(), room.here))
    rows = fresh.rows(WebUsers)
    assert {row.name: passwords.verify(row.password.reveal(), row.name) for row in rows.values()} == {
        "Admin": True,
        "User": True,
    }
    assert not fresh.params(LoginParams).reset_web_password


def test_only_masters_change_masters() -> None:
    """Facts on access: levels."""
    one, two = user("max", "m1", UserLevel.MASTER), user("moritz", "m2", UserLevel.MASTER)
    none = Snapshot.empty()
    with_one = Draft(none).put(0, one).finish()
    with_two = Draft(with_one).put(1, two).finish()
    chief, master = User("ann", 200, "127.0.0.1"), User("max", 220, "127.0.0.1")

    def told(old: Snapshot, new: Snapshot, by: User | None) -> list[str]:
        return [str(problem) for problem in masters(Change(old, new), by)]

    assert told(none, with_one, chief) == []
    assert told(with_one, with_two, chief) == ["WebUsers 1 UserLevel: only a Master may make another one"]
    why = ["WebUsers 0: max is a Master, whom only a Master may change"]
    assert told(with_one, none, chief) == why
    assert told(with_one, Draft(with_one).put(0, one.but(level=UserLevel.SEC_ADMIN)).finish(), chief) == why
    assert told(with_one, Draft(with_one).put(3, user("bob", "b")).finish(), chief) == []
    for old, new in ((with_one, with_two), (with_two, with_one), (with_one, none)):
        assert told(old, new, master) == told(old, new, None) == []


def test_undo_is_apply_the_other_way_round(room: Room) -> None:
    old, new = room.running, Draft(room.running).put(0, user("eve", passwords.digest("x"))).finish()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # the look for defaults is not awaited here
        asyncio.run(room.room.apply(Change(old, new)))
        assert room.knows("eve", "x")
        asyncio.run(room.room.apply(Change(old, new).reversed()))
        for work in room.late:
            work.close()
    assert room.knows("ann", "open sesame")
    assert not room.knows("eve", "x")
