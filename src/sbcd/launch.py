"""The start of the device: into which slot, and back when a new one does not live.

One rule: this file is the old software watching the new one, so it does little and trusts nothing of it."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from sbcd.base.clock import Clock
from sbcd.base.vault import Vault
from sbcd.edge import slots as edge
from sbcd.rooms.software import Slots, read_slots, write_slots

SLOT, TRIAL = "SBCD_SLOT", "SBCD_TRIAL"
PATIENCE = 25.0
"""Seconds in which a version on trial must report healthy."""
RESET = 75
"""Exit code of a guarded device that wants to be started again."""


def enter(state: Path) -> None:
    """Returns when this process shall be the device; otherwise goes on as the software that shall be it."""
    vault = Vault(state / "software")
    mine = os.environ.get(SLOT, "")
    if os.environ.get(TRIAL):
        _die_with_parent()
        return
    slots = read_slots(vault)
    if slots.settled() != slots:
        slots = slots.settled()
        write_slots(vault, slots)
    if slots.trial is not None:
        _guard(vault, slots)
    if slots.active != mine:
        _become(vault, slots.active)


def restart() -> None:
    """Starts the device anew in place (R11): by exec, or by its guard."""
    if os.environ.get(TRIAL):
        os._exit(RESET)
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606


def _become(vault: Vault, slot: str) -> None:
    environment = os.environ | {SLOT: slot}
    environment.pop(TRIAL, None)
    command = _command(vault, slot)
    os.execve(command[0], command, environment)  # noqa: S606


def _command(vault: Vault, slot: str) -> list[str]:
    """The same command line, by the software of a slot (empty: the installed one, which started first)."""
    origin = os.environ.setdefault("SBCD_PYTHON", sys.executable)
    interpreter = edge.python(vault.root / "slots" / slot) if slot else origin
    return [interpreter, "-m", "sbcd.main", *sys.argv[1:]]


def _guard(vault: Vault, slots: Slots) -> None:
    """Runs the version on trial as a child; ends as the device again when the child wants or fails."""
    trial = slots.trial or ""
    write_slots(vault, Slots(slots.active, trial, True, floor=slots.floor, trial_floor=slots.trial_floor))
    command = _command(vault, trial)
    try:
        child = subprocess.Popen(command, env=os.environ | {SLOT: trial, TRIAL: "1"})
    except OSError:
        restart()
        return
    told: list[int] = []

    def pass_on(caught: int, _: object) -> None:
        told.append(caught)
        child.send_signal(caught)

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, pass_on)
    if not _reported(vault, child, trial):
        if {signal.SIGTERM, signal.SIGINT} & {*told}:  # it was ended, it did not fail: another try next time
            write_slots(vault, slots)
            sys.exit(child.wait())
        child.kill()
        child.wait()
        restart()  # the trial is `tried`: the next start sees that it failed and falls back
    code = child.wait()
    if code == RESET:
        restart()
    sys.exit(code)


def _reported(vault: Vault, child: subprocess.Popen[bytes], trial: str) -> bool:
    """Whether the child made itself the active software in time."""
    clock = Clock()
    deadline = clock.monotonic() + PATIENCE
    while clock.monotonic() < deadline:
        if read_slots(vault).active == trial:
            return True
        if child.poll() is not None:
            return False
        time.sleep(0.1)
    return False


def _die_with_parent() -> None:
    """A guarded device does not outlive its guard (Linux: PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)
