"""A 500 MB software upload against the bare server writing the same body to disk, and what memory it takes.

Goals: at least 0.8 of the bare server's speed, less than 20 MB more memory. The load is signed by a key that
the device does not trust, so that the upload alone is measured and not the unpacking."""

import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from live import Live, free_port
from sbcd.rooms.software import container

SIZE = 500_000_000
ROUNDS = 3
BARE = """
import sys, os, uvicorn
async def app(scope, receive, send):
    with open(sys.argv[2], "wb") as file:
        more = True
        while more:
            message = await receive()
            file.write(message.get("body", b""))
            more = message.get("more_body", False)
        file.flush()
        os.fsync(file.fileno())
    await send({"type": "http.response.start", "status": 400, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})
uvicorn.run(app, port=int(sys.argv[1]), log_level="error", access_log=False, lifespan="off", loop="uvloop",
            http="httptools")
"""
LINE = b"-----upload"
HEAD = LINE + b'\r\nContent-Disposition: form-data; name="file"; filename="x.cmp"\r\n\r\n'
TAIL = b"\r\n" + LINE + b"--\r\n"


def upload(port: int, start: bytes, path: str) -> float:
    """Seconds from the first byte to the answer."""
    chunk = bytes(1 << 20)
    with socket.create_connection(("127.0.0.1", port)) as door:
        length = len(HEAD) + len(start) + SIZE + len(TAIL)
        begun = time.perf_counter()
        door.sendall(
            f"PUT {path} HTTP/1.1\r\nHost: d\r\nAuthorization: Basic QWRtaW46QWRtaW4=\r\n"
            f"Content-Type: multipart/form-data; boundary={LINE[2:].decode()}\r\n"
            f"Content-Length: {length}\r\n\r\n".encode()
        )
        door.sendall(HEAD + start)
        left = SIZE
        while left:
            left -= door.send(chunk[:left])
        door.sendall(TAIL)
        answer = door.recv(4096)
        assert answer.startswith(b"HTTP/1.1 400"), answer
    return time.perf_counter() - begun


def spent(pid: int) -> float:
    """Seconds of processor time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Peak:
    """The most memory a device took while this was open, beyond what it had at the start."""

    def __init__(self, live: Live) -> None:
        self.live, self.base, self.most, self.over = live, live.rss(), 0, False

    def __enter__(self) -> "Peak":
        self.thread = threading.Thread(target=self._watch)
        self.thread.start()
        return self

    def _watch(self) -> None:
        while not self.over:
            self.most = max(self.most, self.live.rss() - self.base)
            time.sleep(0.02)

    def __exit__(self, *_: object) -> None:
        self.over = True
        self.thread.join()


def main() -> None:
    member = container.Member("sbcd-9-py3-none-any.whl", SIZE, "0" * 64)
    head = container.msgspec.json.encode(container.Head("sbcd", "9", "0", (member,)))
    start = container.MAGIC + len(head).to_bytes(4, "big") + head
    start += Ed25519PrivateKey.generate().sign(start)
    with tempfile.TemporaryDirectory() as folder, Live(Path(folder) / "state") as live:
        port = free_port()
        bare = subprocess.Popen([sys.executable, "-c", BARE, str(port), f"{folder}/bare"])
        time.sleep(2)
        try:
            busy = live.busy(), spent(bare.pid)
            with Peak(live) as peak:
                pairs = []
                for _ in range(ROUNDS):
                    ours = upload(live.http, start, "/api/v1/files/software")
                    pairs.append((ours, upload(port, start, "/")))
            busy = live.busy() - busy[0], spent(bare.pid) - busy[1]
        finally:
            bare.terminate()
            bare.wait()
    ours, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
    print(
        f"device {SIZE / ours / 1e6:7.0f} MB/s   bare {SIZE / theirs / 1e6:7.0f} MB/s   "
        f"{theirs / ours:.2f} of it, goal 0.80   memory +{peak.most / 1e6:.1f} MB, goal 20"
    )
    print(
        f"processor time of {ROUNDS} uploads: device {busy[0]:.2f} s, bare {busy[1]:.2f} s, "
        f"{busy[1] / busy[0]:.2f} (whatever else this machine does)"
    )


if __name__ == "__main__":
    main()
