"""Declarations: what a class says once, and what is derived from it (ADR 0002)."""

import re
from enum import IntEnum

import pytest

from sbcd.config.table import Params, Row, col, kept, params, table
from sbcd.config.types import Address, Secret, kebab, obscure, reveal


class KeepAlive(IntEnum):
    DISABLE = 0
    USING_OPTIONS = 1


@table(ini="ProxySet", area="voip", cli="proxy-set", help="Where a peer is.", most_rows=5000)
class ProxySet(Row):
    name: str = col("ProxyName", unique=True, most=40, help="Unique name.")
    keep_alive: KeepAlive = col(
        "EnableProxyKeepAlive", default=KeepAlive.DISABLE, cli="proxy-enable-keep-alive"
    )
    interval: int = col("ProxyKeepAliveTime", default=60, low=5, high=2000000)
    tls: str = col("TLSContextName", default="", refers_to="TLSContexts", was=("TLSContext",))
    password: Secret = col("Password", default=Secret(""))
    mode: bool = kept("DedicatedConnectionMode", default=False)

    @classmethod
    def factory(cls) -> "dict[int, ProxySet]":
        return {0: cls(name="ProxySet_0")}

    def label(self) -> str:
        return f"{self.name}!"


@table(ini="ProxyIp", area="voip", cli="proxy-ip", help="One address.")
class ProxyIp(Row):
    owner: int = col("ProxySetId", parent="ProxySet", quoted=True)
    position: int = col("ProxyIpIndex", default=0, position=True)
    address: Address = col("IpAddress", default="0.0.0.0")


@params(section="SNMP Params", area="system", cli="snmp trap-destination")
class Managers(Params):
    """Who gets traps."""

    managers: tuple[Address, ...] = col("SNMPManagerTableIP", default="0.0.0.0", array=5)
    activities: tuple[str, ...] = col("ActivityListToLog", default=())
    port: int = col("HTTPSPort", default=443, low=0, high=65535, resets=True)


def test_a_row_is_a_frozen_typed_value() -> None:
    row = ProxySet(name="a", interval=30)
    assert (row.name, row.keep_alive, row.interval, row.label()) == ("a", KeepAlive.DISABLE, 30, "a!")
    assert row == ProxySet(name="a", interval=30) != row.but(name="b")
    with pytest.raises(AttributeError):
        row.name = "b"  # type: ignore[misc]
    with pytest.raises(TypeError):
        ProxySet()  # type: ignore[call-arg]
    assert isinstance(row, Row)
    assert ProxySet.factory()[0].name == "ProxySet_0"
    assert ProxyIp.factory() == {}


def test_what_is_derived() -> None:
    meta = ProxySet.__table__
    assert [column.ini for column in meta][:3] == ["ProxyName", "EnableProxyKeepAlive", "ProxyKeepAliveTime"]
    assert meta.by_ini["proxykeepalivetime"].cli == "proxy-keep-alive-time"
    assert meta.by_ini["proxykeepalivetime"].derived
    assert not meta.by_name["keep_alive"].derived
    assert meta.by_ini["tlscontext"] is meta.by_ini["tlscontextname"]
    assert meta.unique is meta.by_name["name"]
    assert meta.by_name["mode"].obeyed is False
    assert meta.by_name["password"].secret
    child = ProxyIp.__table__
    assert child.parent is not None
    assert child.parent.by_index
    assert child.parent.codec.quoted
    assert child.position is child.by_name["position"]
    assert Managers().managers == ("0.0.0.0",) * 5
    assert Managers.__params__.by_name["activities"].listed
    assert [column.ini for column in Managers.__params__.resetting] == ["HTTPSPort"]
    assert Managers.__params__.help == "Who gets traps."


@pytest.mark.parametrize(
    ("column", "text", "told"),
    [
        ("name", "x" * 41, "'" + "x" * 41 + "' is longer than 40 characters"),
        ("name", "a\nb", "'a\nb' holds a control character"),
        ("interval", "4", "'4' is not a number in 5-2000000"),
        ("interval", "1e3", "'1e3' is not a number in 5-2000000"),
        ("keep_alive", "7", "'7' is not one of 0 (disable), 1 (using-options)"),
        ("mode", "yes", "'yes' is not 0 or 1"),
        ("password", "hunter2\x00", "the value holds a control character"),
    ],
)
def test_what_a_column_refuses(column: str, text: str, told: str) -> None:
    with pytest.raises(ValueError, match="^" + re.escape(told) + r"\Z"):
        ProxySet.__table__.by_name[column].read(text)


def test_words_of_the_cli() -> None:
    keep_alive = ProxySet.__table__.by_name["keep_alive"]
    assert keep_alive.read_word("Using-Options") is keep_alive.read_word("1") is KeepAlive.USING_OPTIONS
    assert keep_alive.codec.write_word(KeepAlive.USING_OPTIONS) == "using-options"
    mode = ProxySet.__table__.by_name["mode"]
    assert [mode.read_word(word) for word in ("enable", "on", "1", "disable")] == [True, True, True, False]


def test_a_secret_does_not_show_and_is_obscured_as_the_device_does() -> None:
    secret = Secret("Password")
    assert f"{secret} {secret!r} {secret!s}" == "*** Secret('***') ***"
    assert secret.reveal() == secret == "Password"
    assert "Password" not in repr(ProxySet(name="a", password=secret))
    assert reveal("$1$0oKyp6ahuKq9") == "Password"
    assert reveal("$1$gQ==") == ""
    assert obscure("") == "$1$gQ=="
    assert Secret(secret).reveal() == "Password"
    assert reveal(obscure("gänse;\"'")) == "gänse;\"'"
    column = ProxySet.__table__.by_name["password"]
    assert column.read("$1$0oKyp6ahuKq9") == column.read("Password") == secret
    assert column.codec.write(column.read("$1$???")) == "$1$???"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("SRDName", "srd-name"),
        ("IsProxyHotSwap", "is-proxy-hot-swap"),
        ("UDPPort", "udp-port"),
        ("USING_OPTIONS", "using-options"),
        ("Member1", "member1"),
    ],
)
def test_kebab(name: str, words: str) -> None:
    assert kebab(name) == words
