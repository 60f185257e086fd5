"""TLS contexts: keys, certificates, requests, trusted roots (guide, "TLS Context Files").

One rule: this is the door. A private key comes in and never goes out."""

from sbcd.rooms.tls.api import routes
from sbcd.rooms.tls.follow import Following
from sbcd.rooms.tls.holdings import Holdings
from sbcd.rooms.tls.store import ContextFiles
from sbcd.rooms.tls.watch import Watch

__all__ = ["ContextFiles", "Following", "Holdings", "Watch", "routes"]
