"""Calls: IP profiles, how a peer is treated."""

from sbcd.config.table import Row, col, kept, table
from sbcd.rooms.calls.tables.words import (
    AllowedCodersMode,
    AlternativeDtmf,
    EarlyMediaResponse,
    HeaderMode,
    HoldFormat,
    MediaSecurity,
    PrackMode,
    RedirectBehavior,
    ReferBehavior,
    ReinviteSupport,
    ReplacesBehavior,
    Rfc2833Behavior,
    SessionExpiresMode,
    Tristate,
    UpdateSupport,
)


class MediaProfile(Row):
    """The first columns of an IP profile: mostly its media."""

    name: str = col("ProfileName", default="", most=40, unique=True, help="Name of the profile.")
    ip_preference: int = kept("IpPreference", default=1)
    coders_group: str = kept(
        "CodersGroupName", default="", cli="coders-group", refers_to="AudioCodersGroups", help="Offered."
    )
    is_fax_used: int = kept("IsFaxUsed", default=0)
    jitter_buf_min_delay: int = kept("JitterBufMinDelay", default=10)
    jitter_buf_opt_factor: int = kept("JitterBufOptFactor", default=10)
    media_diffserv: int = kept("IPDiffServ", default=46, low=0, high=255, help="DiffServ value of media.")
    signaling_diffserv: int = kept(
        "SigIPDiffServ", default=24, low=0, high=255, help="DiffServ value of SIP."
    )
    rtp_redundancy_depth: int = kept("RTPRedundancyDepth", default=0)
    cn_gmode: int = kept("CNGmode", default=0)
    vxx_transport_type: int = kept("VxxTransportType", default=2)
    nse_mode: int = kept("NSEMode", default=0)
    is_dtmf_used: int = kept("IsDTMFUsed", default=0)
    play_rb_tone2_ip: int = kept("PlayRBTone2IP", default=0)
    enable_early_media: int = kept("EnableEarlyMedia", default=0)
    progress_indicator2_ip: int = kept("ProgressIndicator2IP", default=-1)
    enable_echo_canceller: int = kept("EnableEchoCanceller", default=1)
    copy_dest2_redirect_number: int = kept("CopyDest2RedirectNumber", default=0)
    media_security_behaviour: int = kept("MediaSecurityBehaviour", default=0)
    call_limit: int = kept(
        "CallLimit", default=-1, low=-1, high=200000, help="Most calls at a time, -1: no limit."
    )
    disconnect_on_broken_connection: Tristate = col(
        "DisconnectOnBrokenConnection", default=Tristate.ENABLE, help="End a call whose media stays away."
    )
    first_tx_dtmf_option: int = kept("FirstTxDtmfOption", default=4)
    second_tx_dtmf_option: int = kept("SecondTxDtmfOption", default=-1)
    rx_dtmf_option: int = kept("RxDTMFOption", default=1)
    enable_hold: int = kept("EnableHold", default=1)
    input_gain: int = kept("InputGain", default=0)
    voice_volume: int = kept("VoiceVolume", default=0)
    add_ie_in_setup: str = kept("AddIEInSetup", default="")
    extension_coders_group: str = col(
        "SBCExtensionCodersGroupName",
        default="",
        cli="sbc-ext-coders-group-name",
        refers_to="AudioCodersGroups",
        help="Coders of the offers the device makes itself; to others it adds none, it does not transcode.",
    )
    media_ip_version_preference: int = kept("MediaIPVersionPreference", default=0)
    transcoding_mode: int = kept("TranscodingMode", default=0)
    sbc_allowed_media_types: str = col(
        "SBCAllowedMediaTypes", default="", help="Streams let through, as audio,video; empty: all."
    )
    allowed_audio_coders_group: str = col(
        "SBCAllowedAudioCodersGroupName",
        default="",
        cli="sbc-allowed-audio-coders-group-name",
        refers_to="AllowedAudioCodersGroups",
        help="Coders to let through.",
    )
    allowed_video_coders_group: str = col(
        "SBCAllowedVideoCodersGroupName",
        default="",
        refers_to="AllowedVideoCodersGroups",
        help="Video coders to let through.",
    )
    allowed_coders_mode: AllowedCodersMode = col(
        "SBCAllowedCodersMode",
        default=AllowedCodersMode.RESTRICTION,
        help="The list restricts, orders, or both.",
    )
    media_security: MediaSecurity = col(
        "SBCMediaSecurityBehaviour",
        default=MediaSecurity.AS_IS,
        cli="sbc-media-security-behaviour",
        help="RTP or SRTP towards the peer.",
    )
    sbc_crypto_group: str = kept("SBCCryptoGroupName", default="")
    rfc2833_behavior: Rfc2833Behavior = col(
        "SBCRFC2833Behavior",
        default=Rfc2833Behavior.AS_IS,
        help="Telephone events in offers: as they are, always there, never.",
    )
    alternative_dtmf: AlternativeDtmf = kept(
        "SBCAlternativeDTMFMethod", default=AlternativeDtmf.DONT_CARE, help="DTMF without events."
    )
    sbc_send_multiple_dtmf_methods: int = kept("SBCSendMultipleDTMFMethods", default=0)
    sbc_receive_multiple_dtmf_methods: int = kept("SBCReceiveMultipleDTMFMethods", default=0)
    assert_identity: HeaderMode = col(
        "SBCAssertIdentity", default=HeaderMode.AS_IS, help="P-Asserted-Identity."
    )
    amd_sensitivity_parameter_suit: int = kept("AMDSensitivityParameterSuit", default=0)
    amd_sensitivity_level: int = kept("AMDSensitivityLevel", default=8)
    amd_max_greeting_time: int = kept("AMDMaxGreetingTime", default=300)
    amd_max_post_silence_greeting_time: int = kept("AMDMaxPostSilenceGreetingTime", default=400)
    diversion: HeaderMode = col("SBCDiversionMode", default=HeaderMode.AS_IS, help="Diversion.")
    history_info: HeaderMode = col("SBCHistoryInfoMode", default=HeaderMode.AS_IS, help="History-Info.")
    enable_qsig_tunneling: int = kept("EnableQSIGTunneling", default=0)


