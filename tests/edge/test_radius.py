"""RADIUS logins against a real FreeRADIUS, and answers that are none."""

import asyncio
import hashlib
import shutil
import socket
import subprocess
import time
from collections.abc import Awaitable, Iterator
from typing import TypeVar

import pytest

from sbcd.base.signon import (
    BUSY,
    MOST_AT_ONCE,
    Accepted,
    Answer,
    RadiusServer,
    RadiusSettings,
    Rejected,
    Silent,
)
from sbcd.edge import radius
from sbcd.edge.radius import Radius

T = TypeVar("T")
SECRET = "shared secret"
CONFIGURATION = """
raddbdir = {place}
logdir = {place}
run_dir = {place}
libdir = /usr/lib/freeradius
pidfile = {place}/pid
security {{
    reject_delay = 0
}}
client local {{
    ipaddr = 127.0.0.1
    secret = "{secret}"
    require_message_authenticator = yes
}}
modules {{
    pap {{
    }}
    mschap {{
    }}
    files {{
        filename = {place}/users
    }}
}}
server default {{
    listen {{
        type = auth
        ipaddr = 127.0.0.1
        port = {port}
    }}
    authorize {{
        mschap
        files
        pap
    }}
    authenticate {{
        Auth-Type PAP {{
            pap
        }}
        Auth-Type MS-CHAP {{
            mschap
        }}
    }}
}}
"""
USERS = """
mona Cleartext-Password := "right"
    ACL-Auth-Level = ACL-Auth-UserLevel
adam Cleartext-Password := "right"
    ACL-Auth-Level = ACL-Auth-AdminLevel
sara Cleartext-Password := "right"
    ACL-Auth-Level = ACL-Auth-SecurityAdminLevel
nobody Cleartext-Password := "right"
    ACL-Auth-Level = 20
plain Cleartext-Password := "right"
    Reply-Message = "no level"
long Cleartext-Password := "{long}"
uml Cleartext-Password := "pässwörd"
"""


def run(awaitable: Awaitable[T]) -> T:
    async def main() -> T:
        return await awaitable

    return asyncio.run(main())


def ask(settings: RadiusSettings, name: str, password: str) -> Answer:
    async def main() -> Answer:
        return await Radius(settings, "sbc").ask(name, password)

    return run(main())


def free_port() -> int:
    with socket.socket(type=socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RadiusServer]:
    program = shutil.which("freeradius", path="/usr/sbin:/usr/bin")
    if program is None:
        pytest.skip("freeradius is not installed")
    place, port = tmp_path_factory.mktemp("radius"), free_port()
    text = CONFIGURATION.format(place=place, port=port, secret=SECRET)
    (place / "radiusd.conf").write_text(text)
    (place / "users").write_text(USERS.format(long="x" * 100))
    (place / "dictionary").write_text("")
    log = (place / "log").open("wb")
    process = subprocess.Popen(
        [program, "-f", "-d", str(place), "-xx", "-l", "stdout"], stdout=log, stderr=log
    )
    found = RadiusServer("127.0.0.1", port, SECRET)
    end = time.monotonic() + 15
    while isinstance(ask(RadiusSettings((found,), 0.2, 0), "mona", "right"), Silent):
        if time.monotonic() > end or process.poll() is not None:
            process.kill()
            process.wait()
            pytest.fail((place / "log").read_text()[-2000:])
        time.sleep(0.1)
    yield found
    process.terminate()
    process.wait(10)
    log.close()


@pytest.mark.parametrize(
    ("name", "password", "answer"),
    [
        ("mona", "right", Accepted(50)),
        ("adam", "right", Accepted(100)),
        ("sara", "right", Accepted(200)),
        ("nobody", "right", Accepted(20)),
        ("plain", "right", Accepted(None)),
        ("long", "x" * 100, Accepted(None)),
        ("uml", "pässwörd", Accepted(None)),
        ("mona", "wrong", Rejected()),
        ("mona", "", Rejected()),
        ("stranger", "right", Rejected()),
        ("", "right", Rejected()),
        ("mona", "x" * 129, Rejected()),
    ],
)
@pytest.mark.parametrize("chap", [False, True], ids=["PAP", "MS-CHAPv2"])
def test_levels_and_refusals(
    server: RadiusServer, name: str, password: str, answer: Answer, chap: bool
) -> None:
    assert ask(RadiusSettings((server,), chap=chap), name, password) == answer


def test_another_attribute_tells_no_level(server: RadiusServer) -> None:
    assert ask(RadiusSettings((server,), vendor=9), "mona", "right") == Accepted(None)
    assert ask(RadiusSettings((server,), attribute=36), "mona", "right") == Accepted(None)


def test_a_wrong_secret_is_silence(server: RadiusServer) -> None:
    wrong = RadiusServer(server.host, server.port, "guess")
    assert isinstance(ask(RadiusSettings((wrong,), 0.2, 0), "mona", "right"), Silent)


