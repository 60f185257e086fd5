"""Network: packet filter, priorities, and the names the device resolves by itself."""

from enum import IntEnum

from sbcd.config.table import Row, col, kept, table
from sbcd.config.types import NO_ADDRESS, Address


class Traffic(IntEnum):
    ALLOW = 0
    BLOCK = 1


class SrvTransport(IntEnum):
    UDP = 0
    TCP = 1
    TLS = 2


@table(ini="ACCESSLIST", area="network", cli="access-list", help="Packet filter, in order.")
class ACCESSLIST(Row):
    """Packet filter, in order."""

    source_ip: str = kept(
        "Source_IP", default=NO_ADDRESS, cli="source-ip", most=60, help="Address or name of the sender."
    )
    source_port: int = kept(
        "Source_Port", default=0, cli="src-port", low=0, high=65535, help="Port of the sender, 0: any."
    )
    prefix_len: int = kept(
        "PrefixLen",
        default=0,
        cli="prefixLen",
        low=0,
        high=128,
        help="Bits of the sender's network, 0: everyone.",
    )
    start_port: int = kept(
        "Start_Port", default=0, cli="start-port", low=0, high=65535, help="First own port."
    )
    end_port: int = kept("End_Port", default=65535, cli="end-port", low=0, high=65535, help="Last own port.")
    protocol: str = col(
        "Protocol",
        default="ANY",
        cli="protocol",
        most=10,
        help="Any, UDP, TCP, ICMP, ESP, HTTP, SIP or a number.",
    )
    use_specific_interface: bool = kept(
        "Use_Specific_Interface",
        default=False,
        cli="use-specific-interface",
        help="Only for the interface named next.",
    )
    interface: str = col(
        "Interface_ID",
        default="",
        cli="network-interface-name",
        refers_to="InterfaceTable",
        also=("None",),
        help="The interface.",
    )
    packet_size: int = kept(
        "Packet_Size",
        default=0,
        cli="packet-size",
        low=0,
        high=65535,
        help="Largest packet in bytes, 0: no limit.",
    )
    byte_rate: int = kept(
        "Byte_Rate", default=0, cli="byte-rate", low=0, high=2147483647, help="Bytes per second, 0: no limit."
    )
    byte_burst: int = kept(
        "Byte_Burst",
        default=0,
        cli="byte-burst",
        low=0,
        high=2147483647,
        help="Bytes of a burst, 0: no limit.",
    )
    action: Traffic = col(
        "Allow_type_enum", default=Traffic.ALLOW, cli="allow-type", help="What happens to the packet."
    )
    description: str = col("Description", default="", most=99, help="Free text.")


@table(
    ini="DiffServToVlanPriority",
    area="network",
    cli="qos vlan-mapping",
    help="VLAN priority of each DiffServ class.",
)
class DiffServToVlanPriority(Row):
    """VLAN priority of each DiffServ class."""

    diff_serv: int = kept("DiffServ", default=0, cli="diff-serv", low=0, high=63, help="DiffServ value.")
    vlan_priority: int = kept(
        "VlanPriority", default=0, cli="vlan-priority", low=0, high=7, help="Priority bits."
    )


@table(
    ini="Dns2Ip",
    area="network",
    cli="dns dns-to-ip",
    help="Host names the device resolves by itself.",
    was=("DNS2IP",),
)
class Dns2Ip(Row):
    """Host names the device resolves by itself."""

    domain: str = col("DomainName", cli="domain-name", most=255, unique=True, help="The host name.")
    first: Address = col("FirstIpAddress", default=NO_ADDRESS, cli="first-ip-address", help="First address.")
    second: Address = col(
        "SecondIpAddress", default=NO_ADDRESS, cli="second-ip-address", help="Second address."
    )
    third: Address = col("ThirdIpAddress", default=NO_ADDRESS, cli="third-ip-address", help="Third address.")


@table(
    ini="Srv2Ip",
    area="network",
    cli="dns srv2ip",
    help="SRV names the device resolves by itself.",
    was=("SRV2IP",),
)
class Srv2Ip(Row):
    """SRV names the device resolves by itself."""

    domain: str = col("InternalDomain", most=255, help="The domain.")
    transport_type: SrvTransport = col(
        "TransportType", default=SrvTransport.UDP, cli="transport-type", help="Transport of the service."
    )
    dns1: str = col("Dns1", default="", most=255, help="First host name.")
    priority1: int = col("Priority1", default=0, low=0, high=65535, help="Its priority, lower first.")
    weight1: int = col("Weight1", default=0, low=0, high=65535, help="Its share among equals.")
    port1: int = col("Port1", default=0, low=0, high=65535, help="Its port.")
    dns2: str = col("Dns2", default="", most=255, help="Second host name.")
    priority2: int = col("Priority2", default=0, low=0, high=65535, help="Its priority.")
    weight2: int = col("Weight2", default=0, low=0, high=65535, help="Its share.")
    port2: int = col("Port2", default=0, low=0, high=65535, help="Its port.")
    dns3: str = col("Dns3", default="", most=255, help="Third host name.")
    priority3: int = col("Priority3", default=0, low=0, high=65535, help="Its priority.")
    weight3: int = col("Weight3", default=0, low=0, high=65535, help="Its share.")
    port3: int = col("Port3", default=0, low=0, high=65535, help="Its port.")
