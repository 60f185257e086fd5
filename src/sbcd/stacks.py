"""Where this process is just now: the stacks of its threads and of the tasks of its loop.

One rule: it only looks."""

import asyncio
import io
import sys
import traceback


def threads() -> bytes:
    """The stack of every thread."""
    told = []
    for ident, frame in sys._current_frames().items():
        told.append(f"thread {ident}\n{''.join(traceback.format_stack(frame))}")
    return "\n".join(told).encode()


def tasks() -> bytes:
    """The stack of every task of the loop."""
    told = io.StringIO()
    for task in asyncio.all_tasks():
        task.print_stack(file=told)
    return told.getvalue().encode()
