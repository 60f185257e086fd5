"""GET /status against the bare server in the same run: the price of tree, levels, users and status.

Goal: at least half as many requests a second as a raw ASGI application with the same authentication and JSON
under the same uvicorn. Rounds are interleaved; read the ratio, not the numbers."""

import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from live import Live, free_port

CONNECTIONS = 8
SECONDS = 1.5
ROUNDS = 5
GOAL = 0.5

BARE = """
import hashlib, msgspec, sys
from datetime import datetime, UTC
KEY = b"k" * 32
KNOWN = {hashlib.blake2b(b"Basic QWRtaW46QWRtaW4=", key=KEY).digest()}
STATUS = {name: "10.4.219.229" for name in (
    "ipAddress", "subnetMask", "defaultGateway", "productType", "versionID", "protocolType",
    "operationalState", "highAvailability", "serialNumber", "macAddress", "upgradeStatus", "mcUpgradeStatus")}
async def app(scope, receive, send):
    mark = hashlib.blake2b(dict(scope["headers"])[b"authorization"], key=KEY).digest()
    if scope["path"] != "/api/v1/status" or mark not in KNOWN:
        raise ValueError
    body = msgspec.json.encode({"localTimeStamp": datetime.now(UTC).isoformat(), **STATUS,
                                "systemUpTime": 1, "saveNeeded": False, "resetNeeded": False})
    await send({"type": "http.response.start", "status": 200, "headers": [
        (b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]})
    await send({"type": "http.response.body", "body": body})
import uvicorn
uvicorn.run(app, port=int(sys.argv[1]), log_level="error", access_log=False, lifespan="off", loop="uvloop",
            http="httptools")
"""
REQUEST = (
    b"GET /api/v1/status HTTP/1.1\r\nHost: device\r\nAuthorization: Basic QWRtaW46QWRtaW4=\r\n"
    b"Accept: application/json\r\n\r\n"
)


def rate(port: int, seconds: float = SECONDS) -> float:
    """Answers a second over some kept connections."""
    doors = [socket.create_connection(("127.0.0.1", port)) for _ in range(CONNECTIONS)]
    done, begun = 0, time.perf_counter()
    while (now := time.perf_counter()) - begun < seconds:
        for door in doors:
            door.sendall(REQUEST)
        for door in doors:
            answer = door.recv(4096)
            while not answer.endswith(b"}"):
                answer += door.recv(4096)
            assert answer.startswith(b"HTTP/1.1 200")
        done += len(doors)
    for door in doors:
        door.close()
    return done / (now - begun)


def compare(rounds: int = ROUNDS, seconds: float = SECONDS) -> tuple[float, float, float]:
    """(device, bare, ratio): medians of interleaved rounds."""
    with tempfile.TemporaryDirectory() as folder, Live(Path(folder) / "state") as live:
        port = free_port()
        bare = subprocess.Popen([sys.executable, "-c", BARE, str(port)])
        try:
            for _ in range(200):
                try:
                    socket.create_connection(("127.0.0.1", port)).close()
                    break
                except OSError:
                    time.sleep(0.05)
            pairs = [(rate(live.http, seconds), rate(port, seconds)) for _ in range(rounds)]
        finally:
            bare.terminate()
            bare.wait()
    ratios = [ours / theirs for ours, theirs in pairs]
    return (
        statistics.median(ours for ours, _ in pairs),
        statistics.median(theirs for _, theirs in pairs),
        statistics.median(ratios),
    )


def main() -> None:
    device, bare, ratio = compare()
    print(f"GET /status: device {device:,.0f}/s, bare uvicorn {bare:,.0f}/s, ratio {ratio:.2f} (goal {GOAL})")
    with tempfile.TemporaryDirectory() as folder:
        live = Live(Path(folder) / "state")
        first = live.start()
        live.stop()
        again = [live.start() for _ in range(3) if live.stop() == 0]
        time.sleep(2)  # the hash of the first login takes 20 MB for a moment
        memory = live.rss()
        live.stop()
    print(f"start to first 200: new device {first:.2f} s, again {min(again):.2f} s (goal 0.5)")
    print(f"resident memory when idle: {memory / 1e6:.0f} MB (goal 100)")


if __name__ == "__main__":
    main()
