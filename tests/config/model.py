"""A small configuration to test with: every kind of column, reference and parameter once."""

from enum import IntEnum

from sbcd.config.table import Params, Row, col, kept, params, table
from sbcd.config.types import Address, Secret


class KeepAlive(IntEnum):
    DISABLE = 0
    USING_OPTIONS = 1


@table(ini="TLSContexts", area="network", cli="tls", help="Keys and certificates.")
class TLSContexts(Row):
    name: str = col("Name", unique=True, most=31)

    @classmethod
    def factory(cls) -> "dict[int, TLSContexts]":
        return {0: cls(name="default")}


@table(ini="SIPInterface", area="voip", cli="sip-interface", help="Where SIP is heard.", most_rows=3)
class SIPInterface(Row):
    name: str = col("InterfaceName", unique=True, most=40)
    udp: int = col("UDPPort", default=5060, low=0, high=65534)
    tls: str = col("TLSContext", default="default", refers_to="TLSContexts")


@table(ini="ProxySet", area="voip", cli="proxy-set", help="Where a peer is.")
class ProxySet(Row):
    name: str = col("ProxyName", unique=True, cli="proxy-name", most=40)
    keep_alive: KeepAlive = col("EnableProxyKeepAlive", default=KeepAlive.DISABLE)
    interval: int = col("ProxyKeepAliveTime", default=60, low=5, high=2000000)
    tls: str = col("TLSContextName", default="", refers_to="TLSContexts")
    password: Secret = col("Password", default=Secret(""))
    mode: bool = kept("DedicatedConnectionMode", default=False, was=("DedicatedMode",))

    @classmethod
    def factory(cls) -> "dict[int, ProxySet]":
        return {0: cls(name="ProxySet_0")}


@table(ini="ProxyIp", area="voip", cli="proxy-ip", help="One address of a peer.")
class ProxyIp(Row):
    owner: int = col("ProxySetId", parent="ProxySet", quoted=True)
    position: int = col("ProxyIpIndex", default=0, position=True)
    address: str = col("IpAddress", default="")


@table(ini="IPGroup", area="voip", cli="ip-group", help="A peer.")
class IPGroup(Row):
    name: str = col("Name", unique=True, most=40)
    proxy_set: str = col("ProxySetName", default="", refers_to="ProxySet")
    source: str = col("SBCDialPlanName", default="", refers_to="DialPlan", also=("Any",))


@params(section="SYSTEM Params", area="system", cli="ntp")
class NtpParams(Params):
    """Where the time comes from."""

    server: str = col("NTPServerIP", default="")
    offset: int = col("NTPServerUTCOffset", default=0, low=-86400, high=86400)


@params(section="SNMP Params", area="system", cli="snmp trap-destination")
class ManagerParams(Params):
    """Who gets traps."""

    managers: tuple[Address, ...] = col("SNMPManagerTableIP", default="0.0.0.0", array=5)
    used: tuple[bool, ...] = col("SNMPManagerIsUsed", default=False, array=5)
    activities: tuple[str, ...] = col("ActivityListToLog", default=())


@params(section="WEB Params", area="system", cli="web")
class WebParams(Params):
    """The management ports."""

    https_port: int = col("HTTPSPort", default=443, low=0, high=65535, resets=True)
    languages: str = col("LogoWidth", default="145", always=True)


DECLARED = [
    TLSContexts,
    SIPInterface,
    ProxySet,
    ProxyIp,
    IPGroup,
    NtpParams,
    ManagerParams,
    WebParams,
]
