"""The reference page says everything that is declared."""

from sbcd.config.reference import page
from sbcd.config.schema import Schema
from sbcd.declared import DECLARED

SCHEMA = Schema(DECLARED)
PAGE = page(SCHEMA, ["GwRoutingPolicy", "ProxySet"])


def test_every_table_and_parameter_has_its_line() -> None:
    for table in SCHEMA.tables.values():
        assert f"### `{table.ini}`\n" in PAGE
        assert [column.ini for column in table.columns if f"| `{column.ini}`" not in PAGE] == []
    for params in SCHEMA.param_sets:
        assert [column.ini for column in params.columns if f"| `{column.ini}" not in PAGE] == []


def test_a_line() -> None:
    assert (
        "| `ProxyKeepAliveTime` | `proxy-keep-alive-time` | a number in 5-2000000 | `60` |  | at once "
        "| obeyed | Seconds between two checks. |\n"
    ) in PAGE
    assert "| `HTTPSPort` | `https-port` | a number in 0-65535 | `443` |  | reset |" in PAGE
    assert "`nse-mode`*" in PAGE  # nobody has told the vendor's name
    assert "| `CLIPrivPass` | `privilege-password` | secret text | *secret* |" in PAGE


def test_carried_tables_are_named_unless_they_are_declared() -> None:
    assert PAGE.rstrip().endswith("\n`GwRoutingPolicy`")
