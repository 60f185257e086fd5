"""Calls: test calls, and the trace of what is said in calls."""

from sbcd.config.table import Params, col, params


@params(section="SIP Params", area="troubleshoot", cli="test-call settings")
class CallTestParams(Params):
    """Test calls that the device takes and makes itself."""

    prefix: str = col(
        "TestCallID",
        default="",
        cli="testcall-id",
        most=14,
        was=("TESTCALLID",),
        help="Calls to numbers that begin with it are answered by the device itself; empty: none.",
    )
    through: str = col(
        "SBCtestID",
        default="",
        cli="sbc-test-id",
        most=14,
        was=("SBCTESTID",),
        help="Taken off the numbers of calls that begin with it, which then go through the device.",
    )
    digits: str = col(
        "TestCallDtmfString",
        default="3212333",
        cli="testcall-dtmf-string",
        most=15,
        help="Digits that a test call plays when it is not told others.",
    )
