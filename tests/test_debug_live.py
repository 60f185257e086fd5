"""The debug file of a running device: from the wish to the bytes, what is in it, what never is (R24, R34)."""

import io
import os
import resource
import signal
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from live import Live

PATTERN = Path("/proc/sys/kernel/core_pattern")
SECRETS = [f"planted{number:02d}Secret" for number in range(15)]


@pytest.fixture(scope="module")
def device(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))  # as `LimitCORE=infinity` of a service does
    try:
        with Live(tmp_path_factory.mktemp("debug") / "state") as live:
            yield live
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, (soft, hard))


def made(device: Live, **wish: object) -> dict[str, bytes]:
    """A new debug file by name."""
    id_ = device.post("/files/create/debugFile", json=wish).json()["transactionId"]
    end = time.monotonic() + 30
    while (got := device.get(f"/files/status/{id_}")).status_code == 204 and time.monotonic() < end:
        time.sleep(0.05)
    assert got.status_code == 201
    with tarfile.open(fileobj=io.BytesIO(got.content)) as archive:
        return {info.name: archive.extractfile(info).read() for info in archive}


def test_the_debug_file_from_start_to_bytes(device: Live) -> None:
    """R24, with the bodies real clients send."""
    assert device.get("/files/status/unknown").status_code == 404
    assert device.post("/files/create/debugFileRedundant").status_code == 404
    assert device.post("/files/create/debugFile", json={"attachCoreDump": "perhaps"}).status_code == 400
    made = device.post("/files/create/debugFile", json={"attachCoreDump": True})
    assert made.status_code == 202
    id_ = made.json()["transactionId"]
    assert made.headers["Location"] == f"/api/v1/files/status/{id_}"
    end = time.monotonic() + 20
    while (got := device.get(f"/files/status/{id_}")).status_code == 204 and time.monotonic() < end:
        time.sleep(0.05)
    assert (got.status_code, got.headers["content-type"]) == (201, "application/octet-stream")
    assert device.get(f"/files/status/{id_}").content == got.content
    assert device.get("/files/debugFile").content == got.content
    assert device.get("/status/debugFile").json() == {"description": "file 'debugFile' is ready"}


def test_what_is_in_it(device: Live) -> None:
    end = time.monotonic() + 30
    while device.get("/alarms/active").status_code == 204 and time.monotonic() < end:
        time.sleep(0.05)  # accounts are looked at beside the start
    parts = made(device)
    for name, content in {
        "log.txt": b"Listening on",
        "device.log": b"Listening on",
        "engine.log": b"",
        "configuration.ini": b"[ WebUsers ]",
        "status.json": b"serialNumber",
        "alarms-active.json": b"acWeakPasswordAlarm",
        "alarms-history.json": b"acWeakPasswordAlarm",
        "kpi.txt": b"sbcd_memory_utilization",
        "calls.txt": b"Total Active Calls: 0",
        "calls-statistics.txt": b"Call attempts: 0",
        "engine.json": b'"facts_waiting"',
        "engine-threads.txt": b"engine.py",
        "engine-tasks.txt": b"Task",
        "threads.txt": b"stacks.py",
        "tasks.txt": b"Task",
        "versions.txt": b"msgspec",
        "system.json": b'"memory"',
        "license.txt": b"SBC=1000",
        "software.json": b'"active":""',
        "auxiliary-files.txt": b"voiceprompts",
    }.items():
        assert content in parts[f"debug/{name}"], name


def table(name: str, heads: str, *rows: str) -> str:
    lines = "".join(f"{name} {index} = {row};\n" for index, row in enumerate(rows, 8))
    return f"[ {name} ]\nFORMAT Index = {heads};\n{lines}[ \\{name} ]\n"


def planted() -> tuple[str, str]:
    """A configuration and a user file with a secret in every place that takes one."""
    s = SECRETS
    ini = f"""[SYSTEM Params]
SNMPTrapCommunityString = '{s[0]}'
SNMPReadOnlyCommunityString_0 = '{s[1]}'
SbcdAlarmWebhookToken = '{s[2]}'
SbcdHepKey = '{s[3]}'
ntpAuthMd5Key = '{s[4]}'
CLIPrivPass = '{s[5]}'
TR069ACSPASSWORD = '{s[6]}'
"""
    ini += table("WebUsers", "Username, Password, UserLevel", f'"carol", "{s[7]}", 50')
    ini += table("RadiusServers", "IPAddress, SharedSecret", f'127.0.0.9, "{s[8]}"')
    ini += table("IPGroup", "Name, UsernameAsClient, PasswordAsClient", f'"Peer", "me", "{s[9]}"')
    ini += table(
        "Account", "AccountName, ServingIPGroupName, Username, Password", f'"a", "Peer", "u", "{s[10]}"'
    )
    ini += table(
        "SBCUserInfoTable", "LocalUser, Username, Password, IPGroupName", f'"l", "u", "{s[11]}", "Peer"'
    )
    ini += table(
        "SNMPUsers",
        "Username, AuthProtocol, PrivProtocol, AuthKey, PrivKey",
        f'"snmp", 2, 2, "{s[12]}", "{s[13]}"',
    )
    users = f"[SBC]\nFORMAT LocalUser,UserName,Password,IPGroupID\nl,u,{s[14]},1\n"
    return ini, users


def test_no_secret_is_in_it(device: Live) -> None:
    """R34: planted in fifteen places; after a refused configuration that quotes them as well."""
    ini, users = planted()
    put = device.put_file("/files/ini/incremental", ini.encode())
    assert put.status_code == 200, put.text
    refused = device.put_file("/files/ini/incremental", ini.replace("SNMPUsers ", "Nope ").encode())
    assert refused.status_code == 400
    assert device.put_file("/files/usersInfo", users.encode()).status_code == 200
    assert device.get("/status", auth=("carol", SECRETS[7])).status_code == 200
    assert device.get("/status", auth=("carol", "wrong" + SECRETS[7])).status_code == 401
    everything = b"".join(made(device).values())
    assert b"$1$" not in everything
    exported, log = device.get("/files/ini").text, device.log.read_text()
    for secret in [*SECRETS, "Admin/Admin", "QWRtaW46QWRtaW4="]:
        assert secret.encode() not in everything, secret
        assert secret not in exported, secret
        assert secret not in log, secret
        assert secret not in refused.text


def test_the_core_dump_of_a_crashed_engine_comes_when_asked_for(device: Live) -> None:
    if not PATTERN.read_text().startswith("core"):
        pytest.skip("the kernel gives core dumps to somebody else")
    if resource.getrlimit(resource.RLIMIT_CORE)[1] == 0:
        pytest.skip("no core dumps are allowed here")
    engines = [
        int(path.parent.name)
        for path in Path("/proc").glob("[0-9]*/cmdline")
        if (words := path.read_bytes().split(b"\0"))
        and b"sbcd.engine" in words
        and str(device.state.absolute()).encode() in words
    ]
    os.kill(engines[0], signal.SIGSEGV)
    end = time.monotonic() + 30
    while not list((device.state / "run").glob("core*")) and time.monotonic() < end:
        time.sleep(0.1)
    assert not [name for name in made(device) if "core" in name]
    (core,) = [content for name, content in made(device, attachCoreDump=True).items() if "/core/" in name]
    assert core.startswith(b"\x7fELF")
