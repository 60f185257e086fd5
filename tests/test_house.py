"""The house rules (docs/adr/0001): imports go downwards, floors do not mix, things stay small."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "src" / "sbcd"
CRAFTS = {"config", "sip", "media", "web"}
HALLS = {"alarms", "kpi"}
WORLDLY = {"asyncio", "socket", "ssl", "threading", "subprocess", "time", "random", "os"}
MOST = {ast.ClassDef: 200, ast.FunctionDef: 40, ast.AsyncFunctionDef: 40, "file": 400}
FILES = sorted(SOURCE.rglob("*.py"))


def names(tree: ast.Module, package: str) -> Iterator[tuple[int, str]]:
    """Every module that a file imports at run time, by its full name."""
    guarded = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in guarded:
            continue
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package.split(".")[: len(package.split(".")) + 1 - node.level] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            if module in {"sbcd", "sbcd.rooms"}:
                yield from ((node.lineno, f"{module}.{alias.name}") for alias in node.names)
            else:
                yield node.lineno, module


def floor(parts: list[str]) -> tuple[str, str]:
    """The floor of a module and its room: ('rooms', 'alarms'), ('craft', 'sip'), ('roof', '')."""
    if parts[0] == "rooms":
        return "rooms", parts[1] if len(parts) > 1 else ""
    if parts[0] in CRAFTS:
        return "craft", parts[0]
    if parts[0] in {"base", "edge"}:
        return parts[0], parts[0]
    return "roof", ""


def refusal(mine: tuple[str, str], theirs: tuple[str, str], parts: list[str]) -> str | None:
    """Why the one may not import the other, or None."""
    if mine == theirs or theirs[0] == "base" or mine[0] == "roof":
        return None
    if mine[0] in {"rooms", "edge"} and theirs[0] == "craft":
        return None
    if mine[0] == theirs[0] == "rooms":
        if theirs[1] not in HALLS:
            return "a room may import only the halls"
        return "only through the front door" if len(parts) > 2 else None
    return f"{mine[0]} may not import {theirs[0]}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_imports_go_downwards(path: Path) -> None:
    module = list(path.relative_to(SOURCE).with_suffix("").parts)
    package = ".".join(["sbcd", *module[:-1]])
    mine = floor(module)
    found = []
    for line, name in names(ast.parse(path.read_text()), package):
        parts = name.split(".")
        if parts[0] in WORLDLY and mine[0] in {"craft", "rooms"}:
            found.append(f"{path}:{line}: {mine[0]} may not import {name}")
        if parts[0] == "sbcd" and len(parts) > 1:
            why = refusal(mine, floor(parts[1:]), parts[1:])
            if why:
                found.append(f"{path}:{line}: {name}: {why}")
    assert not found, "\n".join(found)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_small_on_purpose(path: Path) -> None:
    text = path.read_text()
    found = []
    if text.count("\n") > MOST["file"]:
        found.append(f"{path}: {text.count(chr(10))} lines")
    for node in ast.walk(ast.parse(text)):
        most = MOST.get(type(node))
        if most and (length := node.end_lineno - node.lineno + 1) > most:
            found.append(f"{path}:{node.lineno}: {node.name} has {length} lines, more than {most}")
    assert not found, "\n".join(found)


def test_only_the_clock_reads_the_clock() -> None:
    """`time.time`, `datetime.now` and the like stand in base/clock.py alone."""
    readers = {
        "time.time",
        "time.monotonic",
        "time.perf_counter",
        "datetime.now",
        "datetime.utcnow",
        "date.today",
    }
    found = [
        f"{path}:{node.lineno}"
        for path in FILES
        if path != SOURCE / "base" / "clock.py"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in readers
    ]
    assert not found, found
