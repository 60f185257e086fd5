"""The guide's requests and answers, replayed against a running device."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from live import ADMIN, Live

from .replay import Example, ask, compare, difference, examples

PERFORMANCE = Path(__file__).parent / "10-performance.txt"
TRANSCRIPTS = sorted({*Path(__file__).parent.glob("*.txt")} - {PERFORMANCE})
EXAMPLES = [example for path in TRANSCRIPTS for example in examples(path)]
GROUPS = """[ IPGroup ]
FORMAT Index = Name;
IPGroup 0 = "Teams PS";
IPGroup 1 = "Teams-c";
IPGroup 2 = "ITSP";
[ \\IPGroup ]
"""


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with Live(tmp_path_factory.mktemp("guide") / "state") as live:
        yield live


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_as_the_guide_prints_it(live: Live, example: Example) -> None:
    asked = time.monotonic()
    got = ask(example, live.url, ADMIN)
    compare(example, got)
    if "will reset now" in got.text:
        live.wait_reset(asked)


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A device with the IP groups of the chapter "Performance Monitoring"."""
    with Live(tmp_path_factory.mktemp("kpi") / "state") as live:
        assert live.put_file("/files/ini/incremental", GROUPS.encode()).status_code == 200
        yield live


@pytest.mark.parametrize("example", list(examples(PERFORMANCE)), ids=str)
def test_figures_as_the_guide_prints_them(watched: Live, example: Example) -> None:
    compare(example, ask(example, watched.url, ADMIN))


def test_differences_are_seen() -> None:
    assert difference({"a": "<number>"}, {"a": "1"}, "$") == "$.a: '1' is no <number>"
    assert difference([1, "..."], [1, 2], "$") is None
    assert difference([2, "..."], [1], "$") == "$: 0 items instead of 1: []"
    assert difference({"a": 1}, {"a": 1, "b": 2}, "$") == "$: ['a', 'b'] instead of ['a']"
    assert EXAMPLES
