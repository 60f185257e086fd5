"""/license (guide 11; R31)."""

import msgspec

from sbcd.base.errors import Invalid
from sbcd.rooms.license import keys
from sbcd.rooms.license.model import License
from sbcd.web.route import Level, Operation, Request, Response, Route, answer, described

FILE_LIMIT = 1 << 20


class LicenseInfo(msgspec.Struct, rename="camel"):
    """GET /license; `key` is empty while no key is installed."""

    license_version: int
    serial_number: str
    key: str
    key_description: str
    mac_address: str


class LicenseKey(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """The JSON form of PUT /license."""

    key: str
    license_version: int = keys.VERSION
    serial_number: str | None = None
    key_description: str | None = None
    mac_address: str | None = None
    serial_number_redundant: str | None = None
    key_redundant: str | None = None
    key_description_redundant: str | None = None
    mac_address_redundant: str | None = None


def routes(license_: License) -> list[Route]:
    async def get(_: Request) -> Response:
        who = license_.identity
        return answer(LicenseInfo(keys.VERSION, who.serial, license_.key, license_.description(), who.mac))

    async def put(request: Request) -> Response:
        if request.headers.get("content-type", "").lower().startswith("multipart/"):
            data = (await request.upload(FILE_LIMIT)).read()
            try:
                text = data.decode("utf-8-sig")
            except UnicodeDecodeError as error:
                raise Invalid(f"the licence file is not text: byte {error.start}") from error
            await license_.install_file(text)
        else:
            await _install(license_, await request.json(LicenseKey))
        return described("License key was successfully applied")

    return [
        Route(
            "/license",
            help="License management",
            get=Operation(Level.ADMINISTRATOR, get, "The license key and what it allows", gives=LicenseInfo),
            put=Operation(
                Level.SECURITY_ADMINISTRATOR,
                put,
                "Installs a license key (JSON) or the device's key of a license file (multipart)",
                takes=LicenseKey,
                statuses=(200, 400, 409),
                exclusive=True,
            ),
        ),
    ]


async def _install(license_: License, wanted: LicenseKey) -> None:
    license_.refuse_on_pair()
    for field in msgspec.structs.fields(LicenseKey):
        if field.name.endswith("_redundant") and getattr(wanted, field.name) is not None:
            raise Invalid(f"{field.encode_name}: this device has no redundant unit")
    if wanted.license_version != keys.VERSION:
        raise Invalid(f"licenseVersion {wanted.license_version} is not supported, only {keys.VERSION}")
    if wanted.serial_number not in (None, license_.identity.serial):
        raise Invalid(f"serialNumber {wanted.serial_number[:40]!r} is not this device's")
    if wanted.mac_address not in (None, license_.identity.mac):
        raise Invalid(f"macAddress {wanted.mac_address[:40]!r} is not this device's")
    await license_.install(wanted.key)
