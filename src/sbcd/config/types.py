"""The value types of the configuration: each reads and writes its text and says what it allows.

One rule: a codec is pure. `read` raises ValueError with the rest of a sentence that begins with the value
("is not a number in 1-65535"); whoever knows the place adds it."""

import base64
import binascii
import ipaddress
import re
from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import Any, NewType

Address = NewType("Address", str)
"""An IPv4 or IPv6 address as text; "0.0.0.0", "::" and "" are none."""

NO_ADDRESS = Address("0.0.0.0")  # noqa: S104 - the device's word for "none"

OBSCURED = "$1$"
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_INTEGER = re.compile(r"[+-]?[0-9]{1,20}\Z")


class Secret(str):
    """A text that no log, error or repr shows (R34): printing it yields stars, `reveal()` the text."""

    __slots__ = ()

    def __new__(cls, text: str = "") -> "Secret":
        return str.__new__(cls, str.__str__(text))

    def reveal(self) -> str:
        """The text itself, for the one place that needs it."""
        return str.__str__(self)

    def __repr__(self) -> str:
        return "Secret('***')" if self else "Secret('')"

    def __str__(self) -> str:
        return "***" if self else ""

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)


def obscure(text: str) -> str:
    """The device's form of a secret: `$1$` and base64 of a start byte s and p[i] xor (s + i) mod 256.

    Not encryption. s follows from the text, so that equal secrets are written equally; "" is `$1$gQ==`."""
    plain = text.encode()
    start = (0x81 + sum(plain)) & 0xFF
    coded = bytes(byte ^ ((start + i) & 0xFF) for i, byte in enumerate(plain))
    return OBSCURED + base64.b64encode(bytes([start]) + coded).decode()


def reveal(text: str) -> str | None:
    """The text behind its obscured form; None when `text` isn't one."""
    if not text.startswith(OBSCURED):
        return None
    try:
        raw = base64.b64decode(text[len(OBSCURED) :], validate=True)
        return bytes(byte ^ ((raw[0] + i) & 0xFF) for i, byte in enumerate(raw[1:])).decode()
    except (binascii.Error, ValueError, IndexError):
        return None


_CODES = re.compile(r"[0-9]+x+")  # 3xx, 18x
_WORDS = re.compile(
    r"[0-9]+x+|IPv[46]|OAuth|CNG|(?:SBC|GW)(?=[A-Z])"
    r"|[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+[0-9]*|[A-Z]+[0-9]*|[0-9]+"
)


def kebab(name: str) -> str:
    """`SBCRemote3xxBehavior`, `USING_OPTIONS` as CLI words: `sbc-remote-3xx-behavior`, `using-options`."""
    if name.isupper():
        return name.lower().replace("_", "-")
    return "-".join(word.lower() for word in _WORDS.findall(_CODES.sub(r"_\g<0>_", name)))


class Codec:
    """One value type. `quoted` says whether its INI form stands in quotes, `words` are its CLI words."""

    quoted = False
    words: Mapping[Any, str] = MappingProxyType({})

    def read(self, text: str) -> Any:
        """The value of an INI text (quotes and escapes already gone)."""
        raise NotImplementedError

    def write(self, value: Any) -> str:
        """The INI text of a value, without quotes."""
        return str(value)

    def read_word(self, text: str) -> Any:
        """The value of a CLI word: one of `words` (case-blind), or whatever the INI takes."""
        lowered = text.lower()
        for value, word in self.words.items():
            if word == lowered:
                return value
        return self.read(text)

    def write_word(self, value: Any) -> str:
        """The CLI text of a value, without quotes."""
        word = self.words.get(value) if self.words else None
        return self.write(value) if word is None else word

    def describe(self) -> str:
        """What it allows, for the reference page and for `?`."""
        raise NotImplementedError


