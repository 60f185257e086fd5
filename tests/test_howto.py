"""The pages of docs/howto hold what they say: their scripts are followed, by the grammar of the device."""

from pathlib import Path

import pytest

from sbcd.config.cli import Grammar, Session
from sbcd.config.schema import Schema
from sbcd.declared import DECLARED

PAGES = sorted((Path(__file__).parents[1] / "docs" / "howto").glob("*.md"))
SCHEMA = Schema(DECLARED)


def scripts(page: Path) -> list[str]:
    """The lines of every indented block that configures something."""
    found: list[str] = []
    inside = False
    for line in page.read_text().splitlines():
        code = line.startswith("    ")
        inside = code and (inside or line.startswith("    configure "))
        found += [line[4:]] if inside else []
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_scripts_are_followed(page: Path) -> None:
    session = Session(Grammar(SCHEMA), SCHEMA.factory())
    for number, line in enumerate(scripts(page), 1):
        session.take(number, line)
    session.end()
    assert session.mode is None, "every mode is left again"


def test_there_are_such_scripts() -> None:
    assert sum(len(scripts(page)) for page in PAGES) > 20
