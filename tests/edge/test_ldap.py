"""LDAP logins against a real slapd: levels, refusals, silence, and TLS in both forms."""

import asyncio
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sbcd.base.signon import Accepted, Answer, LdapServer, LdapSettings, Rejected, Silent
from sbcd.edge.ldap import Ldap, level

SLAPD = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload memberof
pidfile {place}/pid
TLSCACertificateFile {place}/ca.pem
TLSCertificateFile {place}/slapd.pem
TLSCertificateKeyFile {place}/slapd.key
database mdb
suffix "dc=example"
rootdn "cn=device,dc=example"
rootpw "device's own"
directory {place}/db
overlay memberof
"""
PEOPLE = {"mona": "right", "adam": "right", "sara": "right", "plain": "right", "odd, (one)*": "right"}
GROUPS = {"SBC Readers": ["mona", "sara"], "SBC Admins": ["adam"], "SBC, Security": ["sara", "odd, (one)*"]}
LEVELS = (("sbc readers", 50), ("SBC Admins", 100), ("cn=SBC\\2C Security,ou=groups,dc=example", 200))


def escaped(name: str) -> str:
    return name.replace(",", "\\2C")


def ldif() -> str:
    lines = ["dn: dc=example\nobjectClass: domain\ndc: example\n"]
    lines += [
        f"dn: ou={unit},dc=example\nobjectClass: organizationalUnit\nou: {unit}\n"
        for unit in ("people", "groups")
    ]
    for name, password in PEOPLE.items():
        lines.append(
            f"dn: uid={escaped(name)},ou=people,dc=example\nobjectClass: inetOrgPerson\nuid: {name}\n"
            f"cn: {name}\nsn: {name}\nuserPassword: {password}\n"
        )
    for name, members in GROUPS.items():
        told = "".join(f"member: uid={escaped(one)},ou=people,dc=example\n" for one in members)
        lines.append(
            f"dn: cn={escaped(name)},ou=groups,dc=example\nobjectClass: groupOfNames\ncn: {name}\n{told}"
        )
    return "\n".join(lines)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Directory:
    """A running slapd: `plain` speaks LDAP and StartTLS, `tls` LDAPS; `ca` is who signed its certificate."""

    def __init__(self, place: Path, program: str) -> None:
        self.plain, self.tls, self.ca = free_port(), free_port(), place / "ca.pem"
        new = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
        for command in (
            f"req -x509 {new} -keyout ca.key -out ca.pem -subj /CN=ca",
            f"req {new} -keyout slapd.key -out slapd.csr -subj /CN=x",
            "x509 -req -in slapd.csr -CA ca.pem -CAkey ca.key -extfile names -out slapd.pem -days 9",
        ):
            (place / "names").write_text("subjectAltName=DNS:directory.example")
            subprocess.run(["openssl", *command.split()], cwd=place, check=True, capture_output=True)
        (place / "db").mkdir()
        (place / "slapd.conf").write_text(SLAPD.format(place=place))
        urls = f"ldap://127.0.0.1:{self.plain} ldaps://127.0.0.1:{self.tls}"
        command = [program, "-d", "0", "-f", str(place / "slapd.conf"), "-h", urls]
        self.process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        fill = ["ldapadd", "-x", "-H", f"ldap://127.0.0.1:{self.plain}", "-D", "cn=device,dc=example"]
        end = time.monotonic() + 15
        while time.monotonic() < end:
            filled = subprocess.run(
                [*fill, "-w", "device's own"], input=ldif(), text=True, capture_output=True
            )
            if filled.returncode == 0:
                return
            time.sleep(0.1)
        self.close()
        raise TimeoutError(filled.stderr)

    def server(self, **more: object) -> LdapServer:
        """As the device is configured: it searches with an account of its own."""
        usual = LdapServer(
            "127.0.0.1",
            self.plain,
            5.0,
            "cn=device,dc=example",
            "device's own",
            ("ou=people,dc=example",),
            groups=LEVELS,
        )
        return replace(usual, **more)  # type: ignore[arg-type]

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(10)


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Directory]:
    program = shutil.which("slapd", path="/usr/sbin:/usr/lib/openldap:/usr/libexec")
    if program is None or shutil.which("ldapadd") is None:
        pytest.skip("slapd and ldap-utils are not installed")
    directory = Directory(tmp_path_factory.mktemp("ldap"), program)
    yield directory
    directory.close()


def ask(
    name: str, password: str, *servers: LdapServer, ca: Path | None = None, parallel: bool = False
) -> Answer:
    def tls_for(server: LdapServer) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = server.name is not None
        context.verify_mode = ssl.CERT_REQUIRED if server.verify else ssl.CERT_NONE
        if ca:
            context.load_verify_locations(ca)
        return context

    async def main() -> Answer:
        return await Ldap(LdapSettings(servers, parallel, "(uid=$)"), tls_for).ask(name, password)

    return asyncio.run(main())


OWN = {"bind_dn": "uid=$,ou=people,dc=example", "password": "$"}
CASES = [
    ("mona", "right", Accepted(50)),
    ("adam", "right", Accepted(100)),
    ("sara", "right", Accepted(200)),  # of two levels the higher
    ("plain", "right", Accepted(None)),
    ("odd, (one)*", "right", Accepted(200)),
    ("mona", "wrong", Rejected()),
    ("mona", "", Rejected()),  # never an anonymous bind
    ("stranger", "right", Rejected()),
    ("*", "right", Rejected()),  # no injection into the filter
    ("mona)(uid=*", "right", Rejected()),
    ("mona,ou=people", "right", Rejected()),  # nor into the name
    ("", "right", Rejected()),
]


@pytest.mark.parametrize(("name", "password", "answer"), CASES)
@pytest.mark.parametrize("own", [False, True], ids=["search and bind", "bind as the user"])
def test_levels_and_refusals(
    directory: Directory, name: str, password: str, answer: Answer, own: bool
) -> None:
    if own:  # the users may read their own entries only, which is all it takes
        assert ask(name, password, directory.server(**OWN)) == answer
    else:
        assert ask(name, password, directory.server()) == answer


@pytest.mark.parametrize("form", ["ldaps", "StartTLS"])
def test_tls_with_the_right_and_the_wrong_authority(directory: Directory, form: str, tmp_path: Path) -> None:
    port = directory.tls if form == "ldaps" else directory.plain
    server = directory.server(port=port, tls=True, verify=True)
    assert ask("mona", "right", server, ca=directory.ca) == Accepted(50)
    command = "req -x509 -newkey rsa:2048 -nodes -keyout x.key -out x.pem -subj /CN=other"
    subprocess.run(["openssl", *command.split()], cwd=tmp_path, check=True, capture_output=True)
    silent = ask("mona", "right", server, ca=tmp_path / "x.pem")
    assert isinstance(silent, Silent)
    assert "certificate is not trusted" in silent.why
    named = replace(server, name="directory.example")
    assert ask("mona", "right", named, ca=directory.ca) == Accepted(50)
    silent = ask("mona", "right", replace(server, name="another.example"), ca=directory.ca)
    assert isinstance(silent, Silent)
    assert "certificate is not trusted" in silent.why
    assert ask("mona", "right", replace(server, verify=False)) == Accepted(50)


def test_what_is_wrong_with_the_device_is_no_refusal_of_the_user(directory: Directory) -> None:
    assert ask("mona", "right", directory.server(password="guess")) == Silent(
        "it refuses the bind of the device with result 49"
    )
    assert ask("mona", "right", directory.server(bases=("dc=nowhere",))) == Rejected()
    assert isinstance(ask("mona", "right", directory.server(port=free_port())), Silent)


def test_several_servers(directory: Directory) -> None:
    """One that is down costs nothing, one that is deaf costs its time; the next decides."""
    down, good = directory.server(port=free_port()), directory.server()
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        deaf = directory.server(port=listening.getsockname()[1], timeout=1.0)
        for servers, parallel, least, most in (
            ((down, good), False, 0.0, 0.9),
            ((deaf, good), False, 1.0, 1.9),
            ((deaf, good), True, 0.0, 0.9),
            ((deaf, down), True, 1.0, 1.9),
            ((deaf, deaf), False, 2.0, 2.9),
        ):
            begun = time.monotonic()
            answer = ask("mona", "right", *servers, parallel=parallel)
            assert (answer == Accepted(50)) is (good in servers)
            assert least <= time.monotonic() - begun < most


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"\x30\x84\x7f\xff\xff\xff",
        b"\x30\x03\x02\x01\x01",
        b"\x30\x02\xff\xff",
    ],
)
def test_a_server_that_speaks_something_else_is_silent(said: bytes) -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()

        def serve() -> None:
            wire, _ = listening.accept()
            wire.recv(1000)
            wire.sendall(said)
            wire.close()

        thread = threading.Thread(target=serve)
        thread.start()
        server = LdapServer("127.0.0.1", listening.getsockname()[1], 2.0, "cn=x", "y", ("dc=z",))
        assert isinstance(ask("mona", "right", server), Silent)
        thread.join(5)


def test_a_server_that_goes_on_slowly_has_no_more_time_than_another() -> None:
    """A byte now and then is no answer; a message that would fill the memory is not waited for."""
    answer = bytes.fromhex("300c02010161070a010004000400")
    for said, pause, least, most in ((answer, 0.2, 0.9, 1.6), (b"\x30\x84\x7f\xff\xff\xff", 0.0, 0.0, 0.6)):
        with socket.socket() as listening:
            listening.bind(("127.0.0.1", 0))
            listening.listen()

            def serve(listening: socket.socket = listening, said: bytes = said, pause: float = pause) -> None:
                wire, _ = listening.accept()
                with wire:
                    wire.recv(1000)
                    for sign in said:
                        try:
                            wire.send(bytes([sign]))
                        except OSError:
                            return
                        time.sleep(pause)

            thread = threading.Thread(target=serve)
            thread.start()
            begun = time.monotonic()
            server = LdapServer("127.0.0.1", listening.getsockname()[1], 1.0, "cn=x", "y", ("dc=z",))
            assert isinstance(ask("mona", "right", server), Silent)
            assert least <= time.monotonic() - begun < most
            thread.join(10)


def test_the_highest_level_of_the_known_groups() -> None:
    groups = (("Readers", 50), ("R&D, all", 100))
    assert level(["CN=Others,DC=x"], groups) is None
    assert level(["CN=readers,DC=x", "CN=R&D\\, all,OU=y"], groups) == 100
    assert level(["READERS"], groups) == 50


def test_a_server_is_asked_from_the_interface_of_its_row() -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        server = LdapServer("127.0.0.1", listening.getsockname()[1], 0.5, "cn=x", "y", interface="OAMP")

        async def main() -> Answer:
            addresses = {"OAMP": "127.0.0.77"}
            service = Ldap(
                LdapSettings((server,)),
                lambda _: ssl.create_default_context(),
                lambda asked: addresses[asked.interface],
            )
            return await service.ask("mona", "right")

        assert isinstance(asyncio.run(main()), Silent)
        wire, (source, _) = listening.accept()
        wire.close()
        assert source == "127.0.0.77"


def test_secrets_are_in_no_text() -> None:
    """R34."""
    assert "hush" not in repr(LdapServer("h", 1, 1.0, "cn=x", "hush"))
