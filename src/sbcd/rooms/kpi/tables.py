"""KPIs: thresholds that raise alarms, failures that are counted by rule, intervals, and the metrics page.

One rule: names of the product's public exports are kept; where none is public (alarm thresholds, failure
counters, intervals, metrics) the names here are this device's own."""

from enum import IntEnum

from sbcd.config.table import Params, Row, col, kept, params, table


class PmEntity(IntEnum):
    GLOBAL = 0
    SRD = 1
    IP_GROUP = 2


class Direction(IntEnum):
    UP = 0
    DOWN = 1


class AlarmSeverity(IntEnum):
    WARNING = 2
    MINOR = 3
    MAJOR = 4
    CRITICAL = 5


class FailureMethod(IntEnum):
    INVITE = 0
    REGISTER = 1
    BOTH = 2


class MetricsLevel(IntEnum):
    MONITOR = 50
    ADMINISTRATOR = 100
    SECURITY_ADMINISTRATOR = 200


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
        "MinimumSample", default=10, low=1, high=100000, help="Calls needed before the figure counts."
    )
    window_size: int = col("WindowSize", default=5, low=1, high=1440, help="Minutes that are looked at.")


@params(section="SNMP Params", area="system", cli="performance-monitoring")
class PmParams(Params):
    """Threshold alarms."""

    threshold_alarms: bool = kept(
        "PM_EnableThresholdAlarms",
        default=False,
        cli="enable-threshold-alarms",
        help="Thresholds raise alarms.",
    )


@table(
    ini="AlarmThreshold",
    area="system",
    cli="alarm-threshold",
    help="Watermarks of any KPI that raise and clear an alarm.",
    most_rows=100,
)
class AlarmThreshold(Row):
    """Watermarks of any KPI that raise and clear an alarm."""

    kpi: str = col(
        "Kpi",
        most=120,
        help="The parameter, as in its URL below /kpi/current; without an index it is every index.",
    )
    direction: Direction = col("Direction", default=Direction.UP, help="Which way the alarm lies.")
    raise_watermark: int = col(
        "RaiseWatermark", default=0, low=0, high=2000000000, help="The alarm is raised at this value."
    )
    clear_watermark: int = col(
        "ClearWatermark", default=0, low=0, high=2000000000, help="It is cleared at this value."
    )
    severity: AlarmSeverity = col("Severity", default=AlarmSeverity.MAJOR, help="How grave it is.")
    text: str = col("Text", default="", most=150, help="What the alarm says.")


@table(
    ini="UserDefinedFailurePM",
    area="system",
    cli="user-defined-failure-pm",
    help="Failures that are counted by rule; row N is counter N + 1 of sbc/userDefined.",
    most_rows=26,
)
class UserDefinedFailurePM(Row):
    """Failures that are counted by rule."""

    name: str = col("Name", default="", most=40, help="What is counted.")
    method: FailureMethod = col("SIPMethod", default=FailureMethod.INVITE, help="Requests that failed.")
    responses: str = col(
        "ResponseCodes", default="", most=120, help="SIP statuses: 403, 5xx or 500-504, with commas."
    )


@params(section="SNMP Params", area="system", cli="kpi")
class KpiParams(Params):
    """Intervals of the history, and the metrics page."""

    interval: int = col(
        "KpiIntervalLength", default=15, low=1, high=60, help="Length of an interval, minutes."
    )
    metrics: bool = col("MetricsEnable", default=False, help="GET /metrics for Prometheus.")
    metrics_level: MetricsLevel = col(
        "MetricsAccessLevel", default=MetricsLevel.MONITOR, help="Who may read the metrics."
    )
