"""`show system version`, `show system uptime`: the machine and its software as the CLI tells them."""

from collections.abc import Callable, Iterable, Sequence

from sbcd.config.show import Show

TITLE = "Version info:"


def shows(header: Callable[[], Iterable[str]], uptime: Callable[[], int]) -> list[Show]:
    """`header`: the lines that stand at the top of an INI file; `uptime`: in hundredths of a second."""

    def version(words: Sequence[str]) -> str:
        return "\n".join([TITLE, "-" * len(TITLE), *(f";{line}" for line in header())])

    return [
        Show("system version", "The product, its software and its addresses.", version),
        Show("system uptime", "The time since the last reset.", lambda words: told(uptime())),
    ]


def told(hundredths: int) -> str:
    """A time as `Uptime: 3 days, 4 hours, 5 minutes, 6 seconds`."""
    minutes, seconds = divmod(hundredths // 100, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    return f"Uptime: {days} days, {hours} hours, {minutes} minutes, {seconds} seconds"
