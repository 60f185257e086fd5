"""The running configuration as a script: it reproduces what it was written from."""

from hypothesis import given, settings

from config.cli.configurations import SCHEMA, configurations
from sbcd.config import ini, ini_writer, loading
from sbcd.config.catalogue import catalogue
from sbcd.config.cli import Grammar, Session, omitted, write
from sbcd.config.draft import Draft
from sbcd.config.snapshot import Change, Inert, Snapshot
from sbcd.rooms.calls.tables.proxies import ProxyIp, ProxySet
from sbcd.rooms.network.tables import NATTranslation
from sbcd.rooms.users.tables import WebUsers

GRAMMAR = Grammar(SCHEMA)
FACTORY = SCHEMA.factory()


def read(text: str, base: Snapshot = FACTORY) -> Snapshot:
    session = Session(GRAMMAR, base)
    for number, line in enumerate(text.splitlines(), 1):
        session.take(number, line)
    session.end()
    return session.base


@settings(max_examples=80, deadline=None)
@given(configurations())
def test_what_is_written_is_read_back(configuration: Snapshot) -> None:
    text = write(GRAMMAR, configuration)
    again = read(text)
    assert list(Change(configuration, again).differences()) == []
    assert write(GRAMMAR, again) == text


@settings(max_examples=30, deadline=None)
@given(configurations())
def test_with_all_its_defaults_it_means_the_same(configuration: Snapshot) -> None:
    assert read(write(GRAMMAR, configuration, full=True)) == configuration


def test_the_layout_that_public_clients_cut() -> None:
    """Attributes on their own lines behind four blanks, texts in quotes, `activate` behind the last."""
    interface = NATTranslation(
        interface="IF-WAN", target_address="1.2.3.4", source_start_port="7000", source_end_port="7499"
    )
    text = write(GRAMMAR, Draft(FACTORY).put(0, interface).finish(), ("network", "nat-translation"))
    assert text.splitlines() == [
        "configure network",
        "  nat-translation 0",
        '    src-interface-name "IF-WAN"',
        '    target-ip-address "1.2.3.4"',
        '    src-start-port "7000"',
        '    src-end-port "7499"',
        "    activate",
        "  exit",
        "exit",
    ]


def test_areas_stand_in_their_order_and_nothing_is_indented_by_more() -> None:
    lines = write(GRAMMAR, FACTORY, full=True).splitlines()
    assert [line for line in lines if line.startswith("configure")] == [
        "configure system",
        "configure network",
        "configure voip",
        "configure troubleshoot",
    ]
    assert {len(line) - len(line.lstrip()) for line in lines} == {0, 2, 4}
    assert not [line for line in lines if line != line.rstrip()]


def test_rows_of_the_factory_that_are_gone_are_taken_away() -> None:
    changed = Draft(FACTORY).remove(ProxySet, 0).remove(WebUsers, 1).finish()
    text = write(GRAMMAR, changed)
    assert "  no proxy-set 0\n" in text
    assert '  no user "User"\n' in text
    assert read(text) == changed


def test_a_gap_in_rows_without_an_index_of_their_own_is_kept() -> None:
    changed = Draft(FACTORY).put(7, ProxyIp(proxy_set=0, position=1, address="192.0.2.1")).finish()
    assert "  proxy-ip 0/1 7\n" in write(GRAMMAR, changed)
    assert read(write(GRAMMAR, changed)) == changed


def test_secrets_are_obscured() -> None:
    """R34: a script restores them, and shows none."""
    text = write(GRAMMAR, FACTORY, ("system", "user"))
    assert '    password "$1$aisPAQQA" obscured\n' in text
    assert "Admin" not in text.replace('user "Admin"', "")


def test_what_a_script_cannot_say_is_told() -> None:
    """R27: carried tables, rows marked `!` and carried parameters."""
    inert = Inert((("Name", "x"),))
    draft = Draft(FACTORY).put_any("GwRoutingPolicy", 0, inert).put_inactive("NATTranslation", 3, inert)
    odd = draft.carry("ProtocolType", "1").finish()
    assert omitted(odd, SCHEMA.tables) == ["GwRoutingPolicy", "NATTranslation 3 (!)", "ProtocolType"]


@settings(max_examples=40, deadline=None)
@given(configurations())
def test_ini_to_script_to_ini(configuration: Snapshot) -> None:
    """The two forms of a configuration are one: through both of them, the file is the same."""
    file = ini_writer.write(configuration, SCHEMA, catalogue(), [])
    loaded = loading.full(SCHEMA, ini.read(file, SCHEMA, catalogue()))
    again = read(write(GRAMMAR, loaded))
    assert ini_writer.write(again, SCHEMA, catalogue(), []) == file
