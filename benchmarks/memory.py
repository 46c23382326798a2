"""Peak resident memory. Nothing is imported that would add to it: contestants without JAX are weighed too."""

import resource
import sys


def peak_bytes() -> int:
    """The most memory that this process has held resident so far."""
    unit = 1 if sys.platform == "darwin" else 1024  # of ru_maxrss: bytes on macOS, KiB on Linux
    return unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
