"""`sbcd cli` against a running device: what is typed here is done there."""

import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from live import Live
from sbcd.keys import converse
from sbcd.rooms.calls.tables.proxies import ProxySet
from sbcd.terminal import Refusal, Remote, Terminal


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with Live(tmp_path_factory.mktemp("terminal") / "state") as live:
        yield live


@pytest.fixture
def terminal(live: Live) -> Iterator[Terminal]:
    with Remote(live.url, "Admin", "Admin") as remote:
        yield Terminal(remote)


def typed(terminal: Terminal, *lines: str) -> list[str]:
    return [text for line in lines for text in terminal.follow(line)]


def test_a_session(terminal: Terminal, live: Live) -> None:
    """Modes change the prompt; a block is sent when it is activated; `write` saves."""
    assert terminal.prompt == "sbcd# "
    assert typed(terminal, "conf voip", "proxy-set 3", "proxy-name a") == []
    assert terminal.prompt == "sbcd(proxy-set-3)# "
    assert "proxy-set 3" not in live.get("/files/cliScript").text
    assert typed(terminal, "activate") == ["Done"]
    assert terminal.prompt == "sbcd(proxy-set-3)*# "
    assert "  proxy-set 3\n" in live.get("/files/cliScript").text.replace("\r", "")
    assert typed(terminal, "exit", "exit", "write") == ["Writing configuration...done"]
    assert terminal.prompt == "sbcd# "
    assert live.get("/status").json()["saveNeeded"] is False
    assert typed(terminal, "show running-config voip proxy-set | grep proxy-name")[0].splitlines()[1:] == [
        '    proxy-name "a"'
    ]


def test_every_kind_of_edit_arrives(terminal: Terminal, live: Live) -> None:
    typed(terminal, "configure system", "user carl", "password Secret.12", "privilege admin", "exit", "exit")
    assert live.get("/status", auth=("carl", "Secret.12")).status_code == 200
    typed(terminal, "configure system", "no user carl", "exit")
    assert live.get("/status", auth=("carl", "Secret.12")).status_code == 401
    typed(terminal, "configure system", "snmp trap-destination 1", "ip-address 192.0.2.9", "quit")
    typed(terminal, "configure troubleshoot", "activity-log", "activity-list pvc afl", "quit")
    typed(terminal, "configure voip", "proxy-ip 0/0", 'proxy-address "192.0.2.1:5060"', "quit")
    text = live.get("/files/cliScript").text.replace("\r", "")
    assert "  snmp trap-destination 1\n    ip-address 192.0.2.9\n" in text
    assert '    activity-list "pvc" "afl"\n' in text
    assert '  proxy-ip 0/0\n    proxy-address "192.0.2.1:5060"\n' in text
    assert terminal.failures == 0


def test_what_is_refused_here_and_what_is_refused_there(terminal: Terminal) -> None:
    assert typed(terminal, "configure voip", "proxy-set 0", "colour red") == [
        "Cannot do this: there is no 'colour' in (proxy-set-0)"
    ]
    assert typed(terminal, "quit", "configure voip", "ip-group 9", "proxy-set-name nowhere", "activate") == [
        "Cannot do this: IPGroup 9 ProxySetName: there is no ProxySet 'nowhere'",
    ]
    assert typed(terminal, "quit", "copy x") == ["Cannot do this: 'copy' is not available in a script"]
    assert terminal.failures == 3


def test_completion(terminal: Terminal) -> None:
    assert list(terminal.words("conf")) == ["configure"]
    assert list(terminal.words("configure v")) == ["voip"]
    assert "running-config" in terminal.words("show ")
    assert list(terminal.words("show system v")) == ["version"]
    assert "history" in terminal.words("show system alarms ")
    typed(terminal, "configure voip", "proxy-set 0")
    assert "proxy-name" in terminal.words("prox")
    assert "using-options" in terminal.words("proxy-enable-keep-alive u")
    assert list(terminal.words('"')) == []


def test_the_keyboard(terminal: Terminal, capsys: pytest.CaptureFixture[str]) -> None:
    """Tab completes, `?` helps and lets the line go on, `exit` ends."""
    with create_pipe_input() as keys, create_app_session(input=keys, output=DummyOutput()):
        keys.send_text("conf\tvo\t\r?\x15proxy-set 0\rproxy-k?\x15proxy-k\t61\r")
        keys.send_text("exit\rquit\rhistory\rexit\r")
        converse(terminal)
    printed = capsys.readouterr().out
    assert "  proxy-keep-alive-time\n" in printed
    assert "configure voip \n" in printed  # the history
    assert terminal.session.base.rows(ProxySet)[0].keep_alive_time == 61
    assert "Where a peer is." in printed
    assert "Cannot" not in printed


def test_a_script_is_piped_through(live: Live) -> None:
    command = [sys.executable, "-m", "sbcd.main", "cli", "--url", live.url, "--password", "Admin"]
    script = "show system uptime\nfly\nconfigure voip\nproxy-set 8\nproxy-name h\nactivate\n"
    done = subprocess.run(command, input=script, capture_output=True, text=True, timeout=30)
    assert done.returncode == 1
    assert done.stdout.splitlines()[1:] == ["Cannot do this: unknown command 'fly'", "Done"]
    assert done.stdout.startswith("Uptime: ")


def test_reload(tmp_path_factory: pytest.TempPathFactory) -> None:
    """`reload now` saves before it resets, `reload without-saving` does not."""
    with Live(tmp_path_factory.mktemp("reload") / "state") as live:
        for command, kept in (("reload without-saving", False), ("reload now", True)):
            with Remote(live.url, "Admin", "Admin") as remote:
                terminal = Terminal(remote)
                typed(terminal, "configure voip", "proxy-set 3", "proxy-name a", "quit")
                asked = time.monotonic()
                assert typed(terminal, command) == ["Device will reset now"]
                live.wait_reset(asked)
            assert ("proxy-set 3" in live.get("/files/cliScript").text) is kept


@pytest.mark.parametrize(
    ("port", "user", "password", "why"),
    [
        (0, "Admin", "wrong", "does not know this user"),
        (1, "Admin", "Admin", "Cannot reach"),
        (0, "User", "User", "."),
    ],
)
def test_who_may_not(live: Live, port: int, user: str, password: str, why: str) -> None:
    url = f"http://127.0.0.1:{port}" if port else live.url
    with Remote(url, user, password) as remote, pytest.raises(Refusal, match=why):
        Terminal(remote)
