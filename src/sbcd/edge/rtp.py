"""The RTP relay: commands of the call engine to sockets, packets from leg to leg.

One rule: it decides nothing. Where a packet goes is `media.relay`'s, what a description says `sip.sdp`'s."""

from collections.abc import Callable

import msgspec

from sbcd.edge.rtpcall import (
    Call,
    Half,
    Kept,
    addresses,
    codecs,
    heard,
    join,
    kept,
    leg_of,
    rates,
    renew,
    summed,
    told,
    without_ice,
)
from sbcd.edge.rtpports import Lender, Watch
from sbcd.edge.srtp import NotAcceptable
from sbcd.media import contract
from sbcd.media.contract import Anchored, Answer, Count, Counted, Delete, Offer, Query, Refused
from sbcd.sip.grammar import Malformed
from sbcd.sip.sdp import Place, Sdp


class RtpRelay:
    """All anchored calls. `clock` gives monotonic seconds, `tell` takes events."""

    def __init__(
        self, watch: Watch, clock: Callable[[], float], tell: Callable[[contract.Event], None]
    ) -> None:
        self._lender = Lender(watch, clock)
        self._clock = clock
        self._tell = tell
        self._calls: dict[str, Call] = {}
        self._total = Count()

    def handle(self, command: contract.Command) -> contract.Reply:
        """Carry out one command."""
        match command:
            case Offer():
                return self._described(command, command)
            case Answer():
                return self._described(command, None)
            case Delete(name):
                call = self._calls.pop(name, None)
                return Counted({}) if call is None else self._end(call)
            case Query(""):
                return Counted({"in": self._total}, len(self._calls))
            case Query(name):
                return Counted(self._count(self._calls[name]) if name in self._calls else {})
            case contract.Realms(realms):
                halves = (half for call in self._calls.values() for half in call.halves())
                return self._lender.settle(realms, halves)

    def tick(self) -> None:
        """Once a second: tell who fell silent and who is heard again."""
        now = self._clock()
        for call in self._calls.values():
            if not call.silence:
                continue
            for leg in (0, 1):
                sides = [pair[leg] for pair in call.streams]
                sending = [half.side for half in sides if half is not None and half.expects]
                last = max((side.last or call.started for side in sending), default=now)
                if not call.silent[leg] and now - last >= call.silence:
                    call.silent[leg] = True
                    self._tell(contract.Silent(call.name, call.legs[leg], round(now - last, 1)))
                elif call.silent[leg] and now - last < call.silence:
                    call.silent[leg] = False
                    self._tell(contract.Heard(call.name, call.legs[leg]))

    def close(self) -> None:
        for call in self._calls.values():
            self._end(call)
        self._calls.clear()

    def kept(self, name: str) -> Kept | None:
        """What it takes to put this call back."""
        call = self._calls.get(name)
        return None if call is None else kept(call)

    def restore(self, call: Kept) -> bool:
        """Put a call back on its old ports; False when that cannot be."""
        fresh = Call(call.call, call.legs, self._clock())
        fresh.silence, fresh.versions = call.silence, list(call.versions)
        self._calls[call.call] = fresh
        try:
            for pair in call.streams:
                halves: list[Half | None] = [None, None]
                fresh.streams.append(halves)
                for leg, side in enumerate(pair):
                    if side is not None:
                        halves[leg] = half = self._lender.lend(side.realm, side.port)
                        half.side.settle(side.place, side.place_rtcp, side.strict)
                        half.side.rates, half.side.plain, half.expects = side.rates, side.plain, side.expects
                        half.side.nat = side.nat
                        half.side.latched = side.place if side.nat == "force" else None
                        if side.shield is not None:
                            half.shield.restore(side.shield)
                join(halves)
        except LookupError:
            self._end(self._calls.pop(call.call))
            return False
        return True

    # -- descriptions

    def _described(self, said: Offer | Answer, offer: Offer | None) -> contract.Reply:
        try:
            sdp = Sdp.parse(said.sdp)
        except Malformed as error:
            return Refused(str(error), 400)
        call = self._calls.get(said.call)
        new = call is None
        if call is None:
            if offer is None:
                return Refused(f"no call {said.call!r} is anchored", 481)
            call = self._calls[said.call] = Call(said.call, (offer.leg, offer.other), self._clock())
        leg = leg_of(call, said.leg, said.other)
        try:
            if offer is not None:
                renew(call, leg, offer.other)
                call.silence = offer.silence
                self._anchor(call, leg, sdp, offer)
            elif len(sdp.streams) > len(call.streams):
                return Refused("the answer has more streams than the offer", 488)
        except LookupError as error:
            if new:
                self._end(self._calls.pop(said.call))
            return Refused(str(error), 503)
        try:
            for pair, stream in zip(call.streams, sdp.streams, strict=False):
                heard(pair, leg, stream, offer)
        except NotAcceptable as error:
            if new:
                self._end(self._calls.pop(said.call))
            return Refused(str(error), 488)
        for pair in call.streams:
            if (half := pair[leg]) is not None:
                half.side.nat = said.nat
        self._settle(call, leg, sdp, offer.latch == "strict" if offer is not None else None)
        return Anchored(self._told(call, leg, sdp, offer is not None))

    def _anchor(self, call: Call, leg: int, sdp: Sdp, offer: Offer) -> None:
        """Sockets for every live stream of an offer, in the realms it names."""
        while len(call.streams) < len(sdp.streams):
            call.streams.append([None, None])
        for at, stream in enumerate(sdp.streams):
            if not stream.port:
                continue
            pair = call.streams[at]
            for which, realm in ((leg, offer.near), (1 - leg, offer.far)):
                half = pair[which]
                if half is not None and half.ports.realm.name != realm:
                    self._lender.release(half)
                    half = None
                pair[which] = half if half is not None else self._lender.lend(realm)
            join(pair)

    def _settle(self, call: Call, leg: int, sdp: Sdp, strict: bool | None) -> None:
        """Where the leg wants to receive and whether it will send."""
        for at, stream in enumerate(sdp.streams):
            half = call.streams[at][leg]
            if half is None:
                continue
            place = sdp.place(at)
            side = half.side
            side.plain = "RTP" in stream.proto.upper()
            side.rates, half.names = rates(stream), codecs(stream)
            half.expects = place is not None and sdp.direction(at) in {"sendrecv", "sendonly"}
            rtp, rtcp = (None, None) if place is None else addresses(place)
            side.settle(rtp, rtcp, side.strict if strict is None else strict)
        if strict is not None:
            for pair in call.streams:
                if (facing := pair[1 - leg]) is not None:
                    facing.side.strict = strict

    def _told(self, call: Call, leg: int, sdp: Sdp, offer: bool) -> bytes:
        """The description for the other leg: our ports, our origin, nothing of ICE."""
        places: list[Place | None] = []
        for at, stream in enumerate(sdp.streams):
            half = call.streams[at][1 - leg]
            places.append(half.place(stream.mux) if stream.port and half is not None else None)
        known = next((place for place in places if place is not None), None)
        host = known.host if known else next((half.place(False).host for half in call.halves()), "0.0.0.0")  # noqa: S104
        streams = tuple(
            told(pair[leg], pair[1 - leg], stream, offer)
            for pair, stream in zip(call.streams, sdp.streams, strict=False)
        )
        moved = without_ice(msgspec.structs.replace(sdp, streams=streams)).moved(places)
        session = str(int(call.started * 1000) & 0x7FFFFFFF)
        body = bytes(moved.from_(host, session, 0))
        if body != call.bodies[1 - leg]:
            call.bodies[1 - leg] = body
            call.versions[1 - leg] += 1
        return bytes(moved.from_(host, session, call.versions[1 - leg]))

    # -- counting and ending

    def _count(self, call: Call) -> dict[str, Count]:
        return {name: summed([pair[leg] for pair in call.streams]) for leg, name in enumerate(call.legs)}

    def _end(self, call: Call) -> Counted:
        counts = self._count(call)
        for half in list(call.halves()):
            self._lender.release(half)
        total = self._total
        for count in counts.values():
            total = msgspec.structs.replace(
                total,
                packets=total.packets + count.packets,
                octets=total.octets + count.octets,
                lost=total.lost + count.lost,
                refused=total.refused + count.refused,
                rtcp=total.rtcp + count.rtcp,
                streams=total.streams + count.streams,
            )
        self._total = total
        return Counted(counts)
