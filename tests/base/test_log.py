"""Lines of the log in files: they outlive the process, are bounded, and a full disk stops nobody."""

import logging
from pathlib import Path

from sbcd.base.log import MOST_FILES, LinesInFiles, kept


def say(handler: LinesInFiles, *texts: str) -> None:
    for text in texts:
        handler.emit(logging.LogRecord("sbcd.test", 20, __file__, 1, text, (), None))


def test_lines_outlive_the_handler_and_are_for_nobody_else(tmp_path: Path) -> None:
    path = tmp_path / "log" / "device.log"
    for life in ("one", "two\nforged"):
        handler = LinesInFiles(path)
        say(handler, life)
        handler.close()
    lines = kept(path).decode().splitlines()
    assert [line.split(" ", 1)[1] for line in lines] == [
        "info sbcd.test: one",
        "info sbcd.test: two\\nforged",
    ]
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_the_oldest_go(tmp_path: Path) -> None:
    path = tmp_path / "device.log"
    handler = LinesInFiles(path, most_bytes=1000)
    say(handler, *(f"line {number}" for number in range(500)))
    handler.close()
    files = list(tmp_path.iterdir())
    assert len(files) == MOST_FILES
    assert all(file.stat().st_size <= 1000 for file in files)
    assert all(file.stat().st_mode & 0o777 == 0o600 for file in files)
    told = kept(path).decode().splitlines()
    assert told[-1].endswith("line 499")
    assert [line.split()[-1] for line in told] == sorted((line.split()[-1] for line in told), key=int)


def test_a_disk_that_takes_nothing_loses_lines_and_stops_nobody(tmp_path: Path) -> None:
    handler = LinesInFiles(tmp_path / "log" / "device.log")
    (tmp_path / "log").rmdir()
    say(handler, "a", "b")
    assert handler.lost == 2
    assert kept(tmp_path / "log" / "device.log") == b""
