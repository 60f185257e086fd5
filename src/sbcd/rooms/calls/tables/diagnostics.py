"""Calls: test calls, and the trace of what is said in calls."""

from enum import IntEnum

from sbcd.config.table import Params, Row, col, kept, params, table
from sbcd.config.types import NO_ADDRESS, Address, Secret
from sbcd.rooms.calls.tables.words import TransportType


class RouteBy(IntEnum):
    TEL2_IP = 0
    IP_GROUP = 1
    DEST_ADDRESS = 2


class CallParty(IntEnum):
    CALLER = 0
    CALLED = 1


class Repetition(IntEnum):
    ONCE = 0
    CONTINUOUS = 1


class Play(IntEnum):
    DISABLE = 0
    DTMF = 1


@table(
    ini="Test_Call",
    area="troubleshoot",
    cli="test-call test-call-table",
    help="Series of calls that the device makes or takes itself.",
    most_rows=5,
)
class CallTest(Row):
    """Series of calls that the device makes or takes itself."""

    endpoint: str = col(
        "EndpointURI", cli="endpoint-uri", most=152, help="Who the device is: user or user@host."
    )
    called: str = col("CalledURI", default="", cli="called-uri", most=152, help="Who is called.")
    route_by: RouteBy = col("RouteBy", default=RouteBy.IP_GROUP, cli="route-by", help="How the way is found.")
    group: str = col(
        "IPGroupName",
        default="",
        cli="ip-group-name",
        refers_to="IPGroup",
        help="Where it is called, or calls come from.",
    )
    address: str = col(
        "DestAddress", default="", cli="dst-address", most=49, help="Address and port to call."
    )
    transport: TransportType = col(
        "DestTransportType",
        default=TransportType.NOT_CONFIGURED,
        cli="dst-transport",
        help="Transport to it.",
    )
    interface: str = col(
        "SIPInterfaceName",
        default="",
        cli="sip-interface-name",
        refers_to="SIPInterface",
        help="By which interface.",
    )
    application: int = kept("ApplicationType", default=2, cli="application-type", low=0, high=2)
    auto_register: bool = kept("AutoRegister", default=False, cli="auto-register")
    user: str = col("UserName", default="", cli="user-name", most=60, help="User name for challenges.")
    password: Secret = col("Password", default=Secret(""), most=50, help="Password for them.")
    party: CallParty = col(
        "CallParty", default=CallParty.CALLER, cli="call-party", help="It calls or is called."
    )
    channels: int = col(
        "MaxChannels",
        default=1,
        cli="max-channels",
        low=1,
        high=240,
        help="Calls of a run, or at a time; 20 at most are up.",
    )
    duration: int = col(
        "CallDuration",
        default=20,
        cli="call-duration",
        low=-1,
        high=100000,
        help="Seconds of a call; -1 as it comes, 0 endless.",
    )
    rate: int = col(
        "CallsPerSecond", default=10, cli="calls-per-second", low=1, high=10, help="How fast they begin."
    )
    mode: Repetition = col(
        "TestMode", default=Repetition.ONCE, cli="test-mode", help="Each channel once, or again and again."
    )
    minutes: int = col(
        "TestDuration",
        default=0,
        cli="test-duration",
        low=0,
        high=100000,
        help="Minutes of a continuous run, 0: endless.",
    )
    play: Play = col("Play", default=Play.DTMF, help="What is played.")
    interval: int = col(
        "ScheduleInterval",
        default=0,
        cli="schedule-interval",
        low=0,
        high=100000,
        help="Minutes between two runs, 0: by hand only.",
    )
    qoe_profile: str = kept("QOEProfile", default="", cli="qoe-profile")
    bw_profile: str = kept("BWProfile", default="", cli="bandwidth-profile")


@params(section="SIP Params", area="troubleshoot", cli="test-call settings")
class CallTestParams(Params):
    """Test calls that the device takes and makes itself."""

    prefix: str = col(
        "TestCallID",
        default="",
        cli="testcall-id",
        most=14,
        help="Calls to numbers that begin with it are answered by the device itself; empty: none.",
    )
    through: str = col(
        "SBCtestID",
        default="",
        cli="sbc-test-id",
        most=14,
        help="Taken off the numbers of calls that begin with it, which then go through the device.",
    )
    digits: str = col(
        "TestCallDtmfString",
        default="3212333",
        cli="testcall-dtmf-string",
        most=15,
        help="Digits that a test call plays when it is not told others.",
    )


@params(section="SIP Params", area="troubleshoot", cli="call-trace")
class TraceParams(Params):
    """What is said in calls, for who looks for a fault: kept in memory, or sent to a capture collector."""

    on: bool = col(
        "SbcdCallTrace",
        default=False,
        cli="call-trace",
        help="SIP messages are kept in memory; the oldest go first.",
    )
    size: int = col(
        "SbcdCallTraceSize", default=16, cli="call-trace-size", low=1, high=256, help="Megabytes kept."
    )
    collector: Address = col(
        "SbcdHepCollectorIP",
        default=NO_ADDRESS,
        cli="hep-collector",
        help="Where SIP messages are sent by HEP version 3 over UDP; 0.0.0.0: nowhere.",
    )
    port: int = col(
        "SbcdHepCollectorPort", default=9060, cli="hep-port", low=1, high=65535, help="Port of the collector."
    )
    agent: int = col(
        "SbcdHepAgentId",
        default=2001,
        cli="hep-agent-id",
        low=0,
        high=4294967295,
        help="Number of this device in the collector.",
    )
    key: Secret = col(
        "SbcdHepKey", default=Secret(""), cli="hep-key", most=64, help="What the collector lets us in for."
    )
