"""Commands, and the figures of the papers: what each draws and claims."""

import os
import sys

from experiments.interruption import leave_at_signals

if sys.argv[0] == "-m":  # python -m experiments.<command>: importing what it needs takes seconds
    leave_at_signals()
    # Commands only write files. A notebook hands its own backend on to `!python -m ...`, where it cannot be loaded.
    os.environ["MPLBACKEND"] = "agg"
    try:
        import jax  # noqa: F401
    except ValueError as error:  # a variable such as JAX_ENABLE_X64 that JAX cannot read
        sys.stderr.write(f"error: {' '.join(str(error).split())}\n")
        sys.exit(2)
