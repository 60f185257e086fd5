"""The coverage page, and how much of real configurations is obeyed (issue: the SBC's breadth)."""

from pathlib import Path

import pytest

from sbcd.config import ini
from sbcd.config.catalogue import catalogue
from sbcd.config.coverage import Used, page, used
from sbcd.config.schema import Schema
from sbcd.config.table import Params, Row, col, kept, params, table
from sbcd.declared import DECLARED

SAMPLES = Path(__file__).parents[2] / ".." / "shared" / "samples"
MEASURED = ("01", "05", "07", "08", "09")
LEAST = 0.85
"""Share of what differs from its default in these files that is obeyed, and must stay so."""


@table(ini="PhysicalPortsTable", area="network", cli="port", help="")
class Port(Row):
    port: str = col("Port", help="Name.")
    mode: int = col("Mode", default=0, only=(1,), help="1 is obeyed.")
    speed: int = kept("SpeedDuplex", default=4)


@params(section="SYSTEM Params", area="system", cli="", help="")
class Few(Params):
    syslog: bool = col("EnableSyslog", default=False, help="")
    name: str = kept("SNMPSysName", default="")


SCHEMA = Schema([Port, Few])


def loaded(text: str) -> dict[Used, bool]:
    return used(ini.read(text.encode(), SCHEMA, catalogue()))


def test_a_page() -> None:
    text = page(SCHEMA, ["GwRoutingPolicy", "PhysicalPortsTable"])
    assert "**3 of 5** declared" in text
    assert "| `PhysicalPortsTable` | 2 of 3 | `Port`, `Mode` (1) | `SpeedDuplex` |" in text
    assert "| `[SYSTEM Params]` | 1 of 2 | `EnableSyslog` | `SNMPSysName` |" in text
    assert text.endswith("\n`GwRoutingPolicy`\n")


def test_what_a_file_uses() -> None:
    found = loaded(
        "[SYSTEM Params]\nEnableSyslog = 1\nSNMPSysName = ''\nSyslogServerIP = 1.2.3.4\n"
        "[ PhysicalPortsTable ]\nFORMAT Index = Port, Mode, SpeedDuplex, PortDescription, GroupMember;\n"
        'PhysicalPortsTable 0 = "GE_1", 1, 4, "one", "";\n'
        'PhysicalPortsTable 1 = "GE_2", 1, 4, "", "";\n[ \\PhysicalPortsTable ]\n'
    )
    assert {str(name): obeyed for name, obeyed in found.items()} == {
        "PhysicalPortsTable.Port": True,
        "PhysicalPortsTable.Mode": True,
        "PhysicalPortsTable.PortDescription": False,
        "EnableSyslog": True,
        "SYSLOGSERVERIP": False,
    }


def test_one_value_that_is_not_obeyed_counts() -> None:
    (found,) = [
        loaded(
            "[ PhysicalPortsTable ]\nFORMAT Index = Port, Mode;\n"
            'PhysicalPortsTable 0 = "GE_1", 1;\nPhysicalPortsTable 1 = "GE_2", 2;\n'
        )
    ]
    assert found[Used("PhysicalPortsTable", "Mode")] is False


def test_what_is_carried_by_its_value_is_told() -> None:
    text = '[ PhysicalPortsTable ]\nFORMAT Index = Port, Mode;\nPhysicalPortsTable 0 = "GE_1", 2;\n'
    assert list(ini.read(text.encode(), SCHEMA, catalogue()).carried) == ["PhysicalPortsTable.Mode"]


def test_real_configurations_are_obeyed() -> None:
    """A column of a file counts once for that file; printed is also what is missing, most used first."""
    files = [path for path in sorted(SAMPLES.glob("*.ini")) if path.name.startswith(MEASURED)]
    if len(files) != len(MEASURED):
        pytest.skip("the sample files are not here")
    schema = Schema(DECLARED)
    found = [used(ini.read(path.read_bytes(), schema, catalogue())) for path in files]
    missing: dict[Used, int] = {}
    for one in found:
        for name, obeyed in one.items():
            if not obeyed:
                missing[name] = missing.get(name, 0) + 1
    names = {name for one in found for name in one}
    count = sum(len(one) for one in found)
    share = 1 - sum(missing.values()) / count
    print(f"\nobeyed: {share:.1%} of {count}; by name {1 - len(missing) / len(names):.1%} of {len(names)}")
    for path, one in zip(files, found, strict=True):
        print(f"  {path.name}: {sum(one.values())} of {len(one)}")
    for name, times in sorted(missing.items(), key=lambda pair: (-pair[1], str(pair[0]))):
        print(f"  {times} {name}")
    assert share >= LEAST
