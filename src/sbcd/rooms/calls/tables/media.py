"""Calls: media realms, the ports for media."""

from sbcd.config.table import Row, col, kept, table
from sbcd.config.types import NO_ADDRESS, Address


@table(ini="CpMediaRealm", area="voip", cli="realm", help="Ports for media.")
class CpMediaRealm(Row):
    """Ports for media."""

    name: str = col("MediaRealmName", cli="realm-name", most=40, unique=True, help="Name of the realm.")
    ipv4_interface: str = col(
        "IPv4IF",
        default="",
        cli="ipv4if",
        refers_to="InterfaceTable",
        also=("None",),
        help="Interface for IPv4 media.",
    )
    ipv6_interface: str = col(
        "IPv6IF",
        default="",
        cli="ipv6if",
        refers_to="InterfaceTable",
        also=("None",),
        help="Interface for IPv6 media.",
    )
    remote_ipv4_if: str = kept("RemoteIPv4IF", default="")
    remote_ipv6_if: str = kept("RemoteIPv6IF", default="")
    port_range_start: int = col(
        "PortRangeStart", default=-1, cli="port-range-start", low=-1, high=65535, help="First UDP port."
    )
    legs: int = col(
        "MediaSessionLeg",
        default=-1,
        cli="session-leg",
        low=-1,
        high=60000,
        help="Sessions there is room for.",
    )
    port_range_end: int = col(
        "PortRangeEnd",
        default=-1,
        cli="port-range-end",
        low=-1,
        high=65535,
        help="Last UDP port; computed by the device.",
    )
    tcp_port_range_start: int = kept("TCPPortRangeStart", default=0)
    tcp_port_range_end: int = kept("TCPPortRangeEnd", default=0)
    is_default: bool = col(
        "IsDefault", default=False, cli="is-default", help="The realm of those who name none."
    )
    qoe_profile: str = col(
        "QoeProfile",
        default="",
        cli="qoe-profile",
        refers_to="QOEProfile",
        help="Colours of its calls.",
    )
    bw_profile: str = kept("BWProfile", default="", cli="bw-profile")
    topology_location: int = col(
        "TopologyLocation",
        default=0,
        cli="topology-location",
        low=0,
        high=1,
        help="Side of the device it lies on: 0 down, 1 up.",
    )
    used_by_routing_server: int = kept("UsedByRoutingServer", default=0)

    @classmethod
    def factory(cls) -> "dict[int, CpMediaRealm]":
        return {
            0: cls(
                name="DefaultRealm",
                ipv4_interface="O+M+C",
                port_range_start=6000,
                legs=1000,
                port_range_end=9999,
                is_default=True,
            )
        }


@table(
    ini="RemoteMediaSubnet",
    area="voip",
    cli="remote-media-subnet",
    help="Remote networks whose media quality is watched.",
)
class RemoteMediaSubnet(Row):
    """Remote networks whose media quality is watched."""

    realm: int = kept("Realm", parent="CpMediaRealm", quoted=True)
    position: int = kept("RemoteMediaSubnetIndex", default=0, position=True)
    name: str = kept("RemoteMediaSubnetName", default="")
    prefix_length: int = kept("PrefixLength", default=16)
    address_family: int = kept("AddressFamily", default=2, cli="address-family")
    dst_ip_address: Address = kept("DstIPAddress", default=NO_ADDRESS)
    qoe_profile: str = kept("QOEProfileName", default="")
    bw_profile: str = kept("BWProfileName", default="")


@table(
    ini="MediaRealmExtension", area="voip", cli="media-realm-extension", help="More ports for a media realm."
)
class MediaRealmExtension(Row):
    """More ports for a media realm."""

    realm: int = kept("MediaRealmIndex", parent="CpMediaRealm", quoted=True)
    position: int = kept("ExtensionIndex", default=0, position=True)
    ipv4_interface: str = kept("IPv4IF", default="", refers_to="InterfaceTable", also=("None",))
    ipv6_interface: str = kept("IPv6IF", default="", refers_to="InterfaceTable", also=("None",))
    port_range_start: int = kept("PortRangeStart", default=-1)
    port_range_end: int = kept("PortRangeEnd", default=-1)
    legs: int = kept("MediaSessionLeg", default=-1)
