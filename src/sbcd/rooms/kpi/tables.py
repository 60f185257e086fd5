"""KPIs: the thresholds of the performance profiles."""

from enum import IntEnum

from sbcd.config.table import Params, Row, col, params, table


class PmEntity(IntEnum):
    GLOBAL = 0
    SRD = 1
    IP_GROUP = 2


class PmType(IntEnum):
    ASR = 0
    NER = 1
    ACD = 2


@table(
    ini="PerformanceProfile",
    area="system",
    cli="performance-profile",
    help="Thresholds of call quality figures (ASR, ACD, NER).",
)
class PerformanceProfile(Row):
    """Thresholds of call quality figures (ASR, ACD, NER)."""

    entity: PmEntity = col("Entity", default=PmEntity.GLOBAL, help="What is watched.")
    ip_group: str = col(
        "IPGroupName", default="", refers_to="IPGroup", help="The IP group, when that is watched."
    )
    srd: str = col("SRDName", default="", refers_to="SRD", help="The SRD, when that is watched.")
    pm_type: PmType = col("PMType", default=PmType.ASR, help="The figure.")
    minor_threshold: int = col(
        "MinorThreshold", default=0, low=0, high=100000, help="Minor alarm at this value."
    )
    major_threshold: int = col(
        "MajorThreshold", default=0, low=0, high=100000, help="Major alarm at this value."
    )
    hysteresis: int = col(
        "Hysteresis",
        default=5,
        low=0,
        high=100000,
        help="How far the figure must recover until the alarm ends.",
    )
    minimum_sample: int = col(
        "MinimumSample", default=1, low=0, high=100000, help="Calls needed before the figure counts."
    )
    window_size: int = col("WindowSize", default=30, low=1, high=1440, help="Minutes that are looked at.")


@params(section="SNMP Params", area="system", cli="performance-monitoring")
class PmParams(Params):
    """Threshold alarms."""

    threshold_alarms: bool = col(
        "PM_EnableThresholdAlarms",
        default=False,
        cli="enable-threshold-alarms",
        help="Thresholds raise alarms.",
    )
