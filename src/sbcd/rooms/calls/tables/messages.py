"""Calls: what may stand in a message and how it is changed - manipulations, policies, call setup rules."""

from sbcd.config.table import Row, col, kept, table
from sbcd.rooms.calls.tables.words import (
    ListType,
    ManipulationAction,
    QueryType,
    RowRole,
    SendRejection,
    SetupAction,
)

SCANNERS = {  # the User-Agent that gives each away
    "SIPVicious": "friendly-scanner",
    "SIPScan": "sip-scan",
    "Smap": "smap",
    "Sipsak": "sipsak",
    "Sipcli": "sipcli",
    "Sivus": "SIVuS",
    "Gulp": "Gulp",
    "Sipv": "sipv",
    "Sundayddr Worm": "sundayddr",
    "VaxIPUserAgent": "VaxIPUserAgent",
    "VaxSIPUserAgent": "VaxSIPUserAgent",
    "SipArmyKnife": "siparmyknife",
}


@table(
    ini="MessageManipulations",
    area="voip",
    cli="message message-manipulations",
    help="Changes to messages; the rows of a set run in order.",
    order_matters=True,
    group=("message msg-man-set", "set_id"),
)
class MessageManipulations(Row):
    """Changes to messages; the rows of a set run in order."""

    name: str = col("ManipulationName", default="", cli="manipulation-name", most=40, help="Free text.")
    set_id: int = col(
        "ManSetID", default=0, cli="manipulation-set-id", low=0, high=1000, help="Set the row belongs to."
    )
    message_type: str = col(
        "MessageType",
        default="",
        cli="message-type",
        most=49,
        help="Messages it applies to, as invite.response.200.",
    )
    condition: str = col("Condition", default="", cli="condition", most=299, help="What must hold.")
    subject: str = col("ActionSubject", default="", cli="action-subject", most=299, help="What is changed.")
    action: ManipulationAction = col(
        "ActionType", default=ManipulationAction.ADD, cli="action-type", help="What is done to it."
    )
    value: str = col("ActionValue", default="", cli="action-value", most=299, help="With what.")
    role: RowRole = col(
        "RowRole",
        default=RowRole.USE_CURRENT_CONDITION,
        cli="row-role",
        help="Its own condition or that of the row above.",
    )


@table(ini="MessagePolicy", area="voip", cli="message message-policy", help="What messages are taken.")
class MessagePolicy(Row):
    """What messages are taken."""

    name: str = col("Name", most=40, unique=True, help="Name of the policy.")
    max_message_length: int = col(
        "MaxMessageLength",
        default=-1,
        cli="max-message-length",
        low=-1,
        high=32768,
        help="Most bytes of a message, -1: no limit.",
    )
    max_header_length: int = col(
        "MaxHeaderLength",
        default=-1,
        cli="max-header-length",
        low=-1,
        high=512,
        help="Most bytes of a header, -1: no limit.",
    )
    max_body_length: int = col(
        "MaxBodyLength",
        default=-1,
        cli="max-body-length",
        low=-1,
        high=1024,
        help="Most bytes of the body, -1: no limit.",
    )
    max_num_headers: int = col(
        "MaxNumHeaders",
        default=-1,
        cli="max-num-headers",
        low=-1,
        high=32,
        help="Most headers, -1: no limit.",
    )
    max_num_bodies: int = col(
        "MaxNumBodies",
        default=-1,
        cli="max-num-bodies",
        low=-1,
        high=8,
        help="Most parts of a body, -1: no limit.",
    )
    send_rejection: SendRejection = col(
        "SendRejection",
        default=SendRejection.POLICY_REJECT,
        cli="send-rejection",
        help="Whether a refused message is answered.",
    )
    method_list: str = col(
        "MethodList", default="", cli="method-list", most=255, help="Methods, separated by a backslash."
    )
    method_list_type: ListType = col(
        "MethodListType",
        default=ListType.POLICY_BLACKLIST,
        cli="method-list-type",
        help="Those are refused, or only those taken.",
    )
    body_list: str = col("BodyList", default="", cli="body-list", most=255, help="Types of bodies.")
    body_list_type: ListType = col(
        "BodyListType", default=ListType.POLICY_BLACKLIST, help="Those are refused, or only those taken."
    )
    use_malicious_signatures: bool = col(
        "UseMaliciousSignatureDB", default=False, help="Refuse what the signatures know."
    )

    @classmethod
    def factory(cls) -> "dict[int, MessagePolicy]":
        return {
            0: cls(
                name="Malicious Signature DB Protection",
                send_rejection=SendRejection.POLICY_DROP,
                use_malicious_signatures=True,
            )
        }


@table(
    ini="MaliciousSignatureDB",
    area="voip",
    cli="sbc malicious-signature-database",
    help="How attackers look.",
)
class MaliciousSignatureDB(Row):
    """How attackers look."""

    name: str = col("Name", most=40, unique=True, help="Name of the attacker.")
    pattern: str = col("Pattern", default="", most=299, help="Condition that knows it.")

    @classmethod
    def factory(cls) -> "dict[int, MaliciousSignatureDB]":
        seen = "Header.User-Agent.content prefix"
        return {i: cls(name=name, pattern=f"{seen} '{SCANNERS[name]}'") for i, name in enumerate(SCANNERS)}


@table(
    ini="CallSetupRules",
    area="voip",
    cli="message call-setup-rules",
    help="Questions to ask and things to set before a call is routed.",
    order_matters=True,
)
class CallSetupRules(Row):
    """Questions to ask and things to set before a call is routed."""

    set_id: int = col(
        "RulesSetID", default=0, cli="rules-set-id", low=0, high=1000, help="Set the row belongs to."
    )
    name: str = col("RulesSetName", default="", most=40, help="Free text.")
    query_type: QueryType = col(
        "QueryType",
        default=QueryType.NONE,
        cli="query-type",
        help="What is asked; only dial plans answer here.",
    )
    query_target: str = col("QueryTarget", default="", most=100, help="Who is asked.")
    attributes_to_query: str = col(
        "AttributesToQuery", default="", cli="attr-to-query", most=299, help="The question."
    )
    attributes_to_get: str = kept(
        "AttributesToGet", default="", cli="attr-to-get", most=299, help="What of the answer is wanted."
    )
    role: RowRole = col(
        "RowRole",
        default=RowRole.USE_CURRENT_CONDITION,
        cli="row-role",
        help="Its own condition or that of the row above.",
    )
    condition: str = col("Condition", default="", most=299, help="What must hold.")
    subject: str = col("ActionSubject", default="", most=299, help="What is set.")
    action: SetupAction = col("ActionType", default=SetupAction.ADD, cli="action-type", help="What is done.")
    value: str = col("ActionValue", default="", most=299, help="With what.")
