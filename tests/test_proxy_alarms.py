"""Servers behind a proxy set are stopped and come back: Minor, Major, blocked, and right again. On the whole
device: REST, engine, SIP."""

import socket
import threading
import time
from pathlib import Path

from live import Live

INI = """
[ ProxySet ]
FORMAT Index = ProxyName, EnableProxyKeepAlive, ProxyKeepAliveTime, SRDName, SBCIPv4SIPInterfaceName, \
FailureDetectionRetransmissions, SuccessDetectionRetries, SuccessDetectionInterval;
ProxySet 1 = "trunk", 1, 5, "DefaultSRD", "SIPInterface_0", 1, 1, 1;
[ \\ProxySet ]
[ ProxyIp ]
FORMAT Index = ProxySetId, ProxyIpIndex, IpAddress, TransportType;
ProxyIp 0 = "1", 0, "127.0.0.5:{one}", 0;
ProxyIp 1 = "1", 1, "127.0.0.6:{two}", 0;
[ \\ProxyIp ]
[ IPGroup ]
FORMAT Index = Type, Name, ProxySetName, SRDName, MediaRealm;
IPGroup 1 = 0, "carrier", "trunk", "DefaultSRD", "DefaultRealm";
[ \\IPGroup ]
"""
COPIED = (b"via:", b"from:", b"call-id:", b"cseq:")


class Server:
    """A SIP server that answers OPTIONS."""

    def __init__(self, host: str) -> None:
        self.host, self.port = host, 0
        self._door: socket.socket | None = None
        self.start()

    def start(self) -> None:
        door = socket.socket(type=socket.SOCK_DGRAM)
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        door.bind((self.host, self.port))
        door.settimeout(0.2)
        self.port, self._door = door.getsockname()[1], door
        threading.Thread(target=self._answer, args=(door,), daemon=True).start()

    def stop(self) -> None:
        self._door = None

    def _answer(self, door: socket.socket) -> None:
        with door:
            while self._door is door:
                try:
                    request, who = door.recvfrom(65536)
                except TimeoutError:
                    continue
                lines = request.split(b"\r\n")
                copied = [line for line in lines if line.lower().startswith(COPIED)]
                copied += [line + b";tag=1" for line in lines if line.lower().startswith(b"to:")]
                head = b"\r\n".join([b"SIP/2.0 200 OK", *copied, b"Content-Length: 0"])
                door.sendto(head + b"\r\n\r\n", who)


def told(live: Live, wanted: set[tuple[str, str, str]], patience: float = 60) -> None:
    """Until the active alarms of the trunk are these: source, severity, description."""
    end = time.monotonic() + patience
    found: set[tuple[str, str, str]] = set()
    while time.monotonic() < end:
        listed = live.get("/alarms/active")
        alarms = listed.json()["alarms"] if listed.status_code == 200 else []
        details = [live.get(f"/alarms/active/{alarm['id']}").json() for alarm in alarms]
        found = {
            (one["source"], one["severity"], one["description"])
            for one in details
            if one.get("source", "").startswith(("Board#1/ProxyConnection", "Board#1/IPGroup"))
        }
        if found == wanted:
            return
        time.sleep(0.1)
    raise AssertionError(f"{found} in the place of {wanted}")


def test_servers_that_stop_and_come_back(tmp_path: Path) -> None:
    one, two = Server("127.0.0.5"), Server("127.0.0.6")
    source, text = "Board#1/ProxyConnection#1", "Proxy Set Alarm Proxy Set 1 (trunk):"
    down = "is down - one or more servers in the proxy set are offline"
    try:
        with Live(tmp_path / "state") as live:
            answer = live.put_file("/files/ini/incremental", INI.format(one=one.port, two=two.port).encode())
            assert answer.status_code == 200, answer.text
            told(live, set())
            two.stop()
            told(live, {(source, "Minor", f"{text} Server 127.0.0.6:{two.port} {down}")})
            one.stop()
            blocked = "IP Group is temporarily blocked. IP Group (carrier) Blocked Reason: No Working Proxy"
            lost = (source, "Major", f"{text} Proxy lost. looking for another proxy")
            told(live, {lost, ("Board#1/IPGroup#1", "Major", blocked)})
            two.start()
            told(live, {(source, "Minor", f"{text} Server 127.0.0.5:{one.port} {down}")})
            one.start()
            told(live, set())
            rows = live.get("/alarms/history?limit=100").json()["alarms"]
            cleared = [live.get(f"/alarms/history/{row['id']}").json() for row in rows]
            assert any(
                one_["severity"] == "Cleared" and "all servers are online now" in one_["description"]
                for one_ in cleared
            )
    finally:
        one.stop()
        two.stop()
