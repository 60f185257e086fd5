"""Calls: the words of its tables; a number in the file, the name in kebab-case in the CLI."""

from enum import IntEnum


class BlockUnRegUsers(IntEnum):
    ACCEPT_ALL = 0
    ACCEPT_REGISTERED = 1
    ACCEPT_REGISTERED_SAME_SOURCE = 2


class SharingPolicy(IntEnum):
    SHARED = 0
    ISOLATED = 1


class ApplicationType(IntEnum):
    GW = 0
    SAS = 1
    SBC = 2


class Tristate(IntEnum):
    NOT_CONFIGURED = -1
    DISABLE = 0
    ENABLE = 1


class EncapsulatingProtocol(IntEnum):
    NONE = 0
    WEBSOCKET = 1


class DirectMedia(IntEnum):
    DISABLE = 0
    ENABLE = 1
    ENABLE_SAME_NAT = 2


class KeepAlive(IntEnum):
    OFF = 0
    USING_OPTIONS = 1
    USING_REGISTER = 2
    USING_FAKE_REGISTER = 3


class LoadBalancing(IntEnum):
    DISABLE = 0
    ROUND_ROBIN = 1
    RANDOM_WEIGHTS = 2


class ClassificationInput(IntEnum):
    IP_ONLY = 0
    IP_PORT_TRANSPORT = 1


class Redundancy(IntEnum):
    NOT_CONFIGURED = -1
    PARKING = 0
    HOMING = 1


class DnsResolve(IntEnum):
    NOT_CONFIGURED = -1
    A_RECORD = 0
    SRV = 1
    NAPTR = 2
    MICROSOFT_SKYPE = 3


class TransportType(IntEnum):
    NOT_CONFIGURED = -1
    UDP = 0
    TCP = 1
    TLS = 2


class GroupPolicy(IntEnum):
    ROUND_ROBIN = 0
    RANDOM_WEIGHT = 1
    HOMING = 2


class IPGroupType(IntEnum):
    SERVER = 0
    USER = 1
    GATEWAY = 2


class RegistrationMode(IntEnum):
    USER_INITIATES = 0
    SBC_INITIATES = 1
    NO_REGISTRATION = 2


class AuthenticationMode(IntEnum):
    USER_AUTHENTICATES = 0
    SBC_AS_CLIENT = 1
    SBC_AS_SERVER = 2


class UriInput(IntEnum):
    NOT_CONFIGURED = -1
    FROM = 0
    TO = 1
    REQUEST_URI = 2
    P_ASSERTED_FIRST_HDR = 3
    P_ASSERTED_SECOND_HDR = 4
    P_PREFERRED = 5
    ROUTE = 6
    DIVERSION = 7
    HISTORY_INFO = 8
    P_ASSOCIATED_URI = 9
    P_CALLED_PARTY_ID = 10
    CONTACT = 11
    REFERRED_BY = 12


class Register(IntEnum):
    NO = 0
    REG = 1
    GIN = 2


class AccountApplication(IntEnum):
    GW = 0
    SBC = 2


class AdmissionRequest(IntEnum):
    ALL = 0
    INVITE = 1
    SUBSCRIBE = 2
    OTHER = 3


class AdmissionDirection(IntEnum):
    BOTH = 0
    IN = 1
    OUT = 2


class ClassificationAction(IntEnum):
    DENY = 0
    ALLOW = 1


class IpGroupSelection(IntEnum):
    SRC_IP_GROUP = 0
    TAGGED_IP_GROUP = 1


class RoutedRequest(IntEnum):
    ALL = 0
    INVITE = 1
    REGISTER = 2
    SUBSCRIBE = 3
    INVITE_AND_REGISTER = 4
    INVITE_AND_SUBSCRIBE = 5
    OPTIONS = 6


class RouteTrigger(IntEnum):
    ANY = 0
    REDIRECT = 1
    REFER = 2
    REDIRECT_OR_REFER = 3
    INITIAL_ONLY = 4
    BROKEN_CONNECTION = 5
    FAX_REROUTING = 6


class DestType(IntEnum):
    IP_GROUP = 0
    DEST_ADDRESS = 1
    REQUEST_URI = 2
    ENUM = 3
    HUNT_GROUP = 4
    DIAL_PLAN = 5
    LDAP = 7
    GATEWAY = 8
    ROUTING_SERVER = 9
    ALL_USERS = 10
    IP_GROUP_SET = 11
    DESTINATION_TAG = 12
    INTERNAL = 13


class AltRouteOptions(IntEnum):
    ROUTE_ROW = 0
    ALT_ROUTE_IGNORE_INPUTS = 1
    ALT_ROUTE_CONSIDER_INPUTS = 2
    GROUP_MEMBER_IGNORE_INPUTS = 3
    GROUP_MEMBER_CONSIDER_INPUTS = 4


class ForkPolicy(IntEnum):
    NONE = 0
    FORKING = 1


