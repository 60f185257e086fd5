"""Calls: the global parameters of SIP and of the SBC."""

from sbcd.config.table import Params, col, kept, params
from sbcd.rooms.calls.tables.words import LatchMode


@params(section="SIP Params", area="voip", cli="sip-definition settings")
class SipParams(Params):
    """SIP as a whole."""

    gateway_name: str = col(
        "SIPGatewayName", default="", most=49, help="Host in From of calls to groups that name none."
    )
    use_gateway_name_for_options: int = col(
        "UseGatewayNameForOptions",
        default=0,
        low=0,
        high=2,
        help="That name in keep-alives: 0 no, 1 yes, 2 that of the server.",
    )
    transport: int = col(
        "SIPTransportType",
        default=0,
        low=0,
        high=2,
        help="Transport when nothing else says one: 0 UDP, 1 TCP, 2 TLS.",
    )
    tcp_local_sip_port: int = kept("TCPLocalSIPPort", default=5060)
    tls_local_sip_port: int = kept("TLSLocalSIPPort", default=5061)
    user_agent: str = col("UserAgentDisplayInfo", default="", most=50, help="Text for User-Agent and Server.")
    registration_time: int = kept(
        "RegistrationTime",
        default=180,
        low=10,
        high=2000000,
        help="Seconds the device's own registrations ask for.",
    )
    dns_query_type: int = col(
        "DNSQueryType",
        default=0,
        cli="dns-query",
        low=0,
        high=2,
        help="What is asked of DNS for names without a port: 0 addresses, 1 SRV first, 2 NAPTR first.",
    )
    proxy_refresh: int = col(
        "ProxyIPListRefreshTime",
        default=60,
        cli="proxy-ip-lst-rfrsh-time",
        low=5,
        high=2000000,
        help="Seconds after which the names of proxy sets are asked for again.",
    )
    redundancy: int = col(
        "ProxyRedundancyMode",
        default=0,
        low=0,
        high=1,
        help="0 stay, 1 go back to the first address of a proxy set.",
    )
    retry_after: int = col(
        "RETRYAFTERTIME",
        default=0,
        cli="retry-aftr-time",
        low=0,
        high=3600,
        help="Seconds in Retry-After when calls cannot be taken, 0: not told.",
    )
    tel_asserted: bool = col(
        "USETELURIFORASSERTEDID",
        default=False,
        cli="tel-uri-for-assert-id",
        help="tel instead of sip in a P-Asserted-Identity that the device adds.",
    )
    symmetric_mki: bool = col(
        "ENABLESYMMETRICMKI",
        default=False,
        cli="symmetric-mki",
        help="Answers to peers without an IP Profile name keys as the offer did.",
    )
    media_channels: int = kept("MediaChannels", default=-1, resets=True)
    max_active_calls: int = kept(
        "MaxActiveCalls",
        default=0,
        cli="max-nb-of--act-calls",
        low=0,
        high=100000,
        help="Most calls at a time, 0: what the licence allows.",
    )
    disconnect_on_broken_connection: bool = col(
        "DisconnectOnBrokenConnection", default=True, help="End calls whose media stays away."
    )
    re_invite_after_ha: bool = kept("ReInviteAfterHA", default=False, cli="reinvite-after-ha")
    qo_s_statistics: bool = kept("QoSStatistics", default=False, cli="qos-statistics-in-release-msg")
    use_alt_route_reasons_for3_xx: bool = kept(
        "UseAltRouteReasonsFor3xx",
        default=False,
        cli="3xx-use-alt-route",
        help="A 3xx may lead to the next route.",
    )
    websocketprotocolkeepaliveperiod: int = kept(
        "WEBSOCKETPROTOCOLKEEPALIVEPERIOD", default=0, cli="websocket-keepalive"
    )
    outbound_manipulation_set: int = col(
        "GWOutboundManipulationSet",
        default=-1,
        cli="outbound-manipulation-set",
        low=-1,
        high=1000,
        help="Set for everything the device sends, -1: none.",
    )
    inbound_manipulation_set: int = kept(
        "GWInboundManipulationSet",
        default=-1,
        cli="inbound-manipulation-set",
        low=-1,
        high=1000,
        help="Set for everything it gets, -1: none.",
    )


