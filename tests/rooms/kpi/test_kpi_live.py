"""The KPIs of a running device: configuration, metrics with levels, and which start of the device it is."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from live import ADMIN, MONITOR, Live

OPEN = {"Accept": "application/openmetrics-text; version=1.0.0"}


@pytest.fixture(scope="module")
def device(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with Live(tmp_path_factory.mktemp("kpi") / "state") as running:
        yield running


def configure(device: Live, text: str) -> tuple[int, str]:
    answer = device.put_file("/files/ini/incremental", text.encode())
    return answer.status_code, answer.text


def table(name: str, heads: str, row: str) -> str:
    """One table of an incremental INI file."""
    return f"[ {name} ]\nFORMAT Index = {heads};\n{name} {row};\n[ \\{name} ]\n"


def metrics(device: Live, user: tuple[str, str] | None = ADMIN) -> tuple[int, str, str]:
    answer = requests.get(f"{device.url}/metrics", auth=user, headers=OPEN, timeout=10)
    return answer.status_code, answer.headers.get("content-type", ""), answer.text


def test_metrics_are_off_until_switched_on_and_have_a_level(device: Live) -> None:
    assert metrics(device)[0] == 404
    assert metrics(device, None)[0] == 401
    status, text = configure(device, "[SNMP Params]\nMetricsEnable = 1\n")
    assert status == 200, text
    status, kind, text = metrics(device, MONITOR)
    assert (status, kind) == (200, "application/openmetrics-text; version=1.0.0; charset=utf-8")
    families = {one.name: one for one in text_string_to_metric_families(text)}
    cpus = families["sbcd_cpu_utilization"].samples
    assert {sample.labels["entity"] for sample in cpus} == {"cpu"}
    assert families["sbcd_bytes_in"].type == "counter"
    configure(device, "[SNMP Params]\nMetricsAccessLevel = 200\n")
    assert metrics(device, MONITOR)[0] == 403
    assert metrics(device)[0] == 200


def test_names_of_indexes_follow_the_configuration(device: Live) -> None:
    status, text = configure(device, table("IPGroup", "Name", '7 = "Carrier"'))
    assert status == 200, text
    items = device.get("/kpi/current/sbc/callStats/ipGroup?id=7").json()["items"]
    assert [(item["id"], item["name"]) for item in items] == [("7", "Carrier")]


def test_wrong_thresholds_are_refused_with_their_place(device: Live) -> None:
    status, text = configure(device, table("AlarmThreshold", "Kpi, RaiseWatermark", '0 = "no/such/kpi", 5'))
    assert status == 400
    assert "there is no KPI 'no/such/kpi'" in text


def test_a_threshold_on_a_kpi_of_the_machine_is_taken(device: Live) -> None:
    row = '1 = "system/cpuStats/cpu/cpuUtilization", 0, 0, 0, 4, "busy"'
    heads = "Kpi, Direction, RaiseWatermark, ClearWatermark, Severity, Text"
    status, text = configure(device, table("AlarmThreshold", heads, row))
    assert status == 200, text


def test_user_defined_failures_are_listed_once_there_is_a_rule(device: Live) -> None:
    def groups() -> list[str]:
        return [item["id"] for item in device.get("/kpi/current/sbc").json()["items"]]

    assert "userDefined" not in groups()
    row = '0 = "busy", "486, 600"'
    status, text = configure(device, table("UserDefinedFailurePM", "Name, ResponseCodes", row))
    assert status == 200, text
    assert "userDefined" in groups()
    assert device.get("/kpi/current/sbc/userDefined/global/userDefinedFailuresIn1Total").json()["value"] == 0


def test_a_crash_is_the_same_start_of_the_device_and_a_stop_another(tmp_path: Path) -> None:
    device = Live(tmp_path / "state")
    mark = device.state / "run" / "boot"
    device.start()
    first = mark.read_bytes()
    device.stop(signal.SIGKILL)
    device.start()
    assert mark.read_bytes() == first
    device.stop()
    assert not mark.exists()  # the next start makes another
