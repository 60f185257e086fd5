"""Wheels made on the spot: of one module, or of this very device with another version and other faults."""

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

SOURCE = Path(__file__).parents[1] / "src"


def wheel(name: str, version: str, files: Mapping[str, bytes]) -> tuple[str, bytes]:
    """File name and bytes of a wheel with these files."""
    info = f"{name}-{version}.dist-info"
    held = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    held[f"{info}/RECORD"] = "".join(f"{path},,\n" for path in [*held, f"{info}/RECORD"]).encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for path, content in held.items():
            archive.writestr(path, content)
    return f"{name}-{version}-py3-none-any.whl", out.getvalue()


def device(version: str, broken: str = "") -> tuple[str, bytes]:
    """This device as version `version`; `broken` stands at the top of its roof."""
    files = {
        str(path.relative_to(SOURCE)): path.read_bytes()
        for path in sorted((SOURCE / "sbcd").rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }
    init, roof = files["sbcd/__init__.py"], files["sbcd/device.py"]
    old = next(line for line in init.splitlines() if line.startswith(b"__version__"))
    files["sbcd/__init__.py"] = init.replace(old, f'__version__ = "{version}"'.encode())
    files["sbcd/device.py"] = f"{broken}\n".encode() + roof
    return wheel("sbcd", version, files)
