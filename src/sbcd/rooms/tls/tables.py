"""TLS: the contexts; certificates and keys are files of their own."""

from enum import IntEnum

from sbcd.config.table import Params, Row, col, kept, params, table
from sbcd.config.types import NO_ADDRESS, Address


class OcspDefault(IntEnum):
    REJECT = 0
    ALLOW = 1


VERSIONS = {"unlimited": 0, "tls-v1.0": 1, "tls-v1.1": 2, "tls-v1.2": 4, "tls-v1.3": 8}
"""CLI words of the single versions; several at once are the sum of their numbers."""


@table(
    ini="TLSContexts", area="network", cli="tls", help="TLS settings; the index is the id below /files/tls."
)
class TLSContexts(Row):
    """TLS settings; the index is the id below /files/tls."""

    name: str = col("Name", cli="name", most=40, unique=True, help="Name of the context.")
    tls_version: int = col(
        "TLSVersion",
        default=0,
        cli="tls-version",
        low=0,
        high=15,
        spellings=VERSIONS,
        help="Bits of the allowed versions: 1 1.0, 2 1.1, 4 1.2, 8 1.3; 0: 1.2 and 1.3.",
    )
    dtls_version: int = kept(
        "DTLSVersion", default=0, cli="dtls-version", low=0, high=3, help="0 any, 1 DTLS 1.0, 2 DTLS 1.2."
    )
    server_ciphers: str = col(
        "ServerCipherString",
        default="DEFAULT",
        cli="ciphers-server",
        most=1024,
        help="OpenSSL cipher list as server.",
    )
    client_ciphers: str = col(
        "ClientCipherString",
        default="DEFAULT",
        cli="ciphers-client",
        most=1024,
        help="OpenSSL cipher list as client.",
    )
    server_ciphers_tls13: str = kept(
        "ServerCipherTLS13String",
        default="TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256",
        cli="ciphers-server-tls13",
        most=1024,
        help="TLS 1.3 cipher suites as server.",
    )
    client_ciphers_tls13: str = kept(
        "ClientCipherTLS13String",
        default="TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256",
        cli="ciphers-client-tls13",
        most=1024,
        help="TLS 1.3 cipher suites as client.",
    )
    key_exchange_groups: str = kept(
        "KeyExchangeGroups",
        default="X25519:P-256:P-384:X448",
        cli="key-exchange-groups",
        most=255,
        help="Key exchange groups, best first.",
    )
    require_strict_cert: bool = col(
        "RequireStrictCert",
        default=False,
        cli="require-strict-cert",
        help="Refuse certificates that break the rules of RFC 5280.",
    )
    tls_renegotiation: bool = kept(
        "TlsRenegotiation",
        default=True,
        cli="tls-renegotiation",
        help="Allow renegotiation (TLS 1.2 and older).",
    )
    middlebox_compat_mode: bool = kept(
        "MiddleboxCompatMode", default=False, help="TLS 1.3 looks like 1.2 on the wire."
    )
    ocsp_enable: bool = kept(
        "OcspEnable", default=False, cli="ocsp-server", help="Ask an OCSP server about certificates."
    )
    ocsp_interface: str = kept(
        "OcspInterface", default="", refers_to="InterfaceTable", help="Interface to ask from."
    )
    ocsp_server_primary: Address = kept(
        "OcspServerPrimary", default=NO_ADDRESS, cli="ocsp-server-primary", help="First OCSP server."
    )
    ocsp_server_secondary: Address = kept(
        "OcspServerSecondary", default=NO_ADDRESS, help="Second OCSP server."
    )
    ocsp_port: int = kept(
        "OcspServerPort", default=2560, cli="ocsp-port", low=1, high=65535, help="Its TCP port."
    )
    ocsp_default_response: OcspDefault = kept(
        "OcspDefaultResponse",
        default=OcspDefault.REJECT,
        cli="ocsp-default-response",
        help="What an unanswered question means.",
    )
    use_default_ca_bundle: bool = col(
        "UseDefaultCABundle", default=False, help="The roots of the system are trusted too."
    )
    dh_key_size: int = col(
        "DHKeySize", default=2048, cli="dh-key-size", help="Bits of Diffie-Hellman; 2048 at least is used."
    )

    @classmethod
    def factory(cls) -> "dict[int, TLSContexts]":
        return {0: cls(name="default")}


@params(section="SYSTEM Params", area="network", cli="tls-settings")
class TlsParams(Params):
    """TLS keys."""

    key_size: int = kept("TLSPkeySize", default=1024, cli="private-key-size", low=512, high=4096)
    expiry_check_start: int = col(
        "TLSExpiryCheckStart",
        default=60,
        cli="expiry-check-start",
        low=0,
        high=3650,
        help="Days before the end of a certificate from which on an alarm stands, 0: only when it has ended.",
    )
    expiry_check_period: int = col(
        "TLSExpiryCheckPeriod",
        default=7,
        cli="expiry-check-period",
        low=1,
        high=3650,
        help="Days between two looks at the certificates.",
    )
