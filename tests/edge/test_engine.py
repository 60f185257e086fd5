"""The engine as its own process: found, started, and when it does not come up tried less and less often."""

import asyncio
import sys
import time
from pathlib import Path

from sbcd.edge.engine import LONGEST_PAUSE, EngineProcess, longer

NO_ENGINE = "import pathlib, sys; pathlib.Path(sys.argv[1]).open('a').write('x'); sys.exit(3)"


def test_pauses_double_and_end_at_a_quarter_of_a_minute() -> None:
    pauses = [0.0]
    while len(pauses) < 12:
        pauses.append(longer(pauses[-1]))
    assert pauses[1:5] == [0.1, 0.2, 0.4, 0.8]
    assert pauses[-2:] == [LONGEST_PAUSE, LONGEST_PAUSE]


def engine(command: list[str], place: Path, told: list[str]) -> EngineProcess:
    return EngineProcess(
        command,
        place / "engine.sock",
        linked=lambda: told.append("linked"),
        heard=lambda message: None,
        lost=told.append,
        failed=told.append,
    )


def test_an_engine_that_ends_at_once_is_told_of_and_tried_less_and_less_often(tmp_path: Path) -> None:
    told: list[str] = []
    tries = tmp_path / "tries"

    async def live() -> float:
        process = engine([sys.executable, "-S", "-c", NO_ENGINE, str(tries)], tmp_path, told)
        began = time.monotonic()
        await process.start()
        returned = time.monotonic() - began
        await asyncio.sleep(2)
        await process.stop(b"")
        return returned

    assert asyncio.run(live()) < 8, "who starts it does not wait until there is one"
    assert told[0] == "does not start (exit code 3)"
    assert 2 <= len(tries.read_text()) <= 7, "0.1, 0.2, 0.4, 0.8 seconds between the tries"


def test_a_program_that_is_not_there_is_told_of(tmp_path: Path) -> None:
    told: list[str] = []

    async def live() -> None:
        process = engine([str(tmp_path / "nowhere")], tmp_path, told)
        await process.start()
        await process.stop(b"")

    asyncio.run(live())
    assert told == ["does not start"]
