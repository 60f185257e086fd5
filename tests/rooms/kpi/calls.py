"""Mixed SIPp calls through a device: scenarios, addresses and configuration, for the KPI load test."""

import os
import socket
import subprocess
from pathlib import Path

from live import Live

HOSTS = {"sbc": 1, "caller": 2, "answers": 3, "busy": 4, "rings": 5, "rejects": 6, "refused": 7}
GROUPS = {1: "caller", 2: "answers", 3: "busy", 4: "rings", 5: "rejects", 6: "refused"}
KINDS = ("answers", "busy", "rings", "rejects", "noroute", "refused")
PREFIX = {"answers": "1", "busy": "2", "rings": "3", "rejects": "4", "refused": "6", "noroute": "9"}

_HEAD = """Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:caller@[local_ip]:[local_port]>;tag=[pid]t[call_number]
Call-ID: [call_id]
Max-Forwards: 70
Contact: <sip:caller@[local_ip]:[local_port]>
"""
_SDP = """Content-Type: application/sdp
Content-Length: [len]

v=0
o=- 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [media_ip]
t=0 0
m=audio [media_port] RTP/AVP 8
a=rtpmap:8 PCMA/8000
"""
_COPIED = "[last_Via:]\n[last_From:]\n[last_To:];tag=[pid]u[call_number]\n[last_Call-ID:]\n[last_CSeq:]\n"


def _send(text: str, more: str = "") -> str:
    return f"<send {more}><![CDATA[\n{text}\n]]></send>"


def _request(method: str, cseq: int, tagged: bool = False, body: str = "Content-Length: 0\n") -> str:
    to = "To: <sip:[service]@[remote_ip]:[remote_port]>" + ("[peer_tag_param]" if tagged else "")
    uri = "[next_url]" if tagged and method != "CANCEL" else "sip:[service]@[remote_ip]:[remote_port]"
    first = "ACK" if method == "ACK" else method
    return f"{method} {uri} SIP/2.0\n{_HEAD}{to}\nCSeq: {cseq} {first}\n{body}"


def _answer(status: str, body: str = "Content-Length: 0\n") -> str:
    return f"SIP/2.0 {status}\n{_COPIED}Contact: <sip:[local_ip]:[local_port]>\n{body}"


def _scenario(*steps: str) -> str:
    return (
        '<?xml version="1.0" encoding="ISO-8859-1" ?>\n<scenario name="x">' + "".join(steps) + "</scenario>"
    )


_TRYING = '<recv response="100" optional="true"/><recv response="180" optional="true"/>'
_INVITE = _send(_request("INVITE", 1, body=_SDP), 'retrans="500"')
CALLER = _scenario(
    _INVITE,
    _TRYING,
    '<recv response="200" rtd="true" rrs="true"/>',
    _send(_request("ACK", 1, True)),
    '<pause milliseconds="300"/>',
    _send(_request("BYE", 2, True), 'retrans="500"'),
    '<recv response="200"/>',
)
TALKS = CALLER.replace(
    '<pause milliseconds="300"/>',
    '<nop><action><exec rtp_stream="tone.al,-1,8"/></action></nop><pause milliseconds="SECONDS000"/>',
)
CANCELS = _scenario(
    _INVITE,
    '<recv response="100" optional="true"/><recv response="180"/>',
    _send(_request("CANCEL", 1).replace("[branch]", "[branch-3]"), 'retrans="500"'),
    '<recv response="200"/><recv response="487"/>',
    _send(
        _request("ACK", 1, True)
        .replace("[next_url]", "sip:[service]@[remote_ip]:[remote_port]")
        .replace("[branch]", "[branch-6]")
    ),
)


def failing(status: int) -> str:
    """A caller that is told this status."""
    ack = _request("ACK", 1, True).replace("[next_url]", "sip:[service]@[remote_ip]:[remote_port]")
    return _scenario(
        _INVITE, _TRYING, f'<recv response="{status}"/>', _send(ack.replace("[branch]", "[branch-4]"))
    )


ANSWERS = _scenario(
    '<recv request="INVITE"/>',
    _send(_answer("180 Ringing")),
    _send(_answer("200 OK", _SDP), 'retrans="500"'),
    '<recv request="ACK" rrs="true"/><recv request="BYE"/>',
    _send(_answer("200 OK").replace(";tag=[pid]u[call_number]", "")),
)
RINGS = _scenario(
    '<recv request="INVITE"/>',
    _send(_answer("180 Ringing")),
    '<recv request="CANCEL"/>',
    _send(_answer("200 OK")),
    _send(_answer("487 Request Terminated").replace("[last_CSeq:]", "CSeq: 1 INVITE"), 'retrans="500"'),
    '<recv request="ACK"/>',
)


def rejecting(status: str) -> str:
    """Somebody who answers so."""
    return _scenario(
        '<recv request="INVITE"/>', _send(_answer(status), 'retrans="500"'), '<recv request="ACK"/>'
    )


SERVERS = {
    "answers": ANSWERS,
    "busy": rejecting("486 Busy Here"),
    "rings": RINGS,
    "rejects": rejecting("480 Temporarily Unavailable"),
}
CLIENTS = {
    "answers": CALLER,
    "busy": failing(486),
    "rings": CANCELS,
    "rejects": failing(480),
    "noroute": failing(404),
    "refused": failing(480),
}


def address(net: int, who: str) -> str:
    return f"127.66.{net}.{HOSTS[who]}"


def free_net() -> int:
    """A part of 127/8 where nobody listens at 5060."""
    first = os.getpid() % 249  # workers begin apart: who looks does not yet listen
    for net in (1 + (first + step) % 249 for step in range(249)):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as door:
            try:
                door.bind((address(net, "sbc"), 5060))
                return net
            except OSError:
                continue
    raise AssertionError("no free address")


