"""The notifications a device of this kind can send: what each is, how grave, and its number in the MIB.

One rule: a type is looked up by its name when a room is imported, so a misspelt name stops the start."""

import csv
from collections.abc import Container
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from pathlib import Path

ENTERPRISE = "1.3.6.1.4.1.5003.9.10.1.21"
"""Where the notifications stand in the tree unless SNMPTrapEnterpriseOid says otherwise."""


class Severity(IntEnum):
    """How grave; the numbers are those of the MIB's severity objects, the titles those of REST (R15)."""

    CLEARED = 0
    INDETERMINATE = 1
    WARNING = 2
    MINOR = 3
    MAJOR = 4
    CRITICAL = 5

    @property
    def title(self) -> str:
        return self.name.capitalize()


class Kind(StrEnum):
    """Whether a notification has a lasting state, and whether the tables show it."""

    ALARM = "alarm"  # stands until cleared, shown in the tables
    EVENT = "event"  # something happened; sent, never shown, never cleared
    PASSING = "passing"  # stands until cleared, but is only sent, never shown


@dataclass(frozen=True, slots=True)
class AlarmType:
    """One notification of the catalogue. `event_type` and `probable_cause` are the numbers of the MIB."""

    number: int
    name: str
    kind: Kind
    severity: Severity
    event_type: int
    probable_cause: int
    source: str
    help: str

    def oid(self, enterprise: str = ENTERPRISE) -> str:
        """The OID of its trap, which REST tells with `oid=1`."""
        return f"{enterprise}.2.0.{self.number}"


def _read() -> dict[str, AlarmType]:
    with (Path(__file__).parent / "catalogue.csv").open(newline="", encoding="utf-8") as file:
        return {
            row["name"]: AlarmType(
                int(row["number"]),
                row["name"],
                Kind(row["kind"]),
                Severity[row["severity"]],
                int(row["event_type"]),
                int(row["probable_cause"]),
                row["source"],
                row["help"],
            )
            for row in csv.DictReader(file)
        }


CATALOGUE = _read()


def page(sent: Container[str]) -> str:
    """The reference page of the alarms; `sent` are the names of those that some room looks up."""
    lines = [
        "# Alarms and events",
        "",
        "Every notification this kind of device knows. The OID of a trap is "
        f"`{ENTERPRISE}.2.0.` and its number; event type and probable cause are those of the MIB. "
        "**Here**: *sent* by this device; the others belong to what it does not have.",
        "",
        "| number | name | here | kind | severity | source | event type | probable cause | meaning |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for it in CATALOGUE.values():
        here, source = "sent" if it.name in sent else "", f"`{it.source}`" if it.source else ""
        cells = (it.number, it.name, here, it.kind, it.severity.title, source, it.event_type)
        lines.append(f"| {' | '.join(map(str, (*cells, it.probable_cause, it.help)))} |")
    return "\n".join(lines) + "\n"


def alarm_type(name: str) -> AlarmType:
    """The type called `name`; KeyError when the catalogue has none."""
    return CATALOGUE[name]
