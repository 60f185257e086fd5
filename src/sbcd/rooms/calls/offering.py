"""IP Profiles and coder groups of a configuration as parts of the plan.

One rule: coder numbers become names here; a profile that shapes nothing has no shape."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sbcd.config.snapshot import Snapshot
from sbcd.rooms.calls import plan
from sbcd.rooms.calls.coders import AUDIO, ILBC_20_MS, Coder, Shape, number, ordered
from sbcd.rooms.calls.colours import Colouring, Rule
from sbcd.rooms.calls.tables.coders import (
    AllowedAudioCoders,
    AllowedVideoCoders,
    AudioCoders,
    QOEColorRules,
    QOEProfile,
)
from sbcd.rooms.calls.tables.profiles import IpProfile
from sbcd.rooms.calls.tables.settings import MediaParams, MediaSecurityParams, SbcParams, SipParams
from sbcd.rooms.calls.tables.words import AllowedCodersMode

Lists = Mapping[str, tuple[str, ...]]
EXTENSIONS_TOO = 1  # SBCPreferencesMode: the allowed list orders the device's own coders as well


def profiles(snapshot: Snapshot) -> Iterator[plan.Profile]:
    """IP profiles."""
    sbc, sip = snapshot.params(SbcParams), snapshot.params(SipParams)
    secured = snapshot.params(MediaSecurityParams).enabled
    groups, lists, videos = coders(snapshot), allowed(snapshot), allowed_video(snapshot)
    for index, row in snapshot.rows(IpProfile).items():
        broken = int(row.disconnect_on_broken_connection)
        shape = shaping(snapshot, row, lists, videos)
        own = groups.get(row.extension_coders_group, ())
        own = ordered(own, shape.allowed) if shape and sbc.sbc_preferences_mode == EXTENSIONS_TOO else own
        yield plan.Profile(
            index,
            row.name,
            session_expires=int(row.session_expires),
            prack=int(row.prack),
            refer=int(row.refer_behavior),
            redirect=int(row.redirect_behavior),
            broken=bool(sip.disconnect_on_broken_connection) if broken < 0 else bool(broken),
            user_expires=row.user_registration_time or sbc.user_registration_time,
            nat_udp_expires=row.sbc_user_behind_udp_nat_registration_time,
            nat_tcp_expires=row.sbc_user_behind_tcp_nat_registration_time,
            assert_identity=int(row.assert_identity),
            diversion=int(row.diversion),
            history=int(row.history_info),
            longest=60 * (row.max_call_duration or sbc.max_call_duration),
            security=int(row.media_security) if secured else 0,
            keeps_agent=row.keep_user_agent == 1,
            mki=(max(row.mki_size, 0), row.enable_symmetric_mki > 0, bool(row.sbc_enforce_mki_size)),
            shape=shape,
            coders=own,
            events_payload=events(snapshot, row),
            delayed_offer=row.delayed_offer_support,
            update=int(row.update_support),
            reinvite=int(row.reinvite_support),
            replaces=int(row.replaces_behavior),
            early_media=row.early_media_support,
            early_response=int(row.early_media_response),
            multiple_18x=row.multiple_18x_support,
        )


def qualities(snapshot: Snapshot) -> tuple[Colouring, ...]:
    """QoE Profiles with their rules; what a rule measures that the device cannot (echo) stays out."""
    found: dict[int, list[tuple[int, Rule]]] = {}
    for row in snapshot.rows(QOEColorRules).values():
        rule = Rule(
            row.monitored_param,
            bool(row.direction),
            row.minor_threshold,
            row.minor_hysteresis,
            row.major_threshold,
            row.major_hysteresis,
        )
        found.setdefault(row.profile_index, []).append((row.position, rule))
    return tuple(
        Colouring(row.name, tuple(rule for _, rule in sorted(found.get(index, ()), key=lambda r: r[0])))
        for index, row in snapshot.rows(QOEProfile).items()
    )


def shaping(snapshot: Snapshot, row: IpProfile, lists: Lists, videos: Lists) -> Shape | None:
    """What a profile makes of descriptions, with the lists of allowed coders; None when that is nothing."""
    names = lists.get(row.allowed_audio_coders_group, ())
    pictures = videos.get(row.allowed_video_coders_group, ())
    mode = row.allowed_coders_mode
    kinds = row.sbc_allowed_media_types.lower().replace(",", " ").split()
    shape = Shape(
        allowed=names,
        restricts=bool(names) and mode is not AllowedCodersMode.PREFERENCE,
        prefers=bool(names) and mode is not AllowedCodersMode.RESTRICTION,
        video=pictures,
        restricts_video=bool(pictures) and mode is not AllowedCodersMode.PREFERENCE,
        prefers_video=bool(pictures) and mode is not AllowedCodersMode.RESTRICTION,
        kinds=tuple(kinds),
        events=int(row.rfc2833_behavior),
        events_payload=events(snapshot, row),
        silence=row.sbc_use_silence_supp,
        redundancy=row.sbc_rtp_redundancy_behavior,
        hold=int(row.hold_format),
    )
    idle = Shape(events_payload=shape.events_payload)
    return None if shape == idle else shape


def events(snapshot: Snapshot, row: IpProfile) -> int:
    """The payload type of telephone events that the device adds for a peer."""
    return row.sbc_2833_dtmf_payload_type or snapshot.params(MediaParams).rfc2833_rx


def allowed(snapshot: Snapshot) -> dict[str, tuple[str, ...]]:
    """Coder names by Allowed Audio Coders Group, in the order of their places."""
    found: dict[str, list[tuple[int, str]]] = {}
    for row in snapshot.rows(AllowedAudioCoders).values():
        name = row.user_define_coder.upper() or number(row.coder)
        if name:
            found.setdefault(row.group, []).append((row.position, name))
    return {group: tuple(name for _, name in sorted(rows)) for group, rows in found.items()}


def allowed_video(snapshot: Snapshot) -> dict[str, tuple[str, ...]]:
    """Names of video coders by Allowed Video Coders Group, in the order of their places."""
    found: dict[str, list[tuple[int, str]]] = {}
    for row in snapshot.rows(AllowedVideoCoders).values():
        found.setdefault(row.group, []).append((row.position, row.user_define_coder.upper()))
    return {group: tuple(name for _, name in sorted(rows) if name) for group, rows in found.items()}


def coders(snapshot: Snapshot) -> dict[str, tuple[Coder, ...]]:
    """Coders by Audio Coders Group, in the order of their places."""
    found: dict[str, list[tuple[int, Coder]]] = {}
    for row in snapshot.rows(AudioCoders).values():
        if row.coder not in AUDIO:
            continue
        parameters = row.coder_specific
        if number(row.coder) == "ILBC" and not parameters:
            parameters = f"mode={20 if row.rate == ILBC_20_MS else 30}"
        coder = Coder(
            number(row.coder),
            AUDIO[row.coder][1],
            row.payload_type,
            10 * row.p_time,
            bool(row.silence_suppression),
            parameters,
        )
        found.setdefault(row.group, []).append((row.position, coder))
    return {group: tuple(c for _, c in sorted(rows, key=lambda r: r[0])) for group, rows in found.items()}