def _table(name: str, heads: str, *rows: str) -> str:
    lines = "".join(f"{name} {row};\n" for row in rows)
    return f"[ {name} ]\nFORMAT Index = {heads};\n{lines}[ \\{name} ]\n"


def configuration(net: int) -> str:
    """One caller, four peers that behave differently, one whose admission profile lets nobody through."""
    srd, interface = '"DefaultSRD"', '"SIPInterface_0"'
    groups = [
        f'{i} = 0, "{who}", "PS_{who}", {srd}, 1, "{"Nobody" if who == "refused" else ""}"'
        for i, who in GROUPS.items()
    ]
    routes = [
        f'{i} = "To_{who}", "Default_SBCRoutingPolicy", "caller", "{PREFIX[who]}*", 0, 0, "{who}"'
        for i, who in GROUPS.items()
        if who != "caller"
    ]
    parts = (
        _table(
            "InterfaceTable",
            "ApplicationTypes, InterfaceMode, IPAddress, PrefixLength, Gateway, InterfaceName, "
            "UnderlyingDevice",
            f'0 = 6, 10, {address(net, "sbc")}, 8, 0.0.0.0, "Voice", "vlan 1"',
        ),
        _table(
            "CpMediaRealm",
            "MediaRealmName, IPv4IF, PortRangeStart, MediaSessionLeg, IsDefault",
            '0 = "Realm", "Voice", 20000, 1000, 1',
        ),
        _table(
            "SIPInterface",
            "InterfaceName, NetworkInterface, ApplicationType, UDPPort, TCPPort, TLSPort, SRDName, "
            "MediaRealm",
            f'0 = "SIPInterface_0", "Voice", 2, 5060, 0, 0, {srd}, "Realm"',
        ),
        _table("SBCAdmissionProfile", "Name", '0 = "Nobody"'),
        _table("SBCAdmissionRule", "AdmissionProfile, RuleIndex, Limit", '0 = "Nobody", 0, 0'),
        _table(
            "ProxySet",
            "ProxyName, EnableProxyKeepAlive, SRDName, SBCIPv4SIPInterfaceName",
            *(f'{i} = "PS_{who}", 0, {srd}, {interface}' for i, who in GROUPS.items()),
        ),
        _table("IPGroup", "Type, Name, ProxySetName, SRDName, ClassifyByProxySet, AdmissionProfile", *groups),
        _table(
            "ProxyIp",
            "ProxySetId, ProxyIpIndex, IpAddress, TransportType",
            *(f'{i} = "{i}", 0, "{address(net, who)}:5080", 0' for i, who in GROUPS.items()),
        ),
        _table(
            "IP2IPRouting",
            "RouteName, RoutingPolicyName, SrcIPGroupName, DestUsernamePrefix, RequestType, DestType, "
            "DestIPGroupName",
            *routes,
        ),
    )
    return "".join(parts)


def run(device: Live, net: int, folder: Path, calls: int, rate: int) -> dict[str, str]:
    """So many calls of every kind at once; what SIPp said of those that did not go as planned."""
    started = []
    for who, scenario in SERVERS.items():
        place = folder / f"server_{who}.xml"
        place.write_text(scenario)
        started.append(_sipp(place, address(net, who), 5080, "-aa", "-rtp_echo"))
    clients = {}
    for number, (kind, scenario) in enumerate(CLIENTS.items()):
        place = folder / f"client_{kind}.xml"
        place.write_text(scenario)
        options = [
            "-s",
            f"{PREFIX[kind]}000",
            "-m",
            str(calls),
            "-r",
            str(rate),
            "-l",
            "2000",
            "-recv_timeout",
            "20000",
        ]
        clients[kind] = _sipp(place, address(net, "caller"), 5080 + number, *options, to=address(net, "sbc"))
    wrong = {}
    try:
        for kind, client in clients.items():
            out, _ = client.communicate(timeout=60 + calls * 3 / rate)
            if client.returncode != 0:
                wrong[kind] = out.decode("latin-1")[-6000:]
    finally:
        for process in [*started, *clients.values()]:
            process.kill()
            process.wait()
    return wrong


def talk(net: int, folder: Path, calls: int, seconds: int) -> "list[subprocess.Popen[bytes]]":
    """So many calls at once that send A-law for so long and hear it back; the server, and the client."""
    (folder / "tone.al").write_bytes(bytes([0xD5, 0x55]) * 80000)
    (folder / "server.xml").write_text(ANSWERS)
    (folder / "client.xml").write_text(TALKS.replace("SECONDS", str(seconds)))
    server = _sipp(folder / "server.xml", address(net, "answers"), 5080, "-rtp_echo")
    options = ["-s", "1000", "-m", str(calls), "-r", str(calls)]
    own, to = address(net, "caller"), address(net, "sbc")
    return [server, _sipp(folder / "client.xml", own, 5080, *options, to=to)]


def _sipp(scenario: Path, own: str, port: int, *options: str, to: str = "") -> "subprocess.Popen[bytes]":
    command = ["sipp", "-sf", str(scenario), "-i", own, "-p", str(port), "-mi", own, "-nostdin", *options]
    media = 30000 + port % 100 * 400
    return subprocess.Popen(
        [*command, "-mp", str(media), *([f"{to}:5060"] if to else [])],
        cwd=scenario.parent,
        stdout=subprocess.PIPE if to else subprocess.DEVNULL,
        stderr=subprocess.STDOUT if to else subprocess.DEVNULL,
    )
