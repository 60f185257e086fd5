"""The README's example is what a device answers; its commands and links are real."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from live import Live

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def test_the_example_is_the_answer_of_a_device(tmp_path: Path) -> None:
    printed = json.loads(re.findall(r"```json\n(.*?)\n```", README, re.DOTALL)[0])
    with Live(tmp_path / "state") as live:
        got = live.get("/status").json()
        compact = live.get("/status").text
    own = {"localTimeStamp", "serialNumber", "macAddress", "systemUpTime"}
    assert list(printed) == list(got)
    assert {name: got[name] for name in got if name not in own} == {
        name: printed[name] for name in printed if name not in own
    }
    assert {name: type(value) for name, value in printed.items()} == {n: type(v) for n, v in got.items()}
    assert '", "' not in compact, "the example is one line, as it is sent"


def test_the_addresses_are_the_defaults() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "sbcd.main", "run", "--help"],
        capture_output=True,
        text=True,
        timeout=20,
        check=True,
    )
    options = set(re.findall(r"--[a-z]+", README)) - {"--help"}
    assert options <= set(re.findall(r"--[a-z]+", ended.stdout))
    from sbcd.main import parser

    chosen = parser(["run"]).parse_args(["run"])
    assert (chosen.http, chosen.https) == (("127.0.0.1", 8080), ("127.0.0.1", 8443))
    assert (chosen.state, chosen.network, chosen.ini) == (Path("state"), "loopback", None)


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_every_link_leads_somewhere(page: str) -> None:
    for target in re.findall(r"\]\((?!http)([^)#]+)", (ROOT / page).read_text()):
        assert (ROOT / target).exists(), target


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_every_make_command_is_there(page: str) -> None:
    made = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"make ([a-z]+)\b", (ROOT / page).read_text())) - {"its"} <= made


def test_decisions_have_numbers_of_their_own() -> None:
    pages = sorted((ROOT / "docs" / "adr").glob("*.md"))
    numbers = [page.name[:4] for page in pages]
    assert len(numbers) == len(set(numbers)), "two decisions with one number"
    assert all(page.read_text().startswith(f"# {page.name[:4]} ") for page in pages)
