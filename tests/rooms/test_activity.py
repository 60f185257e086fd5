"""Who did what, in words without secrets."""

import asyncio
import logging
from types import SimpleNamespace
from typing import Any, cast

import pytest

from sbcd.base.clock import Clock
from sbcd.config.draft import Draft
from sbcd.config.snapshot import Change, Snapshot
from sbcd.config.types import Address, Secret
from sbcd.rooms.activity import Activity, audited
from sbcd.rooms.alarms import ActivityParams, Alarm, Alarms
from sbcd.rooms.alarms.outlets import WebhookParams
from sbcd.rooms.alarms.reporting import SnmpParams, SyslogParams, TrapParams
from sbcd.rooms.alarms.tables import SNMPUsers
from sbcd.web.route import Level, Operation, Request, Response, Route, User

ADMIN = User("Admin", 200, "127.0.0.7")


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Any:
    caplog.set_level(logging.INFO)
    return lambda: [(record.name, record.getMessage()) for record in caplog.records]


def following(alarms: Alarms, *logged: str, trap: bool = False) -> Activity:
    activity = Activity(alarms)
    draft = Draft(Snapshot.empty()).set(ActivityParams(logged=logged, enable_activity_trap=trap))
    asyncio.run(activity.apply(Change(Snapshot.empty(), draft.finish())))
    return activity


def test_an_action_names_user_interface_and_address(lines: Any) -> None:
    following(Alarms(Clock()), "ae")("Configuration was saved", ADMIN)
    assert lines() == [
        ("sbcd.activity", "Configuration was saved. User:Admin. Session: REST [127.0.0.7]"),
    ]


def test_what_is_not_listed_stays_on_the_device_and_is_no_trap(lines: Any) -> None:
    alarms = Alarms(Clock())
    told: list[Alarm] = []
    alarms.tell(told.append)
    activity = following(alarms, "dr", trap=True)
    activity("Something was done", ADMIN)
    activity("The device was reset", ADMIN, "dr")
    assert [name for name, _ in lines()] == ["sbcd.activity.local", "sbcd.activity"]
    assert [(row.type.name, row.text) for row in told] == [
        ("acActivityLog", "The device was reset. User:Admin. Session: REST [127.0.0.7]")
    ]


def test_parameter_changes_are_told_with_their_own_parameter_too(lines: Any) -> None:
    """EnableParametersMonitoring, without 'pvc' in the list."""
    activity = Activity(Alarms(Clock()))
    draft = Draft(Snapshot.empty()).set(ActivityParams(enable_parameters_monitoring=True))
    asyncio.run(activity.apply(Change(Snapshot.empty(), draft.finish())))
    activity("X was changed from '1' to '2'", ADMIN, "pvc")
    activity("Something was done", ADMIN)
    assert [name for name, _ in lines()] == ["sbcd.activity", "sbcd.activity.local"]


def test_who_comes_and_who_is_refused(lines: Any) -> None:
    """ll and naa; what was typed as a name is cut, and is one line."""
    activity = following(Alarms(Clock()), "LL", "naa")
    activity.entered(User("Admin", 200, "127.0.0.7", "WEB"))
    activity.refused(User("x" * 500, 0, "127.0.0.8"))
    assert lines() == [
        ("sbcd.activity", "Login. User:Admin. Session: WEB [127.0.0.7]"),
        ("sbcd.activity", f"Login refused. User:{'x' * 60}. Session: REST [127.0.0.8]"),
    ]


