"""The guide's requests and answers, replayed against a running device."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from live import ADMIN, Live

from .replay import Example, ask, compare, difference, examples

TRANSCRIPTS = sorted(Path(__file__).parent.glob("*.txt"))
EXAMPLES = [example for path in TRANSCRIPTS for example in examples(path)]


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


def test_differences_are_seen() -> None:
    assert difference({"a": "<number>"}, {"a": "1"}, "$") == "$.a: '1' is no <number>"
    assert difference([1, "..."], [1, 2], "$") is None
    assert difference([2, "..."], [1], "$") == "$: 0 items instead of 1: []"
    assert difference({"a": 1}, {"a": 1, "b": 2}, "$") == "$: ['a', 'b'] instead of ['a']"
    assert EXAMPLES
