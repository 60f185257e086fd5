"""Calls: intrusion detection - policies, their rules, and for whom they hold - and emergency calls."""

from enum import IntEnum

from sbcd.config.table import Params, Row, col, params, table


class Reason(IntEnum):
    AUTHENTICATION_FAILURE = 0
    MALFORMED_MESSAGE = 2
    CLASSIFICATION = 3
    ROUTING = 4
    CAC_POLICY = 5
    SIGNALING_MESSAGES = 7


class Scope(IntEnum):
    GLOBAL = 0
    IP = 2
    IP_AND_PORT = 3


@table(ini="IDSPolicy", area="voip", cli="ids policy", help="What of an attack is counted.", most_rows=20)
class IDSPolicy(Row):
    """What of an attack is counted."""

    name: str = col("Name", most=40, unique=True, help="Name of the policy.")
    description: str = col("Description", default="", most=99, help="Free text.")


@table(ini="IDSRule", area="voip", cli="ids rule", help="How much of it is too much.")
class IDSRule(Row):
    """How much of it is too much."""

    policy: int = col("Policy", parent="IDSPolicy", help="The policy.")
    number: int = col(
        "RuleID", default=0, low=0, high=19, position=True, help="Place among the rules of the policy."
    )
    reason: Reason = col("Reason", default=Reason.CLASSIFICATION, help="What is counted.")
    scope: Scope = col(
        "ThresholdScope", default=Scope.IP, help="Counted for each sender, or for all together."
    )
    window: int = col(
        "ThresholdWindow", default=1, low=1, high=1000000, help="Seconds within which events count together."
    )
    minor: int = col(
        "MinorAlarmThreshold",
        default=-1,
        cli="minor-alrm-thr",
        low=-1,
        high=1000000,
        help="Events of a minor alarm.",
    )
    major: int = col(
        "MajorAlarmThreshold",
        default=-1,
        cli="major-alrm-thr",
        low=-1,
        high=1000000,
        help="Events of a major alarm.",
    )
    critical: int = col(
        "CriticalAlarmThreshold",
        default=-1,
        cli="critical-alrm-thr",
        low=-1,
        high=1000000,
        help="Events of a critical alarm.",
    )
    deny: int = col(
        "DenyThreshold",
        default=-1,
        cli="deny-thr",
        low=-1,
        high=1000000,
        help="Events after which the sender is not heard; not with the scope global.",
    )
    period: int = col(
        "DenyPeriod", default=-1, cli="deny-period", low=-1, high=1000000, help="Seconds it is not heard."
    )


@table(ini="IDSMatch", area="voip", cli="ids match", help="For whom the policies hold.", most_rows=20)
class IDSMatch(Row):
    """For whom the policies hold."""

    interfaces: str = col(
        "SIPInterface", default="", cli="sip-interface", most=19, help="Indexes such as 1,3-4; empty: all."
    )
    proxy_sets: str = col(
        "ProxySet", default="", cli="proxy-set", most=19, help="Indexes such as 1,3-4; empty: all senders."
    )
    subnet: str = col("Subnet", default="", most=99, help="Network of the sender: 10.1.0.0/16; empty: all.")
    policy: str = col("Policy", default="", refers_to="IDSPolicy", help="The policy.")


@params(section="SIP Params", area="voip", cli="ids global-parameters")
class IntrusionParams(Params):
    """Intrusion detection as a whole."""

    clear_after: int = col(
        "IDSAlarmClearPeriod",
        default=300,
        cli="alarm-clear-period",
        low=0,
        high=86400,
        help="Seconds without a crossing after which an alarm ends.",
    )
    flood: int = col(
        "SbcdFloodLimit",
        default=1000,
        low=0,
        high=1000000,
        help="Failures of one unknown sender in ten seconds after which it is not heard for a minute, "
        "also without IDS; 0: no limit.",
    )


@params(section="SIP Params", area="voip", cli="sbc settings")
class EmergencyParams(Params):
    """Emergency calls."""

    preempt: bool = col(
        "SBCPreemptionMode",
        default=False,
        cli="sbc-preemption-mode",
        help="When there is no room, an emergency call takes the place of another one.",
    )
    condition: str = col(
        "SBCEmergencyCondition",
        default="",
        cli="sbc-emergency-condition",
        refers_to="ConditionTable",
        help="What makes a call an emergency call.",
    )
