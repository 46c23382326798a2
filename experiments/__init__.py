"""The command-line programs, and the papers' figures: what each one plots and claims."""

import os
import sys

from experiments.interruption import leave_at_signals

if sys.argv[0] == "-m":  # python -m experiments.<command>: the imports take seconds, so handle signals before them
    leave_at_signals()
    # Commands only write files. A notebook passes its own backend on to `!python -m ...`, where it cannot be loaded.
    os.environ["MPLBACKEND"] = "agg"
    try:
        import jax  # noqa: F401
    except ValueError as error:  # a variable such as JAX_ENABLE_X64 that JAX cannot read
        sys.stderr.write(f"error: {' '.join(str(error).split())}\n")
        sys.exit(2)
