"""`show system tls ...`: what the contexts hold, for people.

One rule: public things only."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from cryptography import x509

from sbcd.base.errors import Invalid
from sbcd.config.show import Show
from sbcd.rooms.tls import model
from sbcd.rooms.tls.store import ContextFiles


def shows(files: ContextFiles, wall: Callable[[], datetime]) -> list[Show]:
    """Each takes the index of a context, or shows all."""

    def each(about: Callable[[int], list[str]]) -> Callable[[Sequence[str]], str]:
        def run(words: Sequence[str]) -> str:
            lines = []
            for index, name in _chosen(files, words):
                lines += [f"TLS context {index} ({name}):", *(f"  {line}" for line in about(index)), ""]
            return "\n".join(lines).rstrip() + "\n"

        return run

    def certificate(index: int) -> list[str]:
        chain = model.load_chain(files.served(index))
        lines = _described(chain[0], wall()) if chain else ["No certificate is served"]
        lines += [f"Chain: {_name(one)}, until {_date(one)}" for one in chain[1:]]
        if missing := files.waits_for(index):
            lines.append(f"Waiting: the newest half is not in use, its {missing} has not come")
        return lines

    def key(index: int) -> list[str]:
        size, valid = files.key_state(index)
        return [
            f"Private key: {size} bits, {'OK' if valid else 'without its certificate'}" if size else "None"
        ]

    def roots(index: int) -> list[str]:
        found = model.load_chain(files.roots(index))
        lines = [f"{number}: {_name(one)}, until {_date(one)}" for number, one in enumerate(found, 1)]
        return lines or ["No trusted root"]

    return [
        Show("system tls certificate", "certificates in use: subject, issuer, validity", each(certificate)),
        Show("system tls private-key", "sizes of the private keys, and whether they fit", each(key)),
        Show("system tls trusted-root", "trusted roots", each(roots)),
    ]


def _chosen(files: ContextFiles, words: Sequence[str]) -> list[tuple[int, str]]:
    """The contexts that the words ask for: all, or one by its index or name."""
    contexts = files.contexts()
    if not words:
        return contexts
    found = [(index, name) for index, name in contexts if words[0] in {str(index), name}]
    if len(words) > 1 or not found:
        raise Invalid(f"TLS context '{' '.join(words)[:60]}' does not exist")
    return found


def _described(leaf: x509.Certificate, now: datetime) -> list[str]:
    """The lines of one certificate."""
    left = (leaf.not_valid_after_utc - now) // timedelta(days=1)
    when = f"{left} days left" if left >= 0 else f"expired {-left} days ago"
    lines = [
        f"Subject: {_name(leaf)}",
        f"Issuer: {leaf.issuer.rfc4514_string() or '-'}",
        f"Valid from {leaf.not_valid_before_utc:%Y-%m-%d %H:%M:%S} UTC",
        f"Valid until {leaf.not_valid_after_utc:%Y-%m-%d %H:%M:%S} UTC ({when})",
        f"Serial number: {leaf.serial_number:x}",
    ]
    try:
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        lines.append(f"Names: {', '.join(str(name.value) for name in names)}")
    except (x509.ExtensionNotFound, ValueError):
        pass
    return lines


def _name(certificate: x509.Certificate) -> str:
    return certificate.subject.rfc4514_string() or "-"


def _date(certificate: x509.Certificate) -> str:
    return f"{certificate.not_valid_after_utc:%Y-%m-%d}"