def test_the_next_server_is_asked_when_one_is_down(server: RadiusServer) -> None:
    down = RadiusServer("127.0.0.1", free_port(), SECRET)
    begun = time.monotonic()
    assert ask(RadiusSettings((down, server), 2, 3), "mona", "right") == Accepted(50)
    assert time.monotonic() - begun < 1  # nobody listens there: known at once


def test_a_silent_server_costs_its_time_outs_and_no_more() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as deaf:
        deaf.bind(("127.0.0.1", 0))
        silent = RadiusServer("127.0.0.1", deaf.getsockname()[1], SECRET)
        begun = time.monotonic()
        answer = ask(RadiusSettings((silent,), 0.2, 2), "mona", "right")
        assert answer == Silent("nothing came within 0.2 seconds")
        assert 0.55 < time.monotonic() - begun < 1.5
        deaf.setblocking(False)
        packets = [deaf.recv(4096) for _ in range(3)]
    assert len(set(packets)) == 1  # repeated, not asked anew
    assert b"mona" in packets[0]
    assert b"right" not in packets[0]


def test_no_login_queues_up_behind_others() -> None:
    """Each one's time is that of the time-outs, however many wait; too many are told so at once."""
    with socket.socket(type=socket.SOCK_DGRAM) as deaf:
        deaf.bind(("127.0.0.1", 0))
        silent = RadiusServer("127.0.0.1", deaf.getsockname()[1], SECRET)

        async def main() -> list[Answer]:
            service = Radius(RadiusSettings((silent,), 0.5, 0), "sbc")
            return await asyncio.gather(*(service.ask(f"u{n}", "x") for n in range(MOST_AT_ONCE + 20)))

        begun = time.monotonic()
        answers = run(main())
        assert time.monotonic() - begun < 2
    assert answers.count(BUSY) == 20
    assert answers.count(Silent("nothing came within 0.5 seconds")) == MOST_AT_ONCE


def reply(code: int, asked: bytes, body: bytes, secret: bytes = SECRET.encode()) -> bytes:
    head = bytes([code, asked[1]]) + (20 + len(body)).to_bytes(2, "big")
    return head + hashlib.md5(head + asked[4:20] + body + secret).digest() + body


LEVEL = bytes([26, 12]) + (5003).to_bytes(4, "big") + bytes([35, 6]) + (200).to_bytes(4, "big")


@pytest.mark.parametrize(
    ("packet", "answer"),
    [
        (lambda asked: reply(2, asked, LEVEL) + b"padding", Accepted(200)),  # RFC 2865, 3
        (lambda asked: reply(2, asked, LEVEL + bytes([33, 3, 7])), None),  # a Proxy-State that was not sent
        (lambda asked: reply(2, asked, LEVEL), Accepted(200)),
        (lambda asked: reply(2, asked, LEVEL, b"guess"), None),
        (lambda asked: reply(2, asked[:1] + bytes([asked[1] ^ 1]) + asked[2:], LEVEL), None),
        (lambda asked: reply(2, asked[:4] + bytes(16), LEVEL), None),
        (lambda asked: reply(3, asked, b""), Rejected()),
        (lambda asked: reply(11, asked, b""), Rejected()),
        (lambda asked: reply(5, asked, b""), None),
        (lambda asked: reply(2, asked, bytes([80, 18]) + bytes(16)), None),  # a forged Message-Authenticator
        (lambda asked: reply(2, asked, LEVEL + bytes([26, 1, 0])), None),
        (
            lambda asked: reply(2, asked, bytes([26, 8]) + (5003).to_bytes(4, "big") + bytes([35, 0])),
            Accepted(),
        ),
        (lambda asked: b"\2", None),
    ],
)
def test_only_signed_answers_count(packet: "object", answer: Answer | None) -> None:
    asked = radius.question("mona", "right", SECRET.encode(), "sbc")
    assert callable(packet)
    assert asked.answered(packet(asked.data), RadiusSettings(())) == answer


def test_ms_chap_needs_a_server_that_knows_the_password() -> None:
    """RFC 2759, 5: who accepts without the proof may be anybody who learned the shared secret."""
    asked = radius.question("mona", "right", SECRET.encode(), "sbc", chap=True)
    proof = asked.proof or b""
    for said, answer in ((proof, Accepted(200)), (proof[::-1], None), (b"", None), (b"S=", None)):
        success = b"\0" + said + b" M=welcome"
        body = bytes([26, len(success) + 8]) + (311).to_bytes(4, "big") + bytes([26, len(success) + 2])
        assert asked.answered(reply(2, asked.data, LEVEL + body + success), RadiusSettings(())) == answer
    assert asked.answered(reply(2, asked.data, LEVEL), RadiusSettings(())) is None


def test_the_password_is_in_no_packet() -> None:
    for chap in (False, True):
        data = radius.question("mona", "correct horse", SECRET.encode(), "sbc", chap=chap).data
        assert b"horse" not in data
        assert "horse".encode("utf-16-le") not in data


def test_secrets_are_in_no_text() -> None:
    """R34."""
    assert SECRET not in repr(RadiusSettings((RadiusServer("127.0.0.1", 1, SECRET),)))
