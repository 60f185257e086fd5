"""Two telephones on UDP sockets of 127.0.0.1, for tests that need one call and no more."""

import socket

from sbcd.sip.message import Request, Response, parse, reply, request

SDP = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {} RTP/AVP 8\r\n"


class Phone:
    """A socket that speaks SIP, one message at a time."""

    def __init__(self) -> None:
        self.door = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.door.bind(("127.0.0.1", 0))
        self.door.settimeout(10)
        self.port = self.door.getsockname()[1]
        self.peer = ("", 0)

    def __enter__(self) -> "Phone":
        return self

    def __exit__(self, *_: object) -> None:
        self.door.close()

    def say(self, message: Request | Response, to: tuple[str, int] | None = None) -> None:
        self.door.sendto(bytes(message), to or self.peer)

    def hear(self, wanted: str) -> Request | Response:
        """The next message that is this method or status; others are passed over, OPTIONS answered."""
        while True:
            data, self.peer = self.door.recvfrom(65535)
            message = parse(data)
            if isinstance(message, Request) and message.method == "OPTIONS" != wanted:
                self.say(reply(message, 200, tag="ping"))
            elif wanted == (message.method if isinstance(message, Request) else str(message.status)):
                return message

    def invite(self, sbc: tuple[str, int], caller: str, callee: str) -> Request:
        """Calls somebody through the device."""
        sent = request(
            "INVITE",
            f"sip:{callee}@{sbc[0]}",
            {
                "Via": f"SIP/2.0/UDP 127.0.0.1:{self.port};branch=z9hG4bK{caller}",
                "From": f"<sip:{caller}@127.0.0.1>;tag={caller}",
                "To": f"<sip:{callee}@{sbc[0]}>",
                "Call-ID": f"{caller}-{self.port}",
                "CSeq": "1 INVITE",
                "Contact": f"<sip:{caller}@127.0.0.1:{self.port}>",
                "Max-Forwards": "70",
            },
            SDP.format(self.port + 1).encode(),
            "application/sdp",
        )
        self.say(sent, sbc)
        return sent

    def answer(self, invite: Request) -> None:
        """200 OK."""
        self.say(
            reply(
                invite,
                200,
                headers={"Contact": f"<sip:127.0.0.1:{self.port}>"},
                body=SDP.format(self.port + 1).encode(),
                content_type="application/sdp",
                tag="callee",
            )
        )


def trunks(a: Phone, b: Phone) -> bytes:
    """An incremental INI file: IP groups A and B for two phones, each calling the other."""
    return f"""[ ProxySet ]
FORMAT Index = ProxyName, SRDName, SBCIPv4SIPInterfaceName, ClassificationInput;
ProxySet 1 = "PA", "DefaultSRD", "SIPInterface_0", 1;
ProxySet 2 = "PB", "DefaultSRD", "SIPInterface_0", 1;
[ \\ProxySet ]
[ ProxyIp ]
FORMAT Index = ProxySetId, ProxyIpIndex, IpAddress, TransportType;
ProxyIp 0 = "1", 0, "127.0.0.1:{a.port}", 0;
ProxyIp 1 = "2", 0, "127.0.0.1:{b.port}", 0;
[ \\ProxyIp ]
[ IPGroup ]
FORMAT Index = Name, Type, SRDName, ProxySetName, MediaRealm, ClassifyByProxySet;
IPGroup 1 = "Phones", 0, "DefaultSRD", "PA", "DefaultRealm", 1;
IPGroup 2 = "Carrier", 0, "DefaultSRD", "PB", "DefaultRealm", 1;
[ \\IPGroup ]
[ IP2IPRouting ]
FORMAT Index = RouteName, RoutingPolicyName, SrcIPGroupName, DestType, DestIPGroupName;
IP2IPRouting 0 = "out", "Default_SBCRoutingPolicy", "Phones", 0, "Carrier";
IP2IPRouting 1 = "in", "Default_SBCRoutingPolicy", "Carrier", 0, "Phones";
[ \\IP2IPRouting ]
""".encode()
