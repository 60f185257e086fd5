"""Alarms: SNMP users; trap targets and syslog are parameters."""

from enum import IntEnum

from sbcd.config.table import Row, col, table
from sbcd.config.types import Secret


class AuthProtocol(IntEnum):
    NONE = 0
    MD5 = 1
    SHA_1 = 2
    SHA_224 = 3
    SHA_256 = 4
    SHA_384 = 5
    SHA_512 = 6


class PrivProtocol(IntEnum):
    NONE = 0
    DES = 1
    TRIPLE_DES = 2
    AES_128 = 3
    AES_192 = 4
    AES_256 = 5


class SnmpGroup(IntEnum):
    READ_ONLY = 0
    READ_WRITE = 1
    TRAP = 2


@table(ini="SNMPUsers", area="system", cli="snmp v3-users", help="SNMPv3 users for traps.")
class SNMPUsers(Row):
    """SNMPv3 users for traps."""

    name: str = col("Username", cli="user", most=32, unique=True, help="Name of the user.")
    auth_protocol: AuthProtocol = col(
        "AuthProtocol", default=AuthProtocol.NONE, cli="auth-protocol", help="How its messages are signed."
    )
    priv_protocol: PrivProtocol = col(
        "PrivProtocol", default=PrivProtocol.NONE, cli="priv-protocol", help="How its messages are encrypted."
    )
    auth_key: Secret = col(
        "AuthKey", default=Secret(), cli="auth-key", help="Key or pass phrase of the signature."
    )
    priv_key: Secret = col(
        "PrivKey", default=Secret(), cli="priv-key", help="Key or pass phrase of the encryption."
    )
    group: SnmpGroup = col("Group", default=SnmpGroup.READ_ONLY, cli="group", help="What the user is for.")
