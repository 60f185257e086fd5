"""schemathesis against the device's own OpenAPI description, at each level: no 5xx, no answer that it denies.

It lives in an environment of its own, made once and kept in `.cache`. `make fuzz` is the long run."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from live import Live

PACKAGE = "schemathesis==4.32.5"
PLACE = Path(__file__).parents[2] / ".cache" / PACKAGE.replace("==", "-")
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
USERS = b"""[ WebUsers ]
FORMAT Index = Username, Password, Status, UserLevel;
WebUsers 2 = "fuzz50", "Fuzzing-50", 1, 50;
WebUsers 3 = "fuzz100", "Fuzzing-100", 1, 100;
WebUsers 4 = "fuzz200", "Fuzzing-200", 1, 200;
[ \\WebUsers ]
"""


@pytest.fixture(scope="module")
def st() -> Path:
    """The program; skips when it cannot be installed."""
    python = PLACE / "bin" / "python"
    if not (PLACE / ".ready").exists():
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", PACKAGE]
        try:
            subprocess.run([sys.executable, "-m", "venv", str(PLACE)], check=True, timeout=60)
            subprocess.run(install, check=True, timeout=150, capture_output=True)
        except (subprocess.SubprocessError, OSError) as error:
            pytest.skip(f"schemathesis cannot be installed here: {error}")
        (PLACE / ".ready").touch()
    return PLACE / "bin" / "st"


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with Live(tmp_path_factory.mktemp("fuzz") / "state") as live:
        assert live.put_file("/files/ini/incremental", USERS).status_code == 200
        assert live.post("/actions/saveConfiguration").status_code == 200
        yield live


def fuzz(st: Path, live: Live, level: int, *options: str, seconds: int) -> None:
    """Everything but the reset, which would end the conversation."""
    user = ["--auth", f"fuzz{level}:Fuzzing-{level}", "--exclude-path", "/api/v1/actions/reset"]
    command = [str(st), "run", f"{live.api}/openapi.json", *user, "--checks", ",".join(CHECKS)]
    ran = subprocess.run(
        [*command, "--no-color", "--request-timeout", "30", *options],
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
        cwd=live.state.parent,
    )
    assert ran.returncode == 0, ran.stdout[-8000:] + live.log.read_text()[-2000:]
    assert live.get("/status").status_code == 200
    assert "Traceback" not in live.log.read_text()


@pytest.mark.parametrize(
    ("level", "phases"), [(50, "fuzzing"), (100, "fuzzing"), (200, "coverage,fuzzing,stateful")]
)
def test_short(st: Path, live: Live, level: int, phases: str) -> None:
    fuzz(st, live, level, "--phases", phases, "--max-examples", "2", seconds=110)


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("level", [50, 100, 200])
def test_five_minutes(st: Path, live: Live, level: int) -> None:
    fuzz(
        st, live, level, "--max-time", "300", "--max-examples", "100000", "--max-failures", "20", seconds=500
    )
