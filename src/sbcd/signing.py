"""`sbcd load` and `sbcd licence`: signing software loads and licence keys, and whom a device trusts.

One rule: private keys are written 0600 and are never printed."""

import argparse
import os
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from sbcd.base.errors import Invalid, SbcdError
from sbcd.base.vault import Vault
from sbcd.rooms.license import CAPACITIES, Licence, issue, write_file
from sbcd.rooms.license.keys import read as read_key
from sbcd.rooms.software import container

Run = Callable[[argparse.Namespace], None]
SOFTWARE, LICENSE = "software", "license"


def trusted(vault: Vault) -> list[Ed25519PublicKey]:
    """The keys whose signatures a room of the state directory believes."""
    keys = []
    for name in vault.names("trusted"):
        keys.append(_public((vault.root / "trusted" / name).read_bytes(), name))
    return keys


def _public(data: bytes, name: str) -> Ed25519PublicKey:
    try:
        key = serialization.load_pem_public_key(data)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Invalid(f"{name}: not a public key in PEM form") from error
    if not isinstance(key, Ed25519PublicKey):
        raise Invalid(f"{name}: not an Ed25519 key")
    return key


def _private(path: Path) -> Ed25519PrivateKey:
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise Invalid(f"{path}: not a private key in PEM form") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise Invalid(f"{path}: not an Ed25519 key")
    return key


def _keygen(arguments: argparse.Namespace) -> None:
    key, path = Ed25519PrivateKey.generate(), arguments.out
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(private)
    path.with_suffix(".pub").write_bytes(public)
    print(f"{path} signs; {path.with_suffix('.pub')} is what a device trusts")


def _trust(room: str) -> Run:
    def run(arguments: argparse.Namespace) -> None:
        data = arguments.public.read_bytes()
        _public(data, str(arguments.public))
        Vault(arguments.state / room).replace(f"trusted/{arguments.public.stem}.pem", data)
        print(f"{arguments.state} trusts {arguments.public} from its next start")

    return run


def _build(arguments: argparse.Namespace) -> None:
    wheels = [(path.name, path.read_bytes()) for path in arguments.wheels]
    version = _version([name for name, _ in wheels])
    container.release(arguments.minimum)
    with arguments.out.open("wb") as file:
        file.writelines(container.build(version, arguments.minimum, wheels, _private(arguments.key)))
    print(f"{arguments.out}: version {version}, {len(wheels)} wheels")


def _version(wheels: list[str]) -> str:
    """The version of a load is that of the device's own wheel in it."""
    for name in wheels:
        package, _, rest = name.partition("-")
        if package == container.PRODUCT:
            version = rest.partition("-")[0]
            container.release(version)
            return version
    raise Invalid(f"none of the wheels is {container.PRODUCT}")


def _show_load(arguments: argparse.Namespace) -> None:
    keys = [_public(path.read_bytes(), str(path)) for path in arguments.trusted]
    with arguments.load.open("rb") as file:
        head = container.read_head(file, keys)
        print(f"Product: {head.product}\nVersion: {head.version}\nMinimum: {head.minimum}")
        for member, pieces in container.members(file, head):
            for _ in pieces:
                pass
            print(f"{member.size:>10} {member.sha256} {member.name}")


def _capacity(text: str) -> tuple[str, int]:
    name, equals, number = text.partition("=")
    if not equals or name not in CAPACITIES or not number.isdecimal():
        raise argparse.ArgumentTypeError(f"NAME=NUMBER expected, NAME one of {', '.join(CAPACITIES)}")
    return name, int(number)


def _issue(arguments: argparse.Namespace) -> None:
    signer = _private(arguments.key)
    keys = {}
    for serial in arguments.serial:
        licence = Licence(
            serial=serial,
            capacities=dict(arguments.capacity),
            features=tuple(arguments.feature),
            max_version=arguments.max_version,
            expires=arguments.expires,
        )
        keys[serial] = issue(licence, signer)
    print(write_file(keys), end="")


def _show_licence(arguments: argparse.Namespace) -> None:
    keys = [_public(path.read_bytes(), str(path)) for path in arguments.trusted]
    licence = read_key(arguments.licence, keys)
    print(f"Serial Number: {licence.serial}\n{licence.description()}")


def _commands(parser: argparse.ArgumentParser) -> Callable[[str, str, Run], argparse.ArgumentParser]:
    below = parser.add_subparsers(required=True, metavar="ACTION")

    def add(name: str, text: str, run: Run) -> argparse.ArgumentParser:
        command = below.add_parser(name, help=text, description=text)
        command.set_defaults(action=run)
        return command

    return add


def _declare_keys(add: Callable[[str, str, Run], argparse.ArgumentParser], room: str) -> None:
    keygen = add("keygen", "make a key pair for signing", _keygen)
    keygen.add_argument(
        "--out", type=Path, required=True, metavar="KEY", help="the private key; never overwritten"
    )
    trust = add("trust", "let a device believe what a key signs", _trust(room))
    trust.add_argument("public", type=Path, metavar="KEY.pub")
    trust.add_argument("--state", type=Path, default=Path("state"), metavar="DIR", help="state directory")


def declare_load(parser: argparse.ArgumentParser) -> None:
    add = _commands(parser)
    _declare_keys(add, SOFTWARE)
    build = add("build", "make a software load of wheels", _build)
    build.add_argument("--key", type=Path, required=True, help="the private key that signs")
    build.add_argument("--minimum", default="0", help="the oldest version that may be loaded after it")
    build.add_argument("--out", type=Path, required=True, metavar="FILE.cmp")
    build.add_argument("wheels", type=Path, nargs="+", metavar="WHEEL")
    show = add("show", "check a software load and tell what it holds", _show_load)
    show.add_argument("load", type=Path, metavar="FILE.cmp")
    show.add_argument("--trusted", type=Path, action="append", required=True, metavar="KEY.pub")


def declare_licence(parser: argparse.ArgumentParser) -> None:
    add = _commands(parser)
    _declare_keys(add, LICENSE)
    make = add("issue", "print a licence file for one or more devices", _issue)
    make.add_argument("--key", type=Path, required=True, help="the private key that signs")
    make.add_argument("--serial", action="append", required=True, help="of a device, as /status tells it")
    make.add_argument("--capacity", type=_capacity, action="append", default=[], metavar="NAME=NUMBER")
    make.add_argument("--feature", action="append", default=[])
    make.add_argument("--max-version", default="", metavar="VERSION", help="the newest software allowed")
    make.add_argument("--expires", type=date.fromisoformat, metavar="YYYY-MM-DD", help="the last day")
    show = add("show", "check a licence key and tell what it allows", _show_licence)
    show.add_argument("licence", metavar="KEY")
    show.add_argument("--trusted", type=Path, action="append", required=True, metavar="KEY.pub")


def run(arguments: argparse.Namespace) -> int:
    """Does what the action says; exit code 1 and one line when it cannot."""
    try:
        arguments.action(arguments)
    except (SbcdError, OSError) as error:
        print(f"sbcd: {error}", file=sys.stderr)
        return 1
    return 0