class ManipulationPurpose(IntEnum):
    NORMAL = 0
    ROUTING_INPUT_ONLY = 1
    SHARED_LINE = 2


class ManipulatedRequest(IntEnum):
    ALL = 0
    INVITE = 1
    REGISTER = 2
    SUBSCRIBE = 3
    INVITE_AND_REGISTER = 4
    INVITE_AND_SUBSCRIBE = 5


class ManipulatedUri(IntEnum):
    SOURCE = 0
    DESTINATION = 1


class PrivacyRestriction(IntEnum):
    TRANSPARENT = 0
    DONT_CHANGE_PRIVACY = 1
    RESTRICT = 2
    REMOVE_RESTRICTION = 3


class ManipulationAction(IntEnum):
    ADD = 0
    REMOVE = 1
    MODIFY = 2
    ADD_PREFIX = 3
    ADD_SUFFIX = 4
    REMOVE_SUFFIX = 5
    REMOVE_PREFIX = 6
    NORMALIZE = 7


class RowRole(IntEnum):
    USE_CURRENT_CONDITION = 0
    USE_PREVIOUS_CONDITION = 1


class SendRejection(IntEnum):
    POLICY_REJECT = 0
    POLICY_DROP = 1


class ListType(IntEnum):
    POLICY_BLACKLIST = 0
    POLICY_WHITELIST = 1


class QueryType(IntEnum):
    NONE = 0
    LDAP = 1
    DIAL_PLAN = 2
    ENUM = 3
    HTTP_GET = 4
    HTTP_POST_QUERY = 5
    HTTP_POST_NOTIFY = 6


class SetupAction(IntEnum):
    ADD = 0
    REMOVE = 1
    MODIFY = 2
    ADD_PREFIX = 3
    ADD_SUFFIX = 4
    REMOVE_SUFFIX = 5
    REMOVE_PREFIX = 6
    RUN_RULES_SET = 20
    EXIT = 21


class SilenceSuppression(IntEnum):
    DISABLE = 0
    ENABLE = 1
    ENABLE_NO_ADAPTATION = 2


class AllowedCodersMode(IntEnum):
    RESTRICTION = 0
    PREFERENCE = 1
    RESTRICTION_AND_PREFERENCE = 2


class MediaSecurity(IntEnum):
    AS_IS = 0
    SRTP = 1
    RTP = 2
    BOTH = 3
    OFFER_BOTH_ANSWER_PREFER_SECURED = 4


class Rfc2833Behavior(IntEnum):
    AS_IS = 0
    EXTEND = 1
    DISALLOW = 2


class AlternativeDtmf(IntEnum):
    DONT_CARE = 0
    IN_BAND = 1
    INFO_CISCO = 2
    INFO_NORTEL = 3
    INFO_LUCENT = 4


class HeaderMode(IntEnum):
    NOT_CONFIGURED = -1
    AS_IS = 0
    ADD = 1
    REMOVE = 2


class PrackMode(IntEnum):
    OPTIONAL = 1
    MANDATORY = 2
    TRANSPARENT = 3


class SessionExpiresMode(IntEnum):
    OBSERVER = 0
    TRANSPARENT = 1
    NOT_SUPPORTED = 2
    SUPPORTED = 3


class UpdateSupport(IntEnum):
    NOT_SUPPORTED = 0
    SUPPORTED_ONLY_AFTER_CONNECT = 1
    SUPPORTED = 2


class ReinviteSupport(IntEnum):
    NOT_SUPPORTED = 0
    SUPPORTED_ONLY_WITH_SDP = 1
    SUPPORTED = 2


class ReferBehavior(IntEnum):
    NOT_CONFIGURED = -1
    REGULAR = 0
    DATABASE_URL = 1
    IP_GROUP_NAME = 2
    HANDLE_LOCALLY = 3
    LOCAL_HOST = 4
    KEEP_URI = 5


class RedirectBehavior(IntEnum):
    NOT_CONFIGURED = -1
    TRANSPARENT = 0
    DATABASE_URL = 1
    HANDLE_LOCALLY = 2
    IP_GROUP_NAME = 3
    LOCAL_HOST = 4


class EarlyMediaResponse(IntEnum):
    TRANSPARENT = 0
    RESPONSE_180 = 1
    RESPONSE_183 = 2


class HoldFormat(IntEnum):
    TRANSPARENT = 0
    SEND_ONLY = 1
    SEND_ONLY_0000 = 2
    INACTIVE = 3
    INACTIVE_0000 = 4
    NOT_SUPPORTED = 5


class ReplacesBehavior(IntEnum):
    TRANSPARENT = 0
    HANDLE_LOCALLY = 1
    KEEP_AS_IS = 2


class LatchMode(IntEnum):
    STRICT = 0
    DYNAMIC = 1
    DYNAMIC_STRICT = 2
    STRICT_ON_FIRST = 3
