"""Web sessions: two secrets, an idle time, and no way past either."""

from sbcd.base.clock import Clock
from sbcd.rooms.users.sessions import COOKIE, Session, Sessions, cookie_of
from sbcd.web.route import User

ALICE = User("alice", 200, "127.0.0.1", "WEB")


class Watch(Clock):
    now = 0.0

    def monotonic(self) -> float:
        return self.now


def made() -> tuple[Watch, list[int], Sessions]:
    clock, generation = Watch(), [1]
    return clock, generation, Sessions(clock, lambda user, token: None if token else generation[0])


def ask(sessions: Sessions, method: str, cookie: str, csrf: str | None = None) -> User | None:
    headers = [(b"cookie", f"other=1; {COOKIE}={cookie}".encode())]
    if csrf is not None:
        headers.append((b"x-csrf-token", csrf.encode()))
    return sessions.user_of(method, headers)


def test_reading_needs_the_cookie_and_changing_both_secrets() -> None:
    _, _, sessions = made()
    cookie, session = sessions.open(ALICE, 900)
    assert len(cookie) == len(session.csrf) == 64
    assert ask(sessions, "GET", cookie) == ALICE
    assert ask(sessions, "PUT", cookie) is None
    assert ask(sessions, "PUT", cookie, "0" * 64) is None
    assert ask(sessions, "PUT", cookie, session.csrf) == ALICE
    assert ask(sessions, "GET", "0" * 64) is None
    assert sessions.user_of("GET", []) is None


def test_an_idle_session_ends_and_a_used_one_lives_on() -> None:
    clock, _, sessions = made()
    cookie, _ = sessions.open(ALICE, 900)
    for clock.now in (900.0, 1800.0):
        assert ask(sessions, "GET", cookie) == ALICE
    clock.now = 2701.0
    assert ask(sessions, "GET", cookie) is None


def test_what_a_page_asks_by_itself_keeps_no_session_alive() -> None:
    clock, _, sessions = made()
    cookie, _ = sessions.open(ALICE, 900)
    headers = [(b"cookie", f"{COOKIE}={cookie}".encode()), (b"x-background", b"1")]
    clock.now = 899.0
    assert sessions.user_of("GET", headers) == ALICE
    clock.now = 901.0
    assert sessions.user_of("GET", headers) is None


def test_a_change_of_accounts_ends_sessions_by_password_but_not_by_token() -> None:
    _, generation, sessions = made()
    by_password, _ = sessions.open(ALICE, 900)
    by_token, _ = sessions.open(ALICE, 900, token=True)
    generation[0] = 2
    assert ask(sessions, "GET", by_password) is None
    assert ask(sessions, "GET", by_token) == ALICE


def test_one_user_has_so_many_sessions_and_the_device_as_well() -> None:
    _, _, sessions = made()
    cookies = [sessions.open(ALICE, 900, most=2)[0] for _ in range(3)]
    assert [ask(sessions, "GET", cookie) is not None for cookie in cookies] == [False, True, True]
    for number in range(300):
        sessions.open(User(f"u{number}", 50, "127.0.0.1"), 900)
    assert ask(sessions, "GET", cookies[2]) is None


def test_logout_ends_a_session() -> None:
    _, _, sessions = made()
    cookie, session = sessions.open(ALICE, 900)
    assert isinstance(session, Session)
    sessions.close(cookie)
    assert ask(sessions, "GET", cookie) is None


def test_a_strange_cookie_header_is_no_session() -> None:
    assert cookie_of("") == ""
    assert cookie_of(f"a=b; {COOKIE}=ff; c") in {"ff", ""}
    assert cookie_of("\x00;;==") == ""
