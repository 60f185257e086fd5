"""RSA keys, also of the small sizes that the library refuses.

One rule: a key is made here and leaves as text; nothing of it is kept."""

import shutil
import subprocess

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from sbcd.base.errors import Invalid


def generate(bits: int) -> str:
    """A new RSA key as PEM (PKCS#8), by the library or, for sizes it finds too small, by the OpenSSL program.

    Takes up to seconds: never on the loop. `Invalid`: neither can."""
    try:
        key = rsa.generate_private_key(65537, bits)
    except ValueError:
        return _generate_small(bits)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def _generate_small(bits: int) -> str:
    program = shutil.which("openssl")
    if program is None:
        raise Invalid(f"A key of {bits} bits needs the OpenSSL program, and it is not installed here")
    command = [program, "genpkey", "-quiet", "-algorithm", "RSA", "-pkeyopt", f"rsa_keygen_bits:{bits}"]
    made = subprocess.run(command, capture_output=True, timeout=60, check=False)
    if made.returncode or b"PRIVATE KEY" not in made.stdout:
        raise Invalid(f"The OpenSSL installed here does not make a key of {bits} bits")
    return made.stdout.decode()
