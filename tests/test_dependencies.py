"""Every dependency is used, pinned, and has its line in decision 0010."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
NAMES = [re.split(r"[><=~]", line)[0] for line in PROJECT["dependencies"]]
MODULES = {
    "argon2-cffi": "argon2",
    "dnspython": "dns",
    "libpass": "passlib",
    "prompt-toolkit": "prompt_toolkit",
}
BY_OTHERS = {"httptools"}
"""Used by uvicorn, which does not ask for it by itself."""


def imported() -> set[str]:
    found = set()
    for path in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.split(".")[0])
    return found


@pytest.mark.parametrize("name", NAMES)
def test_used_pinned_and_decided(name: str) -> None:
    assert name in BY_OTHERS or MODULES.get(name, name) in imported()
    lock = (ROOT / "requirements.lock").read_text().lower().replace("_", "-")
    assert re.search(rf"^{re.escape(name)}==", lock, re.MULTILINE)
    decision = (ROOT / "docs/adr/0010-python-and-dependencies.md").read_text()
    assert re.search(rf"^\|[^|]*\b{re.escape(name)}\b", decision, re.MULTILINE)


def test_nothing_else_is_imported() -> None:
    import sys

    known = {MODULES.get(name, name) for name in NAMES} | set(sys.stdlib_module_names) | {"sbcd"}
    assert imported() <= known
