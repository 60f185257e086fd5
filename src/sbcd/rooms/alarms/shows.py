"""`show system alarms` and its history, for the shell.

One rule: a table in columns, oldest first, one line for each alarm."""

from collections.abc import Callable, Iterable, Sequence
from datetime import tzinfo

from sbcd.config.cli.block import Refused
from sbcd.config.show import Show
from sbcd.rooms.alarms.alarm import Alarm
from sbcd.rooms.alarms.model import Alarms
from sbcd.rooms.alarms.notices import one_line

HEADS = ("Seq.", "Source", "Severity", "Date", "Description")


def shows(alarms: Alarms, zone: Callable[[], tzinfo]) -> list[Show]:
    """The commands; `zone` is the device's time zone."""

    def active(words: Sequence[str]) -> str:
        _nothing(words)
        return listed(alarms.active.values(), zone()) or "No active alarms\n"

    def history(words: Sequence[str]) -> str:
        _nothing(words)
        return listed(alarms.history.values(), zone()) or "No alarms in the history\n"

    return [
        Show("system alarms", "What is wrong now.", active),
        Show("system alarms history", "Alarms raised and cleared since the last reset.", history),
    ]


def listed(rows: Iterable[Alarm], zone: tzinfo) -> str:
    """The table, empty when there are no rows."""
    table = [HEADS, *(_cells(row, zone) for row in rows)]
    if len(table) == 1:
        return ""
    widths = [max(len(line[column]) for line in table) for column in range(4)]
    return "".join(
        "  "
        + "  ".join([*(cell.ljust(width) for cell, width in zip(line, widths, strict=False)), line[4]])
        + "\n"
        for line in table
    )


def _cells(row: Alarm, zone: tzinfo) -> tuple[str, str, str, str, str]:
    date = row.date.astimezone(zone)
    when = f"{date.day}.{date.month}.{date.year} , {date:%H:%M:%S}"
    return f"{row.id}.", row.source, row.severity.title, when, one_line(row.text)


def _nothing(words: Sequence[str]) -> None:
    if words:
        raise Refused(f"'{words[0]}' is not understood here")
