"""LDAP logins: bind as the service or as the user, find the user's groups, tell the level.

One rule: an empty password never reaches a server (it would be an anonymous bind, which succeeds), and a
whole login takes no longer than the server's time."""

import asyncio
import logging
import ssl
from collections.abc import Callable, Iterable, Sequence

from sbcd.base.signon import BUSY, MOST_AT_ONCE, Accepted, Answer, LdapServer, LdapSettings, Rejected, Silent
from sbcd.edge import ldapwire as wire

LONGEST = 1 << 20
MOST_MESSAGES = 1000
NO_SUCH_USER = frozenset({32, 34, 48, 49, 50, 53})
"""Result codes of a bind as the user that mean no: unknown, malformed, not allowed, wrong."""

TlsFor = Callable[[LdapServer], ssl.SSLContext]
SourceFor = Callable[[LdapServer], str | None]

_log = logging.getLogger("sbcd.ldap")


class _Failed(Exception):
    """The server answers, but not as it should; the text is for the log."""


class _Connection:
    """One connection: requests and their answers, one after another."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._socket = writer.transport  # below TLS, when that comes
        self._id = 0

    async def secure(self, context: ssl.SSLContext, name: str, *, asked: bool) -> None:
        """TLS from here on; `asked` is StartTLS (RFC 4511, 4.14)."""
        if asked and (code := (await self._ask(wire.start_tls(self._next())))[-1].code):
            raise _Failed(f"it refuses StartTLS with result {code}")
        await self._writer.start_tls(context, server_hostname=name)

    async def bind(self, name: str, password: str) -> int:
        """The result code."""
        return (await self._ask(wire.bind(self._next(), name, password)))[-1].code

    async def search(self, base: str, wanted: bytes, attribute: str, seconds: int) -> list[wire.Message]:
        """The entries found."""
        *found, done = await self._ask(wire.search(self._next(), base, wanted, attribute, seconds))
        if done.code not in {0, 4, 32}:  # 4: more than two, 32: there is no such base
            raise _Failed(f"it refuses the search with result {done.code}")
        return [one for one in found if one.kind == wire.ENTRY]

    async def close(self) -> None:
        if not self._socket.is_closing():
            self._writer.write(wire.unbind(self._next()))
        self._socket.abort()
        await asyncio.sleep(0)  # where the socket is really closed

    def _next(self) -> int:
        self._id += 1
        return self._id

    async def _ask(self, request: bytes) -> list[wire.Message]:
        """Everything the server says to the last request, its result at the end."""
        self._writer.write(request)
        answers: list[wire.Message] = []
        while len(answers) < MOST_MESSAGES:
            message = wire.read(await self._message())
            if message.id != self._id:
                raise _Failed("it ends the connection")  # id 0: notice of disconnection
            answers.append(message)
            if message.kind in {wire.BOUND, wire.DONE, wire.EXTENDED_DONE}:
                return answers
        raise _Failed("it answers without an end")

    async def _message(self) -> bytes:
        tag, size = await self._reader.readexactly(2)
        if size & 0x80:
            size = int.from_bytes(await self._reader.readexactly(size & 0x7F), "big")
        if tag != wire.SEQUENCE or size > LONGEST:
            raise _Failed("it does not speak LDAP")
        return await self._reader.readexactly(size)


class Ldap:
    """The LDAP servers for logins, asked at once or in turn."""

    def __init__(
        self, settings: LdapSettings, tls_for: TlsFor, source_for: SourceFor = lambda server: None
    ) -> None:
        """`tls_for` gives the context for a connection to a server that speaks TLS, `source_for` the address
        of this device to ask from."""
        self._settings, self._tls_for, self._source_for = settings, tls_for, source_for
        self._waiting = 0

    async def ask(self, name: str, password: str) -> Answer:
        if not name or not password or len(name) > 256 or len(password) > 1024:
            return Rejected()
        if self._waiting >= MOST_AT_ONCE:
            return BUSY
        self._waiting += 1
        try:
            return await (self._at_once if self._settings.parallel else self._in_turn)(name, password)
        finally:
            self._waiting -= 1

    async def _in_turn(self, name: str, password: str) -> Answer:
        answer: Answer = Silent("no server is configured")
        for server in self._settings.servers:
            answer = await self._ask(server, name, password)
            if not isinstance(answer, Silent):
                break
        return answer

    async def _at_once(self, name: str, password: str) -> Answer:
        """The first server that knows decides."""
        asked = [asyncio.ensure_future(self._ask(one, name, password)) for one in self._settings.servers]
        answer: Answer = Silent("no server is configured")
        try:
            for coming in asyncio.as_completed(asked):
                answer = await coming
                if not isinstance(answer, Silent):
                    break
        finally:
            for task in asked:
                task.cancel()
            await asyncio.gather(*asked, return_exceptions=True)
        return answer

    async def _ask(self, server: LdapServer, name: str, password: str) -> Answer:
        """One server; whatever goes wrong there is silence."""
        why = f"nothing came within {server.timeout:g} seconds"
        try:
            async with asyncio.timeout(server.timeout):
                return await self._log_in(server, name, password)
        except TimeoutError:
            pass
        except ssl.SSLCertVerificationError as error:
            why = f"its certificate is not trusted: {error.verify_message or error.reason}"
        except (OSError, EOFError) as error:
            why = f"the connection failed: {error.__class__.__name__}"
        except (_Failed, ValueError) as error:
            why = str(error)
        _log.warning("LDAP server %s:%d cannot sign on: %s", server.host, server.port, why)
        return Silent(why)

    async def _log_in(self, server: LdapServer, name: str, password: str) -> Answer:
        connection = await self._open(server)
        try:
            if "$" in server.bind_dn:
                if code := await connection.bind(wire.name_for(server.bind_dn, name), password):
                    return _refused(code)
                found = await self._find(connection, server, name)
            else:
                if code := await connection.bind(server.bind_dn, server.password):
                    raise _Failed(f"it refuses the bind of the device with result {code}")
                found = await self._find(connection, server, name)
                if len(found) != 1:
                    return Rejected()
                if code := await connection.bind(found[0].name, password):
                    return _refused(code)
            values = [value for one in found for value in one.values.get(server.attribute.lower(), ())]
            return Accepted(level(values, server.groups))
        finally:
            await connection.close()

    async def _find(self, connection: _Connection, server: LdapServer, name: str) -> list[wire.Message]:
        """The entries of the user below the first base that has any."""
        wanted = wire.filter_for(self._settings.search, name)
        for base in server.bases:
            found = await connection.search(base, wanted, server.attribute, int(server.timeout) + 1)
            if found:
                return found
        return []

    async def _open(self, server: LdapServer) -> _Connection:
        """Connected and, when asked for, secured: TLS at once, or StartTLS where that is not spoken."""
        connection = await self._connect(server)
        if not server.tls:
            return connection
        try:
            await self._secure(connection, server, asked=False)
            return connection
        except ssl.SSLCertVerificationError:
            raise
        except (ssl.SSLError, ConnectionError):
            connection = await self._connect(server)
        await self._secure(connection, server, asked=True)
        return connection

    async def _connect(self, server: LdapServer) -> _Connection:
        source = self._source_for(server)
        local = (source, 0) if source else None
        return _Connection(*await asyncio.open_connection(server.host, server.port, local_addr=local))

    async def _secure(self, connection: _Connection, server: LdapServer, *, asked: bool) -> None:
        try:
            await connection.secure(self._tls_for(server), server.name or server.host, asked=asked)
        except BaseException:
            await connection.close()
            raise


def _refused(code: int) -> Answer:
    if code in NO_SUCH_USER:
        return Rejected()
    raise _Failed(f"it refuses the bind of the user with result {code}")


def level(values: Iterable[str], groups: Sequence[tuple[str, int]]) -> int | None:
    """The highest level of the user's groups, None when none of them is known. Groups are known by their
    whole name or by its first value: `CN=Support,OU=...` or `Support`."""
    mine = {text.casefold() for value in values for text in (value, wire.first_value(value))}
    return max((found for group, found in groups if group.strip().casefold() in mine), default=None)
