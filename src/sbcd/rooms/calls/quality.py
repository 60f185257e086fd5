"""Which fact feeds which KPI of media: packets, bandwidth, quality, streams, coders.

One rule: a leg holds bandwidth and a coder only while it has streams."""

from collections.abc import Callable, Iterable, Mapping
from operator import attrgetter
from typing import Any

from sbcd.rooms.calls import facts as told
from sbcd.rooms.kpi import Count, Feed, Hold, Share

MEDIA, CODERS = "media/mediaStats", "media/coderStats"
GROUP: Mapping[str, Callable[[Any], int]] = {"ipGroup": attrgetter("ip_group")}
PATHS: Mapping[str, Callable[[Any], int]] = {**GROUP, "cpMediaRealm": attrgetter("realm")}
GREEN, YELLOW = 3.6, 3.1  # MOS above which users are satisfied, or bear it (ITU-T G.109)

CODER_NAMES = {
    "PCMA": ("coderG711", "coderG711alaw"),
    "PCMU": ("coderG711", "coderG711ulaw"),
    "G722": ("coderG722",),
    "G723": ("coderG723",),
    "G726-16": ("coderG726",),
    "G726-24": ("coderG726",),
    "G726-32": ("coderG726",),
    "G726-40": ("coderG726",),
    "G729": ("coderG729",),
    "G7291": ("coderG729EV",),
    "GSM": ("coderGSMFR",),
    "GSM-EFR": ("coderGSMEFR",),
    "ILBC": ("coderILBC",),
    "EVRC": ("coderEVRC",),
    "QCELP": ("coderQCELP",),
    "AMR": ("coderAMRNB",),
    "AMR-WB": ("coderAMRWB",),
    "T38": ("coderT38",),
    "SILK": ("coderSILKNB",),
    "OPUS": ("coderOPUSWB",),
    "X-MSRTA": ("coderRTA",),
}
OTHER_CODER = ("coderOther",)
CODER_BASES = tuple(sorted({base for bases in CODER_NAMES.values() for base in bases} | set(OTHER_CODER)))


def leg(fact: Any) -> tuple[int, int]:
    """The leg a fact is about: who holds streams, bandwidth and a coder."""
    return fact.session, fact.way


def streams(fact: Any) -> float:
    """How many streams a leg has now; it holds them, and bandwidth and a coder while it has any."""
    return float(fact.rtp + fact.srtp)


def _streams() -> list[Feed]:
    fact, none = told.StreamsChanged, {"when": lambda f: streams(f) == 0, "value": lambda _: 0}
    silent: dict[str, Any] = {"key": leg, **none}
    coder: dict[str, Any] = {"bases": CODER_BASES, "held": "coder", **silent}
    values: tuple[tuple[str, Callable[[Any], float]], ...] = (
        ("mediaStreams", streams),
        ("mediaRtpStreams", attrgetter("rtp")),
        ("mediaSrtpStreams", attrgetter("srtp")),
    )
    found = [Hold(fact, MEDIA, base, PATHS, held=base, key=leg, value=value) for base, value in values]
    for side in ("In", "Out"):
        bandwidth = f"mediaBandwidth{side}"
        found.append(Hold(fact, MEDIA, bandwidth, PATHS, held=bandwidth, **silent))
    found.append(Hold(fact, CODERS, lambda _: (), GROUP, held="mediaStreams", key=leg, value=streams))
    found.append(Hold(fact, CODERS, lambda _: (), GROUP, **coder))
    return [*found]


def colour(mos: float) -> float:
    """The colour of a MOS where no QoE Profile says: 2 green, 1 yellow, 0 red."""
    return 2 if mos >= GREEN else 1 if mos >= YELLOW else 0


def _media(side: str, way: str) -> list[Feed]:
    """Packets, volume, bandwidth and quality of one direction as the relay measured it."""
    fact = told.MediaMeasured
    packets, octets, lost = (attrgetter(f"{name}_{way}") for name in ("packets", "octets", "lost"))
    jitter, mos = attrgetter(f"jitter_{way}"), attrgetter(f"mos_{way}")
    bandwidth = f"mediaBandwidth{side}"
    found: list[Feed] = [
        Count(fact, MEDIA, f"mediaPackets{side}", PATHS, amount=packets),
        Count(fact, MEDIA, f"mediaKBytes{side}", PATHS, amount=octets),
        Hold(
            fact,
            MEDIA,
            bandwidth,
            PATHS,
            held=bandwidth,
            needs="mediaStreams",
            key=leg,
            value=lambda f: octets(f) * 8 / 1000 / f.seconds if f.seconds > 0 else 0,
        ),
        Share(
            fact,
            MEDIA,
            f"mediaPacketLoss{side}",
            PATHS,
            when=lambda f: lost(f) is not None,
            part=lambda f: 10000 * lost(f),
            whole=lambda f: packets(f) + lost(f),
        ),
        Share(fact, MEDIA, f"mediaJitter{side}", PATHS, when=lambda f: jitter(f) is not None, part=jitter),
    ]
    heard: dict[str, Any] = {"at": PATHS, "when": lambda f: mos(f) is not None}
    found.append(Share(fact, MEDIA, f"mediaMOS{side}", **heard, part=lambda f: 10 * mos(f)))
    found.append(_quality(side, way, mos))
    if way == "in":
        told_delay: dict[str, Any] = {"when": lambda f: f.delay is not None, "part": attrgetter("delay")}
        found.append(Share(fact, MEDIA, "mediaDelayIn", PATHS, **told_delay))
    return found


def _quality(side: str, way: str, mos: Callable[[Any], float | None]) -> Feed:
    """The colour of one direction: as its QoE Profile says, else by the MOS."""
    painted = attrgetter(f"colour_{way}")

    def quality(f: Any) -> float:
        return colour(mos(f) or 1.0) if painted(f) is None else painted(f)

    def known(f: Any) -> bool:
        return painted(f) is not None or mos(f) is not None

    return Share(told.MediaMeasured, MEDIA, f"mediaQuality{side}", PATHS, when=known, part=quality)


def coder_bases(fact: Any) -> Iterable[str]:
    """The KPIs of the coder that a leg was measured with."""
    return CODER_NAMES.get(fact.coder.upper(), OTHER_CODER) if fact.coder else ()


def _coders() -> list[Feed]:
    held: dict[str, Any] = {"bases": CODER_BASES, "held": "coder", "needs": "mediaStreams"}
    return [Hold(told.MediaMeasured, CODERS, coder_bases, GROUP, **held, key=leg)]


def feeds() -> list[Feed]:
    """Everything that media feeds."""
    return [*_streams(), *_media("In", "in"), *_media("Out", "out"), *_coders()]
