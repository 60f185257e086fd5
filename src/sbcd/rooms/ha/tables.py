"""High availability: the redundant unit and what is watched."""

from sbcd.config.table import Params, col, kept, params
from sbcd.config.types import NO_ADDRESS


@params(section="SYSTEM Params", area="network", cli="high-availability settings")
class HaParams(Params):
    """The redundant unit."""

    remote_address: str = kept(
        "HARemoteAddress",
        default=NO_ADDRESS,
        cli="remote-address",
        most=45,
        resets=True,
        help="Maintenance address of the other unit.",
    )
    priority: int = col(
        "HAPriority",
        default=5,
        cli="priority",
        low=1,
        high=10,
        resets=True,
        help="The higher unit is active, when HARevertiveEnabled says so.",
    )
    redundant_priority: int = kept(
        "HARemotePriority",
        default=5,
        cli="redundant-priority",
        low=1,
        high=10,
        help="Priority of the other unit.",
    )
    revertive: bool = kept(
        "HARevertiveEnabled",
        default=False,
        cli="revertive-mode",
        resets=True,
        help="The unit with the higher priority takes over again when it is back.",
    )
    unit_name: str = kept("HAUnitIdName", default="", cli="unit-id-name", most=128, help="Name of this unit.")
    local_mac: str = kept("HALocalMAC", default="", cli="local-mac", most=17, always=True)
    remote_mac: str = kept("HARemoteMAC", default="", cli="remote-mac", most=17)
    monitor: bool = kept(
        "HAPingEnabled", default=False, cli="network-monitor-enabled", help="Destinations are watched."
    )
    monitor_destination: str = kept(
        "HAPingDestination", default="", cli="network-monitor-destination", most=45, help="The destination."
    )
    monitor_interface: str = kept(
        "HAPingSourceIfName",
        default="",
        cli="network-monitor-interface",
        most=16,
        help="Interface to ask from.",
    )
    monitor_timeout: int = kept(
        "HAPingTimeout",
        default=1,
        cli="network-monitor-timeout",
        low=1,
        high=60,
        help="Seconds to wait for an answer.",
    )
    monitor_retries: int = kept(
        "HAPingRetries",
        default=2,
        cli="network-monitor-retries",
        low=0,
        high=100,
        help="Questions without an answer until it counts as lost.",
    )
    monitor_threshold: int = kept(
        "HaNetworkMonitorThreshold",
        default=1,
        cli="network-monitor-threshold",
        low=1,
        high=10,
        help="Lost destinations that make the units change roles.",
    )
    operational_delay: int = kept(
        "HAOperationalStateDelayInSec",
        default=0,
        cli="operational-state-delay",
        low=0,
        high=180,
        help="Seconds until a unit that is back counts.",
    )
    maintenance_diffserv: int = kept(
        "HAMaintenanceIFDiffServValue", default=46, cli="maintenance-if-diffserv", low=0, high=63
    )


@params(section="Voice Engine Params", area="network", cli="high-availability settings")
class HaVoiceParams(Params):
    """The redundant unit."""

    sbc_device_role: int = kept("SbcDeviceRole", default=0, always=True)
