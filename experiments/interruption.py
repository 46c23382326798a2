"""How a command ends that is asked to: Ctrl-C, a scheduler's SIGTERM, a terminal that closes."""

import contextlib
import os
import signal
import sys
from typing import NoReturn

SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


def leave_at_signals(line: str = "interrupted") -> None:
    """Ends the process at such a signal with a line on stderr and the exit code of shells: 130, 143, 129.

    Files are written under other names first, so they may be left at any moment; what a sweep must save before, it
    saves while it holds signals back.
    """

    def leave(number: int, frame: object) -> NoReturn:
        del frame
        # Not by an exception: in the midst of an import it ends in a page of traceback, a callback of JAX's prints it
        # and goes on, and where a compiler is at work in another thread, an orderly end aborts the process.
        with contextlib.suppress(Exception):
            sys.stdout.flush()
        with contextlib.suppress(OSError):  # the terminal is gone
            os.write(2, f"{line}\n".encode())
        os._exit(128 + number)

    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup has it
            signal.signal(number, leave)