@params(section="SIP Params", area="voip", cli="sbc settings")
class SbcParams(Params):
    """The SBC as a whole."""

    enable_sbc_application: bool = kept("EnableSBCApplication", default=True, always=True)
    allow_unclassified_calls: bool = col(
        "AllowUnclassifiedCalls",
        default=False,
        cli="unclassified-calls",
        words={False: "reject", True: "allow"},
        help="Take calls from nobody known.",
    )
    max_call_duration: int = col(
        "SBCMaxCallDuration",
        default=0,
        cli="sbc-max-call-duration",
        low=0,
        high=35791,
        help="Minutes after which a call is ended, 0: never.",
    )
    forking: int = kept(
        "SBCForkingHandlingMode",
        default=0,
        cli="sbc-forking-handling-mode",
        low=0,
        high=1,
        help="Of forked answers 0: the first one's media stays, 1: the newest one's.",
    )
    user_info: bool = col(
        "ENABLEUSERINFOUSAGE",
        default=False,
        cli="enable-user-info-usage",
        only=(True,),
        help="1: users of a loaded file are known, as they always are here.",
    )
    enforce_media_order: bool = col(
        "SBCENFORCEMEDIAORDER",
        default=False,
        cli="enforce-media-order",
        help="Offers inside a call tell every stream that was told before, refused where it is gone.",
    )
    sbc_preferences_mode: int = col(
        "SBCPreferencesMode",
        default=0,
        cli="sbc-preferences",
        low=0,
        high=1,
        help="Coders of offers the device makes: 0 as their group says, 1 as the allowed list.",
    )
    session_expires: int = col(
        "SBCSessionExpires",
        default=180,
        cli="sbc-session-expires",
        low=90,
        high=86400,
        help="Seconds of a session timer.",
    )
    min_se: int = col(
        "SBCMinSE",
        default=90,
        cli="min-session-expires",
        low=90,
        high=1000000,
        help="Shortest session timer to accept.",
    )
    alert_timeout: int = col(
        "SBCAlertTimeout",
        default=600,
        cli="sbc-alert-timeout",
        low=0,
        high=3600,
        help="Seconds a phone may ring, 0: for ever.",
    )
    direct_media: bool = col(
        "SBCDirectMedia", default=False, cli="sbc-direct-media", help="Media may pass beside the device."
    )
    user_registration_time: int = col(
        "SBCUserRegistrationTime",
        default=0,
        cli="sbc-usr-reg-time",
        low=0,
        high=2000000,
        help="Seconds told to registering users, 0: as asked.",
    )
    proxy_registration_time: int = kept(
        "SBCProxyRegistrationTime",
        default=0,
        cli="sbc-proxy-registration-time",
        low=0,
        high=2000000,
        help="Seconds asked of the registrar, 0: as the user asked.",
    )
    enable_sip_rec: int = kept("EnableSIPREC", default=0, cli="siprec")
    enable_id_s: bool = col(
        "EnableIDS", default=False, cli="enable-ids", resets=True, help="Intrusion detection policies hold."
    )
    allocation_web_rtc_sessions: int = kept(
        "AllocationWebRTCSessions", default=0, cli="allocation-webrtc-sessions"
    )
    allocation_sip_rec_sessions: int = kept(
        "AllocationSIPRecSessions", default=0, cli="allocation-siprec-sessions"
    )


@params(section="Voice Engine Params", area="voip", cli="media settings")
class MediaParams(Params):
    """Media as a whole."""

    latch: LatchMode = col(
        "InboundMediaLatchMode",
        default=LatchMode.DYNAMIC,
        cli="inbound-media-latch-mode",
        help="Whether media may come from another address than announced.",
    )
    nat_mode: int = col(
        "NatMode",
        default=0,
        cli="nat-mode",
        low=0,
        high=4,
        only=(0, 1, 2, 3),
        help="Media goes 0: to where it comes from, 1: as announced, 2: only where it comes from, "
        "3: as 2 to peers whose Contact is not their address, else as 1.",
    )
    rfc2833_tx: int = kept(
        "RFC2833TxPayloadType",
        default=96,
        cli="telephony-events-payload-type-tx",
        low=96,
        high=127,
        help="Payload type of sent telephone events.",
    )
    rfc2833_rx: int = col(
        "RFC2833RxPayloadType",
        default=96,
        cli="telephony-events-payload-type-rx",
        low=96,
        high=127,
        help="Payload type of telephone events that the device adds to an offer.",
    )
    fax_transport_mode: int = kept("FaxTransportMode", default=1, cli="fax-transport-mode")
    vq_mon_enable: int = kept("VQMonEnable", default=0, cli="voice-quality-monitoring", resets=True)
    enable_dspipm_detectors: int = kept("EnableDSPIPMDetectors", default=0, cli="ipm-detectors", resets=True)
    pl_threshold_levels_per_mille: tuple[int, ...] = kept(
        "PLThresholdLevelsPerMille",
        default=(5, 10, 20, 50),
        cli="packet-loss-thresholds",
        array=4,
        always=True,
    )
    cpt_file: str = kept("CallProgressTonesFilename", default="", cli="call-progress-tones-file", most=47)
    prt_file: str = kept("PrerecordedTonesFileName", default="", cli="prerecorded-tones-file", most=47)


@params(section="Voice Engine Params", area="voip", cli="media security")
class MediaSecurityParams(Params):
    """SRTP."""

    enabled: bool = col(
        "EnableMediaSecurity",
        default=False,
        cli="media-security-enable",
        words={False: "off", True: "on"},
        resets=True,
        help="SRTP is possible.",
    )
    mki_size: int = col(
        "SRTPTxPacketMKISize",
        default=0,
        cli="srtp-tx-packet-mki-size",
        low=0,
        high=4,
        help="Octets that name the key in SRTP packets to peers without an IP Profile.",
    )


@params(section="BSP Params", area="voip", cli="media settings")
class PortParams(Params):
    """UDP ports of media."""

    udp_port_spacing: int = col(
        "UdpPortSpacing",
        default=4,
        cli="udp-port-spacing",
        low=4,
        high=10,
        always=True,
        help="UDP ports a session takes; a media realm ends at start + sessions x this - 1.",
    )
    base_udp_port: int = kept(
        "BaseUDPPort",
        default=6000,
        low=1024,
        high=65535,
        resets=True,
        help="First media port where no realm is configured.",
    )
