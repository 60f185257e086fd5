"""What the plan says of names and passwords: the device's own, and those of its users.

One rule: a password is in no text of a value (R34)."""

import msgspec


class Account(msgspec.Struct, frozen=True):
    """A registration the device makes itself."""

    index: int
    serving: int
    served: int
    user: str
    password: str
    host: str
    contact_user: str
    register: bool
    bulk: bool = False  # for all numbers behind it (RFC 6140)
    again: bool = False  # registers anew when a call was refused there
    aor: str = ""  # whom it registers, when that is not the name of the credentials

    def __repr__(self) -> str:
        return f"Account({self.index}, {self.user!r})"


class UserSecret(msgspec.Struct, frozen=True):
    """A user whom the device asks for credentials; `group` -1 is every group."""

    group: int
    local: str
    name: str
    password: str
    index: int = -1  # -1: loaded as a file

    def __repr__(self) -> str:
        return f"UserSecret({self.group}, {self.name!r})"
