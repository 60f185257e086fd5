"""The CLI dialect of the configuration: scripts are read and written from the same declarations as INI.

words.py splits lines; grammar.py is the tree of modes; session.py follows a script line by line and yields
what is to be done; block.py is what one `activate` changes; write.py is the running configuration as text.

One rule: nothing here applies anything. A session works on snapshots; who drives it applies them."""

from sbcd.config.cli.block import Block, Refused
from sbcd.config.cli.grammar import Grammar
from sbcd.config.cli.session import Changed, Execute, Printed, Session
from sbcd.config.cli.write import omitted, write

__all__ = [
    "Block",
    "Changed",
    "Execute",
    "Grammar",
    "Printed",
    "Refused",
    "Session",
    "omitted",
    "write",
]
