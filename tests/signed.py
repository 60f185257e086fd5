"""Devices that trust the keys of a test, and what these keys sign: licences and software loads."""

import argparse
import contextlib
import io
from collections.abc import Callable
from pathlib import Path

import wheels
from live import Live
from sbcd import signing


def tool(declare: Callable[[argparse.ArgumentParser], None], *words: object) -> str:
    """What `sbcd load ...` or `sbcd licence ...` prints."""
    parser = argparse.ArgumentParser()
    declare(parser)
    with contextlib.redirect_stdout(io.StringIO()) as out:
        assert signing.run(parser.parse_args([str(word) for word in words])) == 0
    return out.getvalue()


def trusting(folder: Path, *arguments: str) -> Live:
    """A device that trusts the keys `release.pem` and `issuer.pem` beside its state."""
    tool(signing.declare_load, "keygen", "--out", folder / "release.pem")
    tool(signing.declare_load, "trust", folder / "release.pub", "--state", folder / "state")
    tool(signing.declare_licence, "keygen", "--out", folder / "issuer.pem")
    tool(signing.declare_licence, "trust", folder / "issuer.pub", "--state", folder / "state")
    return Live(folder / "state", *arguments)


def licence(folder: Path, *serials: str, more: tuple[str, ...] = (), **capacities: int) -> str:
    """A licence file; capacities by name, `SBC_MEDIA` for SBC-MEDIA."""
    words: list[object] = ["issue", "--key", folder / "issuer.pem", *more]
    for name, most in capacities.items():
        words += ["--capacity", f"{name.replace('_', '-')}={most}"]
    for serial in serials:
        words += ["--serial", serial]
    return tool(signing.declare_licence, *words)


def load(folder: Path, version: str, broken: str = "", minimum: str = "0") -> bytes:
    """A software load of this device's own code, with another version; `broken` runs at its start."""
    name, data = wheels.device(version, broken)
    (folder / name).write_bytes(data)
    words = ["--key", folder / "release.pem", "--minimum", minimum]
    tool(signing.declare_load, "build", *words, "--out", folder / "x.cmp", folder / name)
    return (folder / "x.cmp").read_bytes()