def test_changes_are_told_by_table_row_and_column_without_secrets(lines: Any) -> None:
    """R34."""
    activity = following(Alarms(Clock()), "pvc", "spc")
    old = Draft(Snapshot.empty()).put(1, SNMPUsers(name="ovoc")).put(2, SNMPUsers(name="gone")).finish()
    draft = Draft(old)
    draft.put(1, SNMPUsers(name="OVOC", auth_key=Secret("pl4nted-1")))
    draft.put(3, SNMPUsers(name="new", priv_key=Secret("pl4nted-2")))
    draft.remove(SNMPUsers, 2)
    draft.set(SyslogParams(server=Address("10.1.1.1")))
    draft.set(
        SnmpParams(trap_community=Secret("pl4nted-3"), read_only_communities=(Secret("pl4nted-4"),) * 5)
    )
    draft.set(TrapParams(ports=(162, 1162, 162, 162, 162)))
    activity.changed(Change(old, draft.finish()), ADMIN)
    said = {text.removesuffix(". User:Admin. Session: REST [127.0.0.7]") for _, text in lines()}
    assert said == {
        "SNMPUsers 1 Username was changed from 'ovoc' to 'OVOC'",
        "SNMPUsers 1 AuthKey was changed",
        "SNMPUsers 2 was removed",
        "SNMPUsers 3 was added",
        "SyslogServerIP was changed from '0.0.0.0' to '10.1.1.1'",
        "SNMPTrapCommunityString was changed",
        "SNMPReadOnlyCommunityString was changed",
        "SNMPManagerTrapPort_1 was changed from '162' to '1162'",
    }
    assert not any("pl4nted" in text for _, text in lines())


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://hooks.example/T0/B0/pl4nted", "https://hooks.example/..."),
        ("https://ovoc:pl4nted@192.0.2.1:8443/x.cmp?key=pl4nted", "https://192.0.2.1:8443/..."),
        ("http://u:pl4n@ted@host", "http://host"),
        ("https://host/", "https://host/"),
    ],
)
def test_a_url_is_told_without_what_may_be_secret_in_it(lines: Any, url: str, shown: str) -> None:
    """R34: web hooks have their key in the path, servers of firmware a password before the host."""
    activity = following(Alarms(Clock()), "pvc")
    new = Draft(Snapshot.empty()).set(WebhookParams(url=url)).finish()
    activity.changed(Change(Snapshot.empty(), new), ADMIN)
    assert f"SbcdAlarmWebhookURL was changed from '' to '{shown}'. User:Admin" in lines()[0][1]


def test_a_whole_new_configuration_is_not_told_value_by_value(lines: Any) -> None:
    activity = following(Alarms(Clock()), "pvc")
    draft = Draft(Snapshot.empty())
    for index in range(500):
        draft.put(index, SNMPUsers(name=f"user{index}"))
    activity.changed(Change(Snapshot.empty(), draft.finish()), None)
    assert len(lines()) == 21
    assert lines()[-1][1] == "and more was changed. User:(device). Session: device [local]"


def test_what_is_done_over_rest_is_told_unless_it_is_refused(lines: Any) -> None:
    async def run(request: Request) -> Response:
        return Response(int(request.query["status"]))

    done = Operation(Level.ADMINISTRATOR, run, "")
    routes = [
        Route("/files/cpt", get=done, put=done),
        Route("/files/tls/{id}/certificate", put=done),
        Route("/files/ini", put=done),
    ]
    cpt, tls, ini = audited(routes, following(Alarms(Clock()), "afl"))

    def ask(operation: Operation | None, path: str, status: int = 200) -> None:
        assert operation
        asked = SimpleNamespace(verb="PUT", path=path, user=ADMIN, query={"status": str(status)})
        assert asyncio.run(operation.run(cast("Request", asked))).status == status

    ask(cpt.get, "/api/v1/files/cpt")
    ask(cpt.put, "/api/v1/files/cpt")
    ask(cpt.put, "/api/v1/files/cpt", 400)
    ask(tls.put, "/api/v1/files/tls/2/certificate")
    ask(ini.put, "/api/v1/files/ini")
    assert lines() == [
        ("sbcd.activity", "PUT /api/v1/files/cpt. User:Admin. Session: REST [127.0.0.7]"),
        ("sbcd.activity.local", "PUT /api/v1/files/tls/2/certificate. User:Admin. Session: REST [127.0.0.7]"),
    ]
