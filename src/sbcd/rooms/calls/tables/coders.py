"""Calls: coders and quality profiles."""

from sbcd.config.table import Row, col, kept, table
from sbcd.rooms.calls.coders import AUDIO
from sbcd.rooms.calls.tables.words import SilenceSuppression


@table(
    ini="AudioCodersGroups",
    area="voip",
    cli="coders-and-profiles audio-coders-groups",
    help="A list of coders for offers the device makes itself.",
)
class AudioCodersGroups(Row):
    """A list of coders for offers the device makes itself (IpProfile.SBCExtensionCodersGroupName)."""

    name: str = col("Name", most=40, unique=True, help="Name of the group.")

    @classmethod
    def factory(cls) -> "dict[int, AudioCodersGroups]":
        return {0: cls(name="AudioCodersGroups_0")}


@table(ini="AudioCoders", area="voip", cli="coders-and-profiles audio-coders", help="A coder of a group.")
class AudioCoders(Row):
    """A coder of a group."""

    group: str = col("AudioCodersGroupId", parent="AudioCodersGroups", help="The group.")
    position: int = col(
        "AudioCodersIndex", default=0, low=0, high=19, position=True, help="Place in the group."
    )
    coder: int = col(
        "Name",
        default=1,
        cli="name",
        low=0,
        high=255,
        only=tuple(AUDIO),
        help="1 G.711 A-law, 2 G.711 u-law, 3 G.729, 7 transparent, 12 EVRC, 19 iLBC, 20 G.722, "
        "35 SILK-NB, 36 SILK-WB, 40 Opus.",
    )
    p_time: int = col(
        "pTime", default=2, cli="p-time", low=0, high=255, help="Packet time in tens of ms; of the first."
    )
    rate: int = col(
        "rate",
        default=90,
        cli="rate",
        low=0,
        high=255,
        help="Bit rate by number; with iLBC 39: 20 ms frames.",
    )
    payload_type: int = col(
        "PayloadType",
        default=-1,
        cli="payload-type",
        low=-1,
        high=127,
        help="RTP payload type, -1: the usual one.",
    )
    silence_suppression: SilenceSuppression = col(
        "Sce", default=SilenceSuppression.DISABLE, cli="silence-suppression", help="Silence suppression."
    )
    coder_specific: str = col(
        "CoderSpecific", default="", cli="coder-specific", most=200, help="Parameters of the coder (fmtp)."
    )

    @classmethod
    def factory(cls) -> "dict[int, AudioCoders]":
        return {0: cls(group="AudioCodersGroups_0")}


@table(
    ini="AllowedAudioCodersGroups",
    area="voip",
    cli="coders-and-profiles allowed-audio-coders-groups",
    help="Coders a peer may use.",
)
class AllowedAudioCodersGroups(Row):
    """Coders a peer may use."""

    name: str = col("Name", most=40, unique=True, help="Name of the group.")


@table(
    ini="AllowedAudioCoders",
    area="voip",
    cli="coders-and-profiles allowed-audio-coders",
    help="A coder a peer may use.",
)
class AllowedAudioCoders(Row):
    """A coder a peer may use."""

    group: str = col("AllowedAudioCodersGroupName", parent="AllowedAudioCodersGroups", help="The group.")
    position: int = col(
        "AllowedAudioCodersIndex", default=0, low=0, high=19, position=True, help="Place in the group."
    )
    coder: int = col(
        "CoderID",
        default=1,
        cli="coder",
        low=0,
        high=255,
        only=tuple(AUDIO),
        help="Coder by number, as in AudioCoders.",
    )
    user_define_coder: str = col(
        "UserDefineCoder", default="", most=32, help="Name of a coder without a number, as in SDP."
    )


@table(
    ini="AllowedVideoCodersGroups",
    area="voip",
    cli="coders-and-profiles allowed-video-coders-groups",
    help="Video coders a peer may use.",
)
class AllowedVideoCodersGroups(Row):
    """Video coders a peer may use."""

    name: str = col("Name", most=40, unique=True, help="Name of the group.")


@table(
    ini="AllowedVideoCoders",
    area="voip",
    cli="coders-and-profiles allowed-video-coders",
    help="A video coder a peer may use.",
)
class AllowedVideoCoders(Row):
    """A video coder a peer may use."""

    group: str = col("AllowedVideoCodersGroupName", parent="AllowedVideoCodersGroups", help="The group.")
    position: int = col(
        "AllowedVideoCodersIndex", default=0, low=0, high=19, position=True, help="Place in the group."
    )
    user_define_coder: str = col("UserDefineCoder", default="", most=32, help="Its name, as in SDP.")


@table(ini="QOEProfile", area="voip", cli="qoe qoe-profile", help="Quality thresholds, by name.")
class QOEProfile(Row):
    """Quality thresholds, by name."""

    name: str = col("Name", most=40, unique=True, help="Name of the profile.")
    sensitivity_level: int = kept("SensitivityLevel", default=3, cli="sensitivity-level")


@table(ini="QOEColorRules", area="voip", cli="qoe qoe-color-rules", help="One quality threshold.")
class QOEColorRules(Row):
    """One quality threshold."""

    profile_index: int = col("QoeProfile", parent="QOEProfile", quoted=True, help="The profile.")
    position: int = col("ColorRuleIndex", default=0, position=True, help="Place in the profile.")
    monitored_param: int = col(
        "monitoredParam",
        default=0,
        low=0,
        high=4,
        only=(0, 1, 2, 3),
        help="What is measured: 0 MOS, 1 delay, 2 packet loss, 3 jitter, 4 echo.",
    )
    direction: int = col(
        "direction", default=0, low=0, high=1, help="0: as we hear the peer, 1: as it hears us."
    )
    profile: int = kept("profile", default=3)
    minor_threshold: int = col(
        "MinorThreshold", default=36, help="Beyond it: yellow. MOS in tenths, ms, percent."
    )
    minor_hysteresis: int = col("MinorHysteresis", default=1, help="So much better: green again.")
    major_threshold: int = col("MajorThreshold", default=11, help="Beyond it: red.")
    major_hysteresis: int = col("MajorHysteresis", default=1, help="So much better: yellow again.")


@table(ini="QOESettings", area="voip", cli="qoe qoe-settings", help="The quality server.")
class QOESettings(Row):
    """The quality server."""

    server: str = kept("ServerName", default="")
    secondary_server: str = kept("SecondaryServerName", default="")
    report_mode: int = kept("ReportMode", default=0)
    context: str = kept("ContextName", default="")
    interface: str = kept("Interface", default="")
    enable_tls: int = kept("EnableTls", default=0)
    verify_certificate: int = kept("VerifyCertificate", default=0)
    verify_certificate_subject: int = kept("VerifyCertificateSubjectName", default=0)
    keep_alive_time: int = kept("KeepAliveTime", default=10)
