"""Calls: test calls, and the trace of what is said in calls."""

from sbcd.config.table import Params, col, params
from sbcd.config.types import NO_ADDRESS, Address, Secret


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
