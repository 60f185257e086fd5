"""The users who registered through the device: their bindings, and how to reach them.

One rule: the device believes the far registrar: a binding lives exactly as long as its 200 said, and the
contact shown to the registrar is ours, with a token that leads back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from sbcd.rooms.calls.contract import UserLine
from sbcd.rooms.calls.facts import Unregistered, Way
from sbcd.sip.events import Flow
from sbcd.sip.timers import Timer

if TYPE_CHECKING:
    from sbcd.rooms.calls.desk import Desk
    from sbcd.rooms.calls.matching import Asked
    from sbcd.rooms.calls.plan import IpGroup
    from sbcd.rooms.calls.reach import Place

MOST_BINDINGS = 10  # of one user


class Binding:
    """One contact of one user."""

    __slots__ = ("aor", "contact", "expires", "flow", "group", "session", "timer", "token", "user")

    def __init__(self, aor: str, user: str, contact: str, flow: Flow, group: int, token: str) -> None:
        self.aor = aor
        self.user = user
        self.contact = contact
        self.flow = flow
        self.group = group
        self.token = token
        self.session = 0
        self.expires = 0.0
        self.timer: Timer[Any] | None = None


class Registrar:
    """All bindings."""

    def __init__(self, switch: Desk) -> None:
        self.switch = switch
        self._users: dict[tuple[int, str], list[Binding]] = {}
        self._tokens: dict[str, Binding] = {}
        self._senders: dict[tuple[int, str, tuple[str, int]], Binding] = {}

    def __len__(self) -> int:
        return len(self._users)

    def count(self, group: int) -> int:
        """How many users of a group are registered."""
        return sum(1 for key in self._users if key[0] == group)

    def token(self, group: int, aor: str, contact: str) -> str:
        """The user part of our Contact for a binding; the same for a refresh."""
        for binding in self._users.get((group, aor), ()):
            if binding.contact == contact:
                return binding.token
        return self.switch.unique()

    def store(
        self,
        aor: str,
        user: str,
        contact: str,
        flow: Flow,
        group: int,
        token: str,
        seconds: int,
        session: int,
    ) -> bool:
        """Keeps a binding; True when the user is new here."""
        key = (group, aor)
        bindings = self._users.setdefault(key, [])
        fresh = not bindings
        binding = next((b for b in bindings if b.token == token), None)
        if binding is None:
            binding = Binding(aor, user, contact, flow, group, token)
            bindings.append(binding)
            self._tokens[token] = binding
            while len(bindings) > MOST_BINDINGS:
                self._drop(bindings[0])
        self._unsend(binding)
        binding.contact, binding.flow, binding.session = contact, flow, session
        self._senders[(flow.interface, flow.transport, flow.remote)] = binding
        switch = self.switch
        binding.expires = switch.now + seconds
        switch.timers.drop(binding.timer)
        binding.timer = switch.timers.set(binding.expires, lambda: self._expired(binding))
        return fresh

    def remove(self, group: int, aor: str, token: str = "") -> list[Binding]:
        """Forgets one binding of a user, or all; tells which."""
        gone = [b for b in self._users.get((group, aor), ()) if token in {"", b.token}]
        for binding in gone:
            self._drop(binding)
        return gone

    def _expired(self, binding: Binding) -> None:
        self._drop(binding)
        switch = self.switch
        switch.tell(
            Unregistered(
                switch.wall(),
                binding.session,
                Way.IN,
                binding.group,
                switch.srd(binding.flow.interface),
                binding.flow.interface,
                binding.aor,
                True,
                len(self),
            )
        )

    def _drop(self, binding: Binding) -> None:
        self.switch.timers.drop(binding.timer)
        self._tokens.pop(binding.token, None)
        self._unsend(binding)
        key = (binding.group, binding.aor)
        left = [b for b in self._users.get(key, ()) if b is not binding]
        if left:
            self._users[key] = left
        else:
            self._users.pop(key, None)

    def _unsend(self, binding: Binding) -> None:
        key = (binding.flow.interface, binding.flow.transport, binding.flow.remote)
        if self._senders.get(key) is binding:
            del self._senders[key]

    # --- looking ---

    def sender(self, flow: Flow) -> Binding | None:
        """Whose messages come from there."""
        return self._senders.get((flow.interface, flow.transport, flow.remote))

    def called(self, token: str) -> Binding | None:
        """The binding a Request-URI of ours stands for."""
        return self._tokens.get(token)

    def known(self, group: int, user: str) -> bool:
        """Whether this user of the group is registered."""
        return any(key[0] == group and bindings[0].user == user for key, bindings in self._users.items())

    def places(self, group: IpGroup, asked: Asked) -> list[Place]:
        """Where a user of the group can be reached: newest binding first."""
        from sbcd.rooms.calls.reach import Place

        bound = self._tokens.get(asked.dest_user)
        found = [bound] if bound is not None and bound.group == group.index else []
        if not found:
            host = asked.dest_host
            found = list(self._users.get((group.index, f"{asked.dest_user}@{host}"), ()))
        if not found:
            found = [
                binding
                for key, bindings in self._users.items()
                if key[0] == group.index and key[1].partition("@")[0] == asked.dest_user
                for binding in bindings
            ]
        found.sort(key=lambda binding: -binding.expires)
        return [Place(b.flow, b.aor.partition("@")[2], None, b.contact) for b in found]

    def lines(self) -> Iterable[UserLine]:
        """What the list of registered users shows."""
        for bindings in self._users.values():
            for binding in bindings:
                yield UserLine(
                    binding.aor, binding.contact, binding.group, max(binding.expires - self.switch.now, 0.0)
                )
