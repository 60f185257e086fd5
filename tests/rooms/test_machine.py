"""The machine's KPIs (R18): what instruments show, what they cannot, and counters that began again."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from rooms.kpi.stage import CATALOGUE, Time
from sbcd.edge.instruments import Instruments, _linux
from sbcd.rooms.kpi import Meters
from sbcd.rooms.machine import PORT_COUNTERS, Machine

NETWORK = (
    "Inter-|   Receive  |  Transmit\n face |bytes packets ...|bytes packets ...\n"
    "    lo: 100 1 0 0 0 0 0 0 100 1 0 0 0 0 0 0\n"
    "  eth0: 5000 50 1 2 3 4 5 6 7000 70 8 9 10 11 12 13\n"
)


class Panel:
    """Instruments that show what the test says."""

    def __init__(self) -> None:
        self.busy: list[float] = [10.0, 30.0]
        self.disks: dict[str, tuple[float, int]] = {"/": (25.0, 2048)}
        self.network: dict[str, dict[str, int]] = {"eth0": {"bytesIn": 1000}}

    def cpus(self) -> Sequence[float]:
        return self.busy

    def memory(self) -> float | None:
        return None

    def partitions(self) -> Mapping[str, tuple[float, int]]:
        return self.disks

    def ports(self) -> Mapping[str, Mapping[str, int]]:
        return self.network


def stage() -> tuple[Meters, Panel, Machine, Time]:
    time, panel = Time(), Panel()
    meters = Meters(CATALOGUE, [], time.monotonic)
    return meters, panel, Machine(meters, panel, time.monotonic, lambda: {"SBC": 12.4, "WebRTC": None}), time


def value(meters: Meters, path: str, index: int, id: str) -> int | None:
    place = CATALOGUE.places[path]
    return meters.value(place, index, place.current[id.lower()])


def test_what_is_read_is_shown_and_what_is_not_is_null() -> None:
    meters, _, _, _ = stage()
    assert value(meters, "system/cpuStats/cpu", 1, "cpuUtilization") == 30
    assert value(meters, "system/systemStats/global", 0, "memoryUtilization") is None
    assert value(meters, "system/storageStats/partition", 0, "storageUtilization") == 25
    assert value(meters, "system/storageStats/partition", 0, "storageUsage") == 2
    assert value(meters, "system/licenseStats/global", 0, "licenseSbcSignalingUsage") == 12
    assert value(meters, "system/licenseStats/global", 0, "licenseWebRTCUsage") is None
    assert value(meters, "network/portStats/port", 0, "unicastInTotal") is None


def test_port_counters_begin_at_the_start_of_the_device_and_never_go_backwards() -> None:
    meters, panel, machine, time = stage()
    shown = []
    for total in (1500, 20, 30):
        panel.network = {"eth0": {"bytesIn": total}}
        machine.tick(time.go(5))
        shown.append(value(meters, "network/portStats/port", 0, "bytesInTotal"))
    assert shown == [500, 520, 530]


def test_an_index_stays_with_its_name() -> None:
    meters, panel, machine, time = stage()
    panel.network = {"eth9": {"bytesIn": 0}}
    machine.tick(time.go(5))
    assert {index: its.name for index, its in meters.names["port"].items()} == {1: "eth9"}
    panel.network = {"eth0": {"bytesIn": 5}, "eth9": {"bytesIn": 0}}
    machine.tick(time.go(5))
    assert {index: its.name for index, its in meters.names["port"].items()} == {0: "eth0", 1: "eth9"}


def test_it_is_read_every_five_seconds_only() -> None:
    meters, panel, machine, time = stage()
    panel.busy = [90.0, 90.0]
    machine.tick(time.go(1))
    assert value(meters, "system/cpuStats/cpu", 0, "cpuUtilization") == 10
    machine.tick(time.go(4))
    assert value(meters, "system/cpuStats/cpu", 0, "cpuUtilization") == 90


def test_a_licence_that_is_known_later_is_told_with_the_next_tick() -> None:
    meters, _, machine, time = stage()
    machine.license(lambda: {"SBC": 50.0})
    machine.tick(time.go(1))
    assert value(meters, "system/licenseStats/global", 0, "licenseSbcSignalingUsage") == 50


def test_proc_net_dev_in_the_words_of_the_kpis() -> None:
    found = _linux(NETWORK)["eth0"]
    assert set(found) == set(PORT_COUNTERS)
    assert (found["bytesIn"], found["multicastIn"], found["bytesOut"]) == (5000, 6, 7000)
    assert (found["droppedIn"], found["collisions"], found["carrierErrorsOut"]) == (2, 11, 12)


def test_this_machine_has_cpus_memory_a_partition_and_a_port(tmp_path: Path) -> None:
    instruments = Instruments(tmp_path)
    assert all(0 <= busy <= 100 for busy in instruments.cpus())
    assert 0 < (instruments.memory() or 0) < 100
    assert instruments.partitions()
    assert instruments.ports()
