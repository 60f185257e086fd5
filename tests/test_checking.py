"""`sbcd check FILE`: every problem with its line, for both dialects."""

from pathlib import Path

import pytest

from sbcd.main import main

SAMPLES = Path(__file__).parents[1] / ".." / "shared" / "samples"


def checked(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str) -> tuple[int, list[str]]:
    path = tmp_path / "file"
    path.write_text(text)
    code = main(["check", str(path)])
    return code, capsys.readouterr().out.splitlines()


def test_a_good_file_says_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert checked(tmp_path, capsys, "[SYSTEM Params]\nNTPServerIP = 'time'\n") == (0, [])
    script = (
        "configure system\n  ntp\n    primary-server time\n    activate\n  exit\nexit\nshow system version\n"
    )
    assert checked(tmp_path, capsys, script) == (0, [])


def test_every_problem_of_an_ini_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert checked(tmp_path, capsys, "Nope = 1\nNTPServerUTCOffset = x\n[ Nowhere ]\n") == (
        1,
        [
            "line 1: unknown parameter 'Nope'",
            "line 2: NTPServerUTCOffset: 'x' is not a number in -86400 to 86400",
            "line 3: unknown table 'Nowhere'",
        ],
    )


def test_every_problem_of_a_script(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script = (
        'configure voip\n  ip-group 1\n    name "one"\n    proxy-set-name "nowhere"\n    activate\n  exit\n'
        "  no-such-thing\nexit\ncopy firmware from http://x\ndebug capture voip\n"
    )
    code, told = checked(tmp_path, capsys, script)
    assert code == 1
    assert [line.split(":")[0] for line in told] == ["line 4", "line 7", "line 9", "line 10"]
    assert told[0] == "line 4: IPGroup 1 ProxySetName: there is no ProxySet 'nowhere'"


def test_no_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(tmp_path / "none")]) == 1
    assert "Cannot read" in capsys.readouterr().err


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the samples are not in the repository")
@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.ini")), ids=lambda path: path.name)
def test_real_files(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (main(["check", str(path)]), capsys.readouterr().out) == (0, "")