@table(ini="IpProfile", area="voip", cli="ip-profile", help="How a peer is treated.")
class IpProfile(MediaProfile):
    """How a peer is treated."""

    sbc_fax_coders_group: str = kept("SBCFaxCodersGroupName", default="")
    sbc_fax_behavior: int = kept("SBCFaxBehavior", default=0)
    sbc_fax_offer_mode: int = kept("SBCFaxOfferMode", default=0)
    sbc_fax_answer_mode: int = kept("SBCFaxAnswerMode", default=1)
    prack: PrackMode = col(
        "SbcPrackMode", default=PrackMode.TRANSPARENT, help="Reliable provisional answers."
    )
    session_expires: SessionExpiresMode = col(
        "SBCSessionExpiresMode", default=SessionExpiresMode.OBSERVER, help="Session timers."
    )
    update_support: UpdateSupport = col(
        "SBCRemoteUpdateSupport", default=UpdateSupport.SUPPORTED, help="Whether the peer takes UPDATE."
    )
    reinvite_support: ReinviteSupport = col(
        "SBCRemoteReinviteSupport", default=ReinviteSupport.SUPPORTED, help="The peer takes re-INVITE."
    )
    delayed_offer_support: bool = col(
        "SBCRemoteDelayedOfferSupport", default=True, help="It takes an INVITE without offer."
    )
    refer_behavior: ReferBehavior = col(
        "SBCRemoteReferBehavior", default=ReferBehavior.REGULAR, help="What becomes of a REFER."
    )
    redirect_behavior: RedirectBehavior = col(
        "SBCRemote3xxBehavior", default=RedirectBehavior.TRANSPARENT, help="What becomes of a 3xx."
    )
    multiple_18x_support: bool = col(
        "SBCRemoteMultiple18xSupport", default=True, help="Whether the peer takes several 18x."
    )
    early_media_response: EarlyMediaResponse = col(
        "SBCRemoteEarlyMediaResponseType", default=EarlyMediaResponse.TRANSPARENT, help="18x of early media."
    )
    early_media_support: bool = col(
        "SBCRemoteEarlyMediaSupport", default=True, help="Whether the peer takes early media."
    )
    enable_symmetric_mki: int = col(
        "EnableSymmetricMKI", default=0, low=-1, high=1, help="1: answers name keys as the offer did."
    )
    mki_size: int = col(
        "MKISize", default=0, low=-1, high=4, help="Octets that name the key in SRTP packets, 0: none."
    )
    sbc_enforce_mki_size: int = col(
        "SBCEnforceMKISize", default=0, low=0, high=1, help="1: never as many as the other leg names it with."
    )
    sbc_remote_early_media_rtp: int = kept("SBCRemoteEarlyMediaRTP", default=0)
    sbc_remote_supports_rfc3960: int = kept("SBCRemoteSupportsRFC3960", default=0)
    sbc_remote_can_play_ringback: int = kept("SBCRemoteCanPlayRingback", default=1)
    enable_early183: int = kept("EnableEarly183", default=0)
    early_answer_timeout: int = kept("EarlyAnswerTimeout", default=0)
    sbc_2833_dtmf_payload_type: int = col(
        "SBC2833DTMFPayloadType",
        default=0,
        help="Payload type of telephone events that the device adds, 0: RFC2833RxPayloadType.",
    )
    user_registration_time: int = col(
        "SBCUserRegistrationTime", default=0, low=-1, high=2000000, help="Seconds told to users, 0: as asked."
    )
    reset_srtp_state_upon_rekey: int = col(
        "ResetSRTPStateUponRekey",
        default=0,
        only=(1,),
        help="1: new keys begin with a new roll-over counter, as they always do here.",
    )
    amd_mode: int = kept("AmdMode", default=0)
    sbc_reliable_held_tone_source: int = kept("SBCReliableHeldToneSource", default=1)
    generate_srtp_keys: int = kept("GenerateSRTPKeys", default=0)
    sbc_play_held_tone: int = kept("SBCPlayHeldTone", default=0)
    hold_format: HoldFormat = col(
        "SBCRemoteHoldFormat",
        default=HoldFormat.TRANSPARENT,
        help="How the peer is put on hold.",
    )
    replaces_behavior: ReplacesBehavior = col(
        "SBCRemoteReplacesBehavior", default=ReplacesBehavior.TRANSPARENT, help="What becomes of Replaces."
    )
    sbc_sdp_ptime_answer: int = kept("SBCSDPPtimeAnswer", default=0)
    sbc_preferred_p_time: int = kept("SBCPreferredPTime", default=0)
    sbc_use_silence_supp: int = col(
        "SBCUseSilenceSupp", default=0, only=(0, 2), help="Silence suppression: 0 as it is, 2 never."
    )
    sbc_rtp_redundancy_behavior: int = col(
        "SBCRTPRedundancyBehavior", default=0, only=(0, 2), help="RED in offers: 0 as it is, 2 never."
    )
    sbc_play_rbt_to_transferee: int = col(
        "SBCPlayRBTToTransferee", default=1, only=(0,), help="0: no ringback to who is transferred."
    )
    sbc_rtcp_mode: int = kept("SBCRTCPMode", default=0)
    sbc_jitter_compensation: int = kept("SBCJitterCompensation", default=0)
    sbc_remote_renegotiate_on_fax_detection: int = kept("SBCRemoteRenegotiateOnFaxDetection", default=0)
    jitter_buf_max_delay: int = kept("JitterBufMaxDelay", default=300)
    sbc_user_behind_udp_nat_registration_time: int = col(
        "SBCUserBehindUdpNATRegistrationTime", default=-1, help="Seconds a user behind a NAT (UDP) registers."
    )
    sbc_user_behind_tcp_nat_registration_time: int = col(
        "SBCUserBehindTcpNATRegistrationTime", default=-1, help="The same for TCP and TLS."
    )
    sbc_sdp_handle_rtcp_attribute: int = kept("SBCSDPHandleRTCPAttribute", default=0)
    sbc_remove_crypto_lifetime_in_sdp: int = kept("SBCRemoveCryptoLifetimeInSDP", default=0)
    sbc_ice_mode: int = kept("SBCIceMode", default=0)
    sbc_rtcp_mux: int = kept("SBCRTCPMux", default=0)
    sbc_media_security_method: int = kept("SBCMediaSecurityMethod", default=0)
    sbc_handle_x_detect: int = kept("SBCHandleXDetect", default=0)
    sbc_rtcp_feedback: int = kept("SBCRTCPFeedback", default=0)
    sbc_remote_representation_mode: int = kept("SBCRemoteRepresentationMode", default=-1)
    keep_via: int = kept("SBCKeepVIAHeaders", default=-1, low=-1, high=1, help="Leave Via as it came.")
    keep_routing: int = kept(
        "SBCKeepRoutingHeaders", default=-1, low=-1, high=1, help="Leave Record-Route as it came."
    )
    keep_user_agent: int = col(
        "SBCKeepUserAgentHeader", default=-1, low=-1, high=1, help="1: User-Agent passes as it came."
    )
    sbc_remote_multiple_early_dialogs: int = kept("SBCRemoteMultipleEarlyDialogs", default=-1)
    sbc_remote_multiple_answers_mode: int = kept("SBCRemoteMultipleAnswersMode", default=0)
    sbc_direct_media_tag: str = kept("SBCDirectMediaTag", default="")
    sbc_adapt_rfc2833_bw_to_voice_coder_bw: int = kept("SBCAdaptRFC2833BWToVoiceCoderBW", default=0)
    created_by_routing_server: int = kept("CreatedByRoutingServer", default=0)
    used_by_routing_server: int = kept("UsedByRoutingServer", default=0)
    sbc_fax_rerouting_mode: int = kept("SBCFaxReroutingMode", default=0)
    max_call_duration: int = col(
        "SBCMaxCallDuration", default=0, low=0, high=35791, help="Minutes until a call is ended, 0: never."
    )
    sbc_generate_rtp: int = kept("SBCGenerateRTP", default=0)
    sbc_isup_body_handling: int = kept("SBCISUPBodyHandling", default=0)
    sbc_isup_variant: int = kept("SBCISUPVariant", default=0)
    sbc_voice_quality_enhancement: int = kept("SBCVoiceQualityEnhancement", default=0)
    sbc_max_opus_bw: int = kept("SBCMaxOpusBW", default=0)
    sbc_enhanced_plc: int = kept("SBCEnhancedPlc", default=0)
    local_ringback_tone: int = kept("LocalRingbackTone", default=-1)
    local_held_tone: int = kept("LocalHeldTone", default=-1)
    sbc_generate_no_op: int = kept("SBCGenerateNoOp", default=0)
    sbc_remove_un_known_crypto: int = kept("SBCRemoveUnKnownCrypto", default=0)
    sbc_multiple_coders: int = kept("SBCMultipleCoders", default=0)
    data_diff_serv: int = kept("DataDiffServ", default=0)
    sbc_msrp_reinvite_update_support: int = kept("SBCMSRPReinviteUpdateSupport", default=1)
    sbc_msrp_offer_setup_role: int = kept("SBCMSRPOfferSetupRole", default=2)
    sbc_msrp_emp_msg: int = kept("SBCMSRPEmpMsg", default=0)
    sbc_renumber_mid: int = kept("SBCRenumberMID", default=0)
    sbc_allow_only_negotiated_pt: int = kept("SBCAllowOnlyNegotiatedPT", default=0)
    rtcp_encryption: int = kept("RTCPEncryption", default=2)
