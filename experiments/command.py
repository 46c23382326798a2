"""How every command starts, and how it ends when its input cannot be used: one line on stderr, exit code 2."""

import os
import sys
from collections.abc import Callable

from absl import app, flags, logging

from grok_jax.errors import UserError
from grok_jax.training.devices import use_all_cores


def start(main: Callable[[], None]) -> None:
    """Parses the flags and runs main(); a wrong flag or a UserError leaves one line and exit code 2."""

    def guarded(argv: list[str]) -> None:
        if len(argv) > 1:
            _leave(f"{argv[1]!r} is no flag; flags begin with --")
        logging.set_verbosity(logging.ERROR)  # orbax tells of every file it writes
        use_all_cores()
        try:
            main()
        except UserError as error:
            _leave(str(error))

    app.run(guarded, flags_parser=_parse)


def _parse(argv: list[str]) -> list[str]:
    try:
        return flags.FLAGS(argv)
    # A config file is a user's own Python, which can fail in any way while the flags are parsed.
    except Exception as error:
        if os.environ.get("GROK_JAX_TRACEBACK"):
            raise
        _leave(f"{type(error).__name__}: {error}" if not isinstance(error, UserError | flags.Error) else str(error))


def _leave(message: str) -> None:
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    print(f"error: {' '.join(lines)}", file=sys.stderr)
    sys.exit(2)
