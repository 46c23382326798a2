"""Holds back signals that end a process until its work is saved."""

import contextlib
import signal
import threading
from collections.abc import Iterator
from typing import Any

# Ctrl-C, a scheduler's request to stop, a closed terminal, and what a scheduler sends some time before it stops a job:
# Slurm the signal of its --signal, submitit USR2. Not every system has all of them.
NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2")
ENDING = [getattr(signal, name) for name in NAMES if hasattr(signal, name)]


class Held:
    """The signals received while they are held back."""

    def __init__(self) -> None:
        self._handlers: dict[int, Any] = {}
        self._come: list[int] = []

    @property
    def pending(self) -> bool:
        """Whether a signal was received and not yet delivered."""
        return bool(self._come)

    def hold(self) -> None:
        """Starts holding back signals; signals that the process ignores stay ignored."""
        for number in ENDING:
            handler = signal.getsignal(number)
            if handler not in (None, signal.SIG_IGN):
                self._handlers[number] = handler
                signal.signal(number, lambda come, frame: self._come.append(come))

    def release(self) -> None:
        """Restores the original handlers and delivers the signals received."""
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        self._handlers.clear()
        come, self._come = self._come, []
        for number in dict.fromkeys(come):
            signal.raise_signal(number)

    def deliver(self) -> None:
        """Delivers the signals received. If the handler returns, work continues."""
        if self._come:
            self.release()
            self.hold()


@contextlib.contextmanager
def held(wanted: bool = True) -> Iterator[Held]:
    """Holds back signals that end the process until `deliver` is called or the block ends.

    Args:
      wanted: False holds back nothing. Threads other than the main one hold back nothing, as they get no signals.
    """
    signals = Held()
    if wanted and threading.current_thread() is threading.main_thread():
        signals.hold()
    try:
        yield signals
    finally:
        signals.release()
