"""Show commands of the configuration and the machine: each from the room that owns the facts."""

import asyncio

import pytest

from sbcd.config.cli import Refused
from sbcd.config.schema import Schema
from sbcd.config.show import Show, Shows, columns, piped
from sbcd.declared import DECLARED
from sbcd.rooms.system.shows import told
from sbcd.shown import shows

FACTORY = Schema(DECLARED).factory()
HUNDREDTHS = ((3 * 24 + 4) * 60 + 5) * 6000 + 678


def show(text: str) -> str:
    header = ["Board: sbcd", "Serial Number: 1"]
    known = Shows(shows(lambda: FACTORY, lambda: header, lambda: HUNDREDTHS, lambda: "Not Operational"))
    return asyncio.run(known.run(text))


def test_system_version() -> None:
    """The guide's example: a title, a rule, the header of the INI file."""
    assert show("system version") == "Version info:\n-------------\n;Board: sbcd\n;Serial Number: 1"


def test_system_uptime() -> None:
    assert show("SYSTEM UPTIME") == "Uptime: 3 days, 4 hours, 5 minutes, 6 seconds"
    assert told(0) == "Uptime: 0 days, 0 hours, 0 minutes, 0 seconds"


def test_network_interface() -> None:
    assert show("net int").splitlines() == [
        "Index  Application  Mode         IP Address  Prefix  Gateway  VLAN  Name",
        "-----  -----------  -----------  ----------  ------  -------  ----  -----",
        "0      all          ipv4-manual  127.0.0.1   8       0.0.0.0  1     O+M+C",
    ]


def test_network_ports_and_routes() -> None:
    assert "GE_1" in show("network physical-port")
    assert show("network route").splitlines()[0] == "Index  Destination  Gateway  Device"


def test_users_without_their_passwords() -> None:
    """R34."""
    lines = show("users").splitlines()
    assert lines[2].split() == ["0", "Admin", "sec-admin", "valid", "5", "15"]
    assert "$1$" not in show("users")


def test_high_availability_status() -> None:
    assert show("high-availability status") == "High availability: Not Operational"


def test_voip_ip_group() -> None:
    assert show("voip ip-group").splitlines()[2].split()[:3] == ["0", "Default_IPG", "server"]


def test_outputs_go_through_pipes() -> None:
    text = "one\ntwo\nthree"
    assert piped(text, "") == text
    assert piped(text, " grep t") == "two\nthree"
    assert piped(text, "egrep ^o|ee$") == "one\nthree"
    assert piped(text, "begin two") == "two\nthree"
    assert piped(text, "count") == "Count: 3 lines"
    assert piped(text, "tail 1") == "three"
    assert show("system version | grep Serial") == ";Serial Number: 1"
    for pipe in ("tail x", "sort"):
        with pytest.raises(Refused):
            piped(text, pipe)


def test_what_there_is_none_of() -> None:
    with pytest.raises(
        Refused, match="there is no 'show moon'; known: high-availability, network, system, users, voip"
    ):
        show("moon")
    with pytest.raises(Refused, match="there is no 'show system'; known: uptime, version"):
        show("system")


def test_words_behind_a_command_are_handed_on() -> None:
    known = Shows(
        [Show("a b", "", lambda words: ",".join(words)), Show("a", "", lambda words: "a" + str(words))]
    )
    assert asyncio.run(known.run('a b c "d e"')) == "c,d e"
    assert asyncio.run(known.run("a x")) == "a['x']"


def test_columns_are_as_wide_as_they_must_be() -> None:
    assert columns(("A", "B"), [(1, "long"), ("xx", "")]) == "A   B\n--  ----\n1   long\nxx"


def test_what_is_too_long_says_that_it_is_cut() -> None:
    known = Shows([Show("much", "Much.", lambda words: "x" * (Shows.MOST + 5))])
    told = asyncio.run(known.run("much"))
    assert told.endswith(f"x\n(cut here: the whole output has {Shows.MOST + 5} characters)")
    assert asyncio.run(known.run("much | count")) == "Count: 1 lines"
