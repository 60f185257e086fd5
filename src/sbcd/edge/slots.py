"""Slots: virtual environments of software loads, and starting into them.

One rule: a slot is complete or not there; half of one is never started."""

import shutil
import site
import sysconfig
from collections.abc import Sequence
from pathlib import Path

from sbcd.base.errors import Invalid

LENT = "lent.pth"
"""The file of a slot that names the folders it borrows packages from."""


def unpack(wheels: Sequence[Path], slot: Path) -> None:
    """Makes the virtual environment `slot` of the wheels; what they do not bring, this one lends."""
    # Imported here, for no start of the device shall pay for an upgrade.
    import venv
    from zipfile import BadZipFile

    from installer import install
    from installer.destinations import SchemeDictionaryDestination
    from installer.exceptions import InstallerError
    from installer.sources import WheelFile

    new = slot.with_name(f".new-{slot.name}")
    shutil.rmtree(new, ignore_errors=True)
    venv.EnvBuilder(symlinks=True).create(new)
    paths = sysconfig.get_paths("venv", {"base": str(new), "platbase": str(new)})
    scheme = {key: paths[key] for key in ("purelib", "platlib", "scripts", "data")}
    scheme["headers"] = str(new / "include")
    destination = SchemeDictionaryDestination(scheme, str(new / "bin" / "python"), "posix")
    try:
        for wheel in wheels:
            with WheelFile.open(wheel) as source:
                install(source, destination, {})
    except (InstallerError, BadZipFile, ValueError, OSError) as error:
        shutil.rmtree(new, ignore_errors=True)
        raise Invalid(f"{wheel.name} cannot be installed: {error}") from error
    (Path(scheme["purelib"]) / LENT).write_text("".join(f"{path}\n" for path in _lent(scheme["purelib"])))
    shutil.rmtree(slot, ignore_errors=True)
    new.rename(slot)


def _lent(packages: str) -> list[str]:
    """Which folders of this environment have packages that the new one's folder has not. An environment
    that borrows itself passes on what it borrows."""
    found: list[str] = []
    seen = _names(packages)
    for own in site.getsitepackages():
        for path in (own, *_borrowed(Path(own))):
            if _names(path) - seen:
                found.append(path)
                seen |= _names(path)
    return found


def _names(packages: str) -> set[str]:
    from importlib.metadata import distributions  # no start of the device shall pay for an upgrade

    return {found.metadata["Name"].lower() for found in distributions(path=[packages])}


def _borrowed(packages: Path) -> list[str]:
    lent = packages / LENT
    return lent.read_text().splitlines() if lent.exists() else []


def tidy(folder: Path, active: str) -> None:
    """Removes every slot but the active one and those that lend it packages."""
    needed = [folder / active / "x"] if active else []
    for packages in (folder / active).glob("lib*/python*/site-packages") if active else ():
        needed += map(Path, _borrowed(packages))
    kept = {parent for path in needed for parent in path.parents}
    for slot in folder.iterdir() if folder.is_dir() else ():
        if slot not in kept:
            shutil.rmtree(slot, ignore_errors=True)


def python(slot: Path) -> str:
    """The interpreter of a slot."""
    return str(slot / "bin" / "python")
