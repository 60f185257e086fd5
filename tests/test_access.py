"""Sign-on by real RADIUS and LDAP servers through a running device: levels, refusals, servers down."""

import time
from collections.abc import Iterator

import httpx
import pytest

from edge.test_ldap import Directory, directory
from edge.test_radius import SECRET, free_port, server
from rooms.tls.test_api import Device
from sbcd.base.signon import RadiusServer

__all__ = ["directory", "server"]

ALWAYS_LOCAL = "MGMTUSELOCALUSERSDATABASE = 1\n"


@pytest.fixture(scope="module")
def device(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Device]:
    device = Device(tmp_path_factory.mktemp("access") / "state")
    yield device
    device.close()


def configure(device: Device, text: str) -> None:
    told = device.put("/files/ini/incremental", text.encode())
    assert told.status_code == 200, told.text


def knock(device: Device, name: str, password: str, path: str = "/status") -> int:
    answer = httpx.get(device.url(path), auth=(name, password), verify=False, timeout=20)
    return answer.status_code


def radius(port: int) -> str:
    return f"""
[WEB Params]
EnableRADIUS = 1
WEBRADIUSLOGIN = 1
DenyAccessOnFailCount = 0
{ALWAYS_LOCAL}
[ RadiusServers ]
FORMAT Index = ServerGroup, IPAddress, AuthenticationPort, AccountingPort, SharedSecret;
RadiusServers 0 = "0", 127.0.0.1, {port}, 0, "{SECRET}";
[ \\RadiusServers ]
"""


LDAP = {
    "Group": '"logins"',
    "LdapConfServerIp": "127.0.0.1",
    "LdapConfServerPort": "",
    "LdapConfBindDn": '"cn=device,dc=example"',
    "LdapConfPassword": '"device\'s own"',
    "useTLS": "1",
    "ContextName": '"directory"',
    "VerifyCertificate": "1",
    "Interface": '"O+M+C"',
}


def directory_row(port: int) -> str:
    return ", ".join({**LDAP, "LdapConfServerPort": str(port)}.values())


def ldap(directory: Directory) -> str:
    return f"""
[SYSTEM Params]
LDAPServiceEnable = 1
LDAPAuthFilter = '(uid=$)'
DefaultAccessLevel = 0
[WEB Params]
EnableRADIUS = 0
MGMTLDAPLOGIN = 1
{ALWAYS_LOCAL}
[ TLSContexts ]
FORMAT Index = Name;
TLSContexts 4 = "directory";
[ \\TLSContexts ]
[ LdapServerGroups ]
FORMAT Index = Name, ServerType;
LdapServerGroups 1 = "logins", 1;
[ \\LdapServerGroups ]
[ LdapConfiguration ]
FORMAT Index = {", ".join(LDAP)};
LdapConfiguration 0 = {directory_row(directory.tls)};
[ \\LdapConfiguration ]
[ LdapServersSearchDNs ]
FORMAT Index = Base_Path, LdapConfigurationIndex, SearchDnInternalIndex;
LdapServersSearchDNs 0 = "ou=people,dc=example", "0", 0;
[ \\LdapServersSearchDNs ]
[ MgmntLDAPGroups ]
FORMAT Index = LdapConfigurationIndex, GroupIndex, Level, Group;
MgmntLDAPGroups 0 = "0", 0, 0, "SBC Readers";
MgmntLDAPGroups 1 = "0", 1, 1, "SBC Admins";
MgmntLDAPGroups 2 = "0", 2, 2, "SBC, Security;Others";
[ \\MgmntLDAPGroups ]
"""


def sign_on(device: Device, **wish: str) -> httpx.Response:
    url = device.url("/").replace("/api/v1/", "/session")
    return httpx.post(url, json=wish, verify=False, timeout=20)


def test_radius(device: Device, server: RadiusServer) -> None:
    configure(device, radius(server.port))
    assert [knock(device, name, "right") for name in ("mona", "adam", "sara")] == [200, 200, 200]
    assert [knock(device, name, "right", "/files/tls") for name in ("mona", "adam", "sara")] == [
        403,
        403,
        200,
    ]
    assert knock(device, "nobody", "right") == 403  # level 20: known, and under every path's level
    assert [
        sign_on(device, username=name, password="right").json()["level"] for name in ("mona", "sara")
    ] == [
        50,
        200,
    ]
    assert sign_on(device, username="nobody", password="right").status_code == 403
    assert sign_on(device, username="mona", password="wrong").status_code == 401
    assert knock(device, "mona", "wrong") == 401
    assert knock(device, "stranger", "right") == 401
    assert knock(device, "Admin", "Admin") == 200
    told = device.ask("GET", "/files/ini").text
    assert "RadiusServers 0" in told
    assert SECRET not in told  # R34


def test_radius_by_ms_chap(device: Device, server: RadiusServer) -> None:
    configure(device, radius(server.port) + "[WEB Params]\nRadiusAuthMethod = 1\n")
    assert [knock(device, name, "right") for name in ("mona", "sara")] == [200, 200]
    assert knock(device, "mona", "wrong") == 401
    configure(device, "[WEB Params]\nRadiusAuthMethod = 0\n")


def test_a_dead_radius_server(device: Device) -> None:
    configure(device, radius(free_port()))
    begun = time.monotonic()
    assert knock(device, "Admin", "Admin") == 200
    assert knock(device, "mona", "right") == 401
    assert time.monotonic() - begun < 3


def test_ldap_over_tls(device: Device, directory: Directory) -> None:
    configure(device, ldap(directory))
    assert knock(device, "mona", "right") == 401  # the directory's authority is not trusted yet
    assert "No LDAP server answers" in device.ask("GET", "/alarms/active").text
    assert device.put("/files/tls/4/trustedRoot", directory.ca.read_bytes()).status_code == 200
    configure(device, "[WEB Params]\nMGMTLOGINCACHETIMEOUT = 0\n")  # and the server is asked again
    assert [knock(device, name, "right") for name in ("mona", "adam", "sara")] == [200, 200, 200]
    assert "No LDAP server answers" not in device.ask("GET", "/alarms/active").text
    assert [knock(device, name, "right", "/license") for name in ("mona", "adam", "sara")] == [403, 200, 200]
    assert knock(device, "sara", "right", "/files/tls") == 200
    assert knock(device, "plain", "right") == 403  # in no group: DefaultAccessLevel 0
    assert knock(device, "mona", "wrong") == 401
    assert knock(device, "Admin", "Admin") == 200


def test_a_new_user_chooses_a_password_first(device: Device) -> None:
    configure(
        device,
        "[WEB Params]\nMGMTLDAPLOGIN = 0\nEnableRADIUS = 0\n"
        "[ WebUsers ]\nFORMAT Index = Username, Password, Status, UserLevel;\n"
        'WebUsers 7 = "newbie", "given-to-me", 0, 50;\n[ \\WebUsers ]\n',
    )
    asked = sign_on(device, username="newbie", password="given-to-me")
    assert asked.status_code == 409
    assert asked.json() == {"description": "This is the first login: choose a new password"}
    asked = sign_on(device, username="newbie", password="given-to-me", newPassword="short")
    assert asked.status_code == 400
    assert sign_on(device, username="newbie", password="guess", newPassword="chosen-by-me").status_code == 401
    assert (
        sign_on(device, username="newbie", password="given-to-me", newPassword="chosen-by-me").status_code
        == 200
    )
    assert sign_on(device, username="newbie", password="chosen-by-me").status_code == 200
    assert knock(device, "newbie", "chosen-by-me") == 200
    assert knock(device, "newbie", "given-to-me") == 401
