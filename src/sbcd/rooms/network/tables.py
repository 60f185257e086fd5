"""Network: ports, Ethernet groups, VLANs, IP interfaces, routes and NAT."""

from enum import IntEnum

from sbcd.config.table import Row, col, kept, table
from sbcd.config.types import NO_ADDRESS, Address

LOCALHOST = Address("127.0.0.1")  # what a device without configuration answers on


class SpeedDuplex(IntEnum):
    HALF_10 = 0
    FULL_10 = 1
    HALF_100 = 2
    FULL_100 = 3
    AUTO = 4
    HALF_1000 = 6
    FULL_1000 = 7


class EtherGroupMode(IntEnum):
    NONE = 0
    SINGLE = 1
    TWO_RX_ONE_TX = 2
    TWO_RX_TWO_TX = 3


class Tagging(IntEnum):
    UNTAGGED = 0
    TAGGED = 1


class ApplicationTypes(IntEnum):
    OAMP = 0
    MEDIA = 1
    CONTROL = 2
    OAMP_MEDIA = 3
    OAMP_CONTROL = 4
    MEDIA_CONTROL = 5
    ALL = 6
    MAINTENANCE = 99


APPLICATION_SPELLINGS = {
    "o": ApplicationTypes.OAMP,
    "m": ApplicationTypes.MEDIA,
    "c": ApplicationTypes.CONTROL,
    "om": ApplicationTypes.OAMP_MEDIA,
    "oc": ApplicationTypes.OAMP_CONTROL,
    "mc": ApplicationTypes.MEDIA_CONTROL,
    "omc": ApplicationTypes.ALL,
}


class InterfaceMode(IntEnum):
    IPV6_MANUAL_PREFIX = 3
    IPV6_MANUAL = 4
    IPV4_MANUAL = 10


class TargetIpMode(IntEnum):
    MANUAL = 0
    AUTOMATIC = 1


@table(
    ini="PhysicalPortsTable",
    area="network",
    cli="physical-port",
    help="The Ethernet ports, given by the machine.",
)
class PhysicalPortsTable(Row):
    """The Ethernet ports, given by the machine."""

    name: str = col("Port", cli="port", most=17, unique=True, help="Name of the port, as GE_1.")
    mode: bool = col("Mode", default=True, cli="mode", help="The port is switched on.")
    speed_duplex: SpeedDuplex = kept(
        "SpeedDuplex", default=SpeedDuplex.AUTO, cli="speed-duplex", help="Speed and duplex of the port."
    )
    port_description: str = kept(
        "PortDescription", default="User Port #0", cli="port-description", most=40, help="Free text."
    )
    group: str = col(
        "GroupMember",
        default="",
        cli="group-member",
        refers_to="EtherGroupTable",
        also=("None",),
        help="The Ethernet group this port is in; told by the device.",
    )

    @classmethod
    def factory(cls) -> "dict[int, PhysicalPortsTable]":
        return {i: cls(name=f"GE_{i + 1}", group=f"GROUP_{i + 1}") for i in range(2)}


@table(
    ini="EtherGroupTable",
    area="network",
    cli="ether-group",
    help="Pairs of ports that stand in for each other.",
)
class EtherGroupTable(Row):
    """Pairs of ports that stand in for each other."""

    name: str = col("Group", cli="group", most=15, unique=True, help="Name of the group.")
    mode: EtherGroupMode = col(
        "Mode", default=EtherGroupMode.SINGLE, cli="mode", help="How its ports share the work."
    )
    member1: str = kept(
        "Member1",
        default="",
        cli="member1",
        refers_to="PhysicalPortsTable",
        also=("None",),
        help="First port.",
    )
    member2: str = kept(
        "Member2",
        default="",
        cli="member2",
        refers_to="PhysicalPortsTable",
        also=("None",),
        help="Second port.",
    )

    @classmethod
    def factory(cls) -> "dict[int, EtherGroupTable]":
        return {i: cls(name=f"GROUP_{i + 1}", member1=f"GE_{i + 1}") for i in range(2)}


@table(ini="DeviceTable", area="network", cli="network-dev", help="VLANs over the Ethernet groups.")
class DeviceTable(Row):
    """VLANs over the Ethernet groups."""

    vlan_id: int = col("VlanID", default=1, cli="vlan-id", low=1, high=4094, help="VLAN number.")
    underlying_interface: str = col(
        "UnderlyingInterface",
        default="",
        cli="underlying-if",
        refers_to="EtherGroupTable",
        help="The Ethernet group that carries it.",
    )
    name: str = col("DeviceName", cli="name", most=16, unique=True, help="Name of the VLAN device.")
    tagging: Tagging = col(
        "Tagging", default=Tagging.TAGGED, cli="tagging", help="Whether frames carry the VLAN tag."
    )
    mtu: int = kept("MTU", default=1500, cli="mtu", low=68, high=9000, help="Largest packet in bytes.")

    @classmethod
    def factory(cls) -> "dict[int, DeviceTable]":
        untagged = Tagging.UNTAGGED
        return {
            0: cls(underlying_interface="GROUP_1", name="vlan 1", tagging=untagged),
            1: cls(underlying_interface="GROUP_2", name="vlan 2", vlan_id=2, tagging=untagged),
        }


