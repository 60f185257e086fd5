"""Slots: virtual environments of software loads, and starting into them.

One rule: a slot is complete or not there; half of one is never started."""

import shutil
import site
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path

from sbcd.base.errors import Invalid


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
    lent = "".join(f"{path}\n" for path in _own_paths())
    (Path(scheme["purelib"]) / "lent.pth").write_text(lent)
    shutil.rmtree(slot, ignore_errors=True)
    new.rename(slot)


def _own_paths() -> list[str]:
    """Where this environment's packages lie."""
    return [path for path in sys.path if path in site.getsitepackages()]


def python(slot: Path) -> str:
    """The interpreter of a slot."""
    return str(slot / "bin" / "python")
