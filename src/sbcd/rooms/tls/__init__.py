"""TLS contexts: keys, certificates, requests, trusted roots (guide, "TLS Context Files").

One rule: this is the door. A private key comes in and never goes out."""

from sbcd.rooms.tls.api import routes
from sbcd.rooms.tls.room import Tls
from sbcd.rooms.tls.shows import shows

__all__ = ["Tls", "routes", "shows"]