@table(ini="InterfaceTable", area="network", cli="interface network-if", help="The IP interfaces.")
class InterfaceTable(Row):
    """The IP interfaces."""

    application_types: ApplicationTypes = col(
        "ApplicationTypes",
        default=ApplicationTypes.ALL,
        spellings=APPLICATION_SPELLINGS,
        cli="application-type",
        help="What the interface is for: O(AMP), M(edia), C(ontrol).",
    )
    mode: InterfaceMode = col(
        "InterfaceMode", default=InterfaceMode.IPV4_MANUAL, cli="mode", help="How its address is given."
    )
    ip_address: Address = col(
        "IPAddress",
        default=NO_ADDRESS,
        cli="ip-address",
        help="Address of the device; unique, in a subnet of its own.",
    )
    prefix_length: int = col(
        "PrefixLength", default=16, cli="prefix-length", low=0, high=128, help="Bits of the subnet."
    )
    gateway: Address = col(
        "Gateway",
        default=NO_ADDRESS,
        cli="gateway",
        help="Default gateway, in the subnet of the interface.",
    )
    name: str = col(
        "InterfaceName", cli="name", most=16, unique=True, help="Name that other tables refer to."
    )
    primary_dns: Address = col(
        "PrimaryDNSServerIPAddress", default=NO_ADDRESS, cli="primary-dns", help="First DNS server."
    )
    secondary_dns: Address = col(
        "SecondaryDNSServerIPAddress",
        default=NO_ADDRESS,
        cli="secondary-dns",
        help="Second DNS server.",
    )
    underlying_device: str = col(
        "UnderlyingDevice",
        default="",
        cli="underlying-dev",
        refers_to="DeviceTable",
        help="The VLAN device that carries it.",
    )
    overwrite_dynamic_dns_servers: int = kept("OverwriteDynamicDNSServers", default=0)

    @classmethod
    def factory(cls) -> "dict[int, InterfaceTable]":
        return {0: cls(ip_address=LOCALHOST, prefix_length=8, name="O+M+C", underlying_device="vlan 1")}


@table(ini="StaticRouteTable", area="network", cli="static", help="Routes beside the default gateways.")
class StaticRouteTable(Row):
    """Routes beside the default gateways."""

    destination: Address = kept(
        "Destination", default=NO_ADDRESS, cli="destination", help="Network to reach."
    )
    prefix_length: int = col(
        "PrefixLength", default=16, cli="prefix-length", low=0, high=128, help="Bits of that network."
    )
    device: str = col(
        "DeviceName",
        default="",
        cli="device-name",
        refers_to="DeviceTable",
        help="VLAN device to send through.",
    )
    gateway: Address = col("Gateway", default=NO_ADDRESS, cli="gateway", help="Next hop.")
    description: str = col("Description", default="", cli="description", most=30, help="Free text.")
    preferred_source_interface: str = kept(
        "PreferredSourceInterfaceName", default="", refers_to="InterfaceTable"
    )


@table(
    ini="NATTranslation",
    area="network",
    cli="nat-translation",
    help="Public addresses to tell to peers behind NAT.",
)
class NATTranslation(Row):
    """Public addresses to tell to peers behind NAT."""

    interface: str = col(
        "SrcIPInterfaceName",
        cli="src-interface-name",
        refers_to="InterfaceTable",
        help="Interface whose address is translated.",
    )
    source_ip_address: str = kept("SourceIPAddress", default="")
    remote_interface: str = kept("RemoteInterfaceName", default="", cli="remote-interface-name")
    target_ip_mode: TargetIpMode = kept(
        "TargetIpMode", default=TargetIpMode.MANUAL, help="Where the public address comes from."
    )
    target_address: Address = col(
        "TargetIPAddress",
        default=Address(""),
        cli="target-ip-address",
        quoted=True,
        marks=True,
        help="The public address.",
    )
    source_start_port: str = col(
        "SourceStartPort",
        default="",
        cli="src-start-port",
        pattern="[0-9]{0,5}",
        help="First own port; empty: all.",
    )
    source_end_port: str = col(
        "SourceEndPort",
        default="",
        cli="src-end-port",
        pattern="[0-9]{0,5}",
        help="Last own port; empty: all.",
    )
    target_start_port: str = col(
        "TargetStartPort",
        default="",
        cli="target-start-port",
        pattern="[0-9]{0,5}",
        help="First public port; empty: the same.",
    )
    target_end_port: str = col(
        "TargetEndPort",
        default="",
        cli="target-end-port",
        pattern="[0-9]{0,5}",
        help="Last public port; empty: the same.",
    )