class Text(Codec):
    """Text of at most `most` characters, without control characters, matching `pattern` whole when given."""

    quoted = True

    def __init__(self, most: int | None = None, pattern: str | None = None) -> None:
        self.most = most
        self.pattern = pattern
        self._whole = re.compile(pattern + r"\Z") if pattern is not None else None

    def read(self, text: str) -> Any:
        if self.most is not None and len(text) > self.most:
            raise ValueError(f"is longer than {self.most} characters")
        if _CONTROL.search(text):
            raise ValueError("holds a control character")
        if text.endswith("\\"):
            raise ValueError("ends with a backslash, which a file cannot hold")
        if self._whole is not None and not self._whole.match(text):
            raise ValueError(f"does not match {self.pattern}")
        return text

    def describe(self) -> str:
        length = "text" if self.most is None else f"text, at most {self.most} characters"
        return length if self.pattern is None else f"{length}, matching `{self.pattern}`"


class SecretText(Text):
    """A secret: obscured or plain when read, always obscured when written (R34)."""

    def read(self, text: str) -> Any:
        plain = reveal(text)
        return Secret(super().read(text if plain is None else plain))

    def write(self, value: Any) -> str:
        text = Secret(value).reveal()
        # What was taken over undeciphered from another device goes back as it came.
        return text if text.startswith(OBSCURED) and reveal(text) is None else obscure(text)

    def describe(self) -> str:
        return f"secret {super().describe()}"


class Number(Codec):
    """A whole number in low..high."""

    def __init__(self, low: int | None = None, high: int | None = None, quoted: bool = False) -> None:
        self.low = low
        self.high = high
        self.quoted = quoted

    def read(self, text: str) -> Any:
        if not _INTEGER.match(text):
            raise ValueError(f"is not {self.describe()}")
        value = int(text)
        if (self.low is not None and value < self.low) or (self.high is not None and value > self.high):
            raise ValueError(f"is not {self.describe()}")
        return value

    def describe(self) -> str:
        if self.low is None and self.high is None:
            return "a number"
        if self.high is None:
            return f"a number from {self.low}"
        if self.low is None:
            return f"a number up to {self.high}"
        return f"a number in {self.low}{'-' if self.low >= 0 else ' to '}{self.high}"


class Flag(Codec):
    """0 or 1; `disable` and `enable` in the CLI (`off` and `on` are understood)."""

    words: Mapping[Any, str] = MappingProxyType({False: "disable", True: "enable"})
    _texts = MappingProxyType({"0": False, "1": True})
    _also = MappingProxyType({"off": False, "on": True, "no": False, "yes": True})

    def __init__(self, words: Mapping[Any, str] | None = None) -> None:
        if words:
            self.words = words

    def read(self, text: str) -> Any:
        try:
            return self._texts[text]
        except KeyError:
            raise ValueError("is not 0 or 1") from None

    def read_word(self, text: str) -> Any:
        also = self._also.get(text.lower())
        return super().read_word(text) if also is None else also

    def write(self, value: Any) -> str:
        return "1" if value else "0"

    def describe(self) -> str:
        return "0 (disable) or 1 (enable)"


class Choice(Codec):
    """One member of an IntEnum (a number in the file) or of a StrEnum (a quoted text, any case)."""

    def __init__(self, members: type[Enum], words: Mapping[Any, str] | None = None) -> None:
        self.members = members
        self.quoted = issubclass(members, str)
        self._texts = {str(member.value).lower(): member for member in members}
        self.words = words or {
            member: str(member.value) if self.quoted else kebab(member.name) for member in members
        }

    def read(self, text: str) -> Any:
        try:
            return self._texts[text.lower()]
        except KeyError:
            raise ValueError(f"is not {self.describe()}") from None

    def write(self, value: Any) -> str:
        return str(value.value)

    def describe(self) -> str:
        if self.quoted:
            return "one of " + ", ".join(str(member.value) for member in self.members)
        return "one of " + ", ".join(f"{m.value} ({self.words.get(m, kebab(m.name))})" for m in self.members)


class IpAddress(Codec):
    """An IPv4 or IPv6 address; nothing counts as none."""

    def __init__(self, quoted: bool = False) -> None:
        self.quoted = quoted

    def read(self, text: str) -> Any:
        if text:
            try:
                ipaddress.ip_address(text)
            except ValueError:
                raise ValueError("is not an IP address") from None
        return Address(text)

    def describe(self) -> str:
        return "an IP address"
