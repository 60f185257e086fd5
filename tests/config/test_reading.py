"""What is computed of a Reading depends on what it says it does, and on nothing else."""

from config.model import DECLARED, IPGroup, NtpParams, ProxyIp, ProxySet, SIPInterface
from sbcd.config.draft import Draft
from sbcd.config.reading import Reading
from sbcd.config.schema import Schema


def test_it_answers_as_the_snapshot_and_remembers_who_was_asked() -> None:
    factory = Schema(DECLARED).factory()
    snapshot = Draft(factory).put(0, ProxyIp(owner=0, position=1)).set(NtpParams(server="t")).finish()
    reading = Reading(snapshot)
    assert reading.kinds == set()
    assert reading.rows(ProxySet) is snapshot.rows(ProxySet)
    assert reading.row(SIPInterface, 0) is None
    assert reading.find(IPGroup, "x") is None
    assert reading.child(ProxyIp, 0, 1) == (0, ProxyIp(owner=0, position=1))
    assert reading.params(NtpParams).server == "t"
    assert reading.kinds == {ProxySet, SIPInterface, IPGroup, ProxyIp, NtpParams}
