"""The declarations are whole and honest: what is said to be obeyed is read by some code."""

import ast
from pathlib import Path

import msgspec

from sbcd.config.check import problems
from sbcd.config.schema import Schema
from sbcd.config.snapshot import Change, Snapshot
from sbcd.config.table import Column
from sbcd.declared import DECLARED
from sbcd.rooms.calls import plan, profile

SOURCE = Path(__file__).parent.parent / "src" / "sbcd"
BY_NAME_ONLY = {"AlarmSettings"}
"""Tables that are read through their declaration."""


def read() -> set[str]:
    """Every attribute that is read anywhere but in the declarations and in the show commands."""
    declaring = {kind.__module__ for kind in DECLARED}
    found = set()
    for path in SOURCE.rglob("*.py"):
        module = ".".join(("sbcd", *path.relative_to(SOURCE).with_suffix("").parts))
        if module not in declaring and path.name != "shows.py":
            tree = ast.parse(path.read_text())
            found |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    return found


def columns(kind: type) -> tuple[Column, ...]:
    heads = getattr(kind, "__table__", None) or kind.__params__  # type: ignore[attr-defined]
    found: tuple[Column, ...] = heads.columns
    return found


def test_what_is_obeyed_is_read() -> None:
    """`col` means that the device acts on it (the reference page says so); otherwise it is `kept`."""
    known = read()
    idle = {
        f"{kind.__name__}.{column.name}"
        for kind in DECLARED
        for column in columns(kind)
        if column.obeyed
        and column.only is None  # of some values only: those may be what the device always does
        and column.name not in known
        and kind.__name__ not in BY_NAME_ONLY
    }
    assert not idle, f"declared by col(), but nothing reads it; use kept(): {sorted(idle)}"


def test_what_the_plan_says_is_read_by_the_engine() -> None:
    """A column may reach the plan and end there; only what the engine reads of a plan is obeyed."""
    makers = {"planner.py", "offering.py", "ruling.py"}
    known: set[str] = set()
    for path in SOURCE.rglob("*.py"):
        if path.name not in makers and path.parent.name != "tables":
            known |= {n.attr for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.Attribute)}
    idle = {
        f"{kind.__name__}.{field}"
        for module in (plan, profile)
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct)
        for field in kind.__struct_fields__
        if field not in known
    }
    assert not idle


def test_what_is_obeyed_is_explained() -> None:
    silent = [
        f"{kind.__name__}.{column.name}"
        for kind in DECLARED
        for column in columns(kind)
        if column.obeyed and not column.help
    ]
    assert not silent


def test_the_factory_configuration_is_sound() -> None:
    schema = Schema(DECLARED)
    change = Change(Snapshot.empty(), schema.factory())
    assert list(problems(change, schema.tables)) == []


def test_every_default_is_a_value() -> None:
    """What a column takes by default could also be read from a file."""
    for kind in DECLARED:
        for column in columns(kind):
            if column.required or column.listed or column.secret:
                continue
            items = column.default if column.array is not None else (column.default,)
            for item in items:
                assert column.read(column.codec.write(item)) == item, f"{kind.__name__}.{column.name}"
