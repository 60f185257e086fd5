"""Calls through a whole device, SIPp on both sides: what a trunk and a PBX see."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from .bench import DEVICE, OTHER, PBX, SECOND, SIPP, TRUNK, Site, udp

pytestmark = pytest.mark.skipif(SIPP is None, reason="sipp is not installed (apt: sip-tester)")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    found = Site(tmp_path_factory.mktemp("site"))
    found.start()
    yield found
    assert found.live.stop() == 0


@pytest.fixture(autouse=True)
def quiet(site: Site) -> Iterator[None]:
    yield
    site.hang_up()


def test_answered(site: Site) -> None:
    """Classified by proxy set, routed, the number manipulated, answered, ended; KPIs and records agree."""
    before = site.value("establishedCallsInTotal"), site.value("attemptedCallsOutTotal")
    pbx = site.sipp("uas", PBX, 5090)
    site.call(calls=10).done()
    pbx.stop()
    site.until(lambda: site.value("establishedCallsInTotal") == before[0] + 10)
    assert site.value("attemptedCallsOutTotal") == before[1] + 10
    records = site.live.state / "log" / "cdr.log"

    def written() -> int:
        lines = records.read_text().splitlines()
        return sum("|OUT|PBX|" in line and "<sip:+49123@" in line for line in lines)

    site.until(lambda: written() == 10)


@pytest.mark.parametrize(
    ("answer", "kpi"),
    [("486 Busy Here", "busyCallsInTotal"), ("603 Decline", "otherReasonCallsInTotal")],
)
def test_refused(site: Site, answer: str, kpi: str) -> None:
    before = site.value(kpi)
    pbx = site.sipp(f"uas_reject {answer}", PBX, 5090)
    site.call(f"uac_rejected {answer[:3]}").done()
    pbx.done()
    site.until(lambda: site.value(kpi) == before + 1)


def test_cancelled_while_it_rings(site: Site) -> None:
    pbx = site.sipp("uas_cancelled", PBX, 5090)
    site.call("uac_cancel").done()
    pbx.done()


def test_no_answer(site: Site) -> None:
    """SBCAlertTimeout: the called rings for three seconds, then the device gives up."""
    before = site.value("noAnswerCallsInTotal")
    pbx = site.sipp("uas_cancelled", PBX, 5090)
    began = time.monotonic()
    site.call("uac_rejected 408").done()
    assert 2 < time.monotonic() - began < 8
    pbx.done()
    site.until(lambda: site.value("noAnswerCallsInTotal") == before + 1)


def test_hold_by_reinvite(site: Site) -> None:
    pbx = site.sipp("uas_hold", PBX, 5090)
    site.call("uac_hold").done()
    pbx.done()


def test_nobody_there(site: Site) -> None:
    """The keep-alive knows that no server answers: 503 at once, and the alarm stands."""
    site.until(lambda: "Proxy lost" in site.live.get("/alarms/active").text, 15)
    site.call("uac_rejected 503", to="8123").done()


def test_unknown_sender(site: Site) -> None:
    before = site.value("classificationFailedCallsInTotal")
    where = f"{site.host(DEVICE)}:5060"
    stranger = site.sipp("uac_rejected 500", OTHER, 5099, "-s", "1", where)
    stranger.done()
    site.until(lambda: site.value("classificationFailedCallsInTotal") == before + 1)


def test_registration_and_a_call_to_the_user(site: Site) -> None:
    """A user registers through the device with the registrar behind it, then the trunk calls him."""
    registrar = site.sipp("uas_registrar", PBX, 5090)
    where = f"{site.host(DEVICE)}:5060"
    site.sipp("uac_register", OTHER, 5077, "-s", "3001", where).done()
    registrar.done()
    site.until(lambda: site.value("registeredUsers", "sbc/otherStats/global") == 1)
    user = site.sipp("uas", OTHER, 5077)
    site.call(to="3001").done()
    user.stop()


def test_over_tcp(site: Site) -> None:
    """The trunk calls by TCP; the PBX is called by UDP."""
    pbx = site.sipp("uas", PBX, 5090)
    site.call("uac", "-t", "t1", calls=5).done()
    pbx.stop()


def test_ipv6_to_ipv4(site: Site) -> None:
    pbx = site.sipp("uas", PBX, 5090)
    assert SIPP is not None
    command = [SIPP, "-sn", "uac", "-i", "::1", "-p", "5080", "-m", "1", "-nostdin", "-timeout", "20s"]
    site.run([*command, "-timeout_error", "-s", "0123", f"[::1]:{site.port6}"]).done()
    pbx.stop()


def test_the_trunk_is_called(site: Site) -> None:
    trunk = site.sipp("uas", TRUNK, 5080)
    where = f"{site.host(DEVICE)}:5060"
    site.sipp("uac", PBX, 5090, "-s", "777", where).done()
    trunk.stop()


def test_port_in_use_is_409_and_undone(site: Site, tmp_path: Path) -> None:
    """R10, R28: nothing changed; the sentence names interface and port."""
    taken = udp(site.host(DEVICE), 6099)
    try:
        refused = site.put(
            "[ SIPInterface ]\n"
            "FORMAT Index = InterfaceName, NetworkInterface, UDPPort, TCPPort, TLSPort, SRDName;\n"
            'SIPInterface 0 = "SIPInterface_0", "Voice", 6099, 5060, 5061, "DefaultSRD";\n'
            "[ \\SIPInterface ]\n"
        )
    finally:
        taken.close()
    assert refused.status_code == 409, refused.text
    assert "SIP Interface 0" in refused.text
    assert "6099" in refused.text
    pbx = site.sipp("uas", PBX, 5090)
    site.call().done()
    pbx.stop()


def test_failover_to_the_second_proxy(site: Site) -> None:
    """The first server is silent: after three retransmissions the next one is called (IsProxyHotSwap)."""
    second = site.sipp("uas", SECOND, 5090)
    site.call().done()
    second.stop()
