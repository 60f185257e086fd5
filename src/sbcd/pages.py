"""The generated pages of docs/: which there are, written or compared.

One rule: a page is a function of the code; it is one line of `PAGES`, and nobody edits it by hand."""

import re
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def configuration() -> str:
    """Every table and parameter."""
    from sbcd.config.catalogue import catalogue
    from sbcd.config.reference import page
    from sbcd.config.schema import Schema
    from sbcd.declared import DECLARED

    return page(Schema(DECLARED), catalogue().tables)


def coverage() -> str:
    """How much of every table and section is obeyed."""
    from sbcd.config.catalogue import catalogue
    from sbcd.config.coverage import page
    from sbcd.config.schema import Schema
    from sbcd.declared import DECLARED

    return page(Schema(DECLARED), catalogue().tables)


def alarms() -> str:
    """Every alarm and event."""
    from sbcd.rooms.alarms.catalogue import page

    looked_up = re.compile(r'alarm_type\(\s*"(\w+)"')
    source = (ROOT / "src" / "sbcd").rglob("*.py")
    return page({name for file in source for name in looked_up.findall(file.read_text())})


PAGES: dict[str, Callable[[], str]] = {
    "docs/reference/configuration.md": configuration,
    "docs/reference/coverage.md": coverage,
    "docs/reference/alarms.md": alarms,
}
"""Path below the repository, and what must stand there."""


def write() -> None:
    for name, page in PAGES.items():
        place = ROOT / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(page())


def behind() -> list[str]:
    """The pages that differ from what the code says."""
    return [name for name, page in PAGES.items() if _read(ROOT / name) != page()]


def _read(place: Path) -> str:
    return place.read_text() if place.exists() else ""
