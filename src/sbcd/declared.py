"""Everything that is declared of the configuration, in the order in which the device writes it.

One rule: a table stands behind those it refers to, a parameter set in its section."""

from sbcd.config.table import Params, Row
from sbcd.rooms.alarms.customization import AlarmSettings
from sbcd.rooms.alarms.outlets import (
    InformParams,
    NatParams,
    SnmpIdentityParams,
    SyslogStreamParams,
    SyslogTLSContext,
    WebhookParams,
)
from sbcd.rooms.alarms.reporting import (
    ActivityParams,
    CdrParams,
    SnmpParams,
    SyslogParams,
    SyslogSipParams,
    TrapParams,
)
from sbcd.rooms.alarms.tables import SNMPUsers
from sbcd.rooms.calls.tables.coders import (
    AllowedAudioCoders,
    AllowedAudioCodersGroups,
    AllowedVideoCoders,
    AllowedVideoCodersGroups,
    AudioCoders,
    AudioCodersGroups,
    QOEColorRules,
    QOEProfile,
    QOESettings,
)
from sbcd.rooms.calls.tables.core import SRD, SIPInterface
from sbcd.rooms.calls.tables.diagnostics import CallTest, CallTestParams, TraceParams
from sbcd.rooms.calls.tables.media import CpMediaRealm, MediaRealmExtension, RemoteMediaSubnet
from sbcd.rooms.calls.tables.messages import (
    CallSetupRules,
    MaliciousSignatureDB,
    MessageManipulations,
    MessagePolicy,
)
from sbcd.rooms.calls.tables.peers import (
    Account,
    IPGroup,
    SBCAdmissionProfile,
    SBCAdmissionRule,
    SBCUserInfoTable,
)
from sbcd.rooms.calls.tables.profiles import IpProfile
from sbcd.rooms.calls.tables.protection import (
    EmergencyParams,
    IDSMatch,
    IDSPolicy,
    IDSRule,
    IntrusionParams,
)
from sbcd.rooms.calls.tables.proxies import (
    DialPlan,
    DialPlanRule,
    IPGroupSet,
    IPGroupSetMember,
    ProxyIp,
    ProxySet,
)
from sbcd.rooms.calls.tables.rules import (
    Classification,
    ConditionTable,
    IP2IPRouting,
    IPInboundManipulation,
    IPOutboundManipulation,
    SBCAlternativeRoutingReasons,
    SBCRoutingPolicy,
)
from sbcd.rooms.calls.tables.settings import (
    MediaParams,
    MediaSecurityParams,
    PortParams,
    SbcParams,
    SipParams,
)
from sbcd.rooms.ha.tables import HaParams, HaVoiceParams
from sbcd.rooms.kpi.tables import (
    AlarmThreshold,
    KpiParams,
    PerformanceProfile,
    PmParams,
    UserDefinedFailurePM,
)
from sbcd.rooms.network.services import ACCESSLIST, DiffServToVlanPriority, Dns2Ip, Srv2Ip
from sbcd.rooms.network.tables import (
    DeviceTable,
    EtherGroupTable,
    InterfaceTable,
    NATTranslation,
    PhysicalPortsTable,
    StaticRouteTable,
)
from sbcd.rooms.system.tables import (
    BoardParams,
    CliParams,
    ClockParams,
    DnsParams,
    HostParams,
    LicenseBoardParams,
    LicenseParams,
    NtpParams,
    StateParams,
    SystemParams,
    SystemVoiceParams,
    Tr069Params,
    UpdateParams,
    WebParams,
)
from sbcd.rooms.tls.tables import TLSContexts, TlsParams
from sbcd.rooms.users.logins import (
    LdapParams,
    LdapSipParams,
    LdapWebParams,
    LoginParams,
    RadiusParams,
    RadiusSystemParams,
    RestLoginParams,
)
from sbcd.rooms.users.tables import (
    LdapConfiguration,
    LdapServerGroups,
    LdapServersSearchDNs,
    MgmntLDAPGroups,
    RadiusServers,
    WebUsers,
)

PARAMS: tuple[type[Params], ...] = (
    SyslogParams,
    SyslogStreamParams,
    CdrParams,
    ActivityParams,
    WebhookParams,
    HaParams,
    HostParams,
    SystemParams,
    ClockParams,
    NtpParams,
    CliParams,
    UpdateParams,
    Tr069Params,
    LicenseParams,
    DnsParams,
    TlsParams,
    RadiusSystemParams,
    LdapParams,
    LicenseBoardParams,
    BoardParams,
    PortParams,
    StateParams,
    MediaParams,
    MediaSecurityParams,
    HaVoiceParams,
    SystemVoiceParams,
    WebParams,
    LoginParams,
    RadiusParams,
    RestLoginParams,
    LdapWebParams,
    SyslogSipParams,
    SipParams,
    SbcParams,
    EmergencyParams,
    IntrusionParams,
    CallTestParams,
    TraceParams,
    LdapSipParams,
    SnmpParams,
    SnmpIdentityParams,
    TrapParams,
    InformParams,
    NatParams,
    PmParams,
    KpiParams,
)

TABLES: tuple[type[Row], ...] = (
    PhysicalPortsTable,
    EtherGroupTable,
    DeviceTable,
    InterfaceTable,
    SNMPUsers,
    WebUsers,
    TLSContexts,
    SyslogTLSContext,
    AudioCodersGroups,
    AllowedAudioCodersGroups,
    AllowedVideoCodersGroups,
    IpProfile,
    QOEProfile,
    CpMediaRealm,
    LdapServerGroups,
    SBCRoutingPolicy,
    DialPlan,
    SBCAdmissionProfile,
    SRD,
    MessagePolicy,
    SIPInterface,
    ProxySet,
    IPGroup,
    SBCAlternativeRoutingReasons,
    Srv2Ip,
    Dns2Ip,
    ProxyIp,
    Account,
    ConditionTable,
    IPGroupSet,
    IP2IPRouting,
    Classification,
    IPInboundManipulation,
    IPOutboundManipulation,
    MessageManipulations,
    NATTranslation,
    ACCESSLIST,
    SBCUserInfoTable,
    CallSetupRules,
    LdapConfiguration,
    LdapServersSearchDNs,
    MgmntLDAPGroups,
    RadiusServers,
    QOEColorRules,
    DialPlanRule,
    RemoteMediaSubnet,
    MediaRealmExtension,
    SBCAdmissionRule,
    MaliciousSignatureDB,
    IDSPolicy,
    IDSRule,
    IDSMatch,
    CallTest,
    AllowedAudioCoders,
    AllowedVideoCoders,
    AudioCoders,
    IPGroupSetMember,
    QOESettings,
    PerformanceProfile,
    AlarmThreshold,
    UserDefinedFailurePM,
    DiffServToVlanPriority,
    StaticRouteTable,
    AlarmSettings,
)

DECLARED: tuple[type[Row] | type[Params], ...] = (*PARAMS, *TABLES)
