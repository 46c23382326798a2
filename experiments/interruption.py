"""How a command ends when it is told to stop: Ctrl-C, a scheduler's SIGTERM, a closed terminal."""

import contextlib
import os
import signal
import sys
from collections.abc import Callable
from typing import NoReturn

SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


def leave_at_signals(line: str = "interrupted", before: Callable[[], None] | None = None) -> None:
    """Makes these signals end the process with one line on stderr and the usual exit code: 130, 143 or 129.

    Stopping is safe at any moment, because files are first written under temporary names. A sweep blocks signals while
    it saves a checkpoint.

    Args:
      line: what is printed.
      before: called first, such as to stop processes that this one has started.
    """

    def leave(number: int, frame: object) -> NoReturn:
        del frame
        # Do not raise an exception: during an import it prints a page of traceback; JAX's callbacks print it and carry
        # on; and a normal exit aborts the process if a compiler is running in another thread.
        with contextlib.suppress(Exception):
            if before is not None:
                before()
        with contextlib.suppress(Exception):
            sys.stdout.flush()
        with contextlib.suppress(OSError):  # the terminal is gone
            os.write(2, f"{line}\n".encode())
        os._exit(128 + number)

    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:  # nohup ignores SIGHUP
            signal.signal(number, leave)
