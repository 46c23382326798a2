"""Signals that end a process, held back until its work is saved."""

import contextlib
import signal
import threading
from collections.abc import Iterator
from typing import Any

# Ctrl-C, a scheduler's request to end, a terminal that closes. Not every system has all of them.
ENDING = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


class Held:
    """The signals that have come since they are held back."""

    def __init__(self) -> None:
        self._handlers: dict[int, Any] = {}
        self._come: list[int] = []

    @property
    def pending(self) -> bool:
        """Whether a signal has come that was not delivered yet."""
        return bool(self._come)

    def hold(self) -> None:
        """Holds back from now on; signals that the process ignores stay ignored."""
        for number in ENDING:
            handler = signal.getsignal(number)
            if handler not in (None, signal.SIG_IGN):
                self._handlers[number] = handler
                signal.signal(number, lambda come, frame: self._come.append(come))

    def release(self) -> None:
        """Gives the signals back to their handlers, and hands over those that have come."""
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        self._handlers.clear()
        come, self._come = self._come, []
        for number in dict.fromkeys(come):
            signal.raise_signal(number)

    def deliver(self) -> None:
        """Hands over what has come. A handler that returns lets the work go on."""
        if self._come:
            self.release()
            self.hold()


@contextlib.contextmanager
def held(wanted: bool = True) -> Iterator[Held]:
    """Holds back signals that end the process until `deliver` is called, or the block ends.

    Args:
      wanted: False holds back nothing, as does a thread other than the main one, to which no signal comes.
    """
    signals = Held()
    if wanted and threading.current_thread() is threading.main_thread():
        signals.hold()
    try:
        yield signals
    finally:
        signals.release()
