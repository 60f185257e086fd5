"""`sbcd convert`: configuration files without a device."""

from pathlib import Path

import pytest

from sbcd.convert import is_ini
from sbcd.main import main

INI = """[SYSTEM Params]

NTPServerIP = '192.0.2.123'

[ ProxySet ]

FORMAT Index = ProxyName, EnableProxyKeepAlive, SRDName;
ProxySet 0 = "ProxySet_0", 0, "DefaultSRD";
ProxySet 4 = "carrier", 1, "DefaultSRD";

[ \\ProxySet ]
"""


def test_there_and_back(tmp_path: Path) -> None:
    first, script, second, again = (tmp_path / name for name in ("a.ini", "a.cli", "b.ini", "b.cli"))
    first.write_text(INI)
    assert main(["convert", str(first), str(script)]) == 0
    assert '  proxy-set 4\n    proxy-name "carrier"\n' in script.read_text()
    assert '    primary-server "192.0.2.123"\n' in script.read_text()
    assert main(["convert", str(script), str(second)]) == 0
    assert "NTPServerIP = '192.0.2.123'" in second.read_text()
    assert main(["convert", str(second), str(again)]) == 0
    assert again.read_text() == script.read_text()


def test_what_a_script_cannot_hold_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """R27."""
    (tmp_path / "a.ini").write_text('[ GwRoutingPolicy ]\nFORMAT Index = Name;\nGwRoutingPolicy 0 = "x";\n')
    assert main(["convert", str(tmp_path / "a.ini"), str(tmp_path / "a.cli")]) == 0
    assert "A script cannot hold: GwRoutingPolicy" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[ ProxySet ]\nFORMAT Index = ProxyName, Colour;\n[ \\ProxySet ]\n", "line 2: "),
        ("configure voip\nproxy-set 1\ncolour red\n", "line 3: there is no 'colour' in (proxy-set-1)"),
        ("show users\n", "line 1: 'show users' is no configuration command"),
        ("\x00", "The file is not a CLI script"),
    ],
)
def test_problems_are_told_with_their_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, told: str
) -> None:
    (tmp_path / "x").write_text(text)
    assert main(["convert", str(tmp_path / "x"), str(tmp_path / "y")]) == 1
    assert not (tmp_path / "y").exists()
    assert told in "".join(capsys.readouterr())


def test_a_missing_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["convert", str(tmp_path / "none"), str(tmp_path / "y")]) == 1
    assert "No such file" in capsys.readouterr().err


def test_which_kind_a_file_is() -> None:
    assert is_ini(b"\r\n;***\r\n")
    assert is_ini(b"EnableSyslog = 1\n")
    assert not is_ini(b"\nconfigure voip\n  proxy-set 1\n")
    assert not is_ini(b'user "a=b"\n')
    assert not is_ini(b"")
