"""The keyboard of `sbcd cli`: completion with Tab, help with `?`, history with the arrows.

One rule: keys only; what a line means is `terminal`'s."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.shortcuts import CompleteStyle

if TYPE_CHECKING:
    from sbcd.terminal import Terminal


class Words(Completer):
    """The words that may stand at the cursor, each with the blank behind it."""

    def __init__(self, terminal: "Terminal") -> None:
        self._terminal = terminal

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        text = document.text_before_cursor
        last = text.rpartition(" ")[2]
        for word in self._terminal.words(text):
            yield Completion(f"{word} ", start_position=-len(last), display=word)


def bindings() -> KeyBindings:
    """`?` outside quotes shows help at once: what may follow, or how the word before it may go on."""
    keys = KeyBindings()

    @keys.add("?")
    def help(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        quoted = buffer.document.text_before_cursor.count('"') % 2 == 1
        buffer.insert_text("?")
        if not quoted:
            buffer.validate_and_handle()

    return keys


def converse(terminal: "Terminal") -> None:
    """Reads and follows lines until `exit` in the enable mode, or the end of input."""
    prompt: PromptSession[str] = PromptSession(
        completer=Words(terminal),
        key_bindings=bindings(),
        complete_style=CompleteStyle.READLINE_LIKE,  # Tab alone completes, as on the device
        complete_while_typing=False,
    )
    begun = ""
    while True:
        try:
            line = prompt.prompt(terminal.prompt, default=begun)
        except KeyboardInterrupt:
            begun = ""
            continue
        except EOFError:
            return
        if terminal.session.mode is None and line.strip() in {"exit", "quit"}:
            return
        asked = line.endswith("?") and line.count('"') % 2 == 0
        begun = line.removesuffix("?") if asked else ""  # behind help, the line goes on where it was
        if line.strip() == "history":
            lines = [*prompt.history.get_strings()]
        else:
            lines = [*(terminal.help(begun) if asked else terminal.follow(line))]
        for text in lines:
            print(text)
