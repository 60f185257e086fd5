"""Every reader of files against mutated files: it reads or refuses, in time and memory that are bounded.

The short version runs with all tests; `make long` takes ten minutes."""

import contextlib
import io
import random
import resource
import time
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sbcd.base.errors import Invalid
from sbcd.config import ini
from sbcd.config.catalogue import catalogue
from sbcd.config.schema import Schema
from sbcd.declared import DECLARED
from sbcd.rooms import package
from sbcd.rooms.auxfiles import cpt, dialplan, usersinfo, wrapper
from sbcd.rooms.license import keys
from sbcd.rooms.software import container

SIGNER = Ed25519PrivateKey.generate()
TRUSTED = [SIGNER.public_key()]
SCHEMA = Schema(DECLARED)


def software(data: bytes) -> None:
    file = io.BytesIO(data)
    head = container.read_head(file, TRUSTED)
    for _, pieces in container.members(file, head):
        for _piece in pieces:
            pass


def text(read: Callable[[str], object]) -> Callable[[bytes], object]:
    return lambda data: read(data.decode("utf-8", "replace"))


KEY = keys.issue(keys.Licence("1", {"SBC": 5}), SIGNER)
READERS: dict[str, tuple[Callable[[bytes], object], bytes]] = {
    "cpt": (cpt.read, cpt.write(cpt.Tones((cpt.Tone(1, 350, 440, 14, 14, ((500, 0),)),) * 3))),
    "tones source": (text(cpt.read_source), b"[CALL PROGRESS TONE #0]\nTone Type=1\nLow Freq [Hz]=350\n"),
    "dial plan": (text(dialplan.read), b"[ PLAN1 ]\n02,7\n0[3-4]x,7-14\n[ P2 ]\n911,0\n"),
    "users": (text(usersinfo.read), b"[SBC]\nFORMAT LocalUser,UserName,Password,IPGroupID\nJohn,j,2,2\n"),
    "wrapper": (wrapper.check, b"\xa5\xa5\xa5\xa5\0\0\0\x07\0\0\0\x08" + bytes(20)),
    "licence": (lambda data: keys.read(data.decode("latin-1"), TRUSTED), KEY.encode()),
    "licence file": (text(keys.read_file), keys.write_file({"1": KEY, "2": KEY}).encode()),
    "package": (package.unpack, package.pack([("ini.ini", b"[X]\n" * 50), ("CPT.dat", bytes(300))])),
    "software": (
        software,
        b"".join(container.build("2", "1", [("sbcd-2-py3-none-any.whl", b"x" * 99)], SIGNER)),
    ),
    "ini": (
        lambda data: ini.read(data, SCHEMA, catalogue()),
        b"[SIP Params]\r\nMediaChannels = 5\r\n"
        b'[ SRD ]\r\nFORMAT Index = Name;\r\nSRD 0 = "a";\r\n[ \\SRD ]\r\n',
    ),
}


def mutated(chance: random.Random, data: bytes) -> bytes:
    """A few bytes changed, doubled, dropped, or pieces swapped."""
    out = bytearray(data)
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(out) + 1)
        match chance.randrange(5):
            case 0:
                out[at : at + 1] = bytes([chance.randrange(256)])
            case 1:
                out[at:at] = out[at : at + chance.randint(1, 40)] * chance.randint(1, 30)
            case 2:
                del out[at : at + chance.randint(1, 20)]
            case 3:
                out[at:at] = chance.choice([b"\0", b"\xff" * 4, b"9" * 30, b"[", b"\r\n", b"=", b",", b"-1"])
            case 4:
                out += out[at:]
    return bytes(out[: 1 << 20])


def run(name: str, seconds: float) -> int:
    """So many mutated files; fails with the file that does harm."""
    read, seed = READERS[name]
    chance = random.Random(name)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    end, count = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        data = mutated(chance, seed)
        begun = time.process_time()
        with contextlib.suppress(Invalid):
            read(data)
        assert time.process_time() - begun < 5, data[:2000]
        count += 1
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 700_000, f"{grown} kB more memory"
    return count


@pytest.mark.parametrize("name", READERS)
def test_a_mutated_file_does_no_harm(name: str) -> None:
    read, seed = READERS[name]
    if name != "wrapper":
        read(seed)
    assert run(name, 0.4) > 3


@pytest.mark.long
@pytest.mark.timeout(120)
@pytest.mark.parametrize("name", READERS)
def test_for_a_minute_a_mutated_file_does_no_harm(name: str) -> None:
    assert run(name, 60) > 100
