"""PyPI audiocodes-exporter 0.1.5, unmodified, polls the device: every group answers 200 with items.

It pins an old client library, so it lives in an environment of its own, made once and kept in `.cache`."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from live import Live

ROOT = Path(__file__).parents[2]
PLACE = ROOT / ".cache" / "audiocodes-exporter-0.1.5"
DRIVER = """
import sys
from collections.abc import Iterator
from audiocodes_exporter.collector import collect_sbc_metrics
from prometheus_client import REGISTRY, generate_latest
from requests import Session
from requests.auth import HTTPBasicAuth
session = Session()
session.auth = HTTPBasicAuth("Admin", "Admin")
sys.stdout = sys.stderr
collect_sbc_metrics(sys.argv[1], session)
sys.__stdout__.write(generate_latest(REGISTRY).decode())
"""


@pytest.fixture(scope="module")
def exporter() -> Path:
    """The interpreter of its environment; skips when it cannot be installed."""
    python = PLACE / "bin" / "python"
    ready = PLACE / ".ready"
    if not ready.exists():
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        try:
            subprocess.run([sys.executable, "-m", "venv", str(PLACE)], check=True, timeout=60)
            packages = ["audiocodes-exporter==0.1.5"]
            subprocess.run([*install, *packages], check=True, timeout=100, capture_output=True)
        except (subprocess.SubprocessError, OSError) as error:
            pytest.skip(f"audiocodes-exporter cannot be installed here: {error}")
        ready.touch()
    return python


@pytest.mark.timeout(240)
def test_the_exporter_runs_unmodified_and_exports_every_group(exporter: Path, tmp_path: Path) -> None:
    with Live(tmp_path / "state") as device:
        ran = subprocess.run(
            [str(exporter), "-c", DRIVER, device.url], capture_output=True, text=True, timeout=60, check=False
        )
    assert ran.returncode == 0, ran.stderr
    families = {one.name: one for one in text_string_to_metric_families(ran.stdout)}
    assert "sbc_status_info" in families
    ours = [one for name, one in families.items() if not name.startswith(("python_", "process_"))]
    assert len(ours) > 150
    labels = {sample.labels.get("port") for one in ours for sample in one.samples}
    assert "port0" in labels


@pytest.mark.parametrize(
    "path",
    [
        *(
            f"sbc/{group}/{place}"
            for group in ("callStats", "otherStats", "sipRecstats")
            for place in ("global", "ipGroup/0")
        ),
        "media/clusterStats/global",
        "media/coderStats/global",
        "media/coderStats/ipGroup/0",
        "media/dspStats/global",
        "media/mediaStats/global",
        "media/mediaStats/ipGroup/0",
        "network/ddosStats/global",
        "network/haStats/global",
        "network/portStats/port",
        "network/portStats/port/0",
        "system/cpuStats/cpu",
        "system/cpuStats/cpu/0",
        "system/licenseStats/global",
        "system/storageStats/partition",
        "system/storageStats/partition/0",
        "system/systemStats/global",
    ],
)
def test_r20_what_it_polls_answers_with_items(path: str, device: Live) -> None:
    answer = device.get(f"/kpi/current/{path}")
    assert answer.status_code == 200
    assert answer.json()["items"]


@pytest.fixture(scope="module")
def device(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with Live(tmp_path_factory.mktemp("kpi") / "state") as running:
        yield running
